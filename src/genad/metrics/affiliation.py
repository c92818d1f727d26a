"""Affiliation precision and recall: how near flags lie to the events, against chance.

Rows are taken as stretches of time, row i being [i, i + 1). All corners of the functions to be
integrated are multiples of a quarter row, so the midpoint rule on cells of that size is exact.
"""

import numpy as np
from numpy.typing import ArrayLike

from genad.metrics._inputs import BoolArray, FloatArray, IntArray, as_pair
from genad.metrics.events import find_events
from genad.metrics.ranges import RangeReport

__all__ = ["affiliation_f1"]

# Zones end at multiples of 1/2. The precision has corners where the distance equals that from the
# event to an end of its zone (1/2), the recall midway in a zone or from its end to a flag (1/4).
_CELLS_OF_FLAGS = 2
_CELLS_OF_EVENTS = 4


def affiliation_f1(labels: ArrayLike, flags: ArrayLike) -> RangeReport:
    r"""Return affiliation precision and recall, and their harmonic mean (Huet et al., 2022).

    Time is split into zones, one an event: the points that are nearer to it than to any other.
    The precision of a zone is the mean, over the flagged time x in it, of the chance that a point
    thrown uniformly into the zone would lie farther from the event than x does; the recall that
    chance for the flag nearest to y, averaged over the time y of the event. Both are averaged
    over zones. A flag near an event thus earns something, one far from it little. Flags at random
    have a precision near 0.5 and, where there are many, a recall near 1: compare with theirs.

    Parameters
    ----------
    labels, flags
        Of shape (n,); labels of both classes. Zones without a flag have no precision and are left
        out of its mean. With nothing flagged the precision, undefined in the paper, is 0.

    References
    ----------
    Huet et al. (2022), Local Evaluation of Time Series Anomaly Detection Algorithms, KDD.

    Examples
    --------
    >>> labels = [False, False, True, True, False, False, False, False]
    >>> near = [False, False, False, True, True, False, False, False]
    >>> report = affiliation_f1(labels, near)
    >>> round(report.precision, 4), round(report.recall, 4)
    (0.8125, 0.9375)
    """
    truth, flagged = as_pair(labels, flags)
    events, flag_events = find_events(truth), find_events(flagged)
    zones = _zones(events, len(truth))
    precision = _precision_by_zone(flagged, events, zones)
    recall = _recall_by_zone(truth, events, flag_events, zones)
    known = precision[~np.isnan(precision)]
    return RangeReport.of(float(known.mean()) if len(known) else 0.0, float(recall.mean()))


def _zones(events: IntArray, n: int) -> FloatArray:
    """Return the ends of the zones, of shape (events + 1,): midway between neighbours."""
    between = (events[:-1, 1] + events[1:, 0]) / 2
    return np.concatenate(([0.0], between, [float(n)]))


def _centres(rows: BoolArray, cells: int) -> FloatArray:
    """Return the midpoints of the cells of the marked rows."""
    offsets = (np.arange(cells) + 0.5) / cells
    return np.asarray((np.flatnonzero(rows)[:, None] + offsets).ravel())


def _precision_by_zone(flagged: BoolArray, events: IntArray, zones: FloatArray) -> FloatArray:
    """Return the mean chance of each zone, NaN where nothing is flagged in it."""
    x = _centres(flagged, _CELLS_OF_FLAGS)
    zone = np.searchsorted(zones, x) - 1
    start, stop = events[zone, 0], events[zone, 1]
    left, right = zones[zone], zones[zone + 1]
    distance = np.maximum(np.maximum(start - x, x - stop), 0.0)
    # Points as near as x: the event, and on each side the distance or what there is of the zone.
    nearer = stop - start + np.minimum(distance, start - left) + np.minimum(distance, right - stop)
    chance = np.where(distance > 0, 1 - nearer / (right - left), 1.0)
    return _mean_by_zone(chance, zone, len(events))


def _recall_by_zone(
    truth: BoolArray, events: IntArray, flag_events: IntArray, zones: FloatArray
) -> FloatArray:
    """Return the mean chance of each event."""
    y = _centres(truth, _CELLS_OF_EVENTS)
    zone = np.searchsorted(zones, y) - 1
    left, right = zones[zone], zones[zone + 1]
    distance = _distance_to_flags(y, flag_events, left, right)
    nearer = np.minimum(distance, y - left) + np.minimum(distance, right - y)
    return _mean_by_zone(1 - nearer / (right - left), zone, len(events))


def _distance_to_flags(
    y: FloatArray, flag_events: IntArray, left: FloatArray, right: FloatArray
) -> FloatArray:
    """Return the distance from each `y` to the nearest flag of its zone, infinite without one."""
    before = np.append(-np.inf, flag_events[:, 1])[np.searchsorted(flag_events[:, 1], y)]
    after = np.append(flag_events[:, 0], np.inf)[np.searchsorted(flag_events[:, 0], y)]
    to_left = np.where(before > left, y - before, np.inf)
    to_right = np.where(after < right, after - y, np.inf)
    begun = np.searchsorted(flag_events[:, 0], y)
    inside = begun > np.searchsorted(flag_events[:, 1], y)
    return np.where(inside, 0.0, np.minimum(to_left, to_right))


def _mean_by_zone(values: FloatArray, zone: IntArray, zones: int) -> FloatArray:
    counts = np.bincount(zone, minlength=zones)
    sums = np.bincount(zone, weights=values, minlength=zones)
    means: FloatArray = np.full(zones, np.nan)
    return np.divide(sums, counts, out=means, where=counts > 0)
