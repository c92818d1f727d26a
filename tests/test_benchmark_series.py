"""The suites of series: what is judged, and detectors under NAB's streaming rule."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import bench_toys as toys
from genad import VAE, StreamingNovelty, ZScore
from genad.benchmark import (
    Answer,
    Cell,
    Finished,
    Result,
    Spec,
    Suite,
    as_table,
    choose,
    find_suite,
    nab_suite,
    read_results,
    standings,
)
from genad.benchmark.baselines import Difference
from genad.benchmark.nab import NabStream, nab_row, require_causal
from genad.benchmark.nab_models import Normalised, RandomStreams, Streamed
from genad.benchmark.nab_scorers import novelty_scores
from genad.benchmark.page import suite_page
from genad.benchmark.serial import SeriesTask, is_hit
from genad.benchmark.worker import attempt
from genad.cli import main
from genad.data import Series

TINY = (("epochs", 2), ("hidden", (8,)), ("latent", 2), ("window", 12), ("net", "mlp"))
needs_data = pytest.mark.skipif(
    "GENAD_DATA_HOME" not in os.environ, reason="GENAD_DATA_HOME does not name a folder of data"
)


def stream(n=600, seed=0):
    """Return a daily pattern with a spike in its only window."""
    stamps = np.datetime64("2024-01-01T00:00:00") + 3_600 * np.arange(n)
    values = np.sin(np.arange(n) / 12 * np.pi) + np.random.default_rng(seed).normal(size=n) / 5
    values[400] = 9.0
    return NabStream(values, stamps, [(stamps[395], stamps[420])])


@pytest.fixture
def corpus(monkeypatch):
    """Put three short streams in the place of the benchmark's."""
    found = {f"real/{name}.csv": stream(seed=i) for i, name in enumerate("abc")}
    monkeypatch.setattr(nab_suite, "load_nab", lambda: found)
    monkeypatch.setattr(nab_suite.NabTask, "digest", lambda task: "toy")
    return found


# UCR and SMD.


def test_a_hit_is_near_the_range_on_either_side():
    labels = np.zeros(500, dtype=bool)
    labels[200:220] = True
    for step, hit in ((99, 0), (100, 1), (210, 1), (319, 1), (320, 0)):
        assert is_hit(labels, np.arange(500) == step, near=100) == hit
    assert is_hit(labels, np.zeros(500), near=100) == 0  # ties are the first step


def toy_task(monkeypatch, near=5):
    values = np.sin(np.arange(300.0) / 3)[:, None]
    values[220] = 5.0
    series = Series("pump", values, ((218, 223),), 150)
    monkeypatch.setattr("genad.benchmark.serial._load", lambda name: [series])
    return SeriesTask("toy/pump", buffer=10, near=near)


def test_only_what_comes_after_the_training_part_is_judged(monkeypatch):
    task = toy_task(monkeypatch)
    inputs = task.inputs(0)
    assert inputs.train.shape == (150, 1) and inputs.test.shape == (300, 1)
    with pytest.raises(ValueError, match="read-only"):
        inputs.test[0] = 1.0
    scores = np.abs(inputs.test[:, 0])
    scores[:150] = 99.0  # whatever is said of the training part
    found = task.judge(0, Answer(scores, scores > 2))
    assert (found["hit"], found["oracle_f1"]) == (1.0, pytest.approx(1 / 3))
    assert found["prevalence"] == pytest.approx(5 / 150)
    assert found["flagged"] == pytest.approx(1 / 150)
    assert 0 < found["vus_pr"] < 1 and 0.5 < found["vus_roc"] < 1
    assert "hit" not in toy_task(monkeypatch, near=None).judge(0, Answer(scores, None))


def test_a_detector_finds_the_spike_of_a_toy(monkeypatch):
    task = toy_task(monkeypatch)
    monkeypatch.setattr(SeriesTask, "digest", lambda task: "toy")
    suite = Suite("t", "T", (), (task,), kind="series", baselines=find_suite("ucr").baselines)
    specs = choose(suite, ["zscore", "random"])
    assert [spec.label for spec in specs] == [
        "random", "constant", "norm", "difference", "rolling z-score", "WindowedGaussian",
        "PCA", "kNN, k = 1", "IsolationForest", "OneClassSVM", "ZScore",
    ]  # fmt: skip
    hits = {spec.label: attempt(Cell("t", spec, task, 0)).figures["hit"] for spec in specs}
    assert hits["norm"] == hits["difference"] == hits["ZScore"] == 1
    assert hits["PCA"] == hits["kNN, k = 1"] == hits["IsolationForest"] == hits["OneClassSVM"] == 1
    assert hits["constant"] == 0


def test_the_difference_takes_a_series_in_its_order():
    values = np.zeros((20_000, 1))
    values[15_000] = 3.0
    scores = Difference().fit(values).anomaly_score(values)
    assert np.flatnonzero(scores).tolist() == [15_000, 15_001]


@needs_data
def test_the_suites_hold_every_series_of_their_collections():
    for name, tasks, channels in (("ucr", 40, 1), ("smd", 3, 38)):
        suite = find_suite(name)
        assert (len(suite.tasks), suite.kind) == (tasks, "series")
        last = suite.tasks[-1]
        inputs = last.inputs(0)
        assert 0 < len(inputs.train) < len(inputs.test) and inputs.train.shape[1] == channels
        found = last.judge(0, Answer(np.arange(len(inputs.test), dtype=float), None))
        assert set(suite.headlines) <= set(found)
    assert find_suite("ucr").only(("204",)).tasks[0].name.endswith("CHARISfive")


# NAB.


@pytest.mark.parametrize("wrap", [Streamed, Normalised])
@pytest.mark.parametrize(
    "detector",
    [ZScore(), VAE(**dict(TINY), random_state=0), StreamingNovelty(probationary_period=9)],
    ids=lambda detector: type(detector).__name__,
)
@pytest.mark.parametrize("cut", [150, 450])
def test_no_detector_sees_the_future(wrap, detector, cut):
    require_causal(wrap(detector), stream(), cut)


def test_the_streamed_novelty_is_the_scorer_at_each_probationary_period():
    one = stream()
    given = one.values, one.stamps, one.probationary
    np.testing.assert_array_equal(Streamed(StreamingNovelty())(*given), novelty_scores(*given))


def test_the_corpus_is_one_cell_for_each_detector_and_seed(corpus):
    learnt = choose(nab_suite.SUITE, ["streamingnovelty", "vae"])[len(nab_suite.SUITE.baselines) :]
    assert [(spec.label, spec.kind) for spec in learnt] == [
        ("StreamingNovelty", "detector"),
        ("VAE", "detector"),
        ("VAE, untrained", "untrained"),
        ("VAE, normalised", "detector"),
        ("VAE, normalised, untrained", "untrained"),
    ]
    task = nab_suite.NabTask()
    assert all(series.windows == () for series in task.inputs(0).test)
    found = {}
    for spec in [*nab_suite.SUITE.baselines, learnt[0]]:
        result = attempt(Cell("nab", spec, task, 0))
        assert result.status == "done", result.reason
        found[spec.label] = result.figures
    expected = nab_row("ours", [novelty_scores], corpus)
    assert found["StreamingNovelty"] == pytest.approx(expected.figures())
    assert found["random"]["nab_standard"] < found["StreamingNovelty"]["nab_standard"]
    assert found["constant"]["nab_standard"] == 0.0  # no alarm at all
    again = RandomStreams(0).anomaly_score(task.inputs(0).test)
    assert not np.array_equal(again[0], again[1])


def test_the_class_around_a_detector_is_part_of_its_identity(corpus):
    task = nab_suite.NabTask()
    plain, within = (
        Cell("nab", Spec("z", "zscore", within=place), task, 0)
        for place in ("", "genad.benchmark.nab_models:Streamed")
    )
    assert plain.key() != within.key()
    assert "within" not in plain.identity()


@needs_data
def test_the_official_figures_are_a_row_of_the_suite(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    baselines = (Spec("random", "genad.benchmark.nab_models:RandomStreams", kind="baseline"),)
    suite = Suite(**{**vars(nab_suite.SUITE), "baselines": baselines})
    monkeypatch.setattr(nab_suite, "SUITE", suite)
    folder = Path(os.environ["GENAD_DATA_HOME"]) / "nab" / "results" / "numenta"
    assert main(["bench", "nab", "--results", str(folder), "--seeds", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    rows = {row["detector"]: row for row in shown["detectors"]}
    assert rows["numenta"]["means"]["nab_standard"] == pytest.approx(70.10105611943965, abs=1e-6)
    assert rows["numenta"]["means"]["nab_own_standard"] == pytest.approx(28.85, abs=0.01)
    assert rows["random"]["means"]["nab_standard"] < 20
    page = (tmp_path / "bench" / "nab.md").read_text()
    assert "| numenta | 70.10 | 63.21 | 74.32 |" in page and "F1" not in page


def test_a_folder_of_results_is_for_nab_alone(tmp_path, capsys):
    assert main(["bench", "ucr", "--results", str(tmp_path)]) == 2
    assert main(["bench", "nab", "--results", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err


# Results and pages of suites with other figures than tables have.


def table(headlines, figures, datasets=("x", "y")):
    suite = Suite("toys", "Toys", (), (), headlines=headlines)
    cells = [
        (Cell("toys", Spec(name, name), toys.Toy(dataset), 0), found)
        for name, found in figures.items()
        for dataset in datasets
    ]
    rows = [Finished("k", cell, Result("done", "", 0, found)) for cell, found in cells]
    return as_table(rows, suite)


def test_a_suite_says_what_its_detectors_are_ranked_by():
    figures = {
        "a": {"roc_auc": 0.9, "hit": 0.0, "vus_pr": 0.1},
        "b": {"roc_auc": 0.1, "hit": 1.0, "vus_pr": 0.2},
    }
    found = standings(table(("hit", "vus_pr"), figures))
    assert [standing.detector for standing in found] == ["b", "a"]
    assert found[0].means == {"hit": 1.0, "vus_pr": 0.2}
    page = suite_page(table(("hit", "vus_pr"), figures))
    assert "| hits | rank | VUS-PR | rank |" in page and "F1" not in page


def test_one_data_set_ranks_nothing_and_nab_has_two_digits():
    figures = {"a": {"nab_standard": 70.1234}}
    page = suite_page(table(("nab_standard", "nab_own_standard"), figures, datasets=("nab",)))
    assert "| detector | standard | fit, s |" in page and "| **a** | 70.12 |" in page
    assert "mean rank" not in page


def test_results_from_before_a_figure_was_known_are_still_read(tmp_path):
    now = table(("roc_auc",), {"a": {"roc_auc": 0.9}})
    parquet.write_table(now.drop_columns(["hit", "nab_own_standard"]), tmp_path / "old.parquet")
    old = read_results(tmp_path / "old.parquet")
    assert old.equals(now)
    assert old["hit"].null_count == len(old) and old.schema.field("hit").type == pa.float64()
