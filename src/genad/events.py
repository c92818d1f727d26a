"""Events: runs of anomalous time steps, each with its peak and the channels to blame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Event:
    """Anomalous steps that belong together.

    Parameters
    ----------
    start, end : the first step, and the one after the last.
    peak : the step of the highest score.
    score : the highest score.
    channels : name and share of every channel in the event's scores, the largest first.
    times : time stamps of the first and the last step, where the series has any.

    Examples
    --------
    >>> Event(3, 5, 4, 9.0, (("flow", 7.5), ("heat", 1.5))).channels[0][0]
    'flow'
    """

    start: int
    end: int
    peak: int
    score: float
    channels: tuple[tuple[str, float], ...] = ()
    times: tuple[np.datetime64, np.datetime64] | None = None

    def __len__(self) -> int:
        return self.end - self.start


def find_events(
    scores: NDArray[np.float64],
    threshold: float,
    *,
    apart: int = 1,
    shares: NDArray[np.float64] | None = None,
    names: Sequence[str] | None = None,
    stamps: NDArray[Any] | None = None,
) -> list[Event]:
    """Return the events of a series, in the order of time.

    Parameters
    ----------
    scores : of shape (time,).
    threshold : a step is anomalous if its score is above.
    apart : anomalous steps with fewer than so many others between them are one event.
    shares : of the channels in the scores, of shape (time, channels), or (time,) of a single one.
    names : of the channels; by default their numbers.
    stamps : of the steps.

    Examples
    --------
    >>> find_events(np.array([0.0, 2.0, 3.0, 0.0, 2.0]), 1.0)
    [Event(start=1, end=3, peak=2, score=3.0, channels=(), times=None), \
Event(start=4, end=5, peak=4, score=2.0, channels=(), times=None)]
    """
    steps = np.flatnonzero(scores > threshold)
    if len(steps) == 0:
        return []
    runs = np.split(steps, np.flatnonzero(np.diff(steps) > apart) + 1)
    events = []
    for run in runs:
        start, end = int(run[0]), int(run[-1]) + 1
        peak = start + int(scores[start:end].argmax())
        blame = () if shares is None else _blame(shares[run].reshape(len(run), -1), names)
        times = None if stamps is None else (stamps[start], stamps[end - 1])
        events.append(Event(start, end, peak, float(scores[peak]), blame, times))
    return events


def _blame(
    shares: NDArray[np.float64], names: Sequence[str] | None
) -> tuple[tuple[str, float], ...]:
    """Return every channel's total share in an event, the largest first."""
    totals = shares.sum(0)
    named = [str(j) for j in range(len(totals))] if names is None else list(names)
    return tuple((named[j], float(totals[j])) for j in np.argsort(-totals, kind="stable"))
