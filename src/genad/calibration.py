"""Calibration says how rare a score is among held-out normal scores, as a p-value."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import DataError

__all__ = ["Calibration"]

_LARGEST = np.finfo(np.float64).max
_LIMIT = 1e300  # of a reference score, so that differences and sums stay within float64
_RESOLUTION = float(np.finfo(np.float32).eps)  # of a score, relative: nets compute in float32


class Calibration:
    r"""Conformal p-values of scores against m `reference_scores`, made strictly decreasing.

    At a reference score r the p-value is the conformal one,

    .. math:: p(r) = \frac{1 + \#\{i : r_i \ge r\}}{m + 1}.

    Between neighbouring reference scores log p is linear, so that p is at least the conformal
    p-value there, which only steps; up to the smallest, p is 1. Above the largest, where the
    conformal p-value stays at 1 / (m + 1), an exponential tail keeps ranking:

    .. math:: p(s) = \frac{1}{m + 1} \exp\left(-\frac{s - \max_i r_i}{\text{scale}}\right).

    The scale is the mean excess over the 90 % quantile (for an exponential tail its maximum
    likelihood). Where that is within float32 rounding of 0, as when the upper scores are equal, it
    is the mean excess over the minimum, else the largest magnitude, else 1.

    Parameters
    ----------
    reference_scores
        Anomaly scores of held-out normal data, of shape (m,), finite, at least one, in any order.

    References
    ----------
    Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World, chapter 2.

    Examples
    --------
    >>> calibration = Calibration([3.0, 1.0, 2.0, 4.0])
    >>> calibration.p_value([0.0, 1.0, 2.0, 4.0]).round(3).tolist()
    [1.0, 1.0, 0.8, 0.4]
    >>> calibration.probability([1.0, 5.0]).round(3).tolist()
    [0.0, 0.926]
    """

    def __init__(self, reference_scores: ArrayLike) -> None:
        self.reference_scores = _sorted_reference(reference_scores)
        self.scale = _tail_scale(self.reference_scores)
        self._knots, smaller = np.unique(self.reference_scores, return_index=True)
        m = self.reference_scores.size
        self._tails = np.log((m + 1) / (m + 1 - smaller))

    def p_value(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return the p-value of each score, in [0, 1] and of the shape of `scores`.

        Examples
        --------
        >>> Calibration([1.0, 2.0, 3.0]).p_value([2.0, 2.5]).round(3).tolist()
        [0.75, 0.612]
        """
        return np.exp(-self.tail(scores))

    def probability(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return 1 - p-value: the share of normal data that scores lower, never decreasing.

        Examples
        --------
        >>> Calibration([1.0, 2.0, 3.0]).probability([2.0, 2.5]).round(3).tolist()
        [0.25, 0.388]
        """
        return -np.expm1(-self.tail(scores))

    def tail(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return -log p-value without computing p: finite, and linear above the reference.

        Tails of several detectors are on one scale and may be added.

        Examples
        --------
        >>> Calibration([1.0, 2.0, 3.0]).tail([1.0, 3.0, 1e6]).round(3).tolist()
        [0.0, 0.693, 999998.386]
        """
        values = np.asarray(scores, dtype=np.float64)
        if np.isnan(values).any():
            raise DataError("Scores to calibrate must be numbers, got NaN: leave those rows out.")
        largest = self._knots[-1]
        with np.errstate(over="ignore"):
            excess = np.minimum((values - largest) / self.scale, _LARGEST)
        above = np.log(self.reference_scores.size + 1) + excess
        return np.where(values > largest, above, self._interpolate(values))

    def _interpolate(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the tail at `values`, linear between the knots and constant outside."""
        knots, tails = self._knots, self._tails
        inner = np.clip(values, knots[0], knots[-1])
        left = np.searchsorted(knots, inner, side="right") - 1
        right = np.minimum(left + 1, knots.size - 1)
        gap = np.where(right > left, knots[right] - knots[left], 1.0)
        share = (inner - knots[left]) / gap
        between = tails[left] + share * (tails[right] - tails[left])
        # Rounding must not pass the next knot, or two close scores could swap their order.
        return np.asarray(np.minimum(between, tails[right]))


def _sorted_reference(scores: ArrayLike) -> NDArray[np.float64]:
    reference = np.array(scores, dtype=np.float64)
    if reference.ndim != 1 or reference.size == 0:
        shape = reference.shape
        raise DataError(f"Reference scores must have shape (m,) with m >= 1, got shape {shape}.")
    bad = np.count_nonzero(~(np.abs(reference) <= _LIMIT))
    if bad:
        allowed = f"finite and at most {_LIMIT:g} in size"
        raise DataError(f"Reference scores must be {allowed}, got {bad} others: leave them out.")
    reference.sort()
    reference.setflags(write=False)
    return reference


def _tail_scale(reference: NDArray[np.float64]) -> float:
    """Return the scale of the exponential tail above the sorted `reference`."""
    magnitude = float(np.abs(reference).max())
    for start in (reference[int(0.9 * (reference.size - 1))], reference[0]):
        excesses = reference[reference > start] - start
        if excesses.sum() > excesses.size * magnitude * _RESOLUTION:
            return float(excesses.mean())
    return magnitude or 1.0
