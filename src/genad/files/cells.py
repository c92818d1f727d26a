"""Values of a column as a reader should see them, and what was expected in the same terms."""

import math
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pyarrow as pa

from genad.detection import Cell

_DAY = 86_400_000_000  # microseconds


def as_cells(column: pa.ChunkedArray) -> list[Cell]:
    """Return values as JSON can hold them; times are as precise as the finest of them.

    Examples
    --------
    >>> as_cells(pa.chunked_array([[datetime(2024, 1, 1), None]]))
    ['2024-01-01', None]
    >>> as_cells(pa.chunked_array([[datetime(2024, 1, 1), datetime(2024, 1, 1, 12)]]))
    ['2024-01-01 00:00:00', '2024-01-01 12:00:00']
    >>> as_cells(pa.chunked_array([[float("nan"), 3.0]]))
    [None, 3.0]
    """
    precision = _precision(column)
    return [_cell(value, precision) for value in _values(column)]


def expected_cells(column: pa.ChunkedArray, expected: Sequence[Any]) -> list[Cell]:
    """Return what a model would have expected in a column, in the terms of its values.

    Parameters
    ----------
    column : the values as they were given.
    expected : decoded values, of which a time is a number of seconds and a boolean one from 0 to 1.

    Examples
    --------
    >>> expected_cells(pa.chunked_array([[datetime(2024, 1, 1)]]), [1704200000.0])
    ['2024-01-02']
    >>> expected_cells(pa.chunked_array([[True, False]]), [0.2, 0.7])
    [False, True]
    """
    kind, precision = _in_microseconds(column.type), _precision(column)
    if kind is not None:
        return [_cell(_moment(value, kind), precision) for value in expected]
    if pa.types.is_boolean(column.type):
        return [None if value is None else bool(value >= 0.5) for value in expected]
    return [_cell(value, precision) for value in expected]


def _values(column: pa.ChunkedArray) -> list[Any]:
    kind = _in_microseconds(column.type)  # Python's times hold nothing finer
    values: list[Any] = (column if kind is None else column.cast(kind, safe=False)).to_pylist()
    return values


def _in_microseconds(kind: pa.DataType) -> pa.DataType | None:
    """Return the type that holds a type's times in microseconds, or None if it holds no times."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pa.timestamp("us", getattr(kind, "tz", None))
    if pa.types.is_time(kind):
        return pa.time64("us")
    return pa.duration("us") if pa.types.is_duration(kind) else None


def _precision(column: pa.ChunkedArray) -> str:
    """Return the coarsest precision in which no time in the column loses anything."""
    values = _values(column)
    fractions = [value.microsecond for value in values if isinstance(value, datetime | time)]
    fractions += [value.microseconds for value in values if isinstance(value, timedelta)]
    if any(fraction % 1000 for fraction in fractions):
        return "microseconds"
    if any(fractions):
        return "milliseconds"
    dates = [value for value in values if isinstance(value, datetime)]
    midnight = bool(dates) and all(value.time() == time() for value in dates)
    return "days" if midnight or pa.types.is_date(column.type) else "seconds"


def _cell(value: Any, precision: str) -> Cell:
    if isinstance(value, datetime):
        if precision == "days":
            return value.date().isoformat()
        return value.isoformat(" ", precision)
    if isinstance(value, time):
        return value.isoformat(precision)
    if isinstance(value, timedelta) and precision == "seconds":
        return str(value - timedelta(microseconds=value.microseconds))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def _moment(seconds: Any, kind: pa.DataType) -> Any:
    """Return a number of seconds as a time, or None if there is no such time."""
    try:
        count = round(seconds * 1e6)
        if pa.types.is_time(kind):
            count = min(max(count, 0), _DAY - 1)
        return pa.scalar(count, kind).as_py()
    except (TypeError, OverflowError, ValueError):
        return None
