"""One look at all rows before any work: how many there are, their labels, and what is wrong."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genad.errors import DataError, ParameterError
from genad.files.labels import as_labels
from genad.files.source import Source


@dataclass(frozen=True)
class Roles:
    """Which columns are no features.

    Parameters
    ----------
    label : the column that says what is an anomaly: never a feature; for figures beside the
        result and, if asked for, to choose the rows to fit on.
    anomaly : the values of the label that mean anomaly; if empty, the usual words are understood.
    ignore : further columns that are no features.

    Examples
    --------
    >>> Roles(label="failed", ignore=("id",)).features(["id", "bar", "failed"])
    ['bar']
    """

    label: str | None = None
    anomaly: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def features(self, columns: Collection[str]) -> list[str]:
        """Return the columns that are features, in order.

        Raises
        ------
        ParameterError
            If a column to ignore does not exist, or no column is left.

        Examples
        --------
        >>> Roles().features(["bar", "state"])
        ['bar', 'state']
        """
        unknown = [name for name in self.ignore if name not in columns]
        if unknown:
            raise ParameterError(
                f"There is no column {unknown[0]!r} to ignore; there are {', '.join(columns)}."
            )
        left = [name for name in columns if name != self.label and name not in self.ignore]
        if not left:
            raise ParameterError("No column is left to learn from: ignore fewer columns.")
        return left


@dataclass(frozen=True, eq=False)
class Survey:
    """What one look at all rows found.

    Parameters
    ----------
    rows : how many there are.
    labels : 1 for an anomaly, 0 for normal, -1 for unknown, of shape (rows,); None without labels.

    Examples
    --------
    >>> Survey(rows=2, labels=np.array([0, -1], dtype=np.int8)).known
    array([ True, False])
    """

    rows: int
    labels: NDArray[np.int8] | None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Bool, of shape (rows,): True where there is a label."""
        unlabelled = np.full(self.rows, -1, dtype=np.int8)
        return (unlabelled if self.labels is None else self.labels) >= 0


def survey(source: Source, features: Collection[str], roles: Roles) -> Survey:
    """Read all rows once: count them, read their labels and make sure that they can be scored.

    Raises
    ------
    DataError
        If a feature holds an infinity, or a label is not understood.
    ParameterError
        If there is no such label column.

    Examples
    --------
    >>> from genad.files import table_source
    >>> table = pa.table({"bar": [1.0, 2.0, 9.0], "state": ["ok", "ok", "fault"]})
    >>> found = survey(table_source("pump", table), ["bar"], Roles(label="state"))
    >>> found.rows, found.labels
    (3, array([0, 0, 1], dtype=int8))
    """
    label = roles.label
    check_label(source, label)
    rows, parts = 0, [np.empty(0, dtype=np.int8)]
    for start, chunk in source.chunks():
        _check_finite(chunk.select(features), start, source.name)
        rows = start + chunk.num_rows
        if label is not None:
            parts.append(as_labels(chunk[label], label, roles.anomaly))
    return Survey(rows, None if label is None else np.concatenate(parts))


def check_label(source: Source, label: str | None) -> None:
    """Raise an error if a source lacks the column to take labels from.

    Examples
    --------
    >>> from genad.files import table_source
    >>> check_label(table_source("pump", pa.table({"bar": [1.0]})), None)
    """
    if label is not None and label not in source.columns:
        raise ParameterError(
            f"{source.name} has no column {label!r} to take labels from; it has "
            f"{', '.join(source.columns)}."
        )


def inspect(source: Source, features: Collection[str], roles: Roles) -> Survey:
    """Return the survey of rows that are to be scored, where labels must be of both classes.

    Raises
    ------
    DataError
        If there are labels, but no figure can be made from them; or as `survey` does.

    Examples
    --------
    >>> from genad.files import table_source
    >>> table = pa.table({"bar": [1.0, 2.0], "state": ["ok", "fault"]})
    >>> inspect(table_source("pump", table), ["bar"], Roles(label="state")).labels
    array([0, 1], dtype=int8)
    """
    found = survey(source, features, roles)
    if found.labels is None:
        return found
    labels = found.labels[found.known]
    if len(np.unique(labels)) < 2:
        which = "anomalies" if labels.any() else "normal"
        held = f"marks all {len(labels):,} labelled rows as {which}" if len(labels) else "is empty"
        raise DataError(
            f"The label column {roles.label!r} of {source.name} {held}, but figures need both "
            "kinds; leave out --label, or name another column or value."
        )
    return found


def _check_finite(chunk: pa.Table, start: int, name: str) -> None:
    for column in chunk.column_names:
        values = chunk[column]
        if not pa.types.is_floating(values.type):
            continue
        infinite = pc.index(pc.is_inf(values), True).as_py()
        if infinite >= 0:
            raise DataError(
                f"{name} holds an infinity in column {column!r}, row {start + infinite + 1:,}; "
                "numbers must be finite or missing: remove or replace it."
            )
