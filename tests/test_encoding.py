"""Tables into numbers: whatever the columns hold, and whoever made the frame."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genad.data.encoding import TableEncoder
from genad.data.table import Table, in_order, is_frame
from genad.data.views import Rows
from genad.errors import DataError

NUMBERS = st.none() | st.floats(-1e12, 1e12)
COUNTS = st.none() | st.integers(-(2**63), 2**63 - 1)
FLAGS = st.none() | st.booleans()
TEXTS = (
    st.none() | st.sampled_from(["", "a", "b", "ß", "(missing)", "(other)"]) | st.text(max_size=3)
)
DAYS = st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
TYPES = {
    "number": (NUMBERS, pa.float64()),
    "count": (COUNTS, pa.int64()),
    "flag": (FLAGS, pa.bool_()),
    "text": (TEXTS, pa.string()),
    "day": (DAYS, pa.date32()),
}


KINDS = st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=5)


@st.composite
def tables(draw, columns=KINDS):
    """Draw Arrow tables of every kind of column."""
    kinds, rows = draw(columns), draw(st.integers(2, 12))
    arrays = {}
    for number, kind in enumerate(kinds):
        values, arrow = TYPES[kind]
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        arrays[f"{kind} {number}"] = pa.array(drawn, arrow)
    return pa.table(arrays)


def fit(table, **kwargs):
    """Return a fitted encoder, where there is anything to learn from."""
    try:
        return TableEncoder(**kwargs).fit(Table(table))
    except DataError as error:
        assert "all are missing or identifiers" in str(error)
        assume(False)


@given(tables())
def test_every_table_becomes_a_block_of_finite_numbers(table):
    encoder = fit(table)
    encoded = encoder.transform(Table(table))
    assert encoded.dtype == np.float32
    assert (
        encoded.shape == (table.num_rows, len(encoder.names)) == (len(table), encoder.owners.size)
    )
    assert np.isfinite(encoded).all()
    assert set(encoder.owners) <= set(range(table.num_columns))
    assert len(encoder.owners) == sum(column.width() for column in encoder.columns)


@given(tables())
def test_each_category_sets_one_flag(table):
    encoder = fit(table)
    encoded = encoder.transform(Table(table))
    for j, column in enumerate(encoder.columns):
        if column.kind == "category":
            flags = encoded[:, encoder.owners == j]
            assert set(np.unique(flags)) <= {0, 1}
            assert (flags.sum(1) == 1).all()
            assert (flags[:, -1] == 0).all()  # no training row is of another category


@given(tables(), st.data())
def test_a_row_is_encoded_on_its_own(table, data):
    encoder = fit(table)
    start = data.draw(st.integers(0, table.num_rows - 1))
    stop = data.draw(st.integers(start + 1, table.num_rows))
    whole, part = encoder.transform(Table(table)), table.slice(start, stop - start)
    np.testing.assert_array_equal(encoder.transform(Table(part)), whole[start:stop])
    np.testing.assert_array_equal(
        encoder.transform(Table(table).rows(start, stop)), whole[start:stop]
    )


@given(tables())
def test_frames_of_any_make_are_encoded_alike(table):
    encoder, frame = fit(table), pl.from_arrow(table)
    expected = encoder.transform(Table(table))
    np.testing.assert_array_equal(encoder.transform(Table(frame)), expected)
    np.testing.assert_array_equal(fit(frame).transform(Table(frame)), expected)
    pandas = table.to_pandas(types_mapper=pd.ArrowDtype)
    np.testing.assert_array_equal(encoder.transform(Table(pandas)), expected)


@given(tables())
def test_the_state_goes_through_json(table):
    encoder = fit(table)
    config, arrays = encoder.state()
    other = TableEncoder().load_state(json.loads(json.dumps(config)), arrays)
    assert other.names == encoder.names
    encoded = encoder.transform(Table(table))
    np.testing.assert_array_equal(other.transform(Table(table)), encoded)
    for j in range(table.num_columns):
        assert other.decode(encoded, j) == encoder.decode(encoded, j)


@given(tables(st.just(["number", "text", "flag"])))
def test_decoding_gives_back_what_was_encoded(table):
    encoder = fit(table, scaler="minmax")
    encoded = encoder.transform(Table(table))
    number, text, flag = table.columns
    largest = max((abs(value) for value in number.to_pylist() if value is not None), default=0)
    for value, back in zip(number.to_pylist(), encoder.decode(encoded, 0), strict=True):
        expected = encoder.columns[0].fill if value is None else value
        assert back == pytest.approx(expected, abs=1e-5 * largest + 1e-9)
    for value, back in zip(text.to_pylist(), encoder.decode(encoded, 1), strict=True):
        assert back == ("(missing)" if value is None else value)
    for value, back in zip(flag.to_pylist(), encoder.decode(encoded, 2), strict=True):
        assert value is None or round(back) == value


@given(st.data())
def test_what_training_never_saw_is_encoded(data):
    table = data.draw(tables())
    kinds = [name.split()[0] for name in table.column_names]
    encoder, other = fit(table), data.draw(tables(st.just(kinds)))
    encoded = encoder.transform(Table(other))
    assert encoded.shape == (other.num_rows, len(encoder.names))
    assert np.isfinite(encoded).all()


def test_an_unseen_category_is_other_and_an_unexpected_gap_too():
    encoder = TableEncoder().fit(Table(pa.table({"city": ["Rome", "Bonn", "Rome"]})))
    assert encoder.names == ["city=Rome", "city=Bonn", "city=(other)"]
    new = Table(pa.table({"city": ["Oslo", None, "Bonn"]}))
    assert encoder.transform(new).tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]
    assert encoder.decode(encoder.transform(new), 0) == ["(other)", "(other)", "Bonn"]


def test_a_missing_number_becomes_the_median_with_a_flag_if_training_had_gaps():
    with_gap = Table(pa.table({"age": [1.0, None, 2.0, 6.0]}))
    encoder = TableEncoder("none").fit(with_gap)
    assert encoder.names == ["age", "age (missing)"]
    assert encoder.transform(with_gap).tolist() == [[1, 0], [2, 1], [2, 0], [6, 0]]
    without = TableEncoder("none").fit(Table(pa.table({"age": [1.0, 2.0, 6.0]})))
    assert without.transform(with_gap).tolist() == [[1], [2], [2], [6]]


def test_rare_categories_share_the_flag_other():
    texts = ["a"] * 30 + ["b"] * 20 + list("cdefg")
    encoder = TableEncoder(max_categories=2).fit(Table(pa.table({"x": texts})))
    assert encoder.names == ["x=a", "x=b", "x=(other)"]
    assert encoder.transform(Table(pa.table({"x": texts}))).sum(0).tolist() == [30, 20, 5]


def test_identifiers_are_left_out():
    n = 200
    table = Table(pa.table({"id": [f"row {k}" for k in range(n)], "x": list(range(n))}))
    encoder = TableEncoder().fit(table)
    assert encoder.names == ["x"]
    assert encoder.columns[0].kind == "identifier"
    assert encoder.decode(encoder.transform(table), 0) == [None] * n
    with pytest.raises(DataError, match=r"None of the 1 columns .* are missing or identifiers"):
        TableEncoder().fit(Table(pa.table({"id": [f"row {k}" for k in range(n)]})))


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_a_table_of_gaps_is_refused(gap):
    with pytest.raises(DataError, match="holds a value to learn from"):
        TableEncoder().fit(Table(pa.table({"a": pa.array([gap] * 3, pa.float64())})))


CITIES = ["a", None, None, "b"]
TRUTHS = [True, None, False, True]
INSTANTS = [dt.datetime(2020, 1, day) if day != 2 else None for day in (1, 2, 3, 4)]
SPANS = [dt.timedelta(seconds=k) if k != 2 else None for k in (1, 2, 3, 4)]
ALIKE = {
    "text": [
        pd.DataFrame({"c": pd.Series(CITIES, dtype=object)}),
        pd.DataFrame({"c": pd.Series(["a", np.nan, None, "b"], dtype=object)}),
        pd.DataFrame({"c": pd.Series(CITIES, dtype="string")}),
        pd.DataFrame({"c": pd.Categorical(CITIES)}),
        pl.DataFrame({"c": CITIES}),
        pl.DataFrame({"c": pl.Series(CITIES, dtype=pl.Categorical)}),
        pl.DataFrame({"c": pl.Series(CITIES, dtype=pl.Enum(["b", "a"]))}),
        pa.table({"c": CITIES}),
        pa.table({"c": pa.array(CITIES).dictionary_encode()}),
        pa.table({"c": pa.chunked_array([["a", None], [None, "b"]])}),
    ],
    "truth": [
        pd.DataFrame({"c": pd.Series(TRUTHS, dtype="boolean")}),
        pl.DataFrame({"c": TRUTHS}),
        pa.table({"c": TRUTHS}),
        pa.table({"c": pa.chunked_array([[True, None], [False, True]])}),
        pd.DataFrame({"c": [1.0, None, 0.0, 1.0]}),
        pl.DataFrame({"c": [1.0, float("nan"), 0.0, 1.0]}),
        pa.table({"c": pa.array([1, None, 0, 1], pa.decimal128(5, 2))}),
    ],
    "big": [
        pd.DataFrame({"c": pd.Series([2**60 + 1, None, 3, 4], dtype="Int64")}),
        pl.DataFrame({"c": [2**60 + 1, None, 3, 4]}),
        pa.table({"c": [2**60 + 1, None, 3, 4]}),
        pa.table({"c": pa.array([2**60 + 1, None, 3, 4], pa.uint64())}),
    ],
    "instant": [
        pd.DataFrame({"c": pd.to_datetime(INSTANTS)}),
        pd.DataFrame({"c": pd.to_datetime(INSTANTS, utc=True)}),
        pl.DataFrame({"c": INSTANTS}),
        pl.DataFrame({"c": [instant and instant.date() for instant in INSTANTS]}),
        pa.table({"c": INSTANTS}),
        pa.table({"c": pa.array(INSTANTS, pa.timestamp("s"))}),
    ],
    "span": [
        pd.DataFrame({"c": pd.to_timedelta(SPANS)}),
        pl.DataFrame({"c": SPANS}),
        pa.table({"c": SPANS}),
        pa.table({"c": pa.array([1, None, 3, 4], pa.time32("s"))}),
        pl.DataFrame({"c": [dt.time(0, 0, 1), None, dt.time(0, 0, 3), dt.time(0, 0, 4)]}),
        pa.table({"c": [1.0, None, 3.0, 4.0]}),
    ],
}


@pytest.mark.parametrize("frames", ALIKE.values(), ids=ALIKE)
def test_the_make_of_a_column_does_not_show(frames):
    encoded = [TableEncoder().fit(Table(frame)).transform(Table(frame)) for frame in frames]
    for other in encoded[1:]:
        np.testing.assert_array_equal(other, encoded[0])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_columns_are_put_in_order_by_name(make):
    frame = make({"b": [1, 2], "a": ["x", "y"]})
    table = Table(in_order(frame, ["a", "b"]))
    assert table.names == ["a", "b"]
    assert table.numbers([1]).tolist() == [[1], [2]]
    assert type(in_order(frame, ["a", "b"])) is type(frame)
    assert in_order(frame, ["b", "a"]) is frame
    assert in_order(frame, ["a", "c"]) is frame
    assert in_order(frame, []) is frame
    assert is_frame(frame)


def test_infinities_and_text_among_numbers_are_named():
    with pytest.raises(DataError, match="Column 'x' holds an infinity in row 2"):
        TableEncoder().fit(Table(pa.table({"x": [1.0, float("inf")]})))
    encoder = TableEncoder().fit(Table(pa.table({"x": [1.0, 2.0]})))
    with pytest.raises(DataError, match="Column 'x' must hold numbers, as it did in training"):
        encoder.transform(Table(pa.table({"x": ["1.5", "high"]})))


def test_arrays_have_numbered_columns():
    table = Table(np.arange(6.0).reshape(3, 2))
    assert (table.names, table.shape, len(table)) == (["x0", "x1"], (3, 2), 3)
    assert not table.is_frame
    assert table.rows(1, 3).numbers([1]).tolist() == [[3], [5]]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_numbers_come_in_one_layout(layout):
    numbers = Table(layout(np.arange(12.0).reshape(4, 3))).numbers([0, 1, 2])
    assert numbers.flags.c_contiguous


def test_contributions_return_to_their_columns():
    frame = pa.table({"age": [1.0, None, 2.0], "city": ["a", "b", "a"], "n": [1, 2, 3]})
    view = Rows().fit(Table(frame))
    names = ["age", "n", "age (missing)", "city=a", "city=b", "city=(other)"]
    assert view.encoder.names == names
    spread = view.spread(np.array([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]]))
    assert spread.tolist() == [[5, 56, 2]]


def test_rows_decode_to_the_form_of_the_training_data():
    frame = pl.DataFrame({"age": [1.0, 3.0], "city": ["a", "b"]})
    decoded = Rows().fit(Table(frame)).decode(np.array([[0.0, 0.2, 0.7, 0.1]], np.float32))
    assert decoded.to_pydict() == {"age": [2.0], "city": ["b"]}
    array = np.array([[1.0, 10.0], [3.0, 30.0]])
    decoded = Rows().fit(Table(array)).decode(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(decoded, [[2, 20]])
