"""Volumes under the surface: range-aware ROC and precision-recall areas, over all buffer widths.

The time is O(n log n) for the ranking, and for each window a pass over the buffers and one over
the rows: nothing loops over rows or thresholds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from genad.errors import ParameterError
from genad.metrics._inputs import BoolArray, FloatArray, IntArray, as_labels, as_scores
from genad.metrics.events import find_events

__all__ = ["VUSReport", "vus"]


@dataclass(frozen=True)
class VUSReport:
    """The volumes `roc` and `pr`, each the mean of the areas at the windows 0 to `window`.

    Examples
    --------
    >>> vus([False, False, True, False], [0.1, 0.2, 0.9, 0.3], window=0)
    VUSReport(roc=1.0, pr=1.0, window=0)
    """

    roc: float
    pr: float
    window: int


@dataclass(frozen=True, eq=False)
class _Ranking:
    """Rows by the threshold at which they are first flagged, and the counts at each threshold."""

    level: IntArray  # of shape (n,): index of the first threshold, from the highest, that flags it
    flagged: IntArray  # of shape (thresholds,): rows flagged
    hits: IntArray  # of shape (thresholds,): rows of events flagged
    n: int
    anomalies: int

    def cumulate(self, levels: IntArray, weights: FloatArray | None = None) -> FloatArray:
        """Sum `weights` (1 each) over what is first flagged at `levels`, for every threshold."""
        found = np.bincount(levels, weights=weights, minlength=len(self.flagged))
        return np.cumsum(found, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Buffers:
    """Pairs of a row outside the events and an event within reach, nearest first."""

    distance: IntArray  # of shape (pairs,)
    slot: IntArray  # of shape (pairs,): the row, numbered among the rows of all buffers
    level: IntArray  # of shape (slots,): as in _Ranking


def vus(
    labels: ArrayLike, scores: ArrayLike, window: int, *, thresholds: int | None = 250
) -> VUSReport:
    r"""Return VUS-ROC and VUS-PR (Paparrizos et al., 2022), as TSB-AD computes them.

    A window of w rows gives each event a buffer of w // 2 rows on either side, where a row at
    distance d counts as :math:`\sqrt{1 - d/w}` of an anomaly (overlapping buffers add up, to 1 at
    most). With B the buffer weight flagged at a threshold, P the anomalies and F the rows flagged:

    .. math:: TP = P_{flagged} + B, \quad P_w = P + B/2, \quad
              TPR = \min(1, TP/P_w)\, e, \quad FPR = (F - TP)/(n - P_w), \quad precision = TP/F

    where e is the share of events (with buffers; those that touch are merged) holding a flag.
    The two areas are averaged over w = 0, 1, ..., `window`. Unlike point-wise areas they forgive
    small shifts between labels and scores. They depend on `window`: report it, and compare only
    figures of the same one. The buffers lift the VUS-ROC of a random score above 0.5.

    Parameters
    ----------
    labels
        Of shape (n,), in the order of time, both classes present.
    scores
        Of shape (n,), no NaN.
    window
        Widest window, at least 0; TSB-AD takes the period of the series, 100 or 125 where none is
        found. 0 leaves one area without buffers.
    thresholds
        Number of thresholds, at evenly spaced ranks of the scores, at least 2; TSB-AD takes 250.
        Where fewer than one row in some hundred is an anomaly, that leaves few thresholds among the
        top ranks and `pr` is coarse. None takes every distinct score: exact, and slower.

    References
    ----------
    Paparrizos et al. (2022), Volume Under the Surface: A New Accuracy Evaluation Measure for
    Time-Series Anomaly Detection, PVLDB 15(11). Liu and Paparrizos (2024), The Elephant in the
    Room: Towards A Reliable Time-Series Anomaly Detection Benchmark (TSB-AD), NeurIPS.

    Examples
    --------
    >>> labels = [False, False, False, True, True, False, False, False]
    >>> late = [0.1, 0.1, 0.2, 0.3, 0.8, 0.9, 0.2, 0.1]
    >>> result = vus(labels, late, window=4)
    >>> round(result.roc, 4), round(result.pr, 4)
    (0.9151, 0.7577)
    """
    _check_options(window, thresholds)
    truth = as_labels(labels)
    ranking = _rank(truth, as_scores(scores, len(truth)), thresholds)
    events = find_events(truth)
    buffers = _buffers(truth, events, window // 2, ranking.level)
    areas = [_areas(ranking, events, buffers, width) for width in range(window + 1)]
    roc, pr = np.mean(areas, axis=0)
    return VUSReport(float(roc), float(pr), window)


def _check_options(window: int, thresholds: int | None) -> None:
    if window < 0:
        raise ParameterError(f"window is {window}, but it is a number of rows: give 0 or more.")
    if thresholds is not None and thresholds < 2:
        raise ParameterError(
            f"thresholds is {thresholds}: give 2 or more, or None for every distinct score."
        )


def _rank(truth: BoolArray, scores: FloatArray, thresholds: int | None) -> _Ranking:
    n = len(scores)
    if thresholds is None:
        cuts = np.unique(scores)[::-1]
    else:
        ranks = np.linspace(0, n - 1, thresholds).astype(np.int64)
        cuts = np.sort(scores)[::-1][ranks]
    level = np.searchsorted(-cuts, -scores, side="left")
    flagged = np.cumsum(np.bincount(level, minlength=len(cuts)))
    hits = np.cumsum(np.bincount(level[truth], minlength=len(cuts)))
    return _Ranking(level, flagged, hits, n, int(truth.sum()))


def _buffers(truth: BoolArray, events: IntArray, reach: int, level: IntArray) -> _Buffers:
    distance = np.arange(1, reach + 1)[:, None]
    rows = np.concatenate((events[:, 0] - distance, events[:, 1] - 1 + distance), axis=1)
    distances = np.broadcast_to(distance, rows.shape).ravel()
    rows = rows.ravel()
    inside = (rows >= 0) & (rows < len(truth))
    inside[inside] = ~truth[rows[inside]]
    buffer_rows, slot = np.unique(rows[inside], return_inverse=True)
    return _Buffers(distances[inside], slot, level[buffer_rows])


def _areas(
    ranking: _Ranking, events: IntArray, buffers: _Buffers, width: int
) -> tuple[float, float]:
    """Return the areas under the ROC and the precision-recall curve at one window."""
    buffer = _buffer_flagged(ranking, buffers, width)
    true_positives = ranking.hits + buffer
    positives = ranking.anomalies + buffer / 2
    found = _events_found(ranking, events, width // 2)
    recall = np.minimum(true_positives / positives, 1.0) * found
    false_rate = (ranking.flagged - true_positives) / (ranking.n - positives)
    steps = np.diff(recall, prepend=0.0)
    pr = float(steps @ (true_positives / ranking.flagged))
    roc = float(np.trapezoid(np.r_[0.0, recall, 1.0], np.r_[0.0, false_rate, 1.0]))
    return roc, pr


def _buffer_flagged(ranking: _Ranking, buffers: _Buffers, width: int) -> FloatArray:
    """Return the buffer weight flagged at each threshold."""
    within = np.searchsorted(buffers.distance, width // 2, side="right")
    if not within:
        return np.zeros(len(ranking.flagged))
    near = np.sqrt(1 - buffers.distance[:within] / width)
    weights = np.bincount(buffers.slot[:within], weights=near, minlength=len(buffers.level))
    return ranking.cumulate(buffers.level, np.minimum(weights, 1.0))


def _events_found(ranking: _Ranking, events: IntArray, reach: int) -> FloatArray:
    """Return the share of buffered events that hold a flag, at each threshold."""
    starts, stops = events[:, 0] - reach, events[:, 1] + reach
    apart = starts[1:] >= stops[:-1]
    starts = np.maximum(starts[np.r_[True, apart]], 0)
    stops = np.minimum(stops[np.r_[apart, True]], ranking.n)
    never = len(ranking.flagged)  # closes the last event where it ends with the series
    bounds = np.column_stack((starts, stops)).ravel()
    first = np.minimum.reduceat(np.append(ranking.level, never), bounds)[::2]
    return ranking.cumulate(first) / len(starts)
