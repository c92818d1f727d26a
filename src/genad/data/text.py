"""Delimited text as typed tables: the type of a column is settled over all of its rows."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "MISSING",
    "DelimitedText",
    "column_names",
    "delimiter_of",
    "fault_in_text",
    "is_data",
]

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
# Bytes parsed at a time. Arrow reads up to 32 blocks ahead, so they bound the memory.
_BLOCK = 1 << 20


class DelimitedText:
    r"""A CSV or TSV file, plain or gzipped, read as a stream of typed tables.

    Arrow types a stream by its first block, so a column that starts with integers would fail at
    the first word a million rows later. Hence two steps: try the types of the first block, which
    hold for nearly all files and cost one plain parse; where they do not hold, read every cell as
    text once and keep, per column, the types that all cells of all blocks can be cast to.

    Parameters
    ----------
    path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("bar;state\n1.5;on\n")
    ...     DelimitedText(path).columns
    ['bar', 'state']
    """

    rows: int | None = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._delimiter = _delimiter(path)
        with _open_text(path) as text:
            lines = csv.reader(text, delimiter=self._delimiter)
            first = next((line for line in lines if line), [])
            headless = is_data(first)
            self._skipped = 0 if headless else lines.line_num
            self.has_rows = headless or any(lines)
        self._block = max(_BLOCK, 16 * sum(map(len, first)))  # a row must fit in
        self.columns = [f"x{i}" for i in range(len(first))] if headless else column_names(first)
        self._types: dict[str, Any] | None = None

    def read(self) -> pa.Table:
        """Return all rows."""
        import pyarrow as pa

        return pa.concat_tables(list(self._stream(self._settled_types())))

    def chunks(self, rows: int) -> Iterator[pa.Table]:
        """Yield the rows in tables of `rows` rows; the last may be shorter."""
        return _regrouped(self._stream(self._settled_types()), rows)

    def _settled_types(self) -> dict[str, Any]:
        if self._types is None:
            types = self._first_types()
            self._types = types if self._hold(types) else self._widest_types()
        return self._types

    def _first_types(self) -> dict[str, Any]:
        with self._reader({}) as reader:
            return {column.name: _plain(column.type) for column in reader.schema}

    def _hold(self, types: dict[str, Any]) -> bool:
        import pyarrow as pa

        try:
            for _ in self._stream(types):
                pass
        except pa.ArrowInvalid:  # malformed text ends here too, and shows again in the second step
            return False
        return True

    def _widest_types(self) -> dict[str, Any]:
        import pyarrow as pa

        fitting = dict.fromkeys(self.columns, _kinds())
        for table in self._stream(dict.fromkeys(self.columns, pa.string())):
            fitting = {name: _fitting(table[name], kinds) for name, kinds in fitting.items()}
        return {name: _narrowest(kinds) for name, kinds in fitting.items()}

    def _stream(self, types: dict[str, Any]) -> Iterator[pa.Table]:
        import pyarrow as pa

        with self._reader(types) as reader:
            for batch in reader:
                yield _empty_text_is_missing(pa.Table.from_batches([batch]))

    @contextmanager
    def _reader(self, types: dict[str, Any]) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        reading = arrow_csv.ReadOptions(
            block_size=self._block, skip_rows=self._skipped, column_names=self.columns
        )
        parsing = arrow_csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True)
        converting = arrow_csv.ConvertOptions(column_types=types, null_values=list(MISSING))
        compression = "gzip" if _is_gzip(self.path) else None
        with (
            pa.input_stream(str(self.path), compression=compression) as stream,
            arrow_csv.open_csv(stream, reading, parsing, converting) as reader,
        ):
            yield reader


def fault_in_text(path: Path) -> str | None:
    r"""Say which byte or which line of a text file cannot be read, or None if all can.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("bar,state\n1.5,on\n2.5\n")
    ...     fault_in_text(path)
    'line 3 has 1 cells where the first has 2: give every line the same number'
    """
    try:
        with _open_binary(path) as file:
            return _bad_byte(file) or _ragged_line(path)
    except (OSError, EOFError, zlib.error):
        return "it is not a complete gzip file"
    except csv.Error as error:
        return str(error)


def _kinds() -> list[Any]:
    """List what a column may be, the narrowest first."""
    import pyarrow as pa

    times = [pa.timestamp(unit, zone) for zone in (None, "UTC") for unit in ("s", "ns")]
    return [pa.int64(), pa.bool_(), pa.date32(), *times, pa.float64()]


def _narrowest(fitting: list[Any]) -> Any:
    import pyarrow as pa

    only_missing = fitting == _kinds()
    return pa.float64() if only_missing else next(iter(fitting), pa.string())


def _plain(kind: Any) -> Any:
    """Make columns of missing values floats, and times of day text."""
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.float64()
    # Arrow falls back to bytes where text is not UTF-8; asking for text makes it say so.
    return pa.string() if pa.types.is_time(kind) or pa.types.is_binary(kind) else kind


def _fitting(cells: pa.ChunkedArray, kinds: list[Any]) -> list[Any]:
    """Keep those of `kinds` that every cell can be cast to."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not kinds:
        return kinds
    missing = pc.is_in(cells, value_set=pa.array(MISSING))
    values = pc.if_else(missing, pa.scalar(None, pa.string()), cells)
    return [kind for kind in kinds if _castable(values, kind)]


def _castable(values: pa.ChunkedArray, kind: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind in (pa.int64(), pa.float64()):
        values = pc.utf8_trim_whitespace(values)  # as the parser does for numbers
    try:
        values.slice(0, 64).cast(kind)  # a cast that fails is slow, as it fails at every cell
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _empty_text_is_missing(table: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for i, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            filled = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
            table = table.set_column(i, table.field(i), filled)
    return table


def _regrouped(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield the same rows in tables of exactly `rows` rows, but for the last."""
    import pyarrow as pa

    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += table.num_rows
        if count >= rows:
            joined = pa.concat_tables(held)
            whole = count - count % rows
            yield from (joined.slice(start, rows) for start in range(0, whole, rows))
            held, count = [joined.slice(whole)], count - whole
    if count:
        yield pa.concat_tables(held)


def _is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open_text(path: Path) -> TextIO:
    opened = gzip.open if _is_gzip(path) else open
    return cast("TextIO", opened(path, "rt", encoding="utf-8-sig", newline=""))


def _open_binary(path: Path) -> AbstractContextManager[Iterable[bytes]]:
    return gzip.open(path, "rb") if _is_gzip(path) else path.open("rb")


def _delimiter(path: Path) -> str:
    """Choose the delimiter that cuts the first line into most cells; the comma if none does."""
    if ".tsv" in [suffix.lower() for suffix in path.suffixes[-2:]]:
        return "\t"
    with _open_text(path) as text:
        return delimiter_of(next((line for line in text if line.strip()), ""))


def delimiter_of(line: str) -> str:
    """Return the delimiter that cuts a line into most cells; the comma if none does.

    Examples
    --------
    >>> delimiter_of("at;flow;heat"), delimiter_of("flow")
    (';', ',')
    """
    return max(",;\t", key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter))))


def column_names(header: list[str]) -> list[str]:
    """Return the names in a header, made up where they are missing.

    Examples
    --------
    >>> column_names(["at", " flow", ""])
    ['at', 'flow', 'unnamed_2']
    """
    return [name.strip() or f"unnamed_{i}" for i, name in enumerate(header)]


def is_data(cells: list[str]) -> bool:
    """Tell a first line of numbers from a header.

    Examples
    --------
    >>> is_data(["1.5", ""]), is_data(["at", "2"])
    (True, False)
    """
    full = [cell for cell in cells if cell not in MISSING]
    return bool(full) and all(map(_is_number, full))


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell))) and "_" not in cell
    except ValueError:
        return False


def _bad_byte(lines: Iterable[bytes]) -> str | None:
    offset = 0
    for number, line in enumerate(lines, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"byte {offset + error.start} (line {number})"
            return f"{where} is not UTF-8 text: save the file again as UTF-8"
        offset += len(line)
    return None


def _ragged_line(path: Path) -> str | None:
    with _open_text(path) as text:
        lines = csv.reader(text, delimiter=_delimiter(path))
        expected = len(next((line for line in lines if line), []))
        before = lines.line_num
        for line in lines:
            if line and len(line) != expected:
                return (
                    f"line {before + 1} has {len(line)} cells where the first has {expected}: "
                    f"give every line the same number"
                )
            before = lines.line_num
    return None
