"""What the page of a detection says: every text and figure decided, nothing drawn yet."""

import shlex
from dataclasses import dataclass

from genad.detection import Detection
from genad.metrics import FlagReport, RankingReport
from genad.report import scores, verdict
from genad.report.about import Fact, Training, paper, parameters, summary, training, versions
from genad.report.anomalies import Anomaly, Driver, anomalies, drivers
from genad.report.charts import Histogram
from genad.report.formats import count, duration
from genad.report.images import FoundImages, found_images
from genad.report.series import SeriesContent, series_content

_FRAME = (
    "from pyarrow.csv import read_csv",
    'rows = read_csv("new.csv")  # or a pandas or polars frame',
)
_FOLDER = (
    "from genad.data import ImageFolder",
    'images = ImageFolder("new/")  # or an array of images',
)
_ARRAY = ("import numpy as np", 'rows = np.load("new.npy")')
_USES = """\
detector.anomaly_score(rows)        # higher is more anomalous
detector.is_anomaly(rows)           # above the threshold
detector.anomaly_probability(rows)  # how rare among normal rows
detector.explain(rows)              # share of every column in the score
"""
_USES_OF_IMAGES = """\
detector.anomaly_score(images)        # higher is more anomalous
detector.is_anomaly(images)           # above the threshold
detector.anomaly_probability(images)  # how rare among normal images
detector.anomaly_map(images)          # share of every pixel in the score
"""


@dataclass(frozen=True)
class Figure:
    """A figure against the labels, beside what a random score or random flags would have."""

    name: str
    value: str
    random: str
    meaning: str


@dataclass(frozen=True)
class Run:
    """What was run, on what, and how long it took."""

    summary: str
    paper: str
    facts: tuple[Fact, ...]
    given: tuple[Fact, ...]
    default: tuple[Fact, ...]
    made_by: Fact


@dataclass(frozen=True)
class Reuse:
    """How to use the model in Python and on the command line, and how to run it all again.

    The first two are empty if there is no model to use.
    """

    python: str
    command: str
    again: str


@dataclass(frozen=True)
class DetectContent:
    """All that the page of a detection shows, in the order of the page."""

    title: str
    lede: str
    verdict: str
    key_facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    scores: Histogram | None
    reference: str
    reading: str
    item: str
    anomalies: tuple[Anomaly, ...]
    series: SeriesContent | None
    images: FoundImages | None
    drivers: tuple[Driver, ...]
    driven: str
    figures: tuple[Figure, ...]
    label_use: str
    training: Training
    run: Run
    reuse: Reuse


def detect_content(detection: Detection, model: str | None) -> DetectContent:
    """Return the content of a detection's page.

    Parameters
    ----------
    detection : what was run and found.
    model : the folder that the detector was saved in, as the reader should type it; None if it
        was not saved.
    """
    columns, driven = drivers(detection)
    return DetectContent(
        title=f"{type(detection.detector).__name__} on {detection.scored}",
        lede=_lede(detection),
        verdict=verdict.verdict(detection),
        key_facts=verdict.key_facts(detection),
        notes=verdict.notes(detection),
        scores=scores.score_histogram(detection),
        reference=verdict.reference(detection),
        reading=_reading(detection),
        item=detection.item,
        anomalies=anomalies(detection),
        series=series_content(detection),
        images=found_images(detection),
        drivers=columns,
        driven=driven,
        figures=label_figures(detection.ranking, detection.flags, detection.item),
        label_use=_label_use(detection),
        training=training(detection.detector),
        run=_run(detection),
        reuse=_reuse(detection, model),
    )


def _lede(detection: Detection) -> str:
    name, data = type(detection.detector).__name__, detection.scored
    if detection.train == data:
        return f"{name} learnt what is normal from {data} and scored the same {detection.item}s."
    return f"{name} learnt what is normal from {detection.train} and scored {data}."


def _reading(detection: Detection) -> str:
    """Return how to read the outline of the histogram."""
    if verdict.held_out(detection):
        return (
            f"Above the outline there are more {detection.item}s than there would be if all were "
            "normal."
        )
    return f"The outline gives the {detection.item}s it learnt from, anomalies among them or not."


def _label_use(detection: Detection) -> str:
    if detection.taught:
        return detection.taught
    if detection.normal_only:
        return (
            f"The labels chose the {detection.item}s to learn from, normal ones alone, and gave "
            "these figures; the threshold knows nothing of them."
        )
    return (
        "The labels were used for nothing but these figures: neither for fitting nor for the "
        "threshold."
    )


def label_figures(
    ranking: RankingReport | None, flags: FlagReport | None, item: str = "row"
) -> tuple[Figure, ...]:
    """Return the figures against the labels, beside those of chance; none without labels.

    Examples
    --------
    >>> figures = label_figures(RankingReport(0.9, 0.7, 0.1, 30, 3), None)
    >>> [(figure.name, figure.value, figure.random) for figure in figures]
    [('ROC AUC', '0.900', '0.500'), ('average precision', '0.700', '0.100')]
    """
    figures: list[Figure] = []
    if ranking is not None:
        figures += _ranking_figures(ranking, item)
    if ranking is not None and flags is not None:
        figures += _flag_figures(flags, ranking.prevalence, flags.flagged / ranking.n)
    return tuple(figures)


def _ranking_figures(ranking: RankingReport, item: str) -> list[Figure]:
    pairs = f"how often an anomaly scores higher than a normal {item}"
    return [
        Figure("ROC AUC", _figure(ranking.roc_auc), _figure(0.5), pairs),
        Figure(
            "average precision",
            _figure(ranking.average_precision),
            _figure(ranking.prevalence),
            "precision, averaged over all thresholds by the recall they gain",
        ),
    ]


def _flag_figures(flags: FlagReport, prevalence: float, flagged: float) -> list[Figure]:
    f1 = 2 * prevalence * flagged / (prevalence + flagged)
    return [
        Figure("precision", _figure(flags.precision), _figure(prevalence), "anomalies among flags"),
        Figure("recall", _figure(flags.recall), _figure(flagged), "anomalies that are flagged"),
        Figure("F1", _figure(flags.f1), _figure(f1), "harmonic mean of the two"),
    ]


def _figure(value: float) -> str:
    return f"{value:.3f}"


def _run(detection: Detection) -> Run:
    detector, n, item = detection.detector, len(detection.scores), detection.item
    given, default = parameters(detector)
    seconds = detection.score_seconds
    speed = f"{n / seconds:,.0f} {item}s/s" if seconds > 0 else ""
    held_out = f"{verdict.reference(detection)} set the threshold"
    facts = (
        Fact("detector", type(detector).__name__),
        Fact("learnt from", detection.train, f"{count(detection.train_rows, item)}; {held_out}"),
        Fact("scored", detection.scored, count(n, item)),
        Fact(f"{verdict.feature(detection)}s", f"{detector.n_features_in_:,}"),
        Fact("fitting", duration(detection.fit_seconds)),
        Fact("scoring", duration(detection.score_seconds), speed),
    )
    return Run(summary(detector), paper(detector), facts, given, default, versions())


def _reuse(detection: Detection, model: str | None) -> Reuse:
    if model is None:
        return Reuse("", "", detection.command)
    if detection.images:
        imported, read, new, uses = *_FOLDER, "new/", _USES_OF_IMAGES
    else:
        framed = hasattr(detection.detector, "feature_names_in_")
        imported, read, new, uses = *(_FRAME if framed else _ARRAY), "new.csv", _USES
    python = f"import genad\n{imported}\n\ndetector = genad.load({model!r})\n{read}\n{uses}"
    return Reuse(python, f"genad score {shlex.quote(model)} {new}", detection.command)
