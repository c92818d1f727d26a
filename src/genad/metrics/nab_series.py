"""One stream of the Numenta Anomaly Benchmark: what a detection at each of its rows is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.errors import DataError
from genad.metrics._inputs import FloatArray, IntArray, as_scores

__all__ = ["AnomalyWindow", "NabSeries", "RowValues", "probationary_period", "row_values"]

AnomalyWindow = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True, eq=False)
class NabSeries:
    """One stream: its timestamps, an anomaly score for each, and its anomaly windows.

    Parameters
    ----------
    timestamps
        Of shape (n,), datetime64, in the order of the rows.
    scores
        Of shape (n,), finite, higher = more anomalous.
    windows
        Pairs (start, end) of datetime64 that do not overlap; both ends belong to the window.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.datetime64("2024-01-01") + np.arange(3)
    >>> NabSeries(time, np.zeros(3), [(time[1], time[2])]).windows[0][0]
    np.datetime64('2024-01-02')
    """

    timestamps: NDArray[np.datetime64]
    scores: FloatArray
    windows: Sequence[AnomalyWindow] = ()


@dataclass(frozen=True, eq=False)
class RowValues:
    """The scored rows of a series, of shape (rows,), before the weights of a profile."""

    score: FloatArray
    window: IntArray  # number of the scored window the row lies in, -1 outside
    value: FloatArray  # of a detection here: in (0, 1] inside windows, in [-1, 0) outside

    @property
    def windows(self) -> int:
        """Return the number of scored windows."""
        return int(self.window.max(initial=-1)) + 1


def probationary_period(n: int) -> int:
    """Return how many of the first rows are never scored: 15 % of `n`, at most 750.

    Examples
    --------
    >>> probationary_period(4032), probationary_period(22695)
    (604, 750)
    """
    return min(n * 15 // 100, 750)


def row_values(name: str, series: NabSeries) -> RowValues:
    """Return what each row after the probationary period is worth; `name` is for the errors.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.datetime64("2024-01-01") + np.arange(5)
    >>> rows = row_values("disk", NabSeries(time, np.zeros(5), [(time[1], time[2])]))
    >>> rows.window.tolist(), rows.value.round(3).tolist()
    ([-1, 0, 0, -1, -1], [-1.0, 1.0, 0.86, -0.987, -1.0])
    """
    scores = _check_scores(name, series)
    n = len(scores)
    window, value = np.full(n, -1, dtype=np.int64), np.full(n, -1.0)
    skipped, first_scored = 0, probationary_period(n)
    for number, (first, stop) in enumerate(_window_rows(name, series)):
        width = stop - first
        window[first:stop] = number
        value[first:stop] = _scaled_sigmoid(np.arange(-width, 0) / width) / _scaled_sigmoid(-1.0)
        # Left undefined by the benchmark for a window of one row: its length is then taken as 1.
        value[stop:] = _scaled_sigmoid(np.arange(1, n - stop + 1) / max(width - 1, 1))
        skipped += stop <= first_scored
    window = np.where(window < 0, -1, window - skipped)
    return RowValues(scores[first_scored:], window[first_scored:], value[first_scored:])


def _scaled_sigmoid(x: FloatArray | float) -> FloatArray:
    """Return 2 / (1 + exp(5 x)) - 1, and -1 beyond 3: further away, a false alarm costs all."""
    # At 3 itself NAB's later sweeper has -1 too; its published figures, met here to 1e-10, do not.
    return np.where(np.asarray(x) > 3, -1.0, -np.tanh(2.5 * np.asarray(x)))


def _check_scores(name: str, series: NabSeries) -> FloatArray:
    shape = np.shape(series.timestamps)
    if len(shape) != 1 or np.shape(series.scores) != shape:
        raise DataError(
            f"series {name!r} has scores of shape {np.shape(series.scores)} for timestamps of "
            f"shape {shape}: give one score for each timestamp."
        )
    scores = as_scores(series.scores, shape[0])
    if not np.isfinite(scores).all():
        raise DataError(f"series {name!r} has infinite scores: give finite ones.")
    return scores


def _window_rows(name: str, series: NabSeries) -> list[tuple[int, int]]:
    """Return the rows [first, stop) of each window, in order.

    The timestamps of a real stream may step back by an hour once a year, so they are not assumed
    to be sorted.
    """
    bounds: list[tuple[int, int]] = []
    for start, end in sorted(series.windows):
        inside = _rows_between(series.timestamps, start, end)
        if inside is None or (bounds and inside[0] < bounds[-1][1]):
            problem = "holds no row" if inside is None else "overlaps the one before"
            raise DataError(
                f"the window {start} to {end} of series {name!r} {problem}: give windows that lie "
                "within the timestamps, apart from one another."
            )
        bounds.append(inside)
    return bounds


def _rows_between(
    timestamps: NDArray[np.datetime64], start: np.datetime64, end: np.datetime64
) -> tuple[int, int] | None:
    begun, not_over = np.flatnonzero(timestamps >= start), np.flatnonzero(timestamps <= end)
    if not len(begun) or not len(not_over) or begun[0] > not_over[-1]:
        return None
    return int(begun[0]), int(not_over[-1]) + 1
