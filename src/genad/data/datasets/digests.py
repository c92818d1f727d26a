"""Digests of a file's content, of its form only where the form is part of what is published.

The same numbers are served with other line ends, other spellings (299 and 299.0) and other
compression by different mirrors, so most data sets are pinned by what they say:

- ``sha256``: the bytes.
- ``content-md5``: the bytes inside a gzip file.
- ``numbers``: every number of a text file, as float64.
- ``numbers32``: the same as float32.
- ``table``: the columns of a table, numbers as float64.
- ``table4``: the same with numbers rounded to four decimals.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genad.data.readers import open_table
from genad.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["digest", "read_numbers"]


def digest(path: Path, scheme: str) -> str:
    """Return the digest of a file under one of the schemes above.

    Parameters
    ----------
    path
        The file.
    scheme
        Name of the scheme.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "series.txt"
    ...     _ = path.write_text("1.5 2")
    ...     before = digest(path, "numbers")
    ...     _ = path.write_text("1.50 2.0")
    ...     before == digest(path, "numbers")
    True
    """
    return _SCHEMES[scheme](path)


def read_numbers(path: Path) -> NDArray[np.float64]:
    """Read a text file of numbers, parted by commas or white space, one row a line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "series.txt"
    ...     _ = path.write_text("1.5 2")
    ...     read_numbers(path)
    array([[1.5, 2. ]])
    """
    try:
        with path.open(encoding="utf-8") as file:
            delimiter = "," if "," in file.readline() else None
        return np.loadtxt(path, delimiter=delimiter, ndmin=2)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is not a file of numbers: {error}.") from error


def _bytes(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(path: Path) -> str:
    try:
        with gzip.open(path) as file:
            return hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
    except (OSError, EOFError) as error:
        raise DatasetError(f"{path} is not a complete gzip file: fetch it again.") from error


def _numbers(path: Path, dtype: str) -> str:
    return hashlib.sha256(read_numbers(path).astype(dtype).tobytes()).hexdigest()


def _table(path: Path, decimals: int | None = None) -> str:
    total = hashlib.sha256()
    table = open_table(path).read()
    for name, column in zip(table.column_names, table.columns, strict=True):
        total.update(name.encode())
        total.update(_cells(column, decimals))
    return total.hexdigest()


def _cells(column: pa.ChunkedArray, decimals: int | None) -> bytes:
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return "\0".join("" if cell is None else cell for cell in column.to_pylist()).encode()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy().astype("<f8")
    return (values if decimals is None else np.round(values, decimals) + 0.0).tobytes()


_SCHEMES: dict[str, Callable[[Path], str]] = {
    "sha256": _bytes,
    "content-md5": _content,
    "numbers": lambda path: _numbers(path, "<f8"),
    "numbers32": lambda path: _numbers(path, "<f4"),
    "table": _table,
    "table4": lambda path: _table(path, decimals=4),
}
