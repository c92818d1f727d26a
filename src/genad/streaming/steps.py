"""Steps of a stream as plain numbers: values checked, time stamps as seconds of the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import isinf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import DataError

__all__ = ["SECONDS_A_DAY", "Stamp", "as_row", "as_rows", "as_second", "as_seconds"]

SECONDS_A_DAY = 86_400
Stamp = datetime | np.datetime64 | None

_LARGEST = 1e100  # what is larger counts as this, so that no sum or square overflows


def as_row(x: float | ArrayLike, channels: int) -> list[float]:
    """Return the values of one step, NaN where missing.

    Examples
    --------
    >>> as_row(2, channels=1), as_row([1.0, 1e300], channels=2)
    ([2.0], [1.0, 1e+100])
    """
    if channels == 1 and isinstance(x, int | float):  # the common case, and the fast one
        if isinf(x):
            raise DataError(f"Values must be finite, or NaN where missing; got {x}.")
        return [float(x) if -_LARGEST < x < _LARGEST or x != x else _LARGEST * (1 if x > 0 else -1)]
    return as_rows(np.atleast_1d(np.asarray(x, dtype=np.float64))[np.newaxis], channels)[0]


def as_rows(values: ArrayLike, channels: int) -> list[list[float]]:
    """Return the values of many steps, given as shape (n,) or (n, channels).

    Examples
    --------
    >>> as_rows([1.0, 2.0], channels=1)
    [[1.0], [2.0]]
    """
    array = np.asarray(values, dtype=np.float64)
    array = array[:, np.newaxis] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] != channels:
        raise DataError(
            f"Got values of shape {array.shape} for {channels} channel(s): give one value for each "
            "channel, NaN where it is missing."
        )
    if np.isinf(array).any():
        raise DataError("Values must be finite, or NaN where missing; got infinite ones.")
    rows: list[list[float]] = np.clip(array, -_LARGEST, _LARGEST).tolist()
    return rows


def as_second(stamp: Stamp) -> int:
    """Return the seconds since midnight on the stamp's own clock, -1 where it is None or NaT.

    Examples
    --------
    >>> as_second(datetime(2024, 1, 1, 0, 1)), as_second(np.datetime64("2024-01-01T00:01"))
    (60, 60)
    """
    if stamp is None:
        return -1
    own = stamp.item() if isinstance(stamp, np.datetime64) else stamp
    if isinstance(own, datetime):  # pandas' NaT is one too, and unequal to itself
        return own.hour * 3600 + own.minute * 60 + own.second if own == own else -1
    return as_seconds(np.asarray(stamp)[np.newaxis], 1)[0]


def as_seconds(stamps: Iterable[Stamp] | NDArray[np.datetime64] | None, n: int) -> list[int]:
    """Return the seconds since midnight of `n` stamps, -1 where they are missing.

    Examples
    --------
    >>> as_seconds(np.array(["2024-01-01T00:01", "NaT"], dtype="datetime64[m]"), 2)
    [60, -1]
    """
    if stamps is None:
        return [-1] * n
    if not isinstance(stamps, np.ndarray):
        seconds = [as_second(stamp) for stamp in stamps]
    else:
        seconds = _seconds_of_day(stamps)
    if len(seconds) != n:
        raise DataError(f"Got {len(seconds)} stamps for {n} steps: one for each, NaT for none.")
    return seconds


def _seconds_of_day(stamps: NDArray[np.datetime64]) -> list[int]:
    if stamps.dtype.kind != "M" or stamps.ndim != 1:
        raise DataError(
            f"Time stamps must be datetime64 of shape (n,), got {stamps.dtype} of shape "
            f"{stamps.shape}: convert them first."
        )
    seconds = stamps.astype("datetime64[s]").astype(np.int64) % SECONDS_A_DAY
    known: list[int] = np.where(np.isnat(stamps), -1, seconds).tolist()
    return known
