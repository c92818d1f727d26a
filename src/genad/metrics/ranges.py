"""Range-based precision and recall: how much of a range is covered, where, in how many pieces."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike

from genad.errors import ParameterError
from genad.metrics._inputs import BoolArray, FloatArray, IntArray, as_pair
from genad.metrics.events import find_events

__all__ = ["RangeReport", "range_f1"]

Bias = Literal["flat", "front", "middle", "back"]
Cardinality = Literal["reciprocal", "one"]


@dataclass(frozen=True)
class RangeReport:
    """Precision, recall and F1 (their harmonic mean, 0 where both are 0) over ranges.

    Examples
    --------
    >>> RangeReport.of(0.5, 1.0)
    RangeReport(precision=0.5, recall=1.0, f1=0.6666666666666666)
    """

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, precision: float, recall: float) -> Self:
        """Return the report for a precision and a recall.

        Examples
        --------
        >>> RangeReport.of(0.5, 1.0).f1
        0.6666666666666666
        """
        both = precision + recall
        return cls(precision, recall, 2 * precision * recall / both if both else 0.0)


def range_f1(
    labels: ArrayLike,
    flags: ArrayLike,
    *,
    alpha: float = 0.0,
    bias: Bias = "flat",
    precision_bias: Bias = "flat",
    cardinality: Cardinality = "reciprocal",
) -> RangeReport:
    r"""Return precision and recall over ranges rather than rows (Tatbul et al., 2018).

    The recall is the mean over the ranges R of the labels, P_1, P_2, ... being those of the flags:

    .. math:: \alpha [R \cap P \neq \emptyset] + (1 - \alpha)\, \gamma \sum_j \omega(R, R \cap P_j)

    with omega the share of R covered, its rows weighted by `bias`, and gamma the price of a
    cover in pieces. The precision is the same with labels and flags exchanged and alpha 0.

    Parameters
    ----------
    labels, flags
        Of shape (n,); labels of both classes. With nothing flagged the three figures are 0.
    alpha
        Weight of having found a range at all, in [0, 1]; TSB-AD takes 0.2.
    bias
        Rows of a range that count most for the recall: "flat" (all alike), "front", "middle" or
        "back"; the weight falls linearly.
    precision_bias
        The same for the precision, where the paper advises "flat".
    cardinality
        "reciprocal": a range covered by x pieces is worth 1/x; "one": pieces are free.

    References
    ----------
    Tatbul et al. (2018), Precision and Recall for Time Series, NeurIPS.

    Examples
    --------
    >>> labels = [False, True, True, True, True, False]
    >>> range_f1(labels, [False, True, True, False, False, False])
    RangeReport(precision=1.0, recall=0.5, f1=0.6666666666666666)
    """
    _check_options(alpha, bias, precision_bias, cardinality)
    truth, flagged = as_pair(labels, flags)
    recall = _mean_reward(truth, flagged, alpha, bias, cardinality)
    precision = _mean_reward(flagged, truth, 0.0, precision_bias, cardinality)
    return RangeReport.of(precision, recall)


def _check_options(alpha: float, bias: str, precision_bias: str, cardinality: str) -> None:
    if not 0 <= alpha <= 1:
        raise ParameterError(f"alpha is {alpha}, but it is a weight: give a number from 0 to 1.")
    options = (
        ("bias", bias, Bias),
        ("precision_bias", precision_bias, Bias),
        ("cardinality", cardinality, Cardinality),
    )
    for name, value, allowed in options:
        if value not in get_args(allowed):
            names = ", ".join(map(repr, get_args(allowed)))
            raise ParameterError(f"{name} is {value!r}, which is unknown: give one of {names}.")


def _mean_reward(
    whole: BoolArray, cover: BoolArray, alpha: float, bias: Bias, cardinality: Cardinality
) -> float:
    """Return the mean reward of the ranges of `whole` for being covered by those of `cover`."""
    ranges = find_events(whole)
    if not len(ranges):
        return 0.0
    pieces = _count_pieces(ranges, find_events(cover))
    overlap = _covered_share(ranges, cover, bias)
    if cardinality == "reciprocal":
        overlap = overlap / np.maximum(pieces, 1)
    return float(np.mean(alpha * (pieces > 0) + (1 - alpha) * overlap))


def _count_pieces(ranges: IntArray, covers: IntArray) -> IntArray:
    """Count for each range the covers that touch it: those begun by its end less those over."""
    begun = np.searchsorted(covers[:, 0], ranges[:, 1], side="left")
    over = np.searchsorted(covers[:, 1], ranges[:, 0], side="right")
    return begun - over


def _covered_share(ranges: IntArray, cover: BoolArray, bias: Bias) -> FloatArray:
    """Return the weighted share of each range that is covered, of shape (ranges,)."""
    lengths = ranges[:, 1] - ranges[:, 0]
    first = np.cumsum(lengths) - lengths
    position = np.arange(lengths.sum()) - np.repeat(first, lengths)  # from 0 in each range
    weight = _weight(position + 1, np.repeat(lengths, lengths), bias)
    covered = weight * cover[np.repeat(ranges[:, 0], lengths) + position]
    return np.asarray(np.add.reduceat(covered, first) / np.add.reduceat(weight, first))


def _weight(position: IntArray, length: IntArray, bias: Bias) -> FloatArray:
    """Return the weight of the row at `position` (1 for the first) of a range of `length` rows."""
    from_back = length - position + 1
    weights = {
        "flat": np.ones_like(position),
        "front": from_back,
        "middle": np.where(2 * position <= length, position, from_back),
        "back": position,
    }
    return weights[bias].astype(np.float64)
