"""What every metric asks of its input, checked in one place."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import DataError

__all__ = ["BoolArray", "FloatArray", "IntArray", "as_bool", "as_labels", "as_pair", "as_scores"]

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def as_bool(values: ArrayLike, name: str) -> BoolArray:
    """Return `values` of shape (n,) as bool; 0 and 1 will do."""
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise DataError(
            f"{name} have shape {array.shape}: give one value for each row, and at least one row."
        )
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise DataError(
            f"{name} hold values other than False and True (or 0 and 1): give True for an anomaly."
        )
    return array.astype(np.bool_)


def as_labels(labels: ArrayLike) -> BoolArray:
    """Return labels that hold both classes."""
    truth = as_bool(labels, "labels")
    if truth.all() or not truth.any():
        kind = "anomalies" if truth.any() else "normal rows"
        raise DataError(
            f"labels hold {kind} only, but this metric compares the two: give rows of both kinds."
        )
    return truth


def as_scores(scores: ArrayLike, n: int) -> FloatArray:
    """Return `n` scores as float64, none of them NaN."""
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"scores are not all numbers ({error}): give one for each row.") from error
    _require_rows(values.shape, n, "scores")
    missing = int(np.isnan(values).sum())
    if missing:
        raise DataError(
            f"scores hold {missing} NaN of {n}, which have no rank: score or drop those rows first."
        )
    return values


def as_pair(labels: ArrayLike, flags: ArrayLike) -> tuple[BoolArray, BoolArray]:
    """Return labels of both classes and as many flags."""
    truth, flagged = as_labels(labels), as_bool(flags, "flags")
    _require_rows(flagged.shape, len(truth), "flags")
    return truth, flagged


def _require_rows(shape: tuple[int, ...], n: int, name: str) -> None:
    if shape != (n,):
        raise DataError(
            f"{name} have shape {shape} for {n} labels: give one value for each label, in order."
        )
