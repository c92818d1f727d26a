"""How well scores rank anomalies above normal rows, and how good a set of flags is.

Labels are True for an anomaly, scores are higher for the more anomalous, flags are True where a
detector says anomaly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from genad.errors import ParameterError
from genad.metrics._inputs import BoolArray, FloatArray, IntArray, as_labels, as_pair, as_scores

__all__ = [
    "BestF1",
    "FlagReport",
    "RankingReport",
    "average_precision",
    "best_f1",
    "precision_at_n",
    "precision_recall_f1",
    "ranking_report",
    "roc_auc",
]


@dataclass(frozen=True)
class RankingReport:
    """What scores are worth before any threshold, with the figures needed to read them.

    A score that knows nothing has a `roc_auc` of 0.5 and an `average_precision` near `prevalence`.

    Examples
    --------
    >>> ranking_report([False, True, False, False], [0.1, 0.4, 0.8, 0.3]).roc_auc
    0.6666666666666666
    """

    roc_auc: float
    average_precision: float
    prevalence: float
    n: int
    anomalies: int


@dataclass(frozen=True)
class FlagReport:
    """Row-wise precision, recall and F1 of flags; `flagged` counts the rows flagged.

    Examples
    --------
    >>> precision_recall_f1([False, True, True], [False, False, True]).recall
    0.5
    """

    precision: float
    recall: float
    f1: float
    flagged: int


@dataclass(frozen=True)
class BestF1:
    """The best F1 and the `threshold` that gives it: flag the scores above it.

    Examples
    --------
    >>> best_f1([False, False, True], [0.1, 0.3, 0.8]).threshold
    0.3
    """

    precision: float
    recall: float
    f1: float
    threshold: float


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the share of (anomaly, normal) pairs ranked rightly, a tie counting one half.

    This is the area under the ROC curve, and the Mann-Whitney statistic as a share.

    Parameters
    ----------
    labels
        Of shape (n,), both classes present.
    scores
        Of shape (n,), no NaN.

    Examples
    --------
    >>> roc_auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    truth = as_labels(labels)
    return _roc_auc(truth, as_scores(scores, len(truth)))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the precision at each distinct score, weighted by the recall gained there.

    AP = sum over k of (R_k - R_(k-1)) P_k, from the highest score down, without interpolation;
    the expected value for a random score is close to the prevalence.

    Parameters
    ----------
    labels, scores
        As in :func:`roc_auc`.

    Examples
    --------
    >>> round(average_precision([False, False, True, True], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    truth = as_labels(labels)
    return _average_precision(truth, as_scores(scores, len(truth)))


def precision_at_n(labels: ArrayLike, scores: ArrayLike, n: int | None = None) -> float:
    """Return the share of anomalies among the `n` highest scores.

    Where the n-th score is tied, the figure is the mean over all orders of the tied rows, so that
    it depends neither on the order of the rows nor on chance.

    Parameters
    ----------
    labels, scores
        As in :func:`roc_auc`.
    n
        Number of rows looked at; None takes the number of anomalies, where it equals the recall.

    Examples
    --------
    >>> precision_at_n([False, True, True, False], [0.1, 0.9, 0.2, 0.8])
    0.5
    """
    truth = as_labels(labels)
    values = as_scores(scores, len(truth))
    top = int(truth.sum()) if n is None else n
    if not 1 <= top <= len(truth):
        raise ParameterError(
            f"n is {n} for {len(truth)} rows: give 1 to {len(truth)}, or None for the anomalies."
        )
    last = np.partition(values, len(values) - top)[len(values) - top]
    above, tied = values > last, values == last
    return float((truth[above].sum() + (top - above.sum()) * truth[tied].mean()) / top)


def precision_recall_f1(labels: ArrayLike, flags: ArrayLike) -> FlagReport:
    """Return precision, recall and F1 of `flags`, row by row; with none flagged all are 0.

    Parameters
    ----------
    labels
        Of shape (n,), both classes present.
    flags
        Of shape (n,), True where the detector says anomaly.

    Examples
    --------
    >>> precision_recall_f1([False, True, True, False], [True, True, False, False])
    FlagReport(precision=0.5, recall=0.5, f1=0.5, flagged=2)
    """
    truth, flagged = as_pair(labels, flags)
    hits, count = int((truth & flagged).sum()), int(flagged.sum())
    anomalies = int(truth.sum())
    f1 = 2 * hits / (anomalies + count)
    return FlagReport(hits / count if count else 0.0, hits / anomalies, f1, count)


def best_f1(labels: ArrayLike, scores: ArrayLike) -> BestF1:
    """Return the highest F1 that any threshold reaches: an oracle, for it looks at the labels.

    No detector has this threshold when it runs. Use it as a bound, and never beside figures that
    were had with a threshold chosen without labels. Of equal F1 the highest threshold is taken.

    Parameters
    ----------
    labels, scores
        As in :func:`roc_auc`.

    Examples
    --------
    >>> best_f1([False, True, True, False], [0.1, 0.9, 0.7, 0.2])
    BestF1(precision=1.0, recall=1.0, f1=1.0, threshold=0.2)
    """
    truth = as_labels(labels)
    values = as_scores(scores, len(truth))
    hits, flagged, levels = _cumulative(truth, values)
    f1 = 2 * hits / (hits[-1] + flagged)
    best = int(np.argmax(f1))
    below = np.append(levels, -np.inf)[best + 1]
    precision, recall = hits[best] / flagged[best], hits[best] / hits[-1]
    return BestF1(float(precision), float(recall), float(f1[best]), float(below))


def ranking_report(labels: ArrayLike, scores: ArrayLike) -> RankingReport:
    """Return the threshold-free figures of `scores` in one report.

    Parameters
    ----------
    labels, scores
        As in :func:`roc_auc`.

    Examples
    --------
    >>> ranking_report([False, False, True, False], [0.1, 0.4, 0.8, 0.3])
    RankingReport(roc_auc=1.0, average_precision=1.0, prevalence=0.25, n=4, anomalies=1)
    """
    truth = as_labels(labels)
    values = as_scores(scores, len(truth))
    return RankingReport(
        roc_auc=_roc_auc(truth, values),
        average_precision=_average_precision(truth, values),
        prevalence=float(truth.mean()),
        n=len(truth),
        anomalies=int(truth.sum()),
    )


def _roc_auc(truth: BoolArray, scores: FloatArray) -> float:
    hits, flagged, _ = _cumulative(truth, scores)
    false_alarms = flagged - hits
    area = np.trapezoid(np.append(0, hits), np.append(0, false_alarms))
    return float(area / (hits[-1] * false_alarms[-1]))


def _average_precision(truth: BoolArray, scores: FloatArray) -> float:
    hits, flagged, _ = _cumulative(truth, scores)
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / flagged).sum() / hits[-1])


def _cumulative(truth: BoolArray, scores: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return hits, rows flagged and the score at each distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    descending = scores[order]
    ends = np.append(np.flatnonzero(descending[1:] != descending[:-1]), len(scores) - 1)
    hits = np.cumsum(truth[order], dtype=np.int64)[ends]
    return hits, ends + 1, descending[ends]
