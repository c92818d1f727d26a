"""What a run of the main job found, as data that the command line and the report show."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.detector import Detector
from genad.events import Event
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
    excess : how far each contribution is above its median over rows that are not flagged: what
        sets the row apart, by which its reasons are ranked. Columns that add as much to every
        row's score, as noisy ones do, are no reason.
    expected : what the model would have expected in those columns.
    label : whether the row is labelled an anomaly, or None without labels.
    """

    row: int
    score: float
    probability: float
    flagged: bool
    values: dict[str, Cell]
    contributions: dict[str, float]
    excess: dict[str, float]
    expected: dict[str, Cell]
    label: bool | None


@dataclass(frozen=True, eq=False)
class SeriesResult:
    """What was found in one series.

    Parameters
    ----------
    name : of the series.
    channels : their names.
    values : as given, of shape (time, channels).
    stamps : time stamps of shape (time,), or None.
    scores : of shape (time,).
    events : in the order of time.
    labels : True for a labelled anomaly, of shape (time,), or None.
    """

    name: str
    channels: tuple[str, ...]
    values: NDArray[np.float64]
    stamps: NDArray[np.datetime64] | None
    scores: NDArray[np.float64]
    events: tuple[Event, ...]
    labels: NDArray[np.bool_] | None


@dataclass(frozen=True, eq=False)
class ImageResult:
    """One of the most anomalous images.

    Parameters
    ----------
    name : its file, or its number from 1.
    image : as given, of shape (channels, h, w).
    expected : what the model would have put there, of that shape; None if it has nothing to say.
    anomaly_map : the share of each pixel in the score, of shape (h, w), or None.
    """

    name: str
    image: NDArray[Any]
    expected: NDArray[Any] | None
    anomaly_map: NDArray[np.float64] | None


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
    normal_only : whether labels chose the training rows, all normal.
    taught : which labels the detector learnt from, as a sentence, or empty; figures are of others.
    item : what is scored: a row, a time step or an image.
    series : what was found in each series, where series were scored.
    images : the most anomalous images, as in `top`, where images were scored.
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
    normal_only: bool = False
    taught: str = ""
    item: str = "row"
    series: tuple[SeriesResult, ...] = ()
    images: tuple[ImageResult, ...] = ()
