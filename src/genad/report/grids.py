"""Tables of figures: a row for each model or reference, the best figure of a column marked."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from genad.report.formats import number


@dataclass(frozen=True)
class Column:
    """A column of figures.

    Parameters
    ----------
    name : of the figure.
    better : "higher" or "lower", or nothing where neither is.
    show : makes a text of a value.
    """

    name: str
    better: str = ""
    show: Callable[[float], str] = number


@dataclass(frozen=True)
class Cell:
    """A figure as a text, and whether it is the best of the models."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A row: `reference` is true for what models are only measured by."""

    name: str
    note: str
    cells: tuple[Cell, ...]
    reference: bool


@dataclass(frozen=True)
class Grid:
    """A table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Entry:
    """A row before it is a text; None where there is no figure."""

    name: str
    values: Sequence[float | None]
    note: str = ""
    reference: bool = False


def grid(columns: Sequence[Column], entries: Sequence[Entry]) -> Grid:
    """Return a table, columns without any figure left out.

    The best of a column is marked among the rows that are no reference, unless all are equal.

    Examples
    --------
    >>> columns = [Column("error", "lower"), Column("empty")]
    >>> table = grid(columns, [Entry("a", (0.25, None)), Entry("b", (1.0, None))])
    >>> [cell.best for row in table.rows for cell in row.cells], len(table.columns)
    ([True, False], 1)
    """
    kept = [j for j in range(len(columns)) if any(entry.values[j] is not None for entry in entries)]
    best = {j: _best(columns[j], [e.values[j] for e in entries if not e.reference]) for j in kept}
    rows = tuple(
        Row(
            entry.name,
            entry.note,
            tuple(_cell(columns[j], entry, j, best[j]) for j in kept),
            entry.reference,
        )
        for entry in entries
    )
    return Grid(tuple(columns[j] for j in kept), rows)


def _best(column: Column, values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(set(known)) < 2 or not column.better:
        return None
    return max(known) if column.better == "higher" else min(known)


def _cell(column: Column, entry: Entry, j: int, best: float | None) -> Cell:
    value = entry.values[j]
    if value is None:
        return Cell("–")
    return Cell(column.show(value), not entry.reference and value == best)
