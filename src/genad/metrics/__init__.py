"""Metrics: how good anomaly scores and flags are, for rows, for series and for NAB's streams.

Labels and flags are True for an anomaly, scores are higher for the more anomalous. Functions named
`..._f1` take flags (but for the oracle `best_f1`) and return a report with precision, recall or
what else is needed to read the F1.
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
from genad.metrics.vus import VUSReport, vus

__all__ = [
    "NAB_PROFILES",
    "NAB_REWARD_LOW_FN",
    "NAB_REWARD_LOW_FP",
    "NAB_STANDARD",
    "BestF1",
    "DetectionDelay",
    "EventReport",
    "FlagReport",
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
    "detection_delay",
    "event_f1",
    "find_events",
    "nab_report",
    "nab_score",
    "point_adjusted_f1",
    "precision_at_n",
    "precision_recall_f1",
    "probationary_period",
    "range_f1",
    "ranking_report",
    "read_nab_results",
    "read_nab_windows",
    "roc_auc",
    "vus",
]
