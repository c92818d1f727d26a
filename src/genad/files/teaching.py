"""Labels that a detector learns from: those of one part, so that the others can judge it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from genad.detector import Detector, TrainedDetector
from genad.errors import ParameterError
from genad.files.series import SeriesTable


@dataclass(frozen=True)
class Lesson:
    """What a detector is told of the labels, and what is left to judge it by.

    Parameters
    ----------
    labels : of each series to learn from, of shape (time,), -1 where it is not told; or None.
    judges : the scored series, without the labels that were told.
    said : what was told, as a sentence, or empty.
    notes : what a reader must know, a sentence each.
    """

    labels: list[NDArray[np.int8]] | None
    judges: Sequence[SeriesTable]
    said: str = ""
    notes: list[str] = field(default_factory=list)


def lesson(
    detector: Detector,
    train: Sequence[SeriesTable],
    scored: Sequence[SeriesTable],
    *,
    first: bool = False,
    normal_only: bool = False,
) -> Lesson:
    """Return which labels a detector may learn from: none, unless it is one that does.

    Of series that are scored too, it is told the labels of the first half.

    Parameters
    ----------
    detector : not yet fitted.
    train, scored : the series; may be the same object.
    first : whether the series to learn from are the first steps of those that are scored.
    normal_only : whether anomalies are left out of what is learnt from.

    Raises
    ------
    ParameterError
        If anomalies are left out, but to be learnt from.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from genad import PretrainedClassifier
    >>> labels = np.array([0, 1, 0, 1], np.int8)
    >>> series = [SeriesTable("pump", pa.table({"bar": [1.0, 2, 1, 2]}), ["bar"], None, labels)]
    >>> told = lesson(PretrainedClassifier(), series, series)
    >>> told.labels[0], told.judges[0].labels
    (array([ 0,  1, -1, -1], dtype=int8), array([-1, -1,  0,  1], dtype=int8))
    """
    if not (isinstance(detector, TrainedDetector) and detector.taught):
        return Lesson(None, scored)
    name = type(detector).__name__
    if normal_only:
        raise ParameterError(
            f"{name} learns from labelled anomalies, but --normal-only leaves them out: give one."
        )
    if all(table.labels is None for table in train):
        note = f"{name} was given no labels to learn from, so it stays the forecaster it begins as."
        return Lesson(None, scored, notes=[f"{note} Name their column (--label)."])
    if train is scored:
        starts = [len(table) // 2 for table in scored]
        told = [_known(table, 0, half) for table, half in zip(train, starts, strict=True)]
        part = "the first half of the series, and the figures are of the second half alone"
    else:
        starts = [len(table) for table in train] if first else [0] * len(scored)
        told = [_known(table, 0, len(table)) for table in train]
        part = "the training part, and the figures are of what it was not told"
    pairs = zip(scored, starts, strict=True)
    judges = [_only(table, start) for table, start in pairs]
    anomalies = sum(int((labels == 1).sum()) for labels in told)
    if not anomalies:
        note = f"{name} stays a forecaster: no anomaly is labelled in what it may learn from."
        return Lesson(None, scored, notes=[note])
    said = (
        f"{name} learnt from the labels of anomalies in {part}; they are {anomalies:,} time steps, "
        "and the threshold comes from others."
    )
    return Lesson(told, judges, said, [said])


def _known(table: SeriesTable, start: int, stop: int) -> NDArray[np.int8]:
    """Return the labels of some steps, -1 at all others."""
    known = np.full(len(table), -1, np.int8)
    if table.labels is not None:
        known[start:stop] = table.labels[start:stop]
    return known


def _only(table: SeriesTable, start: int) -> SeriesTable:
    """Return a series with the labels from a step on."""
    labels = None if table.labels is None else _known(table, start, len(table))
    return replace(table, labels=labels)
