"""How new a value is: its distance to all ever seen, in units that the past is used to."""

from math import inf, sqrt
from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.nearest import NearestValue
from genad.streaming.quantile import RunningQuantile
from genad.streaming.state import Arrays, Config, Part, join_states, load_states

__all__ = ["LARGEST_NOVELTY", "Novelty"]

LARGEST_NOVELTY = 1e6
"""Of a value that differs where nothing ever did, and of all that would be more."""
_REACH = 0.2  # weight of the range against the distance from the median
_FLOOR = 0.001  # share of the farthest novelty that is always usual


@final
class Novelty(Part):
    r"""Distance to the nearest past value, relative to the values and to the past distances.

    .. math:: N_t = \sqrt{\frac{d_t}{0.2\,r_t + |x_t - m_t|} \cdot \frac{d_t}{k_t}}

    with d the distance to the nearest value before, r the range up to now, m the median before, and
    k a high quantile of the distances before plus 0.001 of the longest. Everything is remembered,
    anomalies too: the same value is never new twice. It costs the same at the millionth value as at
    the first, and at most some 6 MB.

    Parameters
    ----------
    start
        The distances of so many first values are not counted in k: with few neighbours they are
        long for no other reason.
    quantile
        The quantile in k, of the distances of the last 32,768 values.

    Examples
    --------
    >>> novelty = Novelty()
    >>> for value in (1.0, 2.0, 3.0, 2.5, 1.5):
    ...     novelty.learn_one(value)
    >>> novelty.score_one(2.0), round(novelty.score_one(9.0), 2)
    (0.0, 2.04)
    """

    def __init__(self, start: int = 0, quantile: float = 0.997) -> None:
        if start < 0:
            raise ParameterError(f"start must be at least 0 values, got {start}.")
        self.start = start
        self._nearest = NearestValue()
        self._distances, self._values = RunningQuantile(quantile), RunningQuantile(0.5)
        self._seen, self._farthest = 0, 0.0
        self._low, self._high = inf, -inf

    def score_one(self, x: float) -> float:
        """Return the novelty of a finite value, 0 where it was seen before or nothing was.

        Examples
        --------
        >>> Novelty().score_one(3.0)
        0.0
        """
        distance = self._nearest.distance(x)
        if distance == 0 or not self._seen:
            return 0.0
        span = max(self._high, x) - min(self._low, x)
        relative = distance / (_REACH * span + abs(x - self._values.value))
        usual = _FLOOR * self._farthest
        if self._distances:
            usual += self._distances.value
        if usual == 0:
            return LARGEST_NOVELTY
        return min(sqrt(relative * (distance / usual)), LARGEST_NOVELTY)

    def learn_one(self, x: float) -> None:
        """Remember a finite value.

        Examples
        --------
        >>> novelty = Novelty()
        >>> novelty.learn_one(3.0)
        >>> novelty.score_one(3.0)
        0.0
        """
        distance = self._nearest.learn_one(x)
        if self._seen:
            self._farthest = max(self._farthest, distance)
            if self._seen >= self.start:
                self._distances.learn_one(distance)
        self._values.learn_one(x)
        self._seen += 1
        self._low, self._high = min(self._low, x), max(self._high, x)

    def _parts(self) -> dict[str, Part]:
        return {"nearest": self._nearest, "distances": self._distances, "values": self._values}

    def state(self) -> tuple[Config, Arrays]:
        """Return all that was learnt."""
        config, arrays = join_states(self._parts())
        limits = np.array([self._low, self._high, self._farthest])
        return config | {"seen": self._seen}, arrays | {"limits": limits}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over all that was learnt."""
        load_states(self._parts(), config, arrays)
        self._seen = int(config["seen"])
        self._low, self._high, self._farthest = arrays["limits"].tolist()
