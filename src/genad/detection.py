"""What a run of the main job found, as data that the command line and the report show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.detector import Detector
from genad.metrics import FlagReport, RankingReport

Cell = str | float | bool | None


@dataclass(frozen=True)
class TopAnomaly:
    """One of the most anomalous rows, with its reasons.

    Parameters
    ----------
    row : its number in the scored data, from 1.
    score, probability, flagged : as the detector gives them.
    values : the row as it was given, all columns.
    contributions : share of every column that the detector knows in the score.
    expected : what the model would have expected in those columns.
    label : whether the row is labelled an anomaly, or None without labels.
    """

    row: int
    score: float
    probability: float
    flagged: bool
    values: dict[str, Cell]
    contributions: dict[str, float]
    expected: dict[str, Cell]
    label: bool | None


@dataclass(frozen=True)
class Detection:
    """One run: a fitted detector, the data it scored and what came out.

    Parameters
    ----------
    detector : fitted.
    train, scored : names of the data it was fitted on and of the data it scored.
    train_rows : how many rows it was fitted on.
    scores : anomaly scores of all scored rows, of shape (n,), in order.
    threshold : a row is flagged if its score is above.
    flagged : how many are.
    top : the most anomalous rows, highest score first.
    ranking, flags : figures against the labels, or None without labels; never used for fitting
        or for the threshold.
    fit_seconds, score_seconds : wall-clock time.
    notes : sentences about the data that a reader must know (columns left out and the like).
    command : how to run it again.
    """

    detector: Detector
    train: str
    scored: str
    train_rows: int
    scores: NDArray[np.float64]
    threshold: float
    flagged: int
    top: list[TopAnomaly]
    ranking: RankingReport | None
    flags: FlagReport | None
    fit_seconds: float
    score_seconds: float
    notes: list[str]
    command: str
