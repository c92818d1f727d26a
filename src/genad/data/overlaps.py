"""How the results of windows that overlap become results of time steps."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.series import Recordings
from genad.data.views import Array, Collector

# Steps whose windows are counted at a time.
_BLOCK = 2**18


@dataclass(frozen=True)
class Places:
    """Where the windows of one series begin: every `stride` steps, the last where it ends with it.

    Parameters
    ----------
    length : of the series.
    window, stride : as in `genad.data.windows.Windows`.

    Examples
    --------
    >>> Places(10, 4, 4).starts()
    array([0, 4, 6])
    >>> Places(10, 4, 4).covering(0, 10)
    array([1, 1, 1, 1, 1, 1, 2, 2, 1, 1])
    """

    length: int
    window: int
    stride: int

    def __len__(self) -> int:
        return -(-(self.length - self.window) // self.stride) + 1

    def starts(self, low: int = 0, high: int | None = None) -> NDArray[np.int64]:
        """Return where the windows from number `low` to before `high` begin."""
        starts = np.arange(low, len(self) if high is None else high) * self.stride
        return np.minimum(starts, self.length - self.window)

    def slices(self, low: int, high: int) -> Iterator[tuple[int, slice]]:
        """Yield the windows from `low` to before `high` in runs of even distance.

        Each run is how many windows of those asked for come before it, and their starts.
        """
        regular, last = min(high, len(self) - 1), len(self) - 1
        if low < regular:
            stop = (regular - 1) * self.stride + 1
            yield 0, slice(low * self.stride, stop, self.stride)
        if high > last:
            start = self.length - self.window
            yield last - low, slice(start, start + 1, 1)

    def covering(self, low: int, high: int) -> NDArray[np.int64]:
        """Return how many windows cover each step from `low` to before `high`."""
        steps, last = np.arange(low, high), len(self) - 1
        newest = np.minimum(steps // self.stride, last - 1)
        oldest = np.maximum(-(-(steps - self.window + 1) // self.stride), 0)
        covering: NDArray[np.int64] = np.maximum(newest - oldest + 1, 0)
        return covering + (steps >= self.length - self.window)


class Overlaps(Collector):
    """Means over the windows that cover each step.

    Parameters
    ----------
    source : the series.
    places : of the windows of each series.
    """

    def __init__(self, source: Recordings, places: list[Places]) -> None:
        self.source, self.places = source, places
        self.first = np.cumsum([0, *(len(each) for each in places)]).tolist()
        self.totals: list[Array] = []

    def add(self, start: int, part: Array) -> None:
        """Take results of shape (n, window, ...)."""
        if not self.totals:
            self._open(part.shape[2:])
        done = 0
        while done < len(part):
            series = bisect_right(self.first, start + done) - 1
            number = start + done - self.first[series]
            more = min(len(part) - done, len(self.places[series]) - number)
            self._add(series, number, part[done : done + more])
            done += more

    def _open(self, shape: tuple[int, ...]) -> None:
        self.totals = [np.zeros((len(recording), *shape)) for recording in self.source.each]

    def _add(self, series: int, number: int, part: Array) -> None:
        totals, places = self.totals[series], self.places[series]
        for before, starts in places.slices(number, number + len(part)):
            run = part[before : before + len(range(starts.start, starts.stop, starts.step))]
            # From the last step of the windows to the first, so that a step is always reached by
            # its windows in their order, wherever chunks begin: sums round the same.
            for step in range(part.shape[1] - 1, -1, -1):
                totals[starts.start + step : starts.stop + step : starts.step] += run[:, step]

    def result(self) -> Any:  # noqa: D102
        for totals, places in zip(self.totals, self.places, strict=True):
            self._finish(totals, places)
        results = self.totals
        if self.source.flat:
            results = [each[:, 0] if each.ndim == 2 else each for each in results]
        return results if self.source.many else results[0]

    def _finish(self, totals: Array, places: Places) -> None:
        """Make means of sums in their place, some steps at a time."""
        for low in range(0, len(totals), _BLOCK):
            part = totals[low : low + _BLOCK]
            counts = places.covering(low, low + len(part))
            part /= counts.reshape(-1, *[1] * (part.ndim - 1))


class Trailing(Overlaps):
    """Of the windows that cover a step, the one that ends with it, or the next one that ends.

    The first window gives all of its steps.
    """

    def _open(self, shape: tuple[int, ...]) -> None:
        super()._open(shape)
        self.reached = [0] * len(self.totals)

    def _add(self, series: int, number: int, part: Array) -> None:
        starts = self.places[series].starts(number, number + len(part))
        for start, results in zip(starts.tolist(), part, strict=True):
            new, stop = self.reached[series], start + part.shape[1]
            self.totals[series][new:stop] = results[new - start :]
            self.reached[series] = stop

    def _finish(self, totals: Array, places: Places) -> None:
        pass
