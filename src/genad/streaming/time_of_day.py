"""What is usual at this time of day: a histogram of the values for each part of it."""

from collections import deque
from math import fsum, log
from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.novelty import Novelty
from genad.streaming.state import Arrays, Config, Part, join_states, load_states
from genad.streaming.steps import SECONDS_A_DAY

__all__ = ["DayNovelty", "TimeOfDay"]

_MARGIN = 0.25  # of the range of the first values, on either side


@final
class TimeOfDay(Part):
    r"""The surprise :math:`-\log p(x \mid \text{time of day})` of a value, learnt as it goes.

    The day has `slots` parts, each with a histogram of `cells` cells: equal ones over the range of
    the first `warm_up` values and a quarter of it on either side, and open ones at the ends. With c
    counts in the cell of n in the slot, and the share s of the cell in all slots,

    .. math:: p = \frac{c + s}{n + 1}, \quad s = \frac{\text{counts of the cell} + 1}
        {\text{all counts} + \text{cells}}.

    Until the warm-up is over the values are kept, then they are learnt in their order. Memory does
    not grow.

    Parameters
    ----------
    warm_up
        Values that fix the cells.
    slots
        Parts of the day.
    cells
        Cells of a histogram, at least 3.

    Examples
    --------
    >>> usual = TimeOfDay(warm_up=48)
    >>> for hour in range(48):
    ...     _ = usual.learn_one(float(hour % 24), 3600 * (hour % 24))
    >>> round(usual.score_one(3.0, 3 * 3600), 2), round(usual.score_one(15.0, 3 * 3600), 2)
    (0.39, 4.56)
    """

    def __init__(self, warm_up: int, slots: int = 24, cells: int = 48) -> None:
        if warm_up < 1 or slots < 1 or cells < 3:
            raise ParameterError(
                f"Got warm_up={warm_up}, slots={slots}, cells={cells}: give at least 1, 1 and 3."
            )
        self.warm_up, self.slots, self.cells = warm_up, slots, cells
        self._waiting: list[tuple[float, int]] = []
        self._low, self._width = (
            0.0,
            0.0,
        )  # the first inner cell; no width before the warm-up is over
        self._counts = [[0] * cells for _ in range(slots)]
        self._of_slot, self._of_cell, self._total = [0] * slots, [0] * cells, 0

    @property
    def ready(self) -> bool:
        """Whether the warm-up is over."""
        return self._width > 0

    def score_one(self, x: float, second: int) -> float:
        """Return the surprise of a value at a second of the day, 0 before the warm-up is over.

        Examples
        --------
        >>> TimeOfDay(warm_up=1).score_one(2.0, 0)
        0.0
        """
        if not self._width:
            return 0.0
        slot, cell = second * self.slots // SECONDS_A_DAY, self._cell(x)
        share = (self._of_cell[cell] + 1) / (self._total + self.cells)
        return -log((self._counts[slot][cell] + share) / (self._of_slot[slot] + 1))

    def learn_one(self, x: float, second: int) -> list[float]:
        """Learn a value; return the surprises of those that it made ready, oldest first.

        That is its own, and where it ends the warm-up those of all the values in it.

        Examples
        --------
        >>> usual = TimeOfDay(warm_up=2)
        >>> usual.learn_one(1.0, 0), len(usual.learn_one(2.0, 0)), len(usual.learn_one(3.0, 0))
        ([], 2, 1)
        """
        if self._width:
            return [self._count(x, second)]
        self._waiting.append((x, second))
        if len(self._waiting) < self.warm_up:
            return []
        self._lay_cells([value for value, _ in self._waiting])
        surprises = [self._count(*one) for one in self._waiting]
        self._waiting = []
        return surprises

    def _count(self, x: float, second: int) -> float:
        surprise = self.score_one(x, second)
        slot, cell = second * self.slots // SECONDS_A_DAY, self._cell(x)
        self._counts[slot][cell] += 1
        self._of_slot[slot] += 1
        self._of_cell[cell] += 1
        self._total += 1
        return surprise

    def _lay_cells(self, values: list[float]) -> None:
        low, high = min(values), max(values)
        # Where all are equal, any other value will do for a scale.
        reach = (high - low) or abs(high) or 1.0
        self._low = low - _MARGIN * reach
        self._width = (1 + 2 * _MARGIN) * reach / (self.cells - 2)

    def _cell(self, x: float) -> int:
        inner = (x - self._low) / self._width
        return int(min(max(inner + 1, 0.0), self.cells - 1.0))

    def state(self) -> tuple[Config, Arrays]:
        """Return the counts, the cells and the values that wait."""
        waiting = np.array([x for x, _ in self._waiting], dtype=np.float64)
        seconds = np.array([second for _, second in self._waiting], dtype=np.int64)
        counts = np.array(self._counts, dtype=np.int64)
        return {"low": self._low, "width": self._width}, {
            "counts": counts, "waiting": waiting, "seconds": seconds,
        }  # fmt: skip

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the counts, the cells and the values that wait."""
        self._low, self._width = float(config["low"]), float(config["width"])
        counts = np.asarray(arrays["counts"], dtype=np.int64)
        self._counts, self._total = counts.tolist(), int(counts.sum())
        self._of_slot, self._of_cell = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
        waiting = zip(arrays["waiting"].tolist(), arrays["seconds"].tolist(), strict=True)
        self._waiting = list(waiting)


@final
class DayNovelty(Part):
    """How new the mean surprise of the last `window` values is, given their times of day.

    Sees what single values do not show: a day of another shape, the night's level at noon, noise
    where it was quiet. A value without a time is left out.

    Parameters
    ----------
    probationary_period
        Values that fix the cells of :class:`TimeOfDay`; the novelty is 0 until then.
    window
        Values in a mean.
    slots, cells
        As in :class:`TimeOfDay`.

    Examples
    --------
    >>> shape = DayNovelty(probationary_period=96)
    >>> for hour in range(240):
    ...     shape.learn_one(float(hour % 24) + hour % 5, 3600 * (hour % 24))
    >>> shape.score_one(23.0, 0) > shape.score_one(2.0, 0)
    True
    """

    def __init__(
        self, probationary_period: int, window: int = 24, slots: int = 24, cells: int = 48
    ) -> None:
        if window < 1:
            raise ParameterError(f"window must be at least 1 value, got {window}.")
        self._usual = TimeOfDay(probationary_period, slots, cells)
        self._novelty = Novelty(start=probationary_period // 4)
        self._recent: deque[float] = deque(maxlen=window)
        # The value scored last, and its mean: most often it is learnt next.
        self._scored: tuple[tuple[float, int], float] | None = None

    def score_one(self, x: float, second: int) -> float:
        """Return the novelty with this value as the last, 0 before the probationary period is over.

        Examples
        --------
        >>> DayNovelty(probationary_period=2).score_one(1.0, 0)
        0.0
        """
        if second < 0 or not self._usual.ready:
            return 0.0
        mean = self._mean(self._usual.score_one(x, second))
        self._scored = (x, second), mean
        return self._novelty.score_one(mean)

    def learn_one(self, x: float, second: int) -> None:
        """Learn a value at a second of the day, -1 for none.

        Examples
        --------
        >>> DayNovelty(probationary_period=2).learn_one(1.0, -1)
        """
        if second < 0:
            return
        scored, self._scored = self._scored, None
        for surprise in self._usual.learn_one(x, second):
            known = scored is not None and scored[0] == (x, second)
            mean = scored[1] if scored and known else self._mean(surprise)
            self._novelty.learn_one(mean)
            self._recent.append(surprise)

    def _mean(self, surprise: float) -> float:
        """Return the mean of the last surprises and this one, exactly rounded in any order."""
        full = len(self._recent) == self._recent.maxlen
        oldest = self._recent[0] if full else 0.0
        return fsum((*self._recent, surprise, -oldest)) / (len(self._recent) + (not full))

    def _parts(self) -> dict[str, Part]:
        return {"usual": self._usual, "novelty": self._novelty}

    def state(self) -> tuple[Config, Arrays]:
        """Return all that was learnt."""
        config, arrays = join_states(self._parts())
        return config, arrays | {"recent": np.array(self._recent, dtype=np.float64)}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over all that was learnt."""
        load_states(self._parts(), config, arrays)
        self._recent.clear()
        self._scored = None
        self._recent.extend(arrays["recent"].tolist())
