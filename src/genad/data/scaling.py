"""Scalers: numeric columns put on a scale that networks can learn from, and back."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtri

Values = NDArray[np.float64]
ScalerName = Literal["standard", "minmax", "l2", "robust", "quantile", "none"]

_QUANTILES = 1000
# Beyond this many scales a value grows by its logarithm only: far out, in order, and finite.
_LIMIT = 30.0
# Unscaled values end here, so that their squares are finite in float32.
_LARGEST = 1e18
# Training values end here, so that sums of their squares are finite in float64.
_LARGEST_SQUARED = 1e150
# Of columns with values below this one none is told from a constant: one over a scale is finite.
_SMALLEST = 1e-290
# Stands for the infinity that a quotient overflows to.
_INFINITY = 1e300


class Scaler:
    """One of the scalers, fitted on columns without missing values.

    Parameters
    ----------
    name : "standard" (mean 0, deviation 1), "minmax" (training range to [0, 1]), "robust" (median
        0, interquartile range 1), "quantile" (normal scores of the ranks), "l2" (every row divided
        by its Euclidean norm) or "none". A constant column has scale 1, so that a change shows.

    Examples
    --------
    >>> scaler = Scaler("minmax").fit(np.array([[0.0], [4.0]]))
    >>> scaler.transform(np.array([[1.0], [8.0]]))
    array([[0.25],
           [2.  ]])
    """

    def __init__(self, name: ScalerName) -> None:
        self.name = name
        self.centre = self.scale = np.zeros(0)
        self.table = np.zeros((0, 0))
        self._ready()

    def fit(self, values: Values) -> "Scaler":
        """Learn from values of shape (n, columns)."""
        largest = np.abs(values).max(0)
        if largest.max(initial=0) > _LARGEST_SQUARED:
            values = np.clip(values, -_LARGEST_SQUARED, _LARGEST_SQUARED)
        self.centre, scale = _STATISTICS[self.name](values)
        self.scale = np.where(scale > np.maximum(largest, _SMALLEST) * 1e-12, scale, 1.0)
        if self.name == "quantile":
            points = np.linspace(0, 1, min(_QUANTILES, len(values)))
            self.table = np.quantile(values, points, axis=0)
        self._ready()
        return self

    def transform(self, values: Values) -> Values:
        """Return the scaled values, of the same shape."""
        if self.name == "none":
            return np.clip(values, -_LARGEST, _LARGEST)
        if self.name == "l2":
            return _unit_rows(values)
        if self.name == "quantile":
            return self._normal_scores(values)
        scaled = self._affine(values).numpy()
        if np.abs(scaled).max(initial=0) > _LIMIT:
            excess = np.clip(np.abs(scaled) - _LIMIT, 0, _INFINITY)
            scaled = np.clip(scaled, -_LIMIT, _LIMIT) + np.sign(scaled) * np.log1p(excess)
        return scaled

    def transform_ordinary(self, values: Values) -> NDArray[np.float32] | None:
        """Return the scaled values, or None if one is missing, infinite or far out.

        One look at the result instead of several at the values: the quick way for most data. What
        rounds to the limit does so in `transform` too.
        """
        if self.name in ("none", "l2", "quantile") or values.size == 0:
            return None
        scaled: NDArray[np.float32] = self._affine(values).float().numpy()
        return scaled if scaled.min() >= -_LIMIT and scaled.max() <= _LIMIT else None

    def _affine(self, values: Values) -> torch.Tensor:
        """Return values less the centre over the scale: in torch, which uses every core."""
        tensor = torch.from_numpy(values if values.flags.writeable else values.copy())
        # The centre first, so that large values that differ by little stay apart.
        return tensor.sub(self._shift).mul_(self._factor)

    def set(self, centre: Values, scale: Values) -> None:
        """Take over a centre and a scale per column in the place of those of `fit`."""
        self.centre, self.scale = centre, scale
        self._ready()

    def _ready(self) -> None:
        self._shift, self._factor = torch.from_numpy(self.centre), torch.from_numpy(1 / self.scale)

    def inverse_transform(self, scaled: Values) -> Values | None:
        """Return values that scale to `scaled`, or None where that is not possible ("l2")."""
        if self.name == "l2":
            return None
        if self.name == "none":
            return scaled
        if self.name == "quantile":
            scores = _scores_of_ranks(len(self.table))
            columns = zip(scaled.T, self.table.T, strict=True)
            return np.stack([np.interp(column, scores, table) for column, table in columns], axis=1)
        # A network may say anything; expm1 of more than this is out of all proportion.
        excess = np.clip(np.abs(scaled) - _LIMIT, 0, _LIMIT)
        inner = np.clip(scaled, -_LIMIT, _LIMIT) + np.sign(scaled) * np.expm1(excess)
        values: Values = inner * self.scale + self.centre
        return values

    def _normal_scores(self, values: Values) -> Values:
        """Return normal scores of mid-ranks; beyond the training range add +-2 log1p(excess)."""
        scores = _scores_of_ranks(len(self.table))
        result = np.empty_like(values)
        for j, (column, table) in enumerate(zip(values.T, self.table.T, strict=True)):
            low = np.searchsorted(table, column, side="left")
            high = np.searchsorted(table, column, side="right")
            ties = np.interp((low + high - 1) / 2, np.arange(len(table)), scores)
            result[:, j] = np.where(low < high, ties, np.interp(column, table, scores))
            excess = np.maximum(column - table[-1], 0) - np.maximum(table[0] - column, 0)
            with np.errstate(over="ignore"):
                excess = np.clip(excess / self.scale[j], -_INFINITY, _INFINITY)
            result[:, j] += np.sign(excess) * 2 * np.log1p(np.abs(excess))
        return result

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the arrays that `load_state` needs."""
        return {"centre": self.centre, "scale": self.scale, "table": self.table}

    def load_state(self, state: dict[str, NDArray[np.float64]]) -> "Scaler":
        """Take over the arrays of a fitted scaler of the same name."""
        self.centre, self.scale, self.table = state["centre"], state["scale"], state["table"]
        self._ready()
        return self


def _unit_rows(values: Values) -> Values:
    """Return every row divided by its Euclidean norm; a row of zeros stays."""
    # Divided by its largest value first, so that no square overflows or vanishes.
    largest = np.abs(values).max(1, keepdims=True, initial=0)
    values = values / np.where(largest > 0, largest, 1.0)
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(norms > 0, norms, 1.0)


def _scores_of_ranks(n: int) -> Values:
    """Return the normal scores of the ranks 1 to n (Blom's would differ by little)."""
    scores: Values = ndtri((np.arange(n) + 0.5) / n)
    return scores


def _standard(values: Values) -> tuple[Values, Values]:
    return values.mean(0), values.std(0)


def _minmax(values: Values) -> tuple[Values, Values]:
    return values.min(0), np.ptp(values, 0)


def _robust(values: Values) -> tuple[Values, Values]:
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    # A column with most of its values equal has no interquartile range but may still vary.
    return median, np.where(high > low, high - low, values.std(0))


def _unit(values: Values) -> tuple[Values, Values]:
    return np.zeros(values.shape[1]), np.ones(values.shape[1])


_STATISTICS: dict[str, Callable[[Values], tuple[Values, Values]]] = {
    "standard": _standard,
    "minmax": _minmax,
    "robust": _robust,
    "quantile": _standard,
    "l2": _unit,
    "none": _unit,
}
