"""Tables in and out of files: one place opens what a user hands over, whole or in chunks."""

from __future__ import annotations

import csv
import gzip
import os
import secrets
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

import numpy as np

from genad.data.text import DelimitedText, fault_in_text
from genad.errors import DataError, GenadError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TableFile", "open_table", "write_table"]

_TEXT = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_READABLE = (*_TEXT, ".parquet", ".npz")
WRITABLE = (*_TEXT, ".parquet")
_NOUNS = {".parquet": "a Parquet file", ".npz": "an NPZ file"}


class _Source(Protocol):
    """What a format has to offer: its columns, its size where that is cheap, and its rows."""

    columns: list[str]
    rows: int | None
    has_rows: bool

    def read(self) -> pa.Table: ...

    def chunks(self, rows: int) -> Iterator[pa.Table]: ...


@dataclass(frozen=True)
class TableFile:
    r"""A table in a file, opened but not yet read.

    Parameters
    ----------
    path
        The file.
    columns
        Names of its columns, in order.
    rows
        Number of rows where the format states it (Parquet, NPZ); None for text.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("bar,state\n1.5,on\n?,off\n")
    ...     table = open_table(path).read()
    >>> table.to_pydict()
    {'bar': [1.5, None], 'state': ['on', 'off']}
    """

    path: Path
    columns: list[str]
    rows: int | None
    _source: _Source = field(repr=False, compare=False)

    def read(self) -> pa.Table:
        r"""Return the whole table.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "pump.csv"
        ...     _ = path.write_text("bar\n1\n2\n")
        ...     open_table(path).read().num_rows
        2
        """
        with _explained(self.path, "read"):
            return self._source.read()

    def chunks(self, rows: int = 65_536) -> Iterator[pa.Table]:
        r"""Yield the table in pieces of at most `rows` rows, all with the schema of :meth:`read`.

        Memory is bounded by the piece for text and Parquet; the arrays of an NPZ file are loaded
        once and sliced.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "pump.csv"
        ...     _ = path.write_text("bar\n1\n2\n3\n")
        ...     [chunk.num_rows for chunk in open_table(path).chunks(2)]
        [2, 1]
        """
        if rows < 1:
            raise DataError(f"chunks(rows={rows}) makes no piece: give a number of 1 or more.")
        with _explained(self.path, "read"):
            yield from self._source.chunks(rows)


def open_table(path: str | Path) -> TableFile:
    r"""Open a CSV, TSV, Parquet or NPZ file and say what columns it has.

    The suffix decides the format: ``.csv``, ``.tsv`` (both also ``.gz``), ``.parquet``, ``.npz``.

    - Text is UTF-8. The delimiter of a ``.csv`` (comma, semicolon or tab) is taken from its first
      line. That line is the header, unless every cell of it is a number or missing: then there is
      no header and the columns are called ``x0``, ``x1``, ... A column without a name becomes
      ``unnamed_<position>``. Blank lines are skipped.
    - The type of a column is the narrowest of integer, boolean, date, time, float and text that
      holds *all* its cells, wherever in the file they are. Empty cells and ``NA``, ``N/A``,
      ``NaN``, ``null``, ``None`` and ``?`` are missing values there; in a column of text only an
      empty cell is, since "NA" may well be a name.
    - An NPZ file holds `X` of shape (n, d) and perhaps `y` of shape (n,), or one 2-D array of any
      name; the columns are called ``x0``, ``x1``, ... and ``label``.

    Parameters
    ----------
    path
        The file to open.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("1;2.5\n3;4.5\n")
    ...     open_table(path).columns
    ['x0', 'x1']
    """
    path = Path(path)
    suffix = _suffix(path, _READABLE, "read")
    with _explained(path, "read"):
        _check_file(path)
        source = _open_source(path, suffix)
    _check_source(path, source)
    return TableFile(path, source.columns, source.rows, source)


def write_table(table_chunks: Iterable[pa.Table], path: str | Path) -> None:
    """Write pieces of a table to a CSV, TSV or Parquet file, which appears only when complete.

    The pieces go to a temporary name in the same folder, which is then renamed; if anything fails,
    an interruption by the user included, the folder is left as it was.

    Parameters
    ----------
    table_chunks
        Tables with the columns of the first one.
    path
        Where to; the suffix decides the format as in :func:`open_table`.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow as pa
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.csv"
    ...     write_table([pa.table({"score": [0.5]}), pa.table({"score": [2.0]})], path)
    ...     open_table(path).read().to_pydict()
    {'score': [0.5, 2.0]}
    """
    path = Path(path)
    suffix = _suffix(path, WRITABLE, "written")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _write_chunks(iter(table_chunks), path, partial, suffix)
        with _explained(path, "written"):
            os.replace(partial, path)  # noqa: PTH105 - the call known to be atomic, by its name
    finally:
        with suppress(OSError):  # it was renamed, or never made
            partial.unlink()


def _write_chunks(chunks: Iterator[pa.Table], path: Path, partial: Path, suffix: str) -> None:
    first = next(chunks, None)
    if first is None:
        raise DataError(f"There is nothing to write to {path}: give at least one table.")
    with ExitStack() as stack:
        with _explained(path, "written"):
            writer = stack.enter_context(_writer(partial, suffix, first.schema))
        chunk: pa.Table | None = first
        while chunk is not None:
            with _explained(path, "written"):
                writer.write_table(_like(chunk, first, path))
            chunk = next(chunks, None)  # not explained: an error of the caller's stays what it is
        with _explained(path, "written"):
            stack.close()


@contextmanager
def _writer(partial: Path, suffix: str, schema: pa.Schema) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    compression = "gzip" if suffix.endswith(".gz") else None
    with pa.output_stream(str(partial), compression=compression) as stream:
        if suffix == ".parquet":
            writer = parquet.ParquetWriter(stream, schema)
        else:
            options = arrow_csv.WriteOptions(delimiter="\t" if ".tsv" in suffix else ",")
            writer = arrow_csv.CSVWriter(stream, schema, write_options=options)
        with writer:
            yield writer


def _like(chunk: pa.Table, first: pa.Table, path: Path) -> pa.Table:
    if chunk.column_names != first.column_names:
        raise DataError(
            f"A piece for {path} has the columns {chunk.column_names}, the first piece has "
            f"{first.column_names}: give the same columns throughout."
        )
    try:
        return chunk.cast(first.schema)
    except ValueError as error:
        raise DataError(
            f"A piece for {path} has other types than the first piece ({error}): give the same "
            f"types throughout."
        ) from error


class _Parquet:
    """A Parquet file, read by row batches."""

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self.path = path
        with parquet.ParquetFile(path) as file:
            self.columns: list[str] = file.schema_arrow.names
            self.rows: int | None = file.metadata.num_rows
        self.has_rows = bool(self.rows)

    def read(self) -> pa.Table:
        from pyarrow import parquet

        with parquet.ParquetFile(self.path) as file:
            return file.read()

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        import pyarrow as pa
        from pyarrow import parquet

        with parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=rows):
                yield pa.Table.from_batches([batch])


class _Arrays:
    """An NPZ file, whose arrays are loaded when asked for and sliced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        data, label = self._load()
        self.columns = [f"x{i}" for i in range(data.shape[1])] + ["label"] * (label is not None)
        self.rows: int | None = len(data)
        self.has_rows = bool(self.rows)

    def read(self) -> pa.Table:
        return next(self.chunks(cast("int", self.rows)))

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        import pyarrow as pa

        data, label = self._load()
        for start in range(0, len(data), rows):
            part = slice(start, start + rows)
            arrays = [*data[part].T, *([] if label is None else [label[part]])]
            yield pa.table(dict(zip(self.columns, arrays, strict=True)))

    def _load(self) -> tuple[Any, Any]:
        if not zipfile.is_zipfile(self.path):
            raise DataError(f"{self.path} cannot be read: it is not an NPZ file, or is damaged.")
        with np.load(self.path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        data = arrays.get("X", next(iter(arrays.values())) if len(arrays) == 1 else np.empty(0))
        label = arrays.get("y") if "X" in arrays else None
        if data.ndim != 2 or (label is not None and label.shape != data.shape[:1]):
            held = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
            raise DataError(
                f"{self.path} holds {held}: give X of shape (n, d) and perhaps y of shape (n,), "
                f"or a single array of shape (n, d)."
            )
        return data, label


def _open_source(path: Path, suffix: str) -> _Source:
    if suffix == ".parquet":
        return _Parquet(path)
    return _Arrays(path) if suffix == ".npz" else DelimitedText(path)


def _suffix(path: Path, allowed: tuple[str, ...], doing: str) -> str:
    for suffix in allowed:
        if path.name.lower().endswith(suffix):
            return suffix
    raise DataError(
        f"{path} cannot be {doing}: its name has to end in one of {', '.join(allowed)}."
    )


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path} is a folder: name a file in it.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty: give a file with at least one row.")


def _check_source(path: Path, source: _Source) -> None:
    if not source.columns:
        raise DataError(f"{path} has no columns: give a file with at least one column and row.")
    if not source.has_rows:
        raise DataError(f"{path} has columns but no rows: give at least one row.")
    name, count = Counter(source.columns).most_common(1)[0]
    if count > 1:
        raise DataError(f"{path} has {count} columns named {name!r}: rename them.")


@contextmanager
def _explained(path: Path, doing: str) -> Iterator[None]:
    """Turn what the operating system and the parsers say into one sentence."""
    import pyarrow as pa

    damaged = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, csv.Error)
    try:
        yield
    except GenadError:
        raise
    except FileNotFoundError as error:
        absent = path if doing == "read" else path.parent
        raise DataError(f"{absent} does not exist: check the path.") from error
    except PermissionError as error:
        raise DataError(f"{path} cannot be {doing}: you do not have permission.") from error
    except (*damaged, pa.ArrowException, ValueError) as error:
        _explain_content(path, doing, error)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise DataError(f"{path} cannot be {doing}: {reason}.") from error


def _explain_content(path: Path, doing: str, error: Exception) -> NoReturn:
    reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
    suffix = _suffix(path, _READABLE, doing)
    if doing == "read" and suffix in _TEXT:
        reason = fault_in_text(path) or reason
    elif "allow_pickle" in reason:
        reason = "it holds Python objects, which are never loaded: save plain arrays of numbers"
    elif doing == "read":
        reason = f"it is not {_NOUNS[suffix]}, or is damaged"
    raise DataError(f"{path} cannot be {doing}: {reason}.") from error
