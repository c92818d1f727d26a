"""Tables of any make behind one face: columns as numbers or as text, a slice of rows at a time."""

import hashlib
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genad.errors import DataError

# What a pandas column of objects may hold that is neither a value nor has a text of its own.
_CONTAINERS = (list, tuple, dict, set, bytes, np.ndarray)


def is_frame(data: Any) -> bool:
    """Return whether narwhals takes this for a data frame (pandas, polars, pyarrow and others).

    Examples
    --------
    >>> is_frame(pa.table({"a": [1]})), is_frame([[1]])
    (True, False)
    """
    try:
        frame = nw.from_native(data, eager_only=True, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        raise DataError("Two columns of the table have the same name: rename one.") from error
    return isinstance(frame, nw.DataFrame)


def in_order(data: Any, names: list[str]) -> Any:
    """Return a data frame with its columns in the given order, or as it is if it has others.

    Examples
    --------
    >>> in_order(pa.table({"b": [1], "a": [2]}), ["a", "b"]).column_names
    ['a', 'b']
    """
    frame = nw.from_native(data, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame) or set(frame.columns) != set(names):
        return data
    return data if frame.columns == names else frame.select(names).to_native()


class Table:
    """A two-dimensional array or a data frame.

    Parameters
    ----------
    data : a float array of shape (n, columns), or a data frame.
    first : the number, from 0, of its first row in the whole that it is a part of.
    labels : the number of each row's class, of shape (n,), or None.

    Examples
    --------
    >>> table = Table(pa.table({"age": [31, None], "city": ["Rome", "Bonn"]}))
    >>> table.names, table.is_numeric(0), table.is_numeric(1)
    (['age', 'city'], True, False)
    >>> table.numbers([0])
    array([[31.],
           [nan]])
    """

    def __init__(self, data: Any, first: int = 0, labels: NDArray[np.int64] | None = None) -> None:
        self.first, self.labels = first, labels
        self._array: NDArray[Any] | None = data if isinstance(data, np.ndarray) else None
        if self._array is None:
            self._frame: nw.DataFrame[Any] = nw.from_native(data, eager_only=True)
            self.shape = (len(self._frame), len(self._frame.columns))
        else:
            self.shape = (len(self._array), self._array.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns: "x0", "x1" and so on if they have none."""
        if self._array is None:
            return [str(name) for name in self._frame.columns]
        return [f"x{j}" for j in range(self.shape[1])]

    @property
    def is_frame(self) -> bool:
        """Whether the data came as a data frame, with names and types of its own."""
        return self._array is None

    def rows(self, start: int, stop: int) -> "Table":
        """Return the table of the rows from `start` to before `stop`."""
        part = self._array[start:stop] if self._array is not None else self._native(start, stop)
        return Table(part, self.first + start)

    def _native(self, start: int, stop: int) -> Any:
        return self._frame[start:stop].to_native()

    def take(self, rows: NDArray[np.intp]) -> "Table":
        """Return the table of the rows with the given numbers."""
        array, labels = self._array, self.labels
        part = self._frame[rows.tolist()].to_native() if array is None else array[rows]
        return Table(part, labels=None if labels is None else labels[rows])

    def is_numeric(self, column: int) -> bool:
        """Return whether a column holds numbers, booleans or times."""
        if self._array is not None:
            return True
        series = self._frame[:, column]
        dtype = series.dtype
        if dtype == nw.Object:  # pandas' word for a column of anything
            values = series.drop_nulls().to_list()
            return bool(values) and all(isinstance(value, Real | Decimal) for value in values)
        return dtype.is_numeric() or dtype.is_temporal() or dtype == nw.Boolean

    def numbers(self, columns: list[int]) -> NDArray[np.float64]:
        """Return columns as float64 of shape (n, columns); missing is NaN, times are seconds.

        Raises
        ------
        DataError
            If a column holds what is no number.
        """
        if self._array is not None:
            every = len(columns) == self.shape[1]
            block = self._array if every else self._array[:, columns]
            # Sums and products round by memory layout, which must not show in a score.
            return np.ascontiguousarray(block, dtype=np.float64)
        result = np.empty((len(self), len(columns)))
        for j, column in enumerate(columns):
            result[:, j] = self._numbers_of(column)
        return result

    def _numbers_of(self, column: int) -> NDArray[np.float64]:
        series = self._frame[:, column]
        if series.dtype == nw.Date:
            series = series.cast(nw.Datetime("us"))
        if isinstance(series.dtype, nw.Datetime) or series.dtype == nw.Datetime:
            return series.dt.timestamp("us").cast(nw.Float64).to_numpy() / 1e6
        if isinstance(series.dtype, nw.Duration) or series.dtype == nw.Duration:
            return series.dt.total_microseconds().cast(nw.Float64).to_numpy() / 1e6
        try:
            arrow = series.to_arrow()
            if series.dtype == nw.Time:
                arrow = pc.divide(pc.cast(pc.cast(arrow, pa.time64("ns")), pa.int64()), 1e9)
            return np.asarray(
                pc.cast(arrow, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            )
        except pa.ArrowException as error:
            raise DataError(
                f"Column {self.names[column]!r} must hold numbers, as it did in training, but "
                f"does not ({error})."
            ) from error

    def categories(self, column: int) -> tuple[NDArray[np.intp], list[str]]:
        """Return codes of shape (n,) into a list of distinct texts; -1 where missing.

        Raises
        ------
        DataError
            If a column holds what has no text, such as lists.
        """
        arrow = self._texts(column)
        if isinstance(arrow, pa.ChunkedArray):
            arrow = arrow.combine_chunks()
        encoded = pc.dictionary_encode(arrow)
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.intp), encoded.dictionary.to_pylist()

    def digest(self) -> str:
        """Return a hash of names and values, the same wherever and however the table is held.

        Examples
        --------
        >>> table = pa.table({"age": [31, None], "city": ["Rome", "Bonn"]})
        >>> Table(table).digest() == Table(table.slice(0)).digest() != Table(table[:1]).digest()
        True
        """
        found = hashlib.sha256()
        for j, name in enumerate(self.names):
            found.update(f"{name}\0".encode())
            if self.is_numeric(j):
                found.update(self.numbers([j]).tobytes())
            else:
                codes, texts = self.categories(j)
                found.update(codes.tobytes() + "\0".join(texts).encode())
        return found.hexdigest()

    def _texts(self, column: int) -> Any:
        series = self._frame[:, column]
        odd = str(series.dtype) if series.dtype.is_nested() else ""
        if series.dtype == nw.Object and series.implementation.is_polars():
            odd = "object"
        elif series.dtype == nw.Object:
            found = (value for value in series.drop_nulls() if isinstance(value, _CONTAINERS))
            odd = next((type(value).__name__ for value in found), "")
        try:
            if not odd:
                return series.cast(nw.String).to_arrow()
        except (nw.exceptions.NarwhalsError, pa.ArrowException, ValueError):
            odd = str(series.dtype)
        raise DataError(
            f"Column {self.names[column]!r} holds values of type {odd}, but a column must hold "
            "numbers, booleans, times or text: convert it, or leave it out."
        )
