"""Which columns of a source a fitted detector takes, matched by name."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from genad.data.table import Table
from genad.detector import Detector
from genad.errors import DataError
from genad.files.source import Source
from genad.files.survey import Roles

ADDED = ("anomaly_score", "anomaly_probability", "is_anomaly")


@dataclass(frozen=True)
class Columns:
    """The columns of a source that a detector takes, in the order of its training.

    Parameters
    ----------
    names : what they are called.
    named : whether the detector knows columns by name; it does not if it was fitted on an array.
    notes : sentences about the others.

    Examples
    --------
    >>> chunk = pa.table({"id": [7], "bar": [1.5]})
    >>> Columns(["bar"], named=False, notes=[]).samples(chunk)
    array([[1.5]])
    """

    names: list[str]
    named: bool
    notes: list[str]

    def samples(self, chunk: pa.Table) -> Any:
        """Return rows as the detector was fitted: a table, or an array if it knows no names."""
        chunk = chunk.select(self.names)
        return chunk if self.named else Table(chunk).numbers(list(range(len(self.names))))


def match_columns(detector: Detector, source: Source, roles: Roles) -> Columns:
    """Return the columns of a source that a fitted detector takes.

    Raises
    ------
    DataError
        If one is missing, or one that scoring adds is there already.

    Examples
    --------
    >>> from genad import ZScore
    >>> from genad.files import table_source
    >>> detector = ZScore().fit(pa.table({"bar": [1.0, 2.0]}))
    >>> match_columns(detector, table_source("new", pa.table({"id": [1], "bar": [3.0]})), Roles())
    Columns(names=['bar'], named=True, notes=["Kept, but not used, as training had none: 'id'."])
    """
    names = [str(name) for name in getattr(detector, "feature_names_in_", [])]
    check_columns(source, names)
    others = [name for name in source.columns if name not in (roles.label, *roles.ignore, *names)]
    if names:
        new = ", ".join(map(repr, others))
        notes = [f"Kept, but not used, as training had none: {new}."] if new else []
        return Columns(names, named=True, notes=notes)
    if len(others) != detector.n_features_in_:
        raise DataError(
            f"The model was fitted on {detector.n_features_in_} columns without names, but "
            f"{source.name} has {len(others)}; give exactly those, in their order."
        )
    note = "The model knows no column names: columns were taken in their order."
    return Columns(others, named=False, notes=[note])


def check_columns(source: Source, needed: list[str]) -> None:
    """Raise DataError if a needed column is missing, or one that scoring adds is there already.

    Examples
    --------
    >>> from genad.files import table_source
    >>> check_columns(table_source("pump.csv", pa.table({"bar": [1.0]})), ["bar", "rpm"])
    Traceback (most recent call last):
    ...
    genad.errors.DataError: pump.csv lacks the training data's column 'rpm': add it.
    """
    missing = [repr(name) for name in needed if name not in source.columns]
    if missing:
        word, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
        raise DataError(
            f"{source.name} lacks the training data's {word} {', '.join(missing)}: add {them}."
        )
    taken = [repr(name) for name in ADDED if name in source.columns]
    if taken:
        raise DataError(
            f"{source.name} already has {', '.join(taken)}, which scoring adds: rename or remove "
            f"{'it' if len(taken) == 1 else 'them'}."
        )
