"""The distance of a value to the nearest one ever seen, in bounded memory."""

from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.sorted_values import SortedValues
from genad.streaming.state import Arrays, Config, Part

__all__ = ["NearestValue"]


@final
class NearestValue(Part):
    """Remembers values, and tells how far a new one is from the nearest of them.

    Exact until `capacity` distinct values are held. Then those closer than 2 / capacity of the
    range are merged, and from there on a value that close to another is not held either. That frees
    half of the room, and it fills again only once the range has doubled, so that no distance is
    ever too long by more than 4 / capacity of the range. The extremes stay.

    Parameters
    ----------
    capacity
        Distinct values that are held, at least 8.

    Examples
    --------
    >>> nearest = NearestValue()
    >>> nearest.distance(1.0)
    inf
    >>> for value in (1.0, 5.0):
    ...     _ = nearest.learn_one(value)
    >>> nearest.distance(4.5)
    0.5
    """

    def __init__(self, capacity: int = 32_768) -> None:
        if capacity < 8:
            raise ParameterError(f"capacity must be at least 8 values, got {capacity}.")
        self.capacity = capacity
        self._gap = 0.0  # values no further apart count as one
        self._values = SortedValues()

    def __len__(self) -> int:
        return len(self._values)

    def distance(self, x: float) -> float:
        """Return the distance to the nearest value, infinity where there is none.

        Examples
        --------
        >>> NearestValue().distance(1.0)
        inf
        """
        below, above = self._values.neighbours(x)
        return min(x - below, above - x)

    def learn_one(self, x: float) -> float:
        """Remember a value; return its distance to those before.

        Examples
        --------
        >>> nearest = NearestValue()
        >>> nearest.learn_one(1.0), nearest.learn_one(3.0), nearest.learn_one(3.0)
        (inf, 2.0, 0.0)
        """
        distance = self.distance(x)
        if distance > self._gap:
            self._values.add(x)
            if len(self._values) > self.capacity:
                self._merge()
        return distance

    def _merge(self) -> None:
        """Keep the lowest value, the highest, and of the others those far enough above the last."""
        values = self._values.to_array()
        # Halved first: the range of finite numbers may be infinite.
        self._gap = float(values[-1] / 2 - values[0] / 2) * (4 / self.capacity)
        kept = [float(values[0])]
        for value in values[1:-1].tolist():
            if value - kept[-1] > self._gap:
                kept.append(value)
        self._values = SortedValues([*kept, float(values[-1])])

    def state(self) -> tuple[Config, Arrays]:
        """Return the values, and how close they may be."""
        return {"gap": self._gap}, {"values": self._values.to_array()}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the values."""
        self._gap = float(config["gap"])
        self._values = SortedValues(np.asarray(arrays["values"], dtype=np.float64).tolist())
