"""Metrics: how good scores, flags and generated samples are.

Labels and flags are True for an anomaly, scores are higher for the more anomalous. Functions named
`..._f1` take flags (but for the oracle `best_f1`) and return a report with precision, recall or
what else is needed to read the F1. Generated samples are compared with real ones by features of
shape (n, d).
"""

from genad.metrics.affiliation import affiliation_f1
from genad.metrics.events import (
    DetectionDelay,
    EventReport,
    PointAdjustedF1,
    detection_delay,
    event_f1,
    find_events,
    point_adjusted_f1,
)
from genad.metrics.generation import (
    ClassCoverage,
    ManifoldReport,
    class_coverage,
    frechet_distance,
    kernel_distance,
    manifold_precision_recall,
    relative_spread,
)
from genad.metrics.nab import (
    NAB_PROFILES,
    NAB_REWARD_LOW_FN,
    NAB_REWARD_LOW_FP,
    NAB_STANDARD,
    NabProfile,
    NabReport,
    NabScore,
    NabSeriesScore,
    nab_report,
    nab_score,
)
from genad.metrics.nab_files import read_nab_results, read_nab_windows
from genad.metrics.nab_series import NabSeries, probationary_period
from genad.metrics.ranges import RangeReport, range_f1
from genad.metrics.ranking import (
    BestF1,
    FlagReport,
    RankingReport,
    average_precision,
    best_f1,
    precision_at_n,
    precision_recall_f1,
    ranking_report,
    roc_auc,
)
from genad.metrics.separability import neighbour_accuracy, silhouette
from genad.metrics.vus import VUSReport, vus

__all__ = [
    "NAB_PROFILES",
    "NAB_REWARD_LOW_FN",
    "NAB_REWARD_LOW_FP",
    "NAB_STANDARD",
    "BestF1",
    "ClassCoverage",
    "DetectionDelay",
    "EventReport",
    "FlagReport",
    "ManifoldReport",
    "NabProfile",
    "NabReport",
    "NabScore",
    "NabSeries",
    "NabSeriesScore",
    "PointAdjustedF1",
    "RangeReport",
    "RankingReport",
    "VUSReport",
    "affiliation_f1",
    "average_precision",
    "best_f1",
    "class_coverage",
    "detection_delay",
    "event_f1",
    "find_events",
    "frechet_distance",
    "kernel_distance",
    "manifold_precision_recall",
    "nab_report",
    "nab_score",
    "neighbour_accuracy",
    "point_adjusted_f1",
    "precision_at_n",
    "precision_recall_f1",
    "probationary_period",
    "range_f1",
    "ranking_report",
    "read_nab_results",
    "read_nab_windows",
    "relative_spread",
    "roc_auc",
    "silhouette",
    "vus",
]
