"""An axis places values between 0 and 1, evenly or compressed far from a centre, with ticks."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_DIGITS = (1, 5, 2)  # leading digits of ticks, the best first
_FAR = 40.0  # times: an axis over more than this is drawn by orders of magnitude
_STEEP = 50.0  # a curve that falls by more than this is drawn by orders of magnitude


@dataclass(frozen=True)
class Axis:
    """The values from `low` to `high`, low < high, on a line from 0 to 1.

    Parameters
    ----------
    low, high : the ends.
    width : if positive, values are placed by asinh((value - centre) / width): evenly within
        about a width of the centre, by order of magnitude far from it. A logarithm that takes
        any sign. With 0 all are placed evenly.
    centre : see `width`.
    step : ticks are at least so far apart: 1 for whole numbers.

    Examples
    --------
    >>> Axis(0.0, 10.0).place([0.0, 5.0, 10.0]).tolist()
    [0.0, 0.5, 1.0]
    >>> Axis(0.0, 1000.0, width=0.1).ticks(5)
    [0.0, 1.0, 10.0, 100.0, 1000.0]
    """

    low: float
    high: float
    width: float = 0.0
    centre: float = 0.0
    step: float = 0.0

    @property
    def compressed(self) -> bool:
        """Whether equal distances mean unequal differences."""
        return self.width > 0

    def place(self, values: ArrayLike) -> Array:
        """Return where values are, 0 for `low` and 1 for `high`."""
        start, end = self.bend([self.low, self.high])
        places: Array = (self.bend(values) - start) / (end - start)
        return places

    def bend(self, values: ArrayLike) -> Array:
        """Return values as the axis measures them."""
        array = np.asarray(values, dtype=np.float64)
        if not self.width:
            return array
        bent: Array = np.arcsinh((array - self.centre) / self.width)
        return bent

    def unbend(self, values: Array) -> Array:
        """Return the values that `bend` maps to the given ones."""
        return np.sinh(values) * self.width + self.centre if self.width else values

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values along the axis, about `most` of them and none too close."""
        kept: list[float] = []
        for value in self._candidates(most):
            place = self.place([value, *kept])
            if np.abs(place[1:] - place[0]).min(initial=1.0) >= 0.9 / (most + 1):
                kept.append(value)
        return sorted(kept)

    def _candidates(self, most: int) -> list[float]:
        """Return round values in the range, those first that should get a tick first."""
        values = self._magnitudes() if self.width else self._steps(most)
        return [value for value in values if self.low <= value <= self.high]

    def _steps(self, most: int) -> list[float]:
        rough = (self.high - self.low) / most
        power = math.floor(math.log10(rough))
        step = next(d * 10.0**power for d in (1, 2, 5, 10) if d * 10.0**power >= 0.8 * rough)
        step = max(step, self.step)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(k * step, 12 - power) for k in range(first, last + 1)]

    def _magnitudes(self) -> list[float]:
        largest = max(abs(self.low), abs(self.high))
        powers = range(math.floor(math.log10(self.width)), math.floor(math.log10(largest)) + 1)
        ordered = [
            sign * digit * 10.0**power
            for digit in _DIGITS
            for power in reversed(powers)
            for sign in (1, -1)
        ]
        return [0.0, *ordered]


def axis_for(values: ArrayLike) -> Axis:
    """Return an upright axis for a curve, from zero where that is not far away.

    Examples
    --------
    >>> axis_for([0.2, 1.0]).low, axis_for([0.001, 1.0]).compressed
    (0.0, True)
    """
    known = np.asarray(values, dtype=np.float64)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if low > 0 and high > _STEEP * low:
        return Axis(low, high, width=low)
    low = 0.0 if 0 < low < 0.5 * high else low
    high = 0.0 if 0 > high > 0.5 * low else high
    room = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return Axis(low - room * (low != 0 or high == 0), high + room * (high != 0 or low == 0))


def axis_across(low: float, high: float, typical: ArrayLike) -> Axis:
    """Return a level axis, compressed away from the typical values if others are far off.

    Parameters
    ----------
    low, high : its ends, low < high.
    typical : values of which those between the 5 % and the 95 % quantile must be told apart.

    Examples
    --------
    >>> axis_across(0, 10, [1.0, 5.0]).compressed, axis_across(0, 1e6, [1.0, 5.0]).compressed
    (False, True)
    """
    first, centre, last = np.quantile(np.asarray(typical), [0.05, 0.5, 0.95]).tolist()
    spread = last - first or abs(centre) or 1.0
    if high - low <= _FAR * spread:
        return Axis(low, high)
    return Axis(low, high, width=spread / 4, centre=centre)


def axis_of_counts(counts: ArrayLike, typical: float = 0.0) -> Axis:
    """Return an upright axis from 0 on which counts can be seen beside the largest.

    Parameters
    ----------
    counts : any, zeros among them.
    typical : the quantile of those above zero that must be seen: the smallest, or the median.

    Examples
    --------
    >>> axis_of_counts([3.0, 9.0]), axis_of_counts([1.0, 9000.0]).compressed
    (Axis(low=0.0, high=9.0, width=0.0, centre=0.0, step=0.0), True)
    """
    heights = np.asarray(counts, dtype=np.float64)
    top = float(max(heights.max(initial=0.0), 1.0))
    counted = heights[heights > 0]
    seen = float(np.quantile(counted, typical)) if len(counted) else top
    return Axis(0.0, top, width=1.0 if top > _FAR * seen else 0.0)
