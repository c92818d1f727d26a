"""A quantile of the past, kept up to date one value at a time."""

from collections import deque
from math import nan
from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.sorted_values import SortedValues
from genad.streaming.state import Arrays, Config, Part

__all__ = ["RunningQuantile"]


@final
class RunningQuantile(Part):
    """The `q`-quantile of the last `memory` values, exact, with numpy's linear interpolation.

    The values lie in two sorted halves that meet at the quantile, so that it costs nothing to read
    and a new value moves at most one from half to half.

    Parameters
    ----------
    q
        In [0, 1].
    memory
        How many values count; older ones are forgotten.

    Examples
    --------
    >>> median = RunningQuantile(0.5)
    >>> for value in (1.0, 9.0, 3.0, 4.0):
    ...     median.learn_one(value)
    >>> median.value
    3.5
    """

    def __init__(self, q: float, memory: int = 32_768) -> None:
        if not 0 <= q <= 1:
            raise ParameterError(f"q must be in [0, 1], got {q}.")
        if memory < 1:
            raise ParameterError(f"memory must be at least 1 value, got {memory}.")
        self.q, self.memory = q, memory
        self._arrivals: deque[float] = deque()
        self._low, self._high = SortedValues(), SortedValues()

    def __len__(self) -> int:
        return len(self._arrivals)

    @property
    def value(self) -> float:
        """The quantile, NaN before the first value."""
        n = len(self._arrivals)
        if not n:
            return nan
        share = (n - 1) * self.q % 1
        below = self._low.last
        return below + share * (self._high.first - below) if share else below

    def learn_one(self, x: float) -> None:
        """Take a value in.

        Examples
        --------
        >>> largest = RunningQuantile(1.0, memory=2)
        >>> for value in (9.0, 3.0, 4.0):
        ...     largest.learn_one(value)
        >>> largest.value
        4.0
        """
        if len(self._arrivals) == self.memory:
            oldest = self._arrivals.popleft()
            (self._low if oldest <= self._low.last else self._high).remove(oldest)
        self._arrivals.append(x)
        (self._low if x < self._low.last else self._high).add(x)
        self._balance()

    def _balance(self) -> None:
        """Let the lower half end at the quantile."""
        low, high = self._low, self._high
        surplus = len(low) - int((len(self._arrivals) - 1) * self.q) - 1
        for _ in range(surplus):
            high.add(low.pop_last())
        for _ in range(-surplus):
            low.add(high.pop_first())

    def state(self) -> tuple[Config, Arrays]:
        """Return the values, oldest first."""
        return {}, {"arrivals": np.array(self._arrivals, dtype=np.float64)}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the values."""
        arrivals = np.asarray(arrays["arrivals"], dtype=np.float64).tolist()
        ordered = sorted(arrivals)
        split = int((len(ordered) - 1) * self.q) + 1 if ordered else 0
        self._arrivals = deque(arrivals)
        self._low, self._high = SortedValues(ordered[:split]), SortedValues(ordered[split:])
