"""What a table is like before anything is trained: columns, sample rows, what goes together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.table import Table
from genad.errors import DataError, ParameterError
from genad.files import Roles, Source, Watch
from genad.files.labels import as_labels
from genad.files.source import unwatched
from genad.profiles.columns import Codes, Column, ColumnCounter, mixed
from genad.profiles.correlations import Pair, strongest_pairs

_SAMPLE = 10_000
_MOSTLY = 0.5  # a share above which it is said that values are missing
_NAMED = 5


@dataclass(frozen=True, eq=False)
class TableProfile:
    """What a table is like.

    Parameters
    ----------
    name : of the data.
    rows : how many there are.
    copies : how many of them are exactly like one before.
    columns : in order, the label among them.
    label : the column of labels, or None.
    sample : rows at random, in their order; all if there are few.
    anomalous : whether each row of the sample is a labelled anomaly; None where it is not known
        what the label means.
    pairs : the columns that go together most, by the sample.
    findings : what is odd, a sentence each.
    """

    name: str
    rows: int
    copies: int
    columns: tuple[Column, ...]
    label: str | None
    sample: pa.Table
    anomalous: NDArray[np.bool_] | None
    pairs: tuple[Pair, ...]
    findings: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them, without rows."""
        return {
            "name": self.name,
            "rows": self.rows,
            "copies": self.copies,
            "label": self.label,
            "columns": [_plain(asdict(column)) for column in self.columns],
            "pairs": [asdict(pair) for pair in self.pairs],
            "findings": list(self.findings),
        }


def profile_table(
    source: Source,
    roles: Roles | None = None,
    *,
    random_state: int = 0,
    watch: Watch = unwatched,
) -> TableProfile:
    """Return what a table is like, in one pass over its rows, a chunk in memory at a time.

    Parameters
    ----------
    source : the rows.
    roles : the label, and columns to leave out.
    random_state : seed of the sample.
    watch : told of the progress.

    Raises
    ------
    ParameterError
        If there is no such column.

    Examples
    --------
    >>> from genad.files import table_source
    >>> table = pa.table({"bar": [1.0, 2.0, 2.0], "state": ["on", "off", "off"]})
    >>> found = profile_table(table_source("pump", table))
    >>> found.rows, found.copies, found.columns[1].common
    (3, 1, (('off', 2), ('on', 1)))
    """
    roles = roles or Roles()
    names = _names(source, roles)
    counters: list[ColumnCounter] = []
    sample, hashes = _Sample(_SAMPLE, random_state), list[Codes]()
    for start, chunk in source.chunks():
        chunk = chunk.select(names)
        counters = counters or [ColumnCounter(f.name, f.type) for f in chunk.schema]
        table = Table(chunk, start)
        hashes.append(mixed([counter.add(table, j) for j, counter in enumerate(counters)]))
        sample.add(chunk)
        watch("reading", chunk.num_rows, 0)
    rows = sum(map(len, hashes))
    columns = _alike(counters)
    copies = rows - len(np.unique(np.concatenate(hashes)))
    taken = sample.table()
    profile = TableProfile(
        name=source.name,
        rows=rows,
        copies=copies,
        columns=columns,
        label=roles.label,
        sample=taken,
        anomalous=_anomalous(taken, roles),
        pairs=_pairs(taken, columns, roles),
        findings=(),
    )
    return replace(profile, findings=tuple(_findings(profile)))


class _Sample:
    """Keeps so many rows at random of all that pass by: those with the smallest of random keys."""

    def __init__(self, most: int, seed: int) -> None:
        self._most, self._rng = most, np.random.default_rng(seed)
        self._keys, self._parts = np.zeros(0), list[pa.Table]()
        self._below = np.inf

    def add(self, chunk: pa.Table) -> None:
        keys = self._rng.random(chunk.num_rows)
        chosen = np.flatnonzero(keys < self._below)
        self._keys = np.concatenate([self._keys, keys[chosen]])
        self._parts.append(chunk.take(chosen))
        if len(self._keys) > 2 * self._most:
            self._prune()

    def table(self) -> pa.Table:
        self._prune()
        return self._parts[0]

    def _prune(self) -> None:
        kept = np.sort(np.argsort(self._keys, kind="stable")[: self._most])
        self._parts = [pa.concat_tables(self._parts).take(kept)]
        self._keys = self._keys[kept]
        if len(kept) == self._most:
            self._below = float(self._keys.max())


def _names(source: Source, roles: Roles) -> list[str]:
    label = roles.label
    if label is not None and label not in source.columns:
        raise ParameterError(
            f"{source.name} has no column {label!r} to take labels from; it has "
            f"{', '.join(source.columns)}."
        )
    features = set(roles.features(source.columns))
    return [name for name in source.columns if name in features or name == label]


def _alike(counters: Sequence[ColumnCounter]) -> tuple[Column, ...]:
    """Return all columns, those that repeat an earlier one with its name."""
    first: dict[bytes, str] = {}
    columns = []
    for counter in counters:
        same_as = first.setdefault(counter.digest, counter.name)
        same_as = "" if same_as == counter.name else same_as
        columns.append(replace(counter.result(), same_as=same_as))
    return tuple(columns)


def numbers_of(sample: pa.Table, columns: Sequence[Column]) -> NDArray[np.float64]:
    """Return columns of a sample as numbers, of shape (rows, columns); what is infinite is missing.

    Examples
    --------
    >>> numbers_of(pa.table({"bar": [1.0, None]}), []).shape
    (2, 0)
    """
    wanted = [sample.column_names.index(column.name) for column in columns]
    values = Table(sample).numbers(wanted)
    return np.where(np.isinf(values), np.nan, values)


def _pairs(sample: pa.Table, columns: Sequence[Column], roles: Roles) -> tuple[Pair, ...]:
    numeric = [
        column
        for column in columns
        if column.kind in ("number", "boolean", "time")
        and not column.constant
        and not column.same_as
        and column.name != roles.label
    ]
    names = [column.name for column in numeric]
    return strongest_pairs(numbers_of(sample, numeric), names) if len(numeric) > 1 else ()


def _anomalous(sample: pa.Table, roles: Roles) -> NDArray[np.bool_] | None:
    if roles.label is None:
        return None
    try:
        found = as_labels(sample[roles.label], roles.label, roles.anomaly) == 1
    except DataError:
        if roles.anomaly:
            raise
        return None  # its values are counted all the same
    return found if found.any() and not found.all() else None


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(inner, float) and not np.isfinite(inner) else inner
        for key, inner in value.items()
    }


# What is odd.


def _findings(found: TableProfile) -> list[str]:
    rows, columns = found.rows, found.columns
    distinct = [column for column in columns if not column.same_as]
    said = [
        _said("Nothing but missing values", [c.name for c in columns if c.kind == "nothing"]),
        _said("One value in every row", [c.name for c in distinct if c.constant]),
        _said(
            "The same values in every row",
            [f"{c.name} and {c.same_as}" for c in columns if c.same_as and c.kind != "nothing"],
        ),
        _said(
            "Missing in more than half of the rows",
            [c.name for c in columns if c.kind != "nothing" and c.missing > _MOSTLY * rows],
        ),
        _said("Infinite values, which detectors refuse", [c.name for c in columns if c.infinite]),
        _said(
            "A text of its own in nearly every row, so that detectors leave it out",
            [c.name for c in columns if identifies(c, rows)],
        ),
        _said(
            "Times, by which --time COLUMN explores the rows as a series",
            [c.name for c in columns if c.kind == "time"],
        ),
    ]
    if found.copies:
        share = 100 * found.copies / rows
        said.append(f"{found.copies:,} rows ({share:.2g} %) are exact copies of an earlier one.")
    if found.sample.num_rows < rows:
        said.append(
            "Distributions, correlations and the map are of a random sample of "
            f"{found.sample.num_rows:,} rows; all else counts every row."
        )
    return [sentence for sentence in said if sentence]


def identifies(column: Column, rows: int) -> bool:
    """Return whether a column of texts tells rows apart rather than describing them.

    Examples
    --------
    >>> from genad.files import table_source
    >>> found = profile_table(table_source("orders", pa.table({"id": ["a", "b", "c"]})))
    >>> identifies(found.columns[0], found.rows)
    True
    """
    return column.kind == "text" and (column.distinct is None or column.distinct > _MOSTLY * rows)


def _said(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - _NAMED
    return f"{what}: {', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}."
