"""Tables of any make: what is a number, what is a text, and one sentence for anything else."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from genad.data.table import Table, is_frame
from genad.errors import DataError

ODD = {
    "polars lists": pl.Series([[1, 2], [3], []]),
    "polars arrays": pl.Series([[1, 2]] * 3, dtype=pl.Array(pl.Int64, 2)),
    "polars structs": pl.Series([{"a": 1}] * 3),
    "polars objects": pl.Series([object()] * 3, dtype=pl.Object),
    "arrow lists": pa.array([[1, 2], [3], []]),
    "arrow structs": pa.array([{"a": 1}] * 3),
    "arrow bytes": pa.array([b"a", b"\xff", b"c"]),
    "arrow intervals": pa.array([(1, 2, 3)] * 3, pa.month_day_nano_interval()),
    "pandas lists": pd.Series([[1, 2], [3], []]),
    "pandas dictionaries": pd.Series([None, {"a": 1}, "b"]),
    "pandas bytes": pd.Series([b"a", b"\xff", b"c"]),
}


def table_of(column):
    """Return a table of one column, of the make that the column has."""
    if isinstance(column, pa.Array):
        return Table(pa.table({"odd": column}))
    make = pl.DataFrame if isinstance(column, pl.Series) else pd.DataFrame
    return Table(make({"odd": column}))


@pytest.mark.parametrize("name", ODD)
def test_what_is_neither_number_nor_text_is_refused_in_our_words(name):
    table = table_of(ODD[name])
    assert not table.is_numeric(0)
    with pytest.raises(DataError, match=r"^Column 'odd' holds values of type .*: convert it, or"):
        table.categories(0)


def test_two_columns_of_one_name_are_refused_in_our_words():
    with pytest.raises(DataError, match="Two columns of the table have the same name: rename one"):
        is_frame(pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5, None], [1.0, 2.5, np.nan]),
        ([True, False, None], [1.0, 0.0, np.nan]),
        ([Decimal("1.5"), None, Decimal(2)], [1.5, np.nan, 2.0]),
    ],
)
def test_numbers_in_a_column_of_objects_are_numbers(values, expected):
    table = table_of(pd.Series(values, dtype=object))
    assert table.is_numeric(0)
    np.testing.assert_array_equal(table.numbers([0])[:, 0], expected)


def test_other_objects_are_texts():
    table = table_of(pd.Series(["on", 1, None, "on"], dtype=object))
    assert not table.is_numeric(0)
    codes, texts = table.categories(0)
    assert [texts[code] if code >= 0 else None for code in codes] == ["on", "1", None, "on"]
    assert not table_of(pd.Series([None, None], dtype=object)).is_numeric(0)


@pytest.mark.parametrize("values", [[1, "x", None], [[1], [2], None], [object()] * 3])
def test_numbers_that_are_none_any_more_are_refused(values):
    with pytest.raises(DataError, match="'odd' must hold numbers, as it did in training, but"):
        table_of(pd.Series(values, dtype=object)).numbers([0])


def test_times_are_seconds():
    day = dt.datetime(1970, 1, 2)
    table = Table(
        pa.table({"date": [day.date()], "time": [day], "of day": [dt.time(1, 0, 0, 500)]})
    )
    assert all(table.is_numeric(j) for j in range(3))
    np.testing.assert_allclose(table.numbers([0, 1, 2]), [[86400.0, 86400.0, 3600.0005]])
