"""Where rows come from: a file or a table in memory, behind one face, chunk by chunk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from genad.data.readers import open_table

CHUNK = 65_536

Watch: TypeAlias = Callable[[str, int, int], None]
"""Told after each chunk: what is being done, rows done since the last call, rows in all."""


@dataclass(frozen=True)
class Source:
    """Rows to fit on or to score.

    Parameters
    ----------
    name : what to call it in messages and reports.
    columns : names of its columns, in order.
    pieces : yields tables of at most so many rows, the same ones every time it is called.

    Examples
    --------
    >>> source = table_source("pump", pa.table({"bar": [1.0, 2.0, 3.0]}))
    >>> [chunk.num_rows for chunk in source.pieces(2)]
    [2, 1]
    """

    name: str
    columns: list[str]
    pieces: Callable[[int], Iterator[pa.Table]] = field(repr=False)

    def chunks(self) -> Iterator[tuple[int, pa.Table]]:
        """Yield the rows in tables, each with the number of rows before it.

        Examples
        --------
        >>> source = table_source("pump", pa.table({"bar": [1.0, 2.0]}))
        >>> [(start, chunk.num_rows) for start, chunk in source.chunks()]
        [(0, 2)]
        """
        start = 0
        for chunk in self.pieces(CHUNK):
            yield start, chunk
            start += chunk.num_rows


def file_source(path: str | Path) -> Source:
    r"""Return the rows of a CSV, TSV, Parquet or NPZ file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("bar,state\n1.5,on\n")
    ...     file_source(path).columns
    ['bar', 'state']
    """
    file = open_table(path)
    return Source(str(path), file.columns, file.chunks)


def table_source(name: str, table: pa.Table) -> Source:
    """Return the rows of a table in memory.

    Examples
    --------
    >>> table_source("pump", pa.table({"bar": [1.0]})).columns
    ['bar']
    """

    def slices(rows: int) -> Iterator[Any]:
        return (table.slice(start, rows) for start in range(0, table.num_rows, rows))

    return Source(name, table.column_names, slices)


def unwatched(doing: str, rows: int, total: int) -> None:
    """Watch nothing.

    Examples
    --------
    >>> unwatched("scoring", 10, 100)
    """
