"""What metrics of sets of points ask of their input, and the distances between the points."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from genad.errors import DataError
from genad.metrics._inputs import FloatArray, IntArray

__all__ = ["as_classes", "as_feature_pair", "as_features", "distance_blocks"]

# So many distances are held at a time.
_BLOCK = 4_000_000


def as_features(values: ArrayLike, name: str, least: int = 2) -> FloatArray:
    """Return points of shape (n, d) as float64, all of them finite and at least so many."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] == 0 or len(array) < least:
        raise DataError(
            f"{name} have shape {array.shape}: give (n, d), one row for each sample, and at least "
            f"{least} samples."
        )
    bad = int((~np.isfinite(array)).any(1).sum())
    if bad:
        raise DataError(
            f"{bad} of {len(array)} {name} hold NaN or infinite values: leave those samples out."
        )
    return array


def as_feature_pair(
    real: ArrayLike, generated: ArrayLike, least: int = 2
) -> tuple[FloatArray, FloatArray]:
    """Return two sets of points in the same space."""
    first = as_features(real, "real features", least)
    second = as_features(generated, "generated features", least)
    if first.shape[1] != second.shape[1]:
        raise DataError(
            f"Real samples have {first.shape[1]} features and generated ones {second.shape[1]}: "
            "take both from the same network."
        )
    return first, second


def as_classes(classes: ArrayLike, n: int | None = None) -> IntArray:
    """Return classes, whole numbers from 0, of shape (n,)."""
    array = np.asarray(classes)
    if array.ndim != 1 or array.size == 0 or n not in (None, len(array)):
        wanted = "one class for each sample" if n is None else f"{n}, one for each sample"
        raise DataError(f"classes have shape {array.shape}: give {wanted}.")
    if array.dtype.kind not in "iu" or array.min() < 0:
        raise DataError("classes are not whole numbers from 0: give positions in a list of names.")
    return array.astype(np.int64)


def distance_blocks(points: FloatArray, others: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Yield rows of `points` with their Euclidean distances to all others, block by block."""
    step = max(1, _BLOCK // len(others))
    for start in range(0, len(points), step):
        rows = slice(start, min(start + step, len(points)))
        yield rows, cdist(points[rows], others)
