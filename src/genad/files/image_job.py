"""The main job on images: fit on some, score others or the same, and show the most anomalous."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data import write_table
from genad.data.images import ImageSource
from genad.detection import Detection, ImageResult, TopAnomaly
from genad.detector import Detector
from genad.errors import DataError, ParameterError
from genad.files.columns import ADDED
from genad.files.fitting import MOST_ROWS
from genad.files.image_fitting import fit_images, known_classes
from genad.files.images import ImageTable
from genad.files.job import conclude
from genad.files.scoring import Scored, share_threshold
from genad.files.source import Watch, unwatched
from genad.metrics import precision_recall_f1, ranking_report

_STEP = 1024  # images scored between two signs of life
_TOP = 20


@dataclass(frozen=True)
class ImageTask:
    """Which images to learn from, which to score, and how.

    Parameters
    ----------
    train, scored : the images; may be the same object.
    anomaly : names of the classes that are anomalies, for figures; none without labels.
    normal_only : learn only from the other classes.
    train_rows : learn from a random sample of so many images if there are more.
    top_share : flag this share of the scored images; the detector takes over that threshold.

    Examples
    --------
    >>> from genad.data.images import ImageArray
    >>> table = ImageTable("toy", ImageArray(np.zeros((4, 8, 8))), None, ())
    >>> ImageTask(table, table).normal_only
    False
    """

    train: ImageTable
    scored: ImageTable
    anomaly: tuple[str, ...] = ()
    normal_only: bool = False
    train_rows: int = MOST_ROWS
    top_share: float | None = None


def detect_images(
    detector: Detector,
    task: ImageTask,
    path: Path,
    *,
    command: str = "",
    watch: Watch = unwatched,
) -> Detection:
    """Fit a detector on images, score others or the same into a file, and keep the top ones.

    Parameters
    ----------
    detector : fitted in place.
    task : on what.
    path : the file of scores to write.
    command : how to run it again.
    watch : told of the progress.

    Raises
    ------
    DataError
        If the images have not one form, or none or all are of a class that is an anomaly.
    ParameterError
        If there is no such class, or none is left to learn from.

    Examples
    --------
    >>> import tempfile
    >>> from genad import ZScore
    >>> from genad.data.images import ImageArray
    >>> pixels = np.random.default_rng(0).normal(size=(40, 4, 4))
    >>> pixels[7] += 9
    >>> table = ImageTable("toy", ImageArray(pixels), None, ())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.csv"
    ...     found = detect_images(ZScore(random_state=0), ImageTask(table, table), path)
    >>> found.images[0].name, found.images[0].anomaly_map.shape
    ('8', (4, 4))
    """
    _check_form(task.train, task.scored)
    truth = _truth(task.scored, task.anomaly)
    fitted = fit_images(detector, task.train, only=_normal_classes(task), most=task.train_rows)
    result = _score(detector, task.scored, path, truth, task.top_share, watch)
    found = conclude(
        detector,
        fitted,
        result,
        notes=fitted.notes + [note for note in result.notes if note not in fitted.notes],
        top_share=task.top_share,
        normal_only=task.normal_only,
        command=command,
        item="image",
    )
    return replace(found, images=_shown(detector, task.scored, result.top))


def score_images(
    detector: Detector,
    table: ImageTable,
    path: Path,
    *,
    anomaly: Sequence[str] = (),
    watch: Watch = unwatched,
) -> Scored:
    """Score images with a fitted detector into a file of names, classes and the columns `ADDED`.

    Parameters
    ----------
    detector : fitted on images.
    table : the images.
    path : the CSV, TSV or Parquet file to write.
    anomaly : names of the classes that are anomalies, for figures.
    watch : told of the progress.

    Examples
    --------
    >>> import tempfile
    >>> from genad import ZScore
    >>> from genad.data.images import ImageArray
    >>> table = ImageTable("toy", ImageArray(np.arange(80.0).reshape(5, 4, 4)), None, ())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     score_images(ZScore().fit(table.images), table, Path(folder) / "s.csv").scores.shape
    (5,)
    """
    return _score(detector, table, path, _truth(table, anomaly), None, watch)


def _check_form(train: ImageTable, scored: ImageTable) -> None:
    learnt, given = train.images, scored.images
    if learnt.shape != given.shape or learnt.dtype != given.dtype:
        raise DataError(
            f"The images of {scored.name} are {_form(given)}, but those of {train.name} to learn "
            f"from are {_form(learnt)}; give one --size and one --channels for both."
        )


def _form(images: ImageSource) -> str:
    channels, height, width = images.shape
    return f"{height} x {width} with {channels} channel(s) of {images.dtype.name}"


def _normal_classes(task: ImageTask) -> tuple[str, ...]:
    """Return the classes to learn from; none where all are."""
    if not task.normal_only:
        return ()
    if not task.anomaly:
        raise ParameterError(
            "Fitting on normal images only needs the classes that are anomalies; name them "
            "(--anomaly)."
        )
    # Those to learn from need not have the classes that are anomalies.
    out = {name.casefold() for name in task.anomaly}
    left = tuple(name for name in task.train.class_names if name.casefold() not in out)
    if not left:
        raise ParameterError(
            f"No class of {task.train.name} is left to learn from: name fewer as anomalies."
        )
    return left


def _truth(table: ImageTable, anomaly: Sequence[str]) -> NDArray[np.bool_] | None:
    """Return which images are of a class that is an anomaly, or None without such classes."""
    if not anomaly:
        return None
    if table.classes is None:
        raise ParameterError(
            f"The images of {table.name} have no classes, so none can be the anomaly: put them in "
            "a folder for each class, or leave out --anomaly."
        )
    names = known_classes(table, anomaly)
    wanted = [table.class_names.index(name) for name in names]
    truth: NDArray[np.bool_] = np.isin(table.classes, wanted)
    if truth.all() or not truth.any():
        kind = "anomalies" if truth.all() else "normal"
        raise DataError(
            f"All {len(truth):,} images of {table.name} are {kind} then, but figures need both "
            "kinds; name other classes with --anomaly."
        )
    return truth


def _score(
    detector: Detector,
    table: ImageTable,
    path: Path,
    truth: NDArray[np.bool_] | None,
    top_share: float | None,
    watch: Watch,
) -> Scored:
    started = time.perf_counter()
    parts = []
    for start in range(0, len(table), _STEP):
        part = table.images[start : start + _STEP]
        parts.append(detector.anomaly_score(part))
        watch("scoring", len(part), len(table))
    scores = np.concatenate(parts)
    seconds = time.perf_counter() - started
    threshold = detector.threshold_ if top_share is None else share_threshold(scores, top_share)
    probability = detector.calibration_.probability(scores)
    flags = scores > threshold
    _write(table, path, (scores, probability, flags))
    return Scored(
        name=table.name,
        scores=scores,
        threshold=threshold,
        flagged=int(flags.sum()),
        top=[
            _top(table, int(row), scores, probability, flags, truth)
            for row in np.argsort(-scores, kind="stable")[:_TOP]
        ],
        ranking=None if truth is None else ranking_report(truth, scores),
        flags=None if truth is None else precision_recall_f1(truth, flags),
        seconds=seconds,
        notes=list(table.notes),
        item="image",
    )


def _write(table: ImageTable, path: Path, added: tuple[NDArray[Any], ...]) -> None:
    columns: dict[str, Any] = {"image": [table.name_of(row) for row in range(len(table))]}
    if table.classes is not None:
        columns["class"] = [table.class_names[number] for number in table.classes.tolist()]
    write_table([pa.table(columns | dict(zip(ADDED, added, strict=True)))], path)


def _top(
    table: ImageTable,
    row: int,
    scores: NDArray[np.float64],
    probability: NDArray[np.float64],
    flags: NDArray[np.bool_],
    truth: NDArray[np.bool_] | None,
) -> TopAnomaly:
    values = {"image": table.name_of(row)}
    if table.classes is not None:
        values["class"] = table.class_names[table.classes[row]]
    return TopAnomaly(
        row=row + 1,
        score=float(scores[row]),
        probability=float(probability[row]),
        flagged=bool(flags[row]),
        values=dict(values),
        contributions={},
        excess={},
        expected={},
        label=None if truth is None else bool(truth[row]),
    )


def _shown(
    detector: Detector, table: ImageTable, top: Sequence[TopAnomaly]
) -> tuple[ImageResult, ...]:
    """Return the top images with what was expected in their place and where they are odd."""
    images = table.images[np.array([each.row - 1 for each in top])]
    expected = _if_any(detector.reconstruct, images)
    maps = _if_any(detector.anomaly_map, images)
    return tuple(
        ImageResult(
            name=str(each.values["image"]),
            image=images.pixels(slice(i, i + 1))[0],
            expected=None if expected is None else _channels_first(expected[i], images.layout),
            anomaly_map=None if maps is None else maps[i],
        )
        for i, each in enumerate(top)
    )


def _if_any(method: Callable[[Any], Any], images: ImageSource) -> Any:
    try:
        return method(images)
    except NotImplementedError:  # a model need not have a reconstruction
        return None


def _channels_first(image: NDArray[Any], layout: str) -> NDArray[Any]:
    return {"hw": image[None], "hwc": np.moveaxis(image, -1, 0), "chw": image}[layout]
