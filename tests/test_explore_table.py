"""`genad explore` on tables: every row counted once, in bounded memory, and what is odd named."""

import json
import re
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv
from scipy.stats import spearmanr

from genad.files import Roles, table_source
from genad.files.source import Source
from genad.profiles import profile_table
from genad.profiles.correlations import strongest_pairs
from genad.report import explore_page
from genad.report.distributions import distribution
from genad.report.explore_table import table_content
from helpers import messy


@pytest.fixture
def run(run):
    """Run the command in an empty folder."""
    return partial(run, "explore")


def in_pieces(table, size):
    """Return a source that gives its rows a few at a time, whatever is asked for."""

    def pieces(rows):
        return (table.slice(start, size) for start in range(0, table.num_rows, size))

    return Source("pieces", table.column_names, pieces)


def profile(columns, **options):
    return profile_table(table_source("toy", pa.table(columns)), **options)


def by_name(found):
    return {column.name: column for column in found.columns}


# What is counted.


def test_columns_are_counted_as_numpy_counts_them():
    table = pa.table(messy(200))
    found = by_name(profile_table(in_pieces(table, 7)))
    ages = np.array([value for value in messy(200)["age"] if value is not None])
    age = found["age"]
    assert (age.kind, age.missing, age.distinct) == ("number", 200 - len(ages), len(set(ages)))
    assert (age.low, age.mean, age.high) == pytest.approx((ages.min(), ages.mean(), ages.max()))
    assert age.deviation == pytest.approx(ages.std())
    assert found["city"].common[0] == ("Rome", messy(200)["city"].count("Rome"))
    assert found["member"].kind == "boolean"
    assert found["constant"].constant
    assert [found[name].kind for name in ("city", "visits")] == ["text", "number"]


def test_the_size_of_chunks_changes_nothing():
    table = pa.table(messy(300))
    whole, parts = (profile_table(in_pieces(table, size)) for size in (300, 11))
    assert parts.copies == whole.copies
    assert parts.sample.equals(whole.sample)
    for a, b in zip(whole.columns, parts.columns, strict=True):
        assert (a.name, a.missing, a.distinct, a.low, a.high) == (
            b.name,
            b.missing,
            b.distinct,
            b.low,
            b.high,
        ) or np.isnan([a.low, b.low]).all()
        assert b.mean == pytest.approx(a.mean, nan_ok=True)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, -0.0, 1.0, None]), st.sampled_from("ab")),
        min_size=1,
        max_size=30,
    )
)
def test_repeated_rows_are_counted(rows):
    numbers, texts = zip(*rows, strict=True)
    found = profile_table(
        in_pieces(pa.table({"n": pa.array(numbers, pa.float64()), "t": list(texts)}), 4)
    )
    assert found.copies == len(rows) - len(set(rows))


def test_a_large_table_is_sampled_in_order_and_by_the_seed(monkeypatch):
    monkeypatch.setattr("genad.profiles.tables._SAMPLE", 50)
    table = pa.table({"row": np.arange(3000), "half": np.arange(3000) // 2})
    samples = [
        profile_table(in_pieces(table, 13), random_state=seed).sample["row"].to_pylist()
        for seed in (0, 0, 1)
    ]
    assert samples[0] == samples[1] != samples[2]
    assert samples[0] == sorted(set(samples[0]))
    assert len(samples[0]) == 50
    drawn = [
        value
        for seed in range(40)
        for value in profile_table(in_pieces(table, 500), random_state=seed)
        .sample["row"]
        .to_pylist()
    ]
    assert np.mean(drawn) == pytest.approx(1500, rel=0.05)


def test_correlations_are_spearmans():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 3))
    values[:, 2] += 2 * values[:, 0] ** 3
    names = ["a", "b", "c"]
    for pair in strongest_pairs(values, names):
        columns = [values[:, names.index(name)] for name in (pair.first, pair.second)]
        assert pair.correlation == pytest.approx(spearmanr(*columns).statistic, abs=1e-6)
    best = strongest_pairs(values, names, most=1)[0]
    assert (best.first, best.second) == ("a", "c")
    values[:75, 1] = np.nan
    assert all("b" not in (pair.first, pair.second) for pair in strongest_pairs(values, names))


def test_what_is_odd_is_named():
    rows = 40
    found = profile(
        {
            "x": np.arange(rows, dtype=float),
            "again": np.arange(rows),
            "one": np.ones(rows),
            "none": pa.nulls(rows, pa.float64()),
            "few": [1.0, *[None] * (rows - 2), 2.0],
            "far": [np.inf, *range(rows - 1)],
            "id": [f"order {j}" for j in range(rows)],
            "at": np.datetime64("2024-01-01") + np.arange(rows),
        }
    )
    assert found.findings == (
        "Nothing but missing values: none.",
        "One value in every row: one.",
        "The same values in every row: again and x.",
        "Missing in more than half of the rows: few.",
        "Infinite values, which detectors refuse: far.",
        "A text of its own in nearly every row, so that detectors leave it out: id.",
        "Times, by which --time COLUMN explores the rows as a series: at.",
    )
    assert profile({"x": [1.0, 2.0], "y": ["a", "a"]}).findings[0].startswith("One value")


# What is shown.


@pytest.mark.parametrize(
    "columns",
    [
        {"x": [1.0]},
        {"x": pa.nulls(3, pa.float64())},
        {"x": [np.inf, 1.0]},
        {"x": [1e300, -1e300, 0.0], "y": [1e-300, 2e-300, 0.0], "z": [1, 2, 3]},
        {"<script>": ["<b>", "\"'&", None], "n": [1, 2, 3]},
        {"at": pa.array([0, 10**15], pa.timestamp("us")), "d": pa.array([1, 2], pa.duration("s"))},
        {"b": [True, False, None]},
        {f"c{j}": np.random.default_rng(j).normal(size=9) for j in range(250)},
    ],
    ids=["one", "nothing", "infinite", "extreme", "hostile", "times", "booleans", "wide"],
)
def test_odd_tables_are_shown_all_the_same(columns):
    found = profile(columns)
    page = explore_page(table_content(found, "toy.csv"))
    body = page.partition("</style>")[2]
    assert not re.search(r"\bnan\b|<script|<b>\"", body)
    json.dumps(found.plain(), allow_nan=False)


def test_labels_are_counted_and_compared():
    columns = {"x": [*range(30)], "state": ["ok"] * 25 + ["fault"] * 5}
    found = profile(columns, roles=Roles("state"))
    assert found.anomalous.sum() == 5
    content = table_content(found, "toy.csv", Roles("state"))
    assert [(value.text, value.count) for value in content.labels] == [("ok", "25"), ("fault", "5")]
    assert content.compared
    assert len(content.spreads) == 1
    assert sum(content.spreads[0].histogram.outline) == pytest.approx(30)
    assert content.next[0].command == "genad detect toy.csv --label state"
    words = profile({"x": [1, 2], "state": ["red", "green"]}, roles=Roles("state"))
    assert words.anomalous is None


@given(st.lists(st.floats(-1e12, 1e12) | st.integers(-50, 50).map(float), min_size=1))
def test_every_value_is_in_a_bar(values):
    chart = distribution([*values, np.nan, np.inf], "t")
    assert sum(bar.height for bar in chart.bars) == len(values)
    assert all(a.right == b.left for a, b in zip(chart.bars, chart.bars[1:], strict=False))


# The command.


def test_a_file_becomes_one_page(run, tmp_path):
    csv.write_csv(pa.table(messy(120)), tmp_path / "members.csv")
    ended = run("members.csv", "--label", "member", "--ignore", "visits")
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "120 rows, 3 columns" in ended.out
    page = (tmp_path / "explore.html").read_text()
    for section in ("labels", "columns", "distributions", "rows", "next"):
        assert f'id="{section}"' in page
    assert "genad detect members.csv --label member --ignore visits" in page
    assert not re.search(r"url\(|@import|https?://|<script|<img", page)


def test_a_data_set_is_explored_whole(run):
    ended = run("breast_cancer", "--json", "-n", 3)
    found = json.loads(ended.out)
    assert (found["kind"], found["rows"], found["label"]) == ("table", 569, "label")
    assert len(found["columns"]) == 31
    counts = {column["name"]: column["common"] for column in found["columns"]}["label"]
    assert sorted(count for _, count in counts) == [212, 357]


def test_what_cannot_be_explored_is_said_in_one_sentence(fails, tmp_path):
    assert "neither a file here nor a data set" in fails(2, "nowhere.csv")
    (tmp_path / "notes.txt").write_text("1")
    assert "name has to end in" in fails(1, "notes.txt")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    assert "ragged.csv" in fails(1, "ragged.csv")
    (tmp_path / "empty.csv").write_text("")
    assert "is empty" in fails(1, "empty.csv")
    (tmp_path / "fine.csv").write_text("a,b\n1,2\n3,4\n")
    assert "no column 'c' to take labels from" in fails(2, "fine.csv", "--label", "c")
    assert "no column 'c' to ignore" in fails(2, "fine.csv", "--ignore", "c")
    assert "leave out --label" in fails(2, "breast_cancer", "--label", "x")
    (tmp_path / "explore.html").write_text("mine")
    assert "--force" in fails(2, "fine.csv")
