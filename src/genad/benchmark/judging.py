"""The figures of an answer against labels; nothing else in the benchmark sees both."""

import numpy as np
from numpy.typing import NDArray

from genad.benchmark.task import Answer, Figures, Scores
from genad.errors import DataError
from genad.metrics import best_f1, precision_at_n, precision_recall_f1, ranking_report


def figures(labels: NDArray[np.bool_], answer: Answer) -> Figures:
    """Return all metrics of scores and flags against labels.

    `f1` is that of the detector's own threshold. `informed_f1` flags as many rows as there are
    anomalies, and `oracle_f1` looks for the best threshold: both know the labels.

    Examples
    --------
    >>> answer = Answer(np.array([0.1, 0.9, 0.8, 0.2]), np.array([False, True, False, False]))
    >>> found = figures(np.array([False, True, True, False]), answer)
    >>> found["roc_auc"], round(found["f1"], 3), found["oracle_f1"]
    (1.0, 0.667, 1.0)
    """
    ranking = ranking_report(labels, _checked(answer.scores))
    found = {
        "prevalence": ranking.prevalence,
        "roc_auc": ranking.roc_auc,
        "average_precision": ranking.average_precision,
        "informed_f1": precision_at_n(labels, answer.scores),
        "oracle_f1": best_f1(labels, answer.scores).f1,
    }
    if answer.flags is None:
        return found
    flags = precision_recall_f1(labels, answer.flags)
    return found | {
        "f1": flags.f1,
        "precision": flags.precision,
        "recall": flags.recall,
        "flagged": flags.flagged / ranking.n,
    }


def _checked(scores: Scores) -> Scores:
    if not np.isfinite(scores).all():
        bad = int(np.count_nonzero(~np.isfinite(scores)))
        raise DataError(f"{bad} of {len(scores)} scores are no finite numbers: score every row.")
    return scores
