"""What repeats in a series: its strongest periods, hours and weekdays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Stamps = NDArray[np.datetime64]

_LEAST, _BETTER = 0.2, 0.1  # correlation of a period, and how much more a longer one must have
_MOST_SEASONS = 4
_HOUR, _DAY = np.timedelta64(1, "h"), np.timedelta64(1, "D")
_WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True)
class Season:
    """A period in steps, and how correlated values are that lie it apart."""

    period: int
    correlation: float


@dataclass(frozen=True, eq=False)
class Cycle:
    """The values by the hour of the day, or by the weekday.

    Parameters
    ----------
    name : "hour of the day" or "weekday".
    quartiles : the lower, the median, the upper, of shape (3, 24) or (3, 7); NaN where none is.
    share : of the variance that the means of the groups explain.
    """

    name: str
    quartiles: Values
    share: float


def seasons(correlation: Values) -> tuple[Season, ...]:
    """Return the periods at which the autocorrelation peaks, a longer one only if it is stronger.

    So a day's multiples are none, but a week is, where weekdays differ.

    Parameters
    ----------
    correlation : as `genad.data.period.autocorrelation` returns it.

    Examples
    --------
    >>> from genad.data.period import autocorrelation
    >>> seasons(autocorrelation(np.sin(np.arange(500) * 2 * np.pi / 25)))[0].period
    25
    """
    from scipy.signal import find_peaks

    below = np.flatnonzero(correlation <= 0)
    if not len(below):  # it never falls: a trend, no season
        return ()
    peaks, _ = find_peaks(correlation, height=_LEAST, prominence=_LEAST / 2)
    found: list[Season] = []
    for peak in peaks[peaks > below[0]].tolist():
        strength = float(correlation[peak])
        if strength > _BETTER + max((season.correlation for season in found), default=0.0):
            found.append(Season(peak, strength))
    return tuple(found[:_MOST_SEASONS])


def cycles(values: Values, stamps: Stamps | None) -> tuple[Cycle, ...]:
    """Return the values by hour and by weekday, where the stamps cover days and weeks.

    Examples
    --------
    >>> stamps = np.datetime64("2024-01-01") + np.arange(72) * np.timedelta64(1, "h")
    >>> found = cycles(np.arange(72.0) % 24, stamps)
    >>> [cycle.name for cycle in found], round(found[0].share, 6)
    (['hour of the day'], 1.0)
    """
    if stamps is None or len(stamps) < 2:
        return ()
    span, step = stamps.max() - stamps.min(), np.median(np.diff(stamps))
    days = stamps.astype("datetime64[D]")
    found = []
    if span >= 2 * _DAY and step <= 2 * _HOUR:
        hours = ((stamps - days) // _HOUR).astype(np.intp)
        found.append(_cycle("hour of the day", values, hours, 24))
    if span >= 2 * _WEEK and step <= _DAY:
        weekdays = (days.astype(np.int64) + 3) % 7  # 1970 began on a Thursday
        found.append(_cycle("weekday", values, weekdays, 7))
    return tuple(cycle for cycle in found if cycle is not None)


def _cycle(name: str, values: Values, groups: NDArray[np.intp], several: int) -> Cycle | None:
    known = np.isfinite(values)
    values, groups = values[known], groups[known]
    total = float(values.var()) if len(values) else 0.0
    if not total > 0:
        return None
    quartiles = np.full((3, several), np.nan)
    between = 0.0
    for group in range(several):
        part = values[groups == group]
        if len(part):
            quartiles[:, group] = np.quantile(part, [0.25, 0.5, 0.75])
            between += len(part) * (part.mean() - values.mean()) ** 2
    return Cycle(name, quartiles, float(between / len(values) / total))
