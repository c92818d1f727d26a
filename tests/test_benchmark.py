"""The runner: every cell once, nothing that fails stops it, and no detector sees a label."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import bench_toys as toys
from genad.benchmark import (
    BASELINES,
    Answer,
    Cell,
    Inputs,
    Limits,
    Protocol,
    Result,
    Spec,
    Store,
    TableTask,
    choose,
    find_suite,
    make_cells,
    run,
)
from genad.benchmark import runner as runner_module
from genad.benchmark.adbench import PROTOCOL as ADBENCH
from genad.benchmark.code import _closure, _meaning, code_digest
from genad.benchmark.kdd99 import PROTOCOL as KDD99
from genad.benchmark.kdd99 import KddTask
from genad.benchmark.memory import resident
from genad.benchmark.specs import find_scorer
from genad.benchmark.tabular import file_digest
from genad.benchmark.worker import attempt, measure
from genad.errors import GenadError, ParameterError

TOY = toys.SUITE.tasks[0]
TABLE = TableTask("breast_cancer", Protocol("half of the benign rows"))
linux = pytest.mark.skipif(not resident(os.getpid()), reason="the system does not tell of memory")


def spec(name, **parameters):
    """Return a misbehaving detector."""
    return Spec(name, f"bench_toys:{name}", tuple(parameters.items()))


def cell(name="Distance", task=TOY, seed=0, **parameters):
    return Cell("toys", spec(name, **parameters), task, seed)


# Labels.


def test_a_detector_is_given_two_arrays_and_nothing_else(monkeypatch):
    seen = []

    class Spy(toys.Distance):
        def fit(self, *given, **named):
            seen.append((given, named))
            return self

        def anomaly_score(self, *given, **named):
            seen.append((given, named))
            return np.zeros(len(given[0]))

    monkeypatch.setattr(toys, "Spy", Spy, raising=False)
    assert attempt(cell("Spy")).status == "done"
    inputs = TOY.inputs(0)
    assert [(len(given), named) for given, named in seen] == [(1, {}), (1, {})]
    np.testing.assert_array_equal(seen[0][0][0], inputs.train)
    np.testing.assert_array_equal(seen[1][0][0], inputs.test)
    assert set(vars(inputs)) == {"train", "test"}


@pytest.mark.parametrize("task", [TOY, TABLE], ids=["toy", "table"])
def test_a_detector_finds_no_label_in_memory(task):
    result = attempt(cell("Cheat", task=task))
    assert result.figures["roc_auc"] == 0.5


def test_labels_in_memory_would_be_found():
    truth = toys.labels(0, 60)
    answer, _ = measure(toys.Cheat(), Inputs(np.zeros((60, 2)), np.zeros((60, 2))))
    np.testing.assert_array_equal(answer.scores, truth)


def test_labels_are_those_of_the_rows_that_were_given():
    answer, _ = measure(find_scorer("genad.benchmark.baselines:Norm")(), TABLE.inputs(3))
    assert TABLE.judge(3, answer)["roc_auc"] > 0.9
    shuffled = Answer(np.random.default_rng(0).permutation(answer.scores), answer.flags)
    assert TABLE.judge(3, shuffled)["roc_auc"] < 0.7


def test_rows_that_train_do_not_test():
    inputs = TABLE.inputs(0)
    train, test = ({row.tobytes() for row in rows} for rows in (inputs.train, inputs.test))
    assert not train & test


def test_a_protocol_bounds_the_rows_and_prepares_them():
    small = TableTask("breast_cancer", replace(TABLE.protocol, train_rows=50, test_rows=60))
    inputs, again = small.inputs(0), small.inputs(0)
    assert inputs.train.shape == (50, 30) and inputs.test.shape == (60, 30)
    np.testing.assert_allclose(inputs.train.mean(0), 0, atol=1e-5)
    np.testing.assert_array_equal(inputs.test, again.test)
    assert not np.array_equal(inputs.train, small.inputs(1).train)
    fixed = replace(small.protocol, split_seed=0)
    same = [TableTask("breast_cancer", fixed).inputs(seed).train for seed in (0, 1)]
    np.testing.assert_array_equal(*same)


def test_the_protocols_are_as_they_were_frozen():
    """Results were seen with these: another protocol is another suite, with another name."""
    assert replace(ADBENCH, split="") == Protocol("", "standard", 10_000, 20_000, None)
    assert replace(KDD99, split="") == Protocol("", "quantile", None, None, 0)
    suite = find_suite("kdd99")
    assert suite.settings == {"scaler": "none", "latent": 32, "hidden": (128, 64)}
    assert suite.seeds == find_suite("adbench").seeds == 5
    assert len(find_suite("adbench").tasks) == 22


def test_the_top_of_the_scores_is_judged_as_papers_on_kdd_do():
    task = KddTask("breast_cancer", Protocol("half"))
    labels = task.labels(0)
    ranked = np.argsort(np.argsort(-labels.astype(float), kind="stable"))  # anomalies first
    found = task.judge(0, Answer(-ranked.astype(float), None))
    flagged = np.ceil(0.2 * (len(labels) - 1) + 1e-9)
    assert found["top_precision"] == 1.0
    assert found["top_recall"] == pytest.approx(flagged / labels.sum())
    assert found["oracle_f1"] == 1.0


def test_a_list_of_series_has_its_scores_one_after_the_other():
    class Steps(toys.Distance):
        def anomaly_score(self, X):
            return [np.abs(series).sum(1) for series in X]

    series = [np.ones((3, 1)), np.full((2, 1), 5.0)]
    answer, measures = measure(Steps(), Inputs(series[:1], series))
    assert answer.scores.tolist() == [1.0, 1.0, 1.0, 5.0, 5.0]
    assert answer.flags.tolist() == [False, False, False, True, True]
    assert (measures["train_rows"], measures["test_rows"]) == (3, 5)


# The hash.


def test_the_hash_is_that_of_everything_that_determines_a_result():
    base = cell()
    others = [
        cell("Slow"),
        cell(latent=3),
        cell(seed=1),
        cell(task=toys.SUITE.tasks[1]),
        cell(task=toys.Toy("toys/none", size=61)),
        replace(base, suite="others"),
    ]
    assert len({each.key() for each in [base, *others]}) == 7
    assert cell().key() == base.key()
    assert replace(base, spec=replace(base.spec, label="another name")).key() == base.key()


def test_a_changed_data_file_changes_the_hash(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("1")
    task = toys.Toy("toys/file", file=str(file))
    before = cell(task=task).key()
    assert cell(task=task).key() == before
    file.write_text("2")
    assert cell(task=task).key() != before


def test_the_digest_of_a_folder_is_that_of_its_files_and_their_names(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    before = file_digest(tmp_path)
    (tmp_path / "b").rename(tmp_path / "c")
    assert file_digest(tmp_path) != before


def test_the_code_behind_a_class_is_followed_from_import_to_import():
    modules = _closure("genad.detectors.vae")
    assert {"genad.detectors.vae", "genad.training.loop", "genad.calibration"} <= set(modules)
    assert "genad.detectors.alad" not in modules and "genad" not in modules
    assert code_digest(toys.Slow) == code_digest(toys.Distance) != code_digest(Spec)


def test_prose_and_comments_are_no_code(tmp_path):
    texts = ['"""One."""\nx = 1', '"""Two."""\n# Why.\nx  =  1', "x = 2"]
    files = [tmp_path / f"{k}.py" for k in range(3)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    assert _meaning(files[0]) == _meaning(files[1]) != _meaning(files[2])


# Running.


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run well-behaved and misbehaving detectors in one go."""
    store = Store(tmp_path_factory.mktemp("cells"))
    names = ["Endless", "Distance", "Broken", "Unsure", "Dying", "Distance"]
    cells = [cell(name, seed=k) for k, name in enumerate(names)]
    told = []
    found = run(cells, store, Limits(timeout=4.0, jobs=2), watch=told.append)
    return store, cells, found, told


def test_what_fails_is_a_failed_cell_and_stops_nothing(ran):
    store, cells, found, told = ran
    assert [row.cell for row in found] == cells
    results = [row.result for row in found]
    statuses = ["time", "done", "error", "error", "died", "done"]
    assert [result.status for result in results] == statuses
    assert results[0].reason == "took more than 4 s"
    assert results[2].reason == "ValueError: no such thing"
    assert "60 of 60 scores are no finite numbers" in results[3].reason
    assert "signal 9" in results[4].reason
    assert {row.cell.seed for row in told} == set(range(6))
    assert all(store.read(row.key) == row.result for row in found)


def test_a_result_has_figures_and_what_they_cost(ran):
    done = ran[2][1].result
    assert 0 <= done.figures["roc_auc"] <= 1 and done.figures["prevalence"] > 0
    assert done.figures["flagged"] == pytest.approx((np.abs(TOY.inputs(1).test).sum(1) > 3).mean())
    assert done.measures["train_rows"] == done.measures["test_rows"] == 60
    assert done.measures["fit_seconds"] >= 0 and done.measures["rows_per_second"] > 0


def test_what_is_done_is_not_done_again(ran, monkeypatch):
    store, cells, found, _ = ran
    monkeypatch.setattr(runner_module, "_Worker", None)  # starting one would fail
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    again = run(cells, store, Limits(timeout=4.0))
    assert [row.result for row in again] == [row.result for row in found]
    assert all(row.cached for row in again)
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("status", "limit", "allowed", "expected"),
    [
        ("time", 4.0, Limits(timeout=5.0), True),
        ("time", 4.0, Limits(timeout=4.0), False),
        ("memory", 1.0, Limits(memory=2.0), True),
        ("memory", 0.0, Limits(memory=99.0), False),
        ("error", 0.0, Limits(timeout=99.0), False),
    ],
)
def test_what_failed_at_a_limit_is_tried_again_with_a_higher_one(status, limit, allowed, expected):
    assert allowed.again(Result(status, "why", limit)) is expected


@linux
def test_a_detector_that_takes_too_much_memory_fails(tmp_path):
    (row,) = run([cell("Hungry")], Store(tmp_path), Limits(memory=0.4, timeout=60.0))
    assert (row.result.status, row.result.limit) == ("memory", 0.4)
    assert row.result.reason == "took more than 0.4 GiB of memory"


def test_retry_computes_failed_cells_again(tmp_path):
    store, broken = Store(tmp_path), cell("Distance")
    store.write(broken.key(), broken, Result("error", "it was another day"))
    assert run([broken], store)[0].result.failed
    assert not run([broken], store, retry=True)[0].result.failed


def test_limits_are_positive():
    with pytest.raises(ParameterError, match="above 0"):
        Limits(jobs=0)


def test_a_worker_that_cannot_start_stops_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(runner_module, "work", os._exit)  # with what is no exit code
    with pytest.raises(GenadError, match="ended before its work"):
        run([cell()], Store(tmp_path))


def test_a_detector_cannot_change_the_rows_of_the_next():
    result = attempt(cell("Spoiling", task=TABLE))
    assert result.status == "error" and "read-only" in result.reason


def test_a_cut_file_is_computed_again(tmp_path):
    store, one = Store(tmp_path), cell()
    store.write(one.key(), one, Result("done"))
    (tmp_path / f"{one.key()}.json").write_text('{"cell": {"de')
    assert store.read(one.key()) is None


def test_what_another_run_has_done_meanwhile_is_taken_over(tmp_path):
    """The first cell is done; its watch stores the second, as a run beside this one would."""
    store, cells = Store(tmp_path), [cell(seed=0), cell(seed=1)]

    def meanwhile(row):
        if row.cell.seed == 0:
            store.write(cells[1].key(), cells[1], Result("done", figures={"roc_auc": 0.123}))

    found = run(cells, store, watch=meanwhile)
    assert [row.cached for row in found] == [False, True]
    assert found[1].result.figures == {"roc_auc": 0.123}


# Killed, and two at once.

_RUN = """
import sys, bench_toys as toys
from pathlib import Path
from genad.benchmark import Limits, Spec, Store, make_cells, run
if __name__ == "__main__":
    cells = make_cells(toys.SLOW, [Spec("Slow", "bench_toys:Slow")])
    found = run(cells, Store(Path(sys.argv[1])), Limits())
    print(sum(row.cached for row in found), sum(row.result.status == "done" for row in found))
"""


def start(folder):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(folder, files, seconds=60):
    until = time.monotonic() + seconds
    while len(list(folder.glob("*.json"))) < files:
        assert time.monotonic() < until, f"{files} cells did not come in {seconds} s"
        time.sleep(0.02)


def test_a_killed_run_goes_on_and_two_may_share_a_folder(tmp_path):
    folder = tmp_path / "cells"
    first = start(folder)
    wait_for(folder, 2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    kept = {path: path.read_bytes() for path in folder.glob("*.json")}
    assert 2 <= len(kept) < 6
    both = [start(folder), start(folder)]
    for process in both:
        said, _ = process.communicate(timeout=120)
        cached, done = map(int, said.split())
        assert process.returncode == 0 and done == 6 and cached >= 2
    files = list(folder.iterdir())
    assert len(files) == 6  # and nothing temporary
    assert all(json.loads(path.read_text())["result"]["status"] == "done" for path in files)
    assert all(path.read_bytes() == content for path, content in kept.items())


# Who takes part.


def test_baselines_and_untrained_networks_are_always_there():
    labels = [each.label for each in choose(toys.SUITE, ["vae", "zscore"])]
    assert labels[:8] == [each.label for each in BASELINES]
    assert labels[8:] == ["VAE", "VAE, untrained", "ZScore"]
    untrained = choose(toys.SUITE, ["vae"])[-1]
    assert untrained.build(seed=7).epochs == 0 and untrained.build(seed=7).random_state == 7


def test_a_suites_settings_reach_the_detectors_that_have_them():
    suite = replace(toys.SUITE, settings={"latent": 3, "k": 2})
    chosen = {each.label: each for each in choose(suite, ["vae", "zscore"])}
    assert chosen["VAE"].parameters == (("latent", 3),)
    assert chosen["ZScore"].parameters == ()
    assert chosen["VAE, untrained"].parameters == (("latent", 3), ("epochs", 0))


@pytest.mark.parametrize("model", ["nothing", "bench_toys:Nothing", "no_module:X"])
def test_an_unknown_model_is_named(model):
    with pytest.raises(ParameterError, match=model.partition(":")[0]):
        choose(toys.SUITE, [model])


def test_an_unknown_suite_is_named():
    with pytest.raises(ParameterError, match="no suite 'nothing'; choose one of adbench"):
        find_suite("nothing")
    with pytest.raises(ParameterError, match="bench_toys:NOTHING"):
        find_suite("bench_toys:NOTHING")
    assert find_suite("bench_toys:SUITE") is toys.SUITE


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.label)
def test_baselines_rank_what_is_far_out_or_say_chance(baseline):
    result = attempt(Cell("toys", baseline, toys.SUITE.tasks[1], seed=0))
    knows = baseline.label not in ("random", "constant")
    assert result.status == "done"
    assert result.figures["roc_auc"] > 0.99 if knows else 0.3 < result.figures["roc_auc"] < 0.7


def test_every_cell_of_a_suite_is_made_once():
    cells = make_cells(toys.SUITE, list(BASELINES))
    assert len(cells) == len({each.key() for each in cells}) == 2 * 2 * 8
