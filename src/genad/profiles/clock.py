"""When the steps of a series are: how often, what is missing, what comes twice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.datetime64]

_HOUR = 3600.0
_UNITS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


@dataclass(frozen=True)
class Clock:
    """The time stamps of a series.

    Parameters
    ----------
    start, end : the first and the last, as ISO texts.
    step : the usual time between two, in seconds.
    gaps : how many are more than twice the usual step apart.
    longest : the longest of those, in seconds.
    twice : how many stamps are that of the step before.
    back : how many are before that of the step before, by more than an hour.
    put_back : and by up to an hour, as when clocks are put back.
    uneven : share of the steps that are not as long as usual, by more than a hundredth.
    """

    start: str
    end: str
    step: float
    gaps: int
    longest: float
    twice: int
    back: int
    put_back: int
    uneven: float


def read_clock(stamps: Stamps | None) -> Clock | None:
    """Return what the time stamps of a series say, or None without at least two.

    Examples
    --------
    >>> at = ["2024-01-01T00:00", "2024-01-01T00:05", "2024-01-01T00:05", "2024-01-01T00:10"]
    >>> clock = read_clock(np.array([*at, "2024-01-01T01:00"], "datetime64[us]"))
    >>> clock.step, clock.gaps, clock.longest, clock.twice
    (300.0, 1, 3000.0, 1)
    """
    if stamps is None or len(stamps) < 2:
        return None
    steps: NDArray[np.float64] = np.diff(stamps.astype("datetime64[us]").astype(np.float64)) / 1e6
    forward = steps[steps > 0]
    usual = float(np.median(forward)) if len(forward) else 0.0
    wide = steps[steps > 2 * usual] if usual else forward
    return Clock(
        start=_text(stamps.min()),
        end=_text(stamps.max()),
        step=usual,
        gaps=len(wide),
        longest=float(wide.max(initial=0.0)),
        twice=int((steps == 0).sum()),
        back=int((steps < -_HOUR).sum()),
        put_back=int(((steps >= -_HOUR) & (steps < 0)).sum()),
        uneven=float((np.abs(steps - usual) > 0.01 * usual).mean()),
    )


def span(seconds: float) -> str:
    """Return a time between two steps as one would say it.

    Examples
    --------
    >>> span(300), span(86_400), span(5400), span(0.25)
    ('5 min', '1 d', '1.5 h', '0.25 s')
    """
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= s), _UNITS[-1])
    return f"{seconds / size:.3g} {unit}"


def _text(stamp: np.datetime64) -> str:
    return str(stamp.astype("datetime64[s]")).replace("T", " ")
