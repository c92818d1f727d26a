"""Time stamps in files: dates, texts or numbers, all as microseconds on one clock."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genad.errors import DataError

# Numbers from here on are taken for seconds, then milliseconds, ... since 1970; smaller ones count.
_EPOCH = 1e8
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (_EPOCH, 1.0))


def read_stamps(column: pa.ChunkedArray, name: str, time: str) -> NDArray[np.datetime64]:
    """Return time stamps in microseconds, in UTC where they name a zone.

    Parameters
    ----------
    column : dates, text or numbers.
    name, time : of the file and of the column, for messages.

    Raises
    ------
    DataError
        If one is missing or cannot be read; the message names its row.

    Examples
    --------
    >>> read_stamps(pa.chunked_array([["2024-01-01T02:00+02:00"]]), "pump.csv", "at")
    array(['2024-01-01T00:00:00.000000'], dtype='datetime64[us]')
    """
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy())[0]) + 1
        raise DataError(f"{name} has no time stamp in row {row}; fill it in or drop the row.")
    if pa.types.is_temporal(column.type):
        plain = pc.cast(column, pa.timestamp("us"), safe=False)
        return np.asarray(plain.to_numpy(), "datetime64[us]")
    if pa.types.is_string(column.type):
        texts = enumerate(column.to_pylist(), 1)
        return np.array([_written(text, row, name, time) for row, text in texts], "datetime64[us]")
    numbers = np.asarray(column.to_numpy(), np.float64)
    return np.asarray((numbers / _units(numbers[0]) * 1e6).astype(np.int64), "datetime64[us]")


def read_stamp(text: str) -> np.datetime64:
    """Return one time stamp as text, as `read_stamps` does.

    Raises
    ------
    ValueError
        If it is none; the message says how to write them.

    Examples
    --------
    >>> read_stamp("1700000000"), read_stamp("2024-01-01 13:45")
    (np.datetime64('2023-11-14T22:13:20.000000'), np.datetime64('2024-01-01T13:45:00.000000'))
    """
    try:
        number = float(text)
        return np.datetime64(round(number / _units(number) * 1e6), "us")
    except (ValueError, OverflowError):
        pass
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            "is no time stamp; write them as 2024-01-31 13:45:00 (ISO 8601), or as seconds since "
            "1970"
        ) from error
    plain = stamp if stamp.tzinfo is None else stamp.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(plain, "us")


def _written(text: str, row: int, name: str, time: str) -> np.datetime64:
    try:
        return read_stamp(text)
    except ValueError as error:
        raise DataError(f"{name}, row {row}: {text!r} in {time!r} {error}.") from error


def _units(first: float) -> float:
    """Return how many units of such a number are a second."""
    return next((scale for least, scale in _UNITS if first >= least), 1.0)
