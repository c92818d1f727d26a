"""Anomalies as events: runs of anomalous rows that are found or missed as one.

An event is a longest run of True. Every function here takes labels and flags of shape (n,), True
for an anomaly, in the order of time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from genad.metrics._inputs import BoolArray, FloatArray, IntArray, as_bool, as_pair

__all__ = [
    "DetectionDelay",
    "EventReport",
    "PointAdjustedF1",
    "detection_delay",
    "event_f1",
    "find_events",
    "point_adjusted_f1",
]


@dataclass(frozen=True)
class EventReport:
    """Precision, recall and F1 over events.

    `detected` and `missed` count events of the labels, `false_alarms` runs of flags that touch
    no event.

    Examples
    --------
    >>> event_f1([False, True, True, False, True], [False, True, False, False, False]).missed
    1
    """

    precision: float
    recall: float
    f1: float
    detected: int
    missed: int
    false_alarms: int


@dataclass(frozen=True)
class PointAdjustedF1:
    """The point-adjusted F1 beside `random_f1`, what as many flags thrown at random would get.

    A figure that is not clearly above `random_f1` shows no skill, however high it is.

    Examples
    --------
    >>> point_adjusted_f1([False, True, True], [False, True, False]).f1
    1.0
    """

    f1: float
    random_f1: float


@dataclass(frozen=True, eq=False)
class DetectionDelay:
    """Rows from the start of each event to the first flag in it.

    `delays` has one value an event, NaN where the event was missed; `mean` and `median` are over
    the `detected` ones, and NaN where there are none.

    Examples
    --------
    >>> detection_delay([False, True, True, True], [True, False, False, True]).mean
    2.0
    """

    mean: float
    median: float
    detected: int
    delays: FloatArray


def find_events(flags: ArrayLike) -> IntArray:
    """Return the runs of True as rows [start, stop) of shape (events, 2), in order.

    Parameters
    ----------
    flags
        Of shape (n,).

    Examples
    --------
    >>> find_events([False, True, True, False, True]).tolist()
    [[1, 3], [4, 5]]
    """
    values = as_bool(flags, "flags").astype(np.int8)
    edges = np.flatnonzero(np.diff(values, prepend=0, append=0))
    return edges.reshape(-1, 2).astype(np.int64)


def event_f1(labels: ArrayLike, flags: ArrayLike) -> EventReport:
    """Return the F1 over events that overlap, as in Orion's overlapping segments.

    An event with at least one flagged row is detected, however short the overlap; a run of flags
    that touches no event is one false alarm. precision = detected / (detected + false alarms),
    recall = detected / events. One long run over everything therefore scores 1: read it with a
    figure that counts rows, such as :func:`~genad.metrics.range_f1`.

    Parameters
    ----------
    labels, flags
        Of shape (n,); labels of both classes. With nothing flagged the three figures are 0.

    References
    ----------
    Geiger et al. (2020), TadGAN: Time Series Anomaly Detection Using Generative Adversarial
    Networks; Orion's `overlap_segment`.

    Examples
    --------
    >>> report = event_f1([False, True, True, False, False], [False, False, True, False, True])
    >>> report.precision, report.recall, report.false_alarms
    (0.5, 1.0, 1)
    """
    truth, flagged = as_pair(labels, flags)
    hit = _any_inside(find_events(truth), flagged)
    touches = _any_inside(find_events(flagged), truth)
    detected, false_alarms = int(hit.sum()), int((~touches).sum())
    missed = len(hit) - detected
    return EventReport(
        precision=detected / max(detected + false_alarms, 1),
        recall=detected / len(hit),
        f1=2 * detected / (2 * detected + false_alarms + missed),
        detected=detected,
        missed=missed,
        false_alarms=false_alarms,
    )


def detection_delay(labels: ArrayLike, flags: ArrayLike) -> DetectionDelay:
    """Return how many rows pass from the start of an event to its first flag.

    Flags before an event do not count for it, so a delay is never negative. Missed events are
    left out of the mean: read it with `detected`.

    Parameters
    ----------
    labels, flags
        Of shape (n,); labels of both classes.

    Examples
    --------
    >>> delay = detection_delay([0, 1, 1, 0, 1], [0, 0, 1, 0, 0])
    >>> delay.delays.tolist(), delay.mean, delay.detected
    ([1.0, nan], 1.0, 1)
    """
    truth, flagged = as_pair(labels, flags)
    events = find_events(truth)
    positions = np.append(np.flatnonzero(flagged), len(flagged))
    first = positions[np.searchsorted(positions, events[:, 0])]
    delays = np.where(first < events[:, 1], (first - events[:, 0]).astype(np.float64), np.nan)
    found = delays[~np.isnan(delays)]
    mean = float(found.mean()) if len(found) else np.nan
    median = float(np.median(found)) if len(found) else np.nan
    return DetectionDelay(mean, median, len(found), delays)


def point_adjusted_f1(labels: ArrayLike, flags: ArrayLike) -> PointAdjustedF1:
    """Return the F1 after every event with one flag has been flagged whole; it flatters.

    .. warning::
       One lucky flag pays for a whole event, so random scores beat published models where events
       are long (Kim et al., 2022). Never report it without `random_f1`, and prefer
       :func:`~genad.metrics.vus` or :func:`~genad.metrics.affiliation_f1`.

    `random_f1` is the F1 of the counts to be expected when as many rows are flagged at random: an
    event of L of the n rows is missed by k flags with probability C(n - L, k) / C(n, k). Where
    events are few it lies some hundredths above the mean F1 of such flags.

    Parameters
    ----------
    labels, flags
        Of shape (n,); labels of both classes.

    References
    ----------
    Xu et al. (2018), Unsupervised anomaly detection via variational auto-encoder for seasonal KPIs
    in web applications. Kim et al. (2022), Towards a rigorous evaluation of time-series anomaly
    detection.

    Examples
    --------
    >>> labels = [False] * 5 + [True] * 5
    >>> result = point_adjusted_f1(labels, [False, True] + [False] * 5 + [True] + [False] * 2)
    >>> round(result.f1, 4), round(result.random_f1, 4)
    (0.9091, 0.7865)
    """
    truth, flagged = as_pair(labels, flags)
    events = find_events(truth)
    lengths = events[:, 1] - events[:, 0]
    hits = float(lengths[_any_inside(events, flagged)].sum())
    false_alarms = float((flagged & ~truth).sum())
    n, count = len(truth), int(flagged.sum())
    random_hits = float(lengths @ (1 - _chance_of_a_miss(lengths, n, count)))
    random_alarms = count * (1 - truth.mean())
    anomalies = float(lengths.sum())
    return PointAdjustedF1(
        f1=2 * hits / (hits + false_alarms + anomalies),
        random_f1=float(2 * random_hits / (random_hits + random_alarms + anomalies)),
    )


def _any_inside(events: IntArray, flags: BoolArray) -> BoolArray:
    """Tell for each event whether a flag lies inside."""
    total = np.append(0, np.cumsum(flags))
    return np.asarray(total[events[:, 1]] > total[events[:, 0]], dtype=np.bool_)


def _chance_of_a_miss(lengths: IntArray, n: int, flags: int) -> FloatArray:
    """Return C(n - L, k) / C(n, k) for each length L, through logarithms since both are huge."""
    rest = n - lengths
    room = np.maximum(rest - flags, 0)
    log = gammaln(rest + 1) - gammaln(room + 1) - gammaln(n + 1) + gammaln(n - flags + 1)
    return np.where(rest >= flags, np.exp(np.minimum(log, 0.0)), 0.0)
