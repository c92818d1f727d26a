"""Fitting a detector on a source: which rows, which columns, and what the reader must know."""

import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.table import Table
from genad.data.views import Rows
from genad.detector import ConditionalDetector, Detector
from genad.errors import DataError, ParameterError
from genad.files.source import Source
from genad.files.survey import Roles, Survey, check_label, survey

MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Fitted:
    """What a detector was fitted on.

    Parameters
    ----------
    name : of the data.
    rows : how many it was fitted on.
    seconds : wall-clock time.
    notes : sentences that a reader of the result must know.

    Examples
    --------
    >>> Fitted("pump.csv", rows=100, seconds=1.5, notes=[]).rows
    100
    """

    name: str
    rows: int
    seconds: float
    notes: list[str]


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """The rows to fit on, features only.

    Parameters
    ----------
    name : of the data.
    table : the rows.
    notes : sentences about how they were chosen.
    classes : the class of each, for detectors that learn from labels, or None.

    Examples
    --------
    >>> TrainingRows("pump.csv", pa.table({"bar": [1.0, 2.0]}), []).table.num_rows
    2
    """

    name: str
    table: pa.Table
    notes: list[str]
    classes: pa.ChunkedArray | None = None

    def digest(self) -> str:
        """Return a hash that tells these rows from others."""
        return Table(self.table).digest()


def fit_source(
    detector: Detector,
    source: Source,
    roles: Roles | None = None,
    *,
    found: Survey | None = None,
    normal_only: bool = False,
    most: int = MOST_ROWS,
) -> Fitted:
    """Fit a detector on the rows of a source, held in memory.

    Parameters
    ----------
    detector : fitted in place.
    source : the rows.
    roles : the columns that are no features; the label is the class for a `ConditionalDetector`.
    found : what `genad.files.survey` found there; by default it is called.
    normal_only : take only the rows whose label says normal.
    most : take a random sample of so many rows if there are more.

    Examples
    --------
    >>> from genad import ZScore
    >>> from genad.files import table_source
    >>> source = table_source("pump", pa.table({"bar": [1.0, 2.0, 3.0, 4.0]}))
    >>> fit_source(ZScore(), source).rows
    4
    """
    rows = training_rows(
        source,
        roles or Roles(),
        found=found,
        normal_only=normal_only,
        most=most,
        seed=seed_of(detector),
        with_classes=isinstance(detector, ConditionalDetector),
    )
    return fit_rows(detector, rows)


def seed_of(detector: Detector) -> int:
    """Return the seed that chooses the rows to fit on.

    Examples
    --------
    >>> from genad import ZScore
    >>> seed_of(ZScore(random_state=7)), seed_of(ZScore())
    (7, 0)
    """
    return detector.random_state if isinstance(detector.random_state, int) else 0


def training_rows(
    source: Source,
    roles: Roles,
    *,
    found: Survey | None = None,
    normal_only: bool = False,
    most: int = MOST_ROWS,
    seed: int = 0,
    with_classes: bool = False,
) -> TrainingRows:
    """Read the rows to fit on; the parameters are those of `fit_source`.

    Examples
    --------
    >>> from genad.files import table_source
    >>> source = table_source("pump", pa.table({"id": [1, 2, 3], "bar": [1.0, 2.0, 3.0]}))
    >>> training_rows(source, Roles(ignore=("id",)), most=2).table.shape
    (2, 1)
    """
    features = roles.features(source.columns)
    if found is None:
        found = survey(source, features, roles if normal_only else Roles())
    chosen, notes = _choose(found, source.name, normal_only, most, seed)
    read = features
    if with_classes and roles.label:
        check_label(source, roles.label)
        read = [*features, roles.label]
    table = pa.concat_tables(
        chunk.select(read).filter(chosen[start : start + chunk.num_rows])
        for start, chunk in source.chunks()
    )
    classes = None if read is features else table[roles.label]
    return TrainingRows(source.name, table.select(features), notes, classes)


def fit_rows(detector: Detector, rows: TrainingRows) -> Fitted:
    """Fit a detector in place, and take the time.

    Examples
    --------
    >>> from genad import ZScore
    >>> fit_rows(ZScore(), TrainingRows("pump", pa.table({"bar": [1.0, 2.0]}), [])).rows
    2
    """
    started = time.perf_counter()
    detector.fit(rows.table, rows.classes)
    seconds = time.perf_counter() - started
    notes = [*rows.notes, *_left_out(detector), *detector.history_.notes]
    return Fitted(rows.name, rows.table.num_rows, seconds, notes)


def _choose(
    found: Survey, name: str, normal_only: bool, most: int, seed: int
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows to fit on, and what to say about it."""
    chosen, notes = np.ones(found.rows, dtype=bool), []
    if normal_only:
        if found.labels is None:
            raise ParameterError(
                f"Fitting on normal rows only needs labels in {name}; name their column (--label)."
            )
        chosen = found.labels == 0
        if chosen.sum() < 2:
            raise DataError(
                f"{name} has {chosen.sum()} rows labelled normal, but at least 2 are needed to "
                "learn what is normal; fit on all rows instead."
            )
        notes.append(
            f"Fitted only on the {chosen.sum():,} of {found.rows:,} rows that are labelled normal: "
            "the labels chose the training rows."
        )
    if (count := int(chosen.sum())) > most:
        rows = np.random.default_rng(seed).choice(np.flatnonzero(chosen), most, replace=False)
        chosen = np.zeros(found.rows, dtype=bool)
        chosen[rows] = True
        notes.append(f"Fitted on a random sample of {most:,} of {count:,} rows.")
    return chosen, notes


def _left_out(detector: Detector) -> list[str]:
    """Say which columns the encoding left out."""
    columns = detector.view_.encoder.columns if isinstance(detector.view_, Rows) else []
    names = [repr(column.name) for column in columns if column.kind == "identifier"]
    if not names:
        return []
    return [f"Left out, as nearly every row has a text of its own there: {', '.join(names)}."]
