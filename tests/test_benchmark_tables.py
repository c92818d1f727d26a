"""From results to ranks, tests, tables and pages; strangers' results; the command itself."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv, parquet

import bench_toys as toys
from genad.benchmark import (
    BASELINES,
    Cell,
    Finished,
    Result,
    Spec,
    as_table,
    compare,
    find_suite,
    grid,
    holm,
    rank,
    read_results,
    signed_rank,
    standings,
    write_results,
)
from genad.benchmark.adopt import adopt, export, parse_adoption
from genad.benchmark.diagram import diagram
from genad.benchmark.page import suite_page
from genad.benchmark.pages import benchmark_page, commands, write_suite
from genad.benchmark.results import FIGURES, MEASURES, SCHEMA, merged
from genad.benchmark.worker import attempt
from genad.cli import main
from genad.cli.bench_show import standings as show_standings
from genad.errors import DataError, ParameterError

ROOT = Path(__file__).parents[1]


def results(figures, *, sets=("x", "y"), seeds=(0,), suite=toys.SUITE):
    """Return a table of results from (detector, set number, seed number) -> figures or None."""
    rows = []
    for name in figures:
        kind = "baseline" if name.startswith("kNN") else "detector"
        for s, dataset in enumerate(sets):
            for k, seed in enumerate(seeds):
                found = figures[name](s, k)
                result = (
                    Result("error", "why not") if found is None else Result("done", "", 0, found)
                )
                spec = Spec(name, name.lower(), kind=kind)
                cell = Cell(suite.name, spec, toys.Toy(dataset), seed)
                rows.append(Finished("key", cell, result))
    return as_table(rows, suite)


def auc(value):
    return {"roc_auc": value, "average_precision": value / 2, "prevalence": 0.2, "f1": 0.5}


# Ranks and tests, by hand.


def test_signed_rank_by_hand():
    """Differences 1, 2, -3, 4, 5, 6: the negative ranks sum to 3.

    Of the 64 signs of six ranks, five have a sum of at most 3: {}, {1}, {2}, {3} and {1, 2}.
    """
    b = np.zeros(6)
    a = np.array([1.0, 2.0, -3.0, 4.0, 5.0, 6.0])
    assert signed_rank(a, b) == pytest.approx(2 * 5 / 64)
    assert signed_rank(b, a) == pytest.approx(2 * 5 / 64)
    assert signed_rank(a, a) == 1.0


def test_holm_by_hand():
    """Sorted .005, .01, .03, .04 times 4, 3, 2, 1; the last may not be below the one before."""
    corrected = holm([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(corrected, [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1.0, 1.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_the_plain_and_bonferronis(p_values):
    p, corrected = np.array(p_values), holm(p_values)
    assert (corrected >= p).all() and (corrected <= np.minimum(1, p * len(p))).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(corrected[order]) >= 0).all()


def test_pairs_are_tested_and_corrected_together():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 3)) + np.array([1.0, 0.0, 0.2])
    found = rank(["a", "b", "c"], values)
    by_name = dict(zip("abc", values.T, strict=True))
    pairs = [(0, 1), (0, 2), (1, 2)]
    plain = [signed_rank(by_name[found.names[i]], by_name[found.names[j]]) for i, j in pairs]
    np.testing.assert_allclose([found.p_values[pair] for pair in pairs], holm(plain))
    assert np.allclose(found.p_values, found.p_values.T)


def test_equal_values_share_a_rank():
    found = rank(["a", "b", "c"], [[0.5, 0.5, 0.9], [0.5, 0.5, 0.9]])
    assert dict(zip(found.names, found.ranks, strict=True)) == {"c": 1.0, "a": 2.5, "b": 2.5}


def test_groups_are_the_longest_runs_without_a_difference():
    p = np.array(
        [
            [1.0, 0.5, 0.2, 0.01],
            [0.5, 1.0, 0.9, 0.2],
            [0.2, 0.9, 1.0, 0.8],
            [0.01, 0.2, 0.8, 1.0],
        ]
    )
    found = replace(rank(list("abcd"), np.eye(4)), p_values=p)
    assert found.groups() == [(0, 2), (1, 3)]
    assert replace(found, p_values=np.eye(4)).groups() == []


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(DataError, match=r"\(data sets, 2\)"):
        rank(["a", "b"], [[1.0, 2.0, 3.0]])
    with pytest.raises(DataError, match="no numbers"):
        rank(["a", "b"], [[1.0, np.nan]])


def test_a_diagram_is_svg_with_every_name_and_a_bar_per_group():
    names = ["kNN, k = 5", "VAE <beta>", "random"]
    values = np.random.default_rng(0).random((12, 3)) + np.array([2.0, 2.0, 0.0])
    found = rank(names, values)
    drawn = diagram(found, "ROC AUC & more")
    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert all(any(name in text for text in texts) for name in names)
    bars = [element for element in root.iter() if element.get("class") == "alike"]
    assert len(bars) == len(found.groups()) == 1


# Tables.


def test_results_are_typed_and_come_back_as_they_were(tmp_path):
    table = results({"VAE": lambda s, k: auc(0.9), "kNN, k = 5": lambda s, k: None})
    write_results(table, tmp_path / "deep" / "toys.parquet")
    again = read_results(tmp_path / "deep" / "toys.parquet")
    assert again.equals(table) and again.schema.equals(SCHEMA)
    assert all(again.schema.field(name).type == pa.float64() for name in (*FIGURES, *MEASURES))
    failed = [row for row in again.to_pylist() if row["status"] != "done"]
    assert [row["reason"] for row in failed] == ["why not", "why not"]
    assert failed[0]["roc_auc"] is None
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["toys.parquet"]


def test_another_file_is_no_results(tmp_path):
    (tmp_path / "a.parquet").write_text("no")
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="no Parquet file"):
        read_results(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="does not hold the columns"):
        read_results(tmp_path / "b.parquet")


def test_mean_over_sets_then_spread_over_seeds():
    values = [[0.9, 0.7], [0.5, 0.5]]  # by set and seed
    table = results({"VAE": lambda s, k: auc(values[s][k])}, seeds=(0, 1))
    (standing,) = standings(table)
    assert standing.means["roc_auc"] == pytest.approx(0.65)
    assert standing.deviations["roc_auc"] == pytest.approx(np.std([0.7, 0.6], ddof=1))
    assert math.isnan(standing.fit_seconds)
    (one,) = standings(results({"VAE": lambda s, k: auc(0.5)}))
    assert math.isnan(one.deviations["roc_auc"])


def test_pairs_are_compared_on_the_seeds_that_both_have():
    """The second seed is a harder split: who was run with the first alone looks better."""
    table = results({"a": lambda s, k: auc(0.9 - k / 2), "b": lambda s, k: auc(0.8)}, seeds=(0, 1))
    rows = [row for row in table.to_pylist() if row["detector"] == "a" or row["seed"] == 0]
    part = pa.Table.from_pylist(rows, schema=table.schema)
    found = grid(part, "roc_auc")
    assert found.shared().values.shape == (2, 2, 1)
    (against,) = compare(found, "b")
    assert (against.detector, against.wins, against.losses) == ("a", 2, 0)
    assert against.difference == pytest.approx(0.1)
    ranks = {standing.detector: standing.ranks["roc_auc"] for standing in standings(part)}
    assert ranks == {"a": 1.0, "b": 2.0}
    apart = pa.Table.from_pylist(
        [row for row in rows if row["detector"] == "b" or row["seed"] == 1], schema=table.schema
    )
    assert grid(apart, "roc_auc").shared().values.shape == (2, 2, 2)  # none is common


def test_a_failed_cell_counts_as_chance():
    figures = {"kNN, k = 5": lambda s, k: auc(0.8), "VAE": lambda s, k: auc(0.9) if s else None}
    table = results(figures)
    found = {standing.detector: standing for standing in standings(table)}
    assert found["VAE"].means["roc_auc"] == pytest.approx((0.5 + 0.9) / 2)
    assert found["VAE"].means["average_precision"] == pytest.approx((0.2 + 0.45) / 2)
    assert found["VAE"].f1s["f1"] == pytest.approx((0 + 0.5) / 2)
    assert found["VAE"].failures == ("x, seed 0: why not",)
    assert found["VAE"].ranks["roc_auc"] == 1.5
    assert "VAE on x, seed 0: why not" in suite_page(table)


def test_the_best_stands_first():
    table = results({"a": lambda s, k: auc(0.6), "b": lambda s, k: auc(0.7)})
    assert [standing.detector for standing in standings(table)] == ["b", "a"]
    assert standings(table)[0].ranks == {"roc_auc": 1.0, "average_precision": 1.0}


def test_a_comparison_counts_wins_and_tests_them():
    gains = [0.1, 0.2, -0.05, 0.3, 0.15, 0.12]
    sets = [f"set {k}" for k in range(6)]
    figures = {"kNN, k = 5": lambda s, k: auc(0.5), "VAE": lambda s, k: auc(0.5 + gains[s])}
    (found,) = compare(grid(results(figures, sets=sets), "roc_auc"), "kNN, k = 5")
    assert (found.detector, found.wins, found.losses) == ("VAE", 5, 1)
    assert found.difference == pytest.approx(np.mean(gains))
    assert found.p_value == pytest.approx(2 * 2 / 64)  # negative ranks sum to 1: {} and {1}
    page = suite_page(results(figures, sets=sets))
    assert "### Against kNN, k = 5" in page and "| VAE | +0.137 | 5/1 | 0.062 |" in page


def test_a_suite_is_written_whole(tmp_path):
    sets = [f"set {k}" for k in range(6)]
    figures = {"kNN, k = 5": lambda s, k: auc(0.5 + s / 100), "VAE": lambda s, k: auc(0.6)}
    table = results(figures, sets=sets)
    files = write_suite(table, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "toys.parquet",
        "toys.md",
        "toys-roc-auc.svg",
        "toys-average-precision.svg",
    }
    page = files["page"].read_text()
    assert page.startswith("# Toys\n") and "(toys-roc-auc.svg)" in page
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.count("|") > 3 for line in lines)
    assert commands(table) == "genad bench toys --seeds 1 --models vae"
    assert "(images/toys-roc-auc.svg)" in benchmark_page(tmp_path)


@pytest.mark.skipif(not (ROOT / "docs/benchmark.md").exists(), reason="there is no page yet")
def test_the_page_is_made_from_the_results():
    page = (ROOT / "docs/benchmark.md").read_text(encoding="utf-8")
    assert page == benchmark_page(ROOT / "benchmarks/results")


# Strangers.


def scored(tmp_path, **changes):
    """Write a stranger's file for the toys, seed 0, that scores like ours."""
    columns = {"dataset": [], "seed": [], "row": [], "score": [], "flag": []}
    for task in toys.SUITE.tasks:
        scores = np.abs(task.inputs(0).test).sum(1)
        columns["dataset"] += [task.name] * len(scores)
        columns["seed"] += [0] * len(scores)
        columns["row"] += list(range(len(scores)))
        columns["score"] += scores.tolist()
        columns["flag"] += (scores > 3.0).astype(int).tolist()
    table = pa.table(columns | changes)
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    csv.write_csv(shuffled, tmp_path / "theirs.csv")
    return tmp_path / "theirs.csv"


def test_a_strangers_scores_get_the_figures_of_ours(tmp_path):
    found = adopt("theirs", scored(tmp_path), toys.SUITE)
    assert {row.cell.task.name for row in found} == {"toys/none", "toys/all"}
    for row in found:
        cell = replace(row.cell, spec=Spec("ours", "bench_toys:Distance"))
        assert row.result.figures == attempt(cell).figures
        assert row.cell.spec.kind == "adopted"
    table = as_table(found, toys.SUITE)
    assert standings(table)[0].detector == "theirs"


def test_what_a_stranger_left_out_counts_as_chance(tmp_path):
    table = csv.read_csv(scored(tmp_path))
    only = table.filter(pc.equal(table["dataset"], "toys/all"))
    parquet.write_table(only, tmp_path / "theirs.parquet")
    both = adopt("ours", scored(tmp_path), toys.SUITE)
    some = adopt("theirs", tmp_path / "theirs.parquet", toys.SUITE)
    found = {
        standing.detector: standing for standing in standings(as_table(both + some, toys.SUITE))
    }
    assert found["theirs"].failures == ("toys/none, seed 0: no scores were given",)
    assert found["theirs"].means["roc_auc"] == pytest.approx(0.75)
    assert found["ours"].failures == ()


def test_parquet_without_flags_will_do(tmp_path):
    table = csv.read_csv(scored(tmp_path)).drop_columns(["flag"])
    parquet.write_table(table, tmp_path / "theirs.parquet")
    found = adopt("theirs", tmp_path / "theirs.parquet", toys.SUITE)
    assert all("f1" not in row.result.figures and "roc_auc" in row.result.figures for row in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["score"]), "lacks the column 'score'"),
        (lambda t: t.slice(1), r"60 test rows, but row \d+ has no score"),
        (lambda t: pa.concat_tables([t, t.slice(3, 1)]), "60 test rows, but 61 scores"),
        (lambda t: _with(t, "dataset", ["toys/else"] * len(t)), "'toys/else', which is not one of"),
        (lambda t: _with(t, "seed", [-1] * len(t)), "seeds are 0, 1"),
        (lambda t: _with(t, "score", ["high"] * len(t)), "no numbers"),
        (lambda t: _with(t, "score", [math.inf] * len(t)), "score of row .* is no finite number"),
    ],
)
def test_a_strangers_mistakes_are_named(tmp_path, change, message):
    table = change(csv.read_csv(scored(tmp_path)))
    parquet.write_table(table, tmp_path / "theirs.parquet")
    with pytest.raises(DataError, match=message):
        adopt("theirs", tmp_path / "theirs.parquet", toys.SUITE)


def _with(table, name, values):
    return table.set_column(table.column_names.index(name), name, pa.array(values))


@pytest.mark.parametrize("text", ["theirs", "=scores.csv", "theirs="])
def test_an_adoption_has_a_name_and_a_file(text):
    with pytest.raises(ParameterError, match="NAME="):
        parse_adoption(text)


def test_what_goes_out_has_no_labels_and_comes_back_in_order(tmp_path):
    files = export(toys.SUITE, 2, tmp_path)
    assert len(files) == 2 * 2 * 2
    names = {name for file in files for name in parquet.read_schema(file).names}
    assert names == {"x0", "x1"}
    test = parquet.read_table(tmp_path / "toys-all" / "seed-1" / "test.parquet")
    rows = np.column_stack([column.to_numpy() for column in test.columns])
    np.testing.assert_array_equal(rows, toys.SUITE.tasks[1].inputs(1).test)


# The command.


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in this process and an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        code = main(["bench", *arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return command


def test_the_command_runs_shows_and_writes_and_a_second_time_costs_nothing(tmp_path, run):
    models = "bench_toys:Distance,bench_toys:Broken"
    line = ["bench_toys:SUITE", "--models", models, "--seeds", "1", "--out", "b"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "120"}
    first = subprocess.run(
        [sys.executable, "-m", "genad", "bench", *line, "--jobs", "1"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert first.returncode == 0, first.stderr
    assert re.search(r"Distance +0\.\d+", first.stdout)
    assert "Broken on toys/none, seed 0: ValueError: no such thing" in first.stdout
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        "cells",
        "toys.parquet",
        "toys.md",
    }
    cells = {path: path.stat().st_mtime_ns for path in (tmp_path / "b/cells").iterdir()}
    found = json.loads(run(*line, "--json").out)
    assert found["suite"] == "toys" and found["seeds"] == [0]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "b/cells").iterdir()} == cells
    assert len(found["detectors"]) == len(BASELINES) + 2


def test_a_table_is_made_in_pieces(tmp_path, run):
    line = ["bench_toys:SUITE", "--jobs", "1", "--quiet", "--out", "b"]
    assert run(*line, "--models", "bench_toys:Distance", "--seeds", "2").code == 0
    first = read_results(tmp_path / "b/toys.parquet").to_pylist()
    shutil.rmtree(tmp_path / "b/cells")  # as on another machine: the table is all there is
    assert run(*line, "--models", "bench_toys:Broken", "--seeds", "1").code == 0
    table = read_results(tmp_path / "b/toys.parquet")
    rows = table.to_pylist()
    assert all(row in rows for row in first) and len(rows) == len(first) + 2
    # Only what was new was computed; the baselines were taken from the table.
    assert len(list((tmp_path / "b/cells").iterdir())) == 2
    found = {standing.detector: standing for standing in standings(table)}
    assert (found["Distance"].seeds, found["Broken"].seeds) == (2, 1)
    assert len(found["Broken"].failures) == 2
    assert commands(table).splitlines() == [
        "genad bench toys --seeds 2 --models bench_toys:Distance",
        "genad bench toys --seeds 1 --models bench_toys:Broken",
    ]


def test_results_of_another_protocol_do_not_stay():
    a, b = ({name: lambda s, k: auc(0.5)} for name in ("A", "B"))
    new, earlier = results(a), results(b)
    assert len(merged(new, earlier)) == 4
    changed = [row | {"protocol": "other"} for row in earlier.to_pylist()]
    assert len(merged(new, pa.Table.from_pylist(changed, schema=earlier.schema))) == 2
    assert merged(new, results(a, suite=replace(toys.SUITE, name="elsewhere"))) == new


def test_the_command_exports_and_adopts(tmp_path, run):
    out = run("bench_toys:SUITE", "--seeds", "1", "--export", "x")
    assert out.code == 0 and "Wrote 4 files" in out.out
    scored(tmp_path)
    line = ["bench_toys:SUITE", "--models", "random", "--seeds", "1", "--jobs", "1"]
    wrong = run(*line, "--data", "all", "--adopt", "theirs=theirs.csv")
    assert wrong.code == 1 and "'toys/none', which is not one of" in wrong.err
    right = run(*line, "--adopt", "theirs=theirs.csv", "--quiet")
    assert (right.code, right.out, right.err) == (0, "", "")
    table = read_results(tmp_path / "bench/toys.parquet")
    assert "adopted" in table["kind"].to_pylist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "There is no suite 'nothing'"),
        (["bench_toys:SUITE", "--models", "nothing"], "There is no detector 'nothing'"),
        (["bench_toys:SUITE", "--data", "nothing"], "no data set 'nothing'"),
        (["bench_toys:SUITE", "--timeout", "-1"], "above 0"),
        (["bench_toys:SUITE", "--adopt", "theirs"], "NAME=scores.csv"),
        (["bench_toys:SUITE", "--adopt", "theirs=not-there.csv"], "not-there.csv"),
    ],
)
def test_misuse_is_one_sentence(tmp_path, run, arguments, message):
    ended = run(*arguments)
    assert ended.code in (1, 2) and message in ended.err
    assert len(ended.err.splitlines()) == 1 and not list(tmp_path.iterdir())


def test_the_frozen_suites_are_described():
    for name in ("adbench", "kdd99"):
        text = " ".join(find_suite(name).sentences)
        assert "Split:" in text and "Columns:" in text and "Labels:" in text


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_shows_what_there_is_room_for(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    figures = {
        "Forecaster (GRU), normalised, untrained": lambda s, k: auc(0.6 + k / 10),
        "VAE": lambda s, k: auc(0.8 + k / 10),
        "kNN": lambda s, k: auc(0.7) if s else None,
    }
    table = results(figures, seeds=(0, 1))
    show_standings(table, {"results": Path("x")}, as_json=False, quiet=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    shown = next(line for line in lines if line.startswith("VAE")).split()
    assert shown[1:4] == ["0.850", "±", "0.071"]
    assert ("0.425" in shown) == (width == 200)  # the average precision waits for room
    text = " ".join("".join(lines).split())
    assert "Forecaster (GRU)," in text and "…" not in text
    assert "kNN on x, seed 0: why not" in text
