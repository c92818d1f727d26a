"""The streaming novelty detector's scores: new values, unusual days, a rest after each alarm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import ModelFormatError, ParameterError
from genad.streaming.novelty import Novelty
from genad.streaming.peak_level import PeakLevel
from genad.streaming.rest import Rest
from genad.streaming.state import Arrays, Config, Part, join_states, load_states
from genad.streaming.steps import Stamp, as_row, as_rows, as_second, as_seconds
from genad.streaming.time_of_day import DayNovelty

__all__ = ["NoveltyScorer"]

_BLOCK = 0.3  # of the probationary period: the stretches whose peaks tell the usual level


@final
class NoveltyScorer(Part):
    """Scores the values of a stream one by one against all of its past, and learns them.

    The score of a channel is the larger of two: the :class:`Novelty` of its value, and `day_weight`
    times the :class:`DayNovelty` where there are time stamps. The score of a step is that of its
    most novel channel, calibrated by :class:`PeakLevel`, and 0 where a score of the last `rest`
    steps was as high (:class:`Rest`). In the first quarter of the probationary period it is 0.

    A missing value (NaN) is not learnt and its channel has the score 0; a step without any value is
    a step all the same. Without stamps, or where one is missing (NaT), the day is left out.

    Parameters
    ----------
    channels
        Values in a step.
    probationary_period
        First steps that tell what is usual, and whose scores are not to be trusted.
    rest
        As a share of the probationary period; 0 for none.
    day_weight
        Weight of the second term; 0 leaves it out.
    quantile, window, slots, cells
        As in :class:`Novelty` and :class:`DayNovelty`.
    strength
        As in :class:`PeakLevel`; 0 leaves the calibration out.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.sin(np.arange(200.0) / 3)
    >>> values[150] = 2.5
    >>> scores = NoveltyScorer(probationary_period=50).score_series(values)
    >>> int(scores.argmax())
    150
    """

    def __init__(
        self,
        channels: int = 1,
        *,
        probationary_period: int = 750,
        rest: float = 0.3,
        day_weight: float = 0.5,
        quantile: float = 0.997,
        window: int = 24,
        slots: int = 24,
        cells: int = 48,
        strength: float = 0.2,
    ) -> None:
        if channels < 1 or probationary_period < 1 or rest < 0 or day_weight < 0:
            raise ParameterError(
                f"Got channels={channels}, probationary_period={probationary_period}, rest={rest}, "
                f"day_weight={day_weight}: give at least 1 of the first two, and nothing below 0."
            )
        self.parameters: dict[str, Any] = {
            "channels": channels, "probationary_period": probationary_period, "rest": rest,
            "day_weight": day_weight, "quantile": quantile, "window": window, "slots": slots,
            "cells": cells, "strength": strength,
        }  # fmt: skip
        self._start, pause = probationary_period // 4, int(rest * probationary_period)
        self._values = [Novelty(self._start, quantile) for _ in range(channels)]
        days = channels if day_weight else 0
        self._days = [DayNovelty(probationary_period, window, slots, cells) for _ in range(days)]
        block = max(int(_BLOCK * probationary_period), 1)
        self._level = PeakLevel(block, self._start, strength=strength)
        self._rest = Rest(pause)
        self._seen = 0
        # The step that was scored last, and its novelty: most often it is learnt next.
        self._scored: tuple[tuple[list[float], int], float] | None = None

    def score_one(self, x: float | ArrayLike, stamp: Stamp = None) -> float:
        """Return the score of the next step, without learning it.

        Parameters
        ----------
        x
            A number, or of shape (channels,).
        stamp
            Its time, on the clock that the stream's days follow.

        Examples
        --------
        >>> NoveltyScorer().score_one(3.0)
        0.0
        """
        return self.score_row(as_row(x, len(self._values)), as_second(stamp))

    def score_row(self, row: list[float], second: int) -> float:
        """Return the score of a step whose values are checked; -1 is an unknown second of the day.

        Examples
        --------
        >>> NoveltyScorer().score_row([3.0], -1)
        0.0
        """
        novelty = max(self.row_novelties(row, second))
        self._scored = (row, second), novelty
        return self._emit(novelty)

    def channel_scores(self, x: float | ArrayLike, stamp: Stamp = None) -> NDArray[np.float64]:
        """Return the novelty of each channel, of shape (channels,), before calibration and rest.

        Parameters
        ----------
        x, stamp
            As in :meth:`score_one`.

        Examples
        --------
        >>> NoveltyScorer(channels=2).channel_scores([3.0, 1.0])
        array([0., 0.])
        """
        row = as_row(x, len(self._values))
        return np.array(self.row_novelties(row, as_second(stamp)), dtype=np.float64)

    def learn_one(self, x: float | ArrayLike, stamp: Stamp = None) -> None:
        """Learn the next step.

        Parameters
        ----------
        x, stamp
            As in :meth:`score_one`.

        Examples
        --------
        >>> scorer = NoveltyScorer(probationary_period=1)
        >>> scorer.learn_one(3.0)
        >>> scorer.score_one(3.0)
        0.0
        """
        self.learn_row(as_row(x, len(self._values)), as_second(stamp))

    def learn_row(self, row: list[float], second: int) -> None:
        """Learn a step whose values are checked, as in :meth:`score_row`.

        Examples
        --------
        >>> NoveltyScorer().learn_row([3.0], -1)
        """
        scored, novelty = self._scored or (None, 0.0)
        known = scored == (row, second)
        self._learn(row, second, novelty if known else max(self.row_novelties(row, second)))

    def score_series(
        self, values: ArrayLike, stamps: Iterable[Stamp] | NDArray[np.datetime64] | None = None
    ) -> NDArray[np.float64]:
        """Score and learn many steps: the same scores, to the last bit, as one by one.

        Parameters
        ----------
        values
            Of shape (n,) or (n, channels), going on from what was learnt.
        stamps
            Of shape (n,), or None.

        Examples
        --------
        >>> scores = NoveltyScorer(probationary_period=2).score_series([1.0, 1.0, 1.0, 4.0, 1.0])
        >>> (scores > 0).tolist()
        [False, False, False, True, False]
        """
        rows = as_rows(values, len(self._values))
        seconds = as_seconds(stamps, len(rows))
        scores = np.empty(len(rows))
        for i, (row, second) in enumerate(zip(rows, seconds, strict=True)):
            novelty = max(self.row_novelties(row, second))
            scores[i] = self._emit(novelty)
            self._learn(row, second, novelty)
        return scores

    def row_novelties(self, row: list[float], second: int) -> list[float]:
        """Return the novelty of each channel of a step whose values are checked.

        Examples
        --------
        >>> NoveltyScorer(channels=2).row_novelties([3.0, 1.0], -1)
        [0.0, 0.0]
        """
        found = [
            0.0 if x != x else novelty.score_one(x)
            for x, novelty in zip(row, self._values, strict=True)
        ]
        if second >= 0:
            weight = self.parameters["day_weight"]
            for i, day in enumerate(self._days):
                if row[i] == row[i]:
                    found[i] = max(found[i], weight * day.score_one(row[i], second))
        return found

    def _emit(self, novelty: float) -> float:
        if self._seen < self._start:
            return 0.0
        return self._level.score_one(self._rest.score_one(novelty))

    def _learn(self, row: list[float], second: int, novelty: float) -> None:
        for i, x in enumerate(row):
            if x == x:  # not NaN
                self._values[i].learn_one(x)
                if self._days:
                    self._days[i].learn_one(x, second)
        self._level.learn_one(novelty)
        self._rest.learn_one(novelty)
        self._seen += 1
        self._scored = None

    def _parts(self) -> dict[str, Part]:
        values = {f"value{i}": part for i, part in enumerate(self._values)}
        days = {f"day{i}": part for i, part in enumerate(self._days)}
        return {**values, **days, "level": self._level, "rest": self._rest}

    def state(self) -> tuple[Config, Arrays]:
        """Return all that was learnt: a dictionary for JSON, and arrays by name.

        Examples
        --------
        >>> config, arrays = NoveltyScorer().state()
        >>> config["seen"], arrays["value0.nearest.values"].shape
        (0, (0,))
        """
        config, arrays = join_states(self._parts())
        return config | {"seen": self._seen, "parameters": dict(self.parameters)}, arrays

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over what :meth:`state` returned, and go on with the same scores to the last bit.

        Examples
        --------
        >>> scorer, other = NoveltyScorer(), NoveltyScorer()
        >>> scorer.learn_one(3.0)
        >>> other.load_state(*scorer.state())
        >>> other.score_one(4.0) == scorer.score_one(4.0)
        True
        """
        if config.get("parameters") != self.parameters:
            raise ModelFormatError(
                f"The state is of a NoveltyScorer with {config.get('parameters')}, this one has "
                f"{self.parameters}: make one alike first."
            )
        load_states(self._parts(), config, arrays)
        self._seen, self._scored = int(config["seen"]), None
