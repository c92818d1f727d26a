"""The command line: what it prints and writes, one sentence for all that is wrong, exit codes."""

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import genad
from genad.cli import main
from genad.cli.errors import Misuse
from genad.cli.progress import Bars
from genad.cli.settings import make_detector, parse_settings
from genad.data import list_datasets, open_table
from genad.errors import DataError, TrainingDiverged
from genad.registry import detector_classes
from genad.training import Callback
from helpers import SAYS

ROWS, ODD = 200, 120
TINY_VAE = ["--model", "vae", "--set", "hidden=8", "--set", "latent=2", "--set", "samples=2"]


def rows():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(ROWS, 2)).round(3)
    values[ODD] = 30.0, -30.0
    states = rng.choice(["on", "off"], ROWS)
    labels = np.where(np.arange(ROWS) == ODD, "broken", "fine")
    return pa.table({"bar": values[:, 0], "rpm": values[:, 1], "state": states, "label": labels})


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Make a folder with a table in it, and work there."""
    folder = tmp_path_factory.mktemp("work")
    csv.write_csv(rows(), folder / "pump.csv")
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def detected(work):
    """Run the main job once, in a process of its own."""
    labels = ["--label", "label", "--anomaly", "broken"]
    return genad_process("detect", "pump.csv", "--model", "zscore", *labels)


@pytest.fixture
def workplace(work):
    return work


def genad_process(*arguments):
    command = [sys.executable, "-m", "genad", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def entries(folder="."):
    return sorted(str(path) for path in Path(folder).rglob("*"))


def interrupt_after(epochs, monkeypatch):
    """Press Ctrl-C when so many epochs are done."""

    def on_epoch(self, epoch):
        if epoch.epoch + 1 == epochs:
            raise KeyboardInterrupt

    monkeypatch.setattr(Bars, "on_epoch", on_epoch)


def weights(folder):
    return Path(folder, "weights.safetensors").read_bytes()


# ---------------------------------------------------------------- the main job


def test_detect_says_what_it_found(detected):
    assert (detected.returncode, detected.stderr) == (0, "")
    lines = detected.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert re.fullmatch(r"ZScore on pump\.csv: \d+ of 200 rows flagged", lines[0].strip())
    row = next(line for line in lines if line.startswith(f"{ODD + 1:,}"))
    assert re.findall(r"> 0\.9999|anomaly", row) == ["> 0.9999", "anomaly"]
    assert re.search(r"\b(bar +30|rpm +-30) ", row)
    assert re.search(r"ROC AUC +1\.000 +0\.500", detected.stdout)
    assert re.search(r"average precision +1\.000 +0\.005", detected.stdout)
    assert "out/report.html" in detected.stdout


def test_detect_writes_scores_report_and_model(detected, work):
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "model",
        "report.html",
        "scores.csv",
    ]
    assert not list(work.glob(".out*"))
    table = open_table("out/scores.csv").read()
    features = table.select(["bar", "rpm", "state"])
    detector = genad.load("out/model")
    assert table["anomaly_score"].to_pylist() == detector.anomaly_score(features).tolist()
    assert table["is_anomaly"].to_pylist() == detector.is_anomaly(features).tolist()
    assert table["is_anomaly"][ODD].as_py()
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "genad score out/model" in page


def test_detect_as_json(run):
    labels = ["--label", "label", "--anomaly", "broken", "--ignore", "rpm"]
    ended = run("detect", "pump.csv", "-m", "zscore", *labels, "-o", "json", "--seed", 3, "--json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert found["detector"] == "ZScore"
    assert found["parameters"]["random_state"] == 3
    assert (found["train_rows"], found["rows"]) == (ROWS, ROWS)
    assert found["top"][0]["row"] == ODD + 1
    assert found["top"][0]["contributions"].keys() == {"bar", "state"}
    assert found["ranking"]["roc_auc"] == 1.0
    assert found["flags"]["flagged"] == found["flagged"]
    assert found["flagged"] == sum(open_table("json/scores.csv").read()["is_anomaly"].to_pylist())
    assert all(Path(path).exists() for path in found["files"].values())


def test_detect_a_data_set_by_its_name(run):
    ended = run("detect", "breast_cancer", "--model", "zscore", "--out", "cancer", "--json")
    found = json.loads(ended.out)
    assert (found["train"], found["train_rows"]) == ("breast_cancer (train)", 178)
    assert (found["scored"], found["rows"]) == ("breast_cancer (test)", 391)
    assert found["ranking"]["anomalies"] == 212
    assert found["ranking"]["roc_auc"] > 0.9
    again = run("score", "cancer/model", "breast_cancer", "--out", "cancer.csv", "--json")
    assert json.loads(again.out)["ranking"] == found["ranking"]


def test_detect_learns_from_another_file(run, work):
    csv.write_csv(rows().slice(0, 100), "first.csv")
    ended = run("detect", "pump.csv", "--train", "first.csv", "-m", "zscore", "-o", "two", "--json")
    found = json.loads(ended.out)
    assert (found["train"], found["train_rows"], found["rows"]) == ("first.csv", 100, ROWS)


def test_times_are_whole_and_names_give_way_in_a_narrow_terminal(run, work):
    lines = ["when the pump was started at the latest,fault"]
    lines += [f"2024-01-{1 + i // 24:02d} {i % 24:02d}:15:30,{int(i > 697)}" for i in range(700)]
    Path("starts.csv").write_text("\n".join(lines))
    Path("first-starts.csv").write_text("\n".join(lines[:100]))
    options = ["--train", "first-starts.csv", "--label", "fault", "-o", "starts"]
    shown = run("detect", "starts.csv", "-m", "zscore", *options).out.splitlines()
    assert max(map(len, shown)) <= 80
    (first,) = (i for i, line in enumerate(shown) if line.startswith("700"))
    assert re.search(r"anomaly +when .* 2024-01-30 +2024-01-0\d$", shown[first])
    assert re.search(r" 03:15:30 +\d\d:\d\d:\d\d$", shown[first + 1])


def test_labels_choose_training_rows_if_asked(run):
    options = ["--label", "label", "--anomaly", "broken", "--normal-only", "--json"]
    found = json.loads(run("detect", "pump.csv", "-m", "zscore", "-o", "normal", *options).out)
    assert found["train_rows"] == ROWS - 1
    assert "the labels chose the training rows" in found["notes"][0]


def test_the_threshold_can_be_chosen(run):
    flagged = {}
    for i, choice in enumerate(
        [["--top", "0.1"], ["--contamination", "0.05"], ["--threshold", "quantile:0.5"]]
    ):
        ended = run("detect", "pump.csv", "-m", "zscore", "-o", f"by{i}", *choice, "--json")
        flagged[choice[0]] = json.loads(ended.out)["flagged"]
    assert flagged["--top"] == 20
    top = run("detect", "pump.csv", "-m", "zscore", "-o", "top", "--top", "0.1", "--json")
    rule = json.loads(top.out)["parameters"]["threshold"]
    assert rule == {"name": "fixed", "value": json.loads(top.out)["threshold"]}
    assert flagged["--contamination"] == 10
    assert 60 < flagged["--threshold"] < 140


@pytest.mark.parametrize("name", ["pump.tsv", "pump.parquet", "pump.csv.gz", "pump.npz"])
def test_every_format_is_read_and_written_alike(run, name):
    write(name)
    ended = run("detect", name, "-m", "zscore", "-o", f"as-{name}", "--json")
    files = json.loads(ended.out)["files"]
    suffix = {"pump.tsv": "tsv", "pump.parquet": "parquet"}.get(name, "csv")
    assert files["scores"] == f"as-{name}/scores.{suffix}"
    assert open_table(files["scores"]).read().num_rows == ROWS


def write(name):
    if name.endswith(".npz"):
        np.savez(name, np.column_stack([rows()["bar"].to_numpy(), rows()["rpm"].to_numpy()]))
    elif name.endswith(".parquet"):
        parquet.write_table(rows(), name)
    else:
        with pa.output_stream(name, compression="detect") as stream:
            csv.write_csv(
                rows(), stream, csv.WriteOptions(delimiter="\t" if "tsv" in name else ",")
            )


def test_the_format_of_the_scores_can_be_chosen(run):
    run("detect", "pump.csv", "-m", "zscore", "-o", "format", "--scores-format", "parquet")
    assert parquet.read_table("format/scores.parquet").num_rows == ROWS


def test_quiet_says_nothing(run):
    ended = run("detect", "pump.csv", "-m", "zscore", "-o", "quiet", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


# ---------------------------------------------------------------- fit and score


def test_fit_then_score(run, detected):
    fitted = run("fit", "pump.csv", "-m", "zscore", "--ignore", "label", "--out", "model")
    assert fitted.code == 0
    assert "ZScore on pump.csv: fitted" in fitted.out
    scored = run("score", "model", "pump.csv", "--out", "scores.csv")
    assert scored.code == 0
    assert "rows flagged" in scored.out
    assert Path("scores.csv").read_text() == Path("out/scores.csv").read_text()


def test_columns_may_be_in_another_order_and_new(run, detected):
    table = rows().select(["label", "state", "rpm", "bar"]).append_column("new", rows()["bar"])
    csv.write_csv(table, "shuffled.csv")
    ended = run("score", "out/model", "shuffled.csv", "--out", "shuffled-scores.csv", "--json")
    assert json.loads(ended.out)["notes"] == [
        "Kept, but not used, as training had none: 'label', 'new'."
    ]
    scored, before = open_table("shuffled-scores.csv").read(), open_table("out/scores.csv").read()
    assert scored["anomaly_score"].equals(before["anomaly_score"])
    assert scored.column_names[:5] == table.column_names


def test_a_name_that_no_table_can_have_is_found_before_the_scoring(fails, detected, monkeypatch):
    monkeypatch.setattr("genad.files.score_source", lambda *_: pytest.fail("scored before that"))
    said = fails(2, "score", "out/model", "pump.csv", "--out", "scores.txt")
    assert said == (
        "Error: --out scores.txt has to end in .csv, .tsv, .csv.gz, .tsv.gz or .parquet.\n"
    )


def test_the_folder_of_a_detection_holds_its_model(run, detected):
    for name in ("out", "out/model"):
        assert run("score", name, "pump.csv", "--out", "by-folder.csv", "--force", "-q").code == 0
        assert Path("by-folder.csv").read_text() == Path("out/scores.csv").read_text()
    Path("no model").mkdir()
    assert "no model of genad" in run("score", "no model", "pump.csv", "--out", "never.csv").err


def test_fit_as_json(run):
    ended = run("fit", "pump.csv", *TINY_VAE, "--epochs", 1, "--out", "vae", "--json")
    found = json.loads(ended.out)
    assert found["parameters"]["hidden"] == [8]
    assert found["parameters"]["epochs"] == 1
    assert found["files"] == {"model": "vae"}
    assert genad.load("vae").threshold_ == found["threshold"]


# ---------------------------------------------------------------- Ctrl-C


@pytest.fixture(scope="module")
def uninterrupted(work):
    assert main(["fit", "pump.csv", *TINY_VAE, "--epochs", "400", "-o", "whole", "-q"]) == 0
    return weights("whole")


def test_ctrl_c_in_training_can_be_resumed(work, uninterrupted):
    arguments = ["fit", "pump.csv", *TINY_VAE, "--epochs", "400", "--out", "broken off"]
    output, code = press_ctrl_c_in_training(arguments)
    assert code == 130
    assert "Traceback" not in output
    said = " ".join(output[output.index("Error: ") :].split())
    assert "what was trained so far is in" in said
    assert not Path("broken off").exists()
    assert Path("broken off.checkpoint.safetensors").exists()
    assert not list(work.glob(".broken*"))
    assert main([*arguments, "--quiet", "--resume"]) == 0
    assert weights("broken off") == uninterrupted
    assert not Path("broken off.checkpoint.safetensors").exists()


def press_ctrl_c_in_training(arguments):
    """Run in a terminal, press Ctrl-C when the bar shows that an epoch is done."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "genad", *arguments]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200"}
    process = subprocess.Popen(command, stderr=theirs, stdout=theirs, env=environment)
    os.close(theirs)
    output = b""
    while chunk := read_terminal(ours):
        output += chunk
        if process.poll() is None and re.search(rb"training[^\n]*[1-9]\d*/400", output):
            process.send_signal(signal.SIGINT)
            break
    while chunk := read_terminal(ours):
        output += chunk
    os.close(ours)
    return output.decode(), process.wait(timeout=60)


def read_terminal(end):
    try:
        return os.read(end, 4096)
    except OSError:  # how a terminal says that nobody writes to it any more
        return b""


def test_the_sentence_says_how_to_go_on(run, monkeypatch, uninterrupted):
    arguments = ["detect", "pump.csv", *TINY_VAE, "--epochs", "4", "--out", "again"]
    with monkeypatch.context() as patch:
        interrupt_after(2, patch)
        ended = run(*arguments)
    assert (ended.code, ended.out) == (130, "")
    assert not Path("again").exists()
    command = ended.err.partition("go on with: genad ")[2]
    assert shlex.split(command) == [*arguments, "--resume"]
    refused = run(*arguments)
    assert refused.code == 2
    assert "An earlier run was interrupted, and what was trained so far is in" in refused.err
    assert "add --resume to go on with it, or --force to start again." in refused.err
    assert run(*arguments, "--resume", "--seed", "1").code == 2  # that is another training
    resumed = run(*shlex.split(command), "--json")
    assert resumed.code == 0, resumed.err
    assert json.loads(resumed.out)["command"] == f"genad {command.strip()} --json"
    assert run(*arguments[:-1], "at once", "-q").code == 0
    assert weights("again/model") == weights("at once/model")
    assert not list(Path().glob("*.checkpoint.safetensors"))


def test_force_starts_an_interrupted_training_again(run, monkeypatch):
    arguments = ["fit", "pump.csv", *TINY_VAE, "--epochs", "4", "--out", "forced"]
    with monkeypatch.context() as patch:
        interrupt_after(2, patch)
        assert run(*arguments).code == 130
    assert run(*arguments, "--force").code == 0
    assert [epoch.epoch for epoch in genad.load("forced").history_.epochs] == [0, 1, 2, 3]
    assert not list(Path().glob("*.checkpoint.safetensors"))


@pytest.mark.parametrize("model", [["-m", "zscore"], [*TINY_VAE, "--epochs", "4"]])
@pytest.mark.parametrize("place", ["scoring._scores", "scoring._write", "scoring.explain_top"])
def test_ctrl_c_after_the_training_keeps_the_model(run, monkeypatch, place, model):
    out = f"{place} by {model[1]}"
    arguments = ["detect", "pump.csv", *model, "--top", "0.1", "--out", out]
    with monkeypatch.context() as patch:
        patch.setattr(f"genad.files.{place}", interrupt)
        ended = run(*arguments)
    assert (ended.code, ended.out) == (130, "")
    assert SAYS.fullmatch(ended.err)
    assert not Path(out).exists()
    assert not list(Path().glob(f".{out}*"))
    said, _, command = ended.err.partition("; go on with: genad ")
    folder = said.partition("what was learnt is in ")[2]
    assert sorted(path.name for path in Path(folder).iterdir()) == ["fitted.json", "model"]
    assert shlex.split(command) == [*arguments, "--resume"]
    assert "add --resume to go on with it" in run(*arguments).err
    with monkeypatch.context() as patch:
        patch.setattr("genad.detector.Detector.fit", lambda *_: pytest.fail("fitted again"))
        assert run(*shlex.split(command), "--quiet").code == 0
    assert not Path(folder).exists()
    assert run(*arguments[:-1], f"{out} at once", "--quiet").code == 0
    for name in ("scores.csv", "model/weights.safetensors"):
        assert Path(out, name).read_bytes() == Path(f"{out} at once", name).read_bytes()


def interrupt(*_):
    raise KeyboardInterrupt


def test_a_kept_model_is_for_the_same_run_only(run, monkeypatch):
    arguments = ["detect", "pump.csv", "-m", "zscore", "--out", "kept"]
    with monkeypatch.context() as patch:
        patch.setattr("genad.files.scoring._scores", interrupt)
        assert run(*arguments).code == 130
    for other in (["--seed", "1"], ["--ignore", "rpm"], ["--set", "aggregate=max"]):
        refused = run(*arguments, "--resume", *other)
        assert refused.code == 2
        assert "was fitted with other parameters or on other data" in refused.err
    assert run(*arguments, "--force", "--seed", "1", "-q").code == 0
    assert not Path("kept.fitted").exists()


def test_a_failure_after_the_training_keeps_the_model_too(run, monkeypatch):
    def full(*_):
        raise DataError("scores.csv cannot be written: No space left on device.")

    arguments = ["detect", "pump.csv", "-m", "zscore", "--out", "full"]
    with monkeypatch.context() as patch:
        patch.setattr("genad.files.scoring.write_table", full)
        ended = run(*arguments)
    assert ended.code == 1
    assert "No space left on device. But what was learnt is in" in ended.err
    command = shlex.split(ended.err.partition("; go on with: genad ")[2])
    assert run(*command, "--quiet").code == 0
    assert not list(Path().glob("*.fitted"))


def test_ctrl_c_before_anything_was_learnt_leaves_nothing(fails, monkeypatch):
    monkeypatch.setattr("genad.files.job.inspect", interrupt)
    said = fails(130, "detect", "pump.csv", "-m", "zscore", "--out", "never")
    assert said == "Error: Interrupted: nothing was written.\n"
    monkeypatch.setattr("genad.files.scoring._scores", interrupt)
    fitted = Path("for scoring")
    assert main(["fit", "pump.csv", "-m", "zscore", "--out", str(fitted), "--quiet"]) == 0
    assert fails(130, "score", fitted, "pump.csv", "--out", "never.csv") == said


def test_a_training_that_diverges_leaves_nothing_to_resume(fails, monkeypatch):
    def diverge(self, epoch):
        raise TrainingDiverged("The loss became nan; lower lr.")

    monkeypatch.setattr(Bars, "on_epoch", diverge)
    monkeypatch.setattr("genad.training.loop._CHECKPOINT_SECONDS", 0.0)
    said = fails(1, "fit", "pump.csv", *TINY_VAE, "--epochs", 2, "--out", "diverged")
    assert said == "Error: The loss became nan; lower lr.\n"


def test_bars_move_with_epochs_and_rows(monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with Bars(quiet=False) as bars:
        bars.on_start(2)
        bars.on_epoch(SimpleNamespace())
        bars.rows("scoring", 3, 10)
        bars.rows("scoring", 4, 10)
        done = {task.description: (task.completed, task.total) for task in bars._progress.tasks}
    assert done == {"training": (1, 2), "scoring": (7, 10)}
    assert isinstance(bars, Callback)


# ---------------------------------------------------------------- bad input


BAD = {
    "empty.csv": (b"", "is empty"),
    "header.csv": (b"a,b\n", "has columns but no rows"),
    "one-row.csv": (b"a,b\n1,2\n", r"1 row\(s\), but at least 2 are needed"),
    "texts.csv": (
        "\n".join(["a", *(f"text {i}" for i in range(99))]).encode(),
        "at least one numeric or categorical column",
    ),
    "nan.csv": (b"a,b\n" + b"NaN,\n" * 20, "holds a value to learn from: all are missing"),
    "infinite.csv": (b"a,b\n1,2\n3,inf\n4,5\n", "an infinity in column 'b', row 2"),
    "ragged.csv": (b"a,b\n1,2\n3,4,5\n6,7\n", "line 3 has 3 cells where the first has 2"),
    "latin.csv": ("a,b\nZürich,1\n".encode("latin-1"), "is not UTF-8 text"),
    "taken.csv": (b"a,is_anomaly\n1,0\n2,1\n3,0\n", "already has 'is_anomaly'"),
    "picture.png": (b"abc", "its name has to end in one of"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(fails, name):
    content, said = BAD[name]
    Path(name).write_bytes(content)
    assert re.search(said, fails(1, "detect", name, "-m", "zscore", "--out", "never"))


def test_a_bad_file_in_a_process_of_its_own(work):
    Path("gone.csv").write_bytes(b"a,b\n")
    ended = genad_process("detect", "gone.csv", "--model", "zscore", "--out", "never")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert SAYS.fullmatch(ended.stderr)


def test_a_bad_file_is_found_before_the_training(fails, monkeypatch):
    monkeypatch.setattr(genad.ZScore, "_build", lambda *_: pytest.fail("fitted before the check"))
    for name in ("infinite.csv", "ragged.csv", "latin.csv"):
        Path(name).write_bytes(BAD[name][0])
        Path("good.csv").write_bytes(b"a,b\n" + b"1,2\n" * 9)
        said = fails(1, "detect", name, "--train", "good.csv", "-m", "zscore", "--out", "never")
        assert re.search(BAD[name][1], said)


def test_a_missing_column(fails, detected):
    csv.write_csv(rows().select(["rpm", "state"]), "lacking.csv")
    said = fails(1, "score", "out/model", "lacking.csv", "--out", "never.csv")
    assert "lacking.csv lacks the training data's column 'bar': add it." in said


def test_one_class_of_labels(fails):
    table = rows().set_column(3, "label", pa.array([0] * ROWS))
    csv.write_csv(table, "one-class.csv")
    said = fails(1, "detect", "one-class.csv", "-m", "zscore", "--label", "label", "-o", "never")
    assert "marks all 200 labelled rows as normal, but figures need both kinds" in said
    said = fails(1, "detect", "pump.csv", "-m", "zscore", "--label", "label", "-o", "never")
    assert "name the value that means anomaly (--anomaly VALUE)" in said


def test_an_existing_output(fails, run, detected):
    for arguments in (
        ["detect", "pump.csv", "-m", "zscore"],
        ["fit", "pump.csv", "-m", "zscore", "--out", "out"],
        ["score", "out/model", "pump.csv", "--out", "pump.csv"],
    ):
        assert "exists already: add --force to replace it" in fails(2, *arguments)
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("keep me")
    said = fails(2, "detect", "pump.csv", "-m", "zscore", "--out", "mine", "--force")
    assert "holds 'letter.txt', which is not ours" in said
    said = fails(2, "detect", "pump.csv", "-m", "zscore", "--out", "pump.csv", "--force")
    assert "is a file, which the result is not" in said


def test_force_replaces_an_earlier_result(run):
    arguments = ["detect", "pump.csv", "-m", "zscore", "--out", "replaced", "--quiet"]
    assert run(*arguments, "--scores-format", "tsv").code == 0
    assert run(*arguments, "--force").code == 0
    names = sorted(path.name for path in Path("replaced").iterdir())
    assert names == ["model", "report.html", "scores.csv"]
    assert not list(Path().glob(".replaced*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_to_write(fails, work):
    Path("locked").mkdir(mode=0o500)
    said = fails(1, "detect", "pump.csv", "-m", "zscore", "--out", "locked/out")
    assert "cannot be made: permission denied" in said


def test_a_place_that_cannot_be(fails):
    said = fails(1, "detect", "pump.csv", "-m", "zscore", "--out", "pump.csv/out")
    assert "pump.csv/out cannot be made: " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["detect", "nowhere.csv"], "nowhere.csv is neither a file here nor a data set"),
        (["detect"], "Missing argument 'DATA'. See 'genad detect --help'"),
        (["detect", "pump.csv", "--nonsense"], "No such option: --nonsense"),
        (["nonsense"], "No such command 'nonsense'"),
        (["score", "no-model", "pump.csv"], "'no-model' does not exist"),
        (["detect", "pump.csv", "--model", "gpt"], "There is no detector 'gpt'; choose one of"),
        (
            ["detect", "pump.csv", "-m", "vae", "--set", "foo=1"],
            "VAE has no parameter 'foo'; there are batch",
        ),
        (["detect", "pump.csv", "--set", "lr"], "write NAME=VALUE"),
        (["detect", "pump.csv", "-m", "vae", "--set", "lr=fast"], "lr is a number"),
        (
            ["detect", "pump.csv", "-m", "vae", "--set", "lr=-1"],
            "The 'lr' parameter of VAE must be",
        ),
        (["detect", "pump.csv", "-m", "vae", "--epochs", "9", "--set", "epochs=8"], "given twice"),
        (["detect", "pump.csv", "-m", "zscore", "--epochs", "9"], "ZScore has no parameter 'epoch"),
        (["detect", "pump.csv", "--threshold", "magic"], "The threshold 'magic' is unknown"),
        (["detect", "pump.csv", "--contamination", "0.9"], "The 'contamination' parameter"),
        (["detect", "pump.csv", "--top", "20"], "--top is a share between 0 and 1"),
        (["detect", "pump.csv", "--top", ".1", "--threshold", "mad"], "both decide what is flagg"),
        (["detect", "pump.csv", "--label", "nope"], "no column 'nope' to take labels from"),
        (["detect", "pump.csv", "--ignore", "nope"], "no column 'nope' to ignore"),
        (["detect", "pump.csv", "--normal-only"], "--normal-only says how to use labels"),
        (["detect", "pump.csv", "--anomaly", "x"], "--anomaly says how to use labels"),
        (["detect", "pump.csv", "--device", "abacus"], "The device 'abacus' cannot be used"),
        (["detect", "pump.csv", "--scores-format", "xls"], "is csv, tsv or parquet, not 'xls'"),
        (["detect", "breast_cancer", "--label", "x"], "brings its own labels"),
        (["detect", "mnist", "--label", "x"], "mnist holds images, whose folders are"),
    ],
)
def test_misuse(fails, arguments, said):
    out = ["--out", "never"] if "pump.csv" in arguments and arguments[0] == "detect" else []
    assert said in fails(2, *arguments, *out)


def test_debug_shows_where_it_went_wrong(run):
    with pytest.raises(Misuse):
        run("--debug", "detect", "nowhere.csv")


# ---------------------------------------------------------------- what there is


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from genad.cli import main; code = main(['--help']);"
        "heavy = {'torch', 'sklearn', 'pyarrow', 'numpy', 'pandas', 'matplotlib'};"
        "sys.exit(code or str(sorted(heavy & set(sys.modules))))"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr.strip() == "[]"
    for name in ("detect", "fit", "score", "models", "data"):
        assert re.search(rf"\b{name}\b", ended.stdout)


@pytest.mark.parametrize("command", ["detect", "fit", "score", "models", "data", "data list"])
def test_every_command_has_help(run, command):
    ended = run(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"Usage: genad {command}" in ended.out


def test_version(run):
    assert run("--version").out == f"genad {genad.__version__}\n"


def test_models_are_those_registered(run):
    listed = json.loads(run("models", "--json").out)["models"]
    assert [entry["name"] for entry in listed] == sorted(detector_classes())
    by_name = {entry["name"]: entry for entry in listed}
    assert by_name["vae"]["paper"] == "Auto-Encoding Variational Bayes (Kingma and Welling, 2013)"
    assert by_name["ganomaly"]["family"] == "GAN"
    assert all(entry["summary"] and entry["family"] != "other" for entry in listed)
    text = run("models").out
    assert max(map(len, text.splitlines())) <= 80
    assert all(name in text for name in by_name)


def test_one_model_is_described_with_its_parameters(run):
    (entry,) = json.loads(run("models", "F-AnoGAN", "--json").out)["models"]
    assert entry["name"] == "fanogan" and entry["parameters"]["latent"] == "None"
    text = run("models", "vae").out
    assert "Auto-Encoding Variational Bayes" in text and "beta" in text
    unknown = run("models", "nope")
    assert unknown.code == 2 and "There is no detector 'nope'" in unknown.err


def test_data_sets_are_those_registered(run):
    listed = json.loads(run("data", "list", "--json").out)["datasets"]
    assert [entry["name"] for entry in listed] == [info.name for info in list_datasets()]
    text = run("data", "list").out
    assert max(map(len, text.splitlines())) <= 80
    assert all(entry["name"] in text for entry in listed)


def test_fetch_says_where_a_data_set_is(run):
    said = run("data", "fetch", "brest_cancer")
    assert said.code == 2
    assert said.err.count("breast_cancer") == 1
    path = run("data", "fetch", "breast_cancer").out.strip()
    assert Path(path).is_file()
    found = json.loads(run("data", "fetch", "breast_cancer", "--json").out)
    assert found == {"name": "breast_cancer", "path": path}


# ---------------------------------------------------------------- parameters


def test_settings_are_read_by_their_types():
    assert parse_settings(
        genad.VAE,
        [
            "hidden=64,32",
            "latent=none",
            "lr=1e-3",
            "epochs=5",
            "likelihood=bernoulli",
            "contamination=0.1",
            "ema=0.9",
        ],
    ) == {
        "hidden": (64, 32),
        "latent": None,
        "lr": 1e-3,
        "epochs": 5,
        "likelihood": "bernoulli",
        "contamination": 0.1,
        "ema": 0.9,
    }


def test_every_default_survives_a_round_through_text():
    for name, cls in detector_classes().items():
        defaults = {
            key: value
            for key, value in cls().get_params().items()
            if key not in ("callbacks", "checkpoint", "random_state")
        }
        texts = [f"{key}={value}" for key, value in defaults.items()]
        assert make_detector(name, texts).get_params().items() >= defaults.items()


# Ensembles.


def test_members_are_trained_in_one_run_that_can_be_watched(run):
    ended = run("detect", "pump.csv", *TINY_VAE, "--epochs", 2, "--members", 2, "--label", "label",
                "--anomaly", "broken", "--out", "several", "--json")  # fmt: skip
    found = json.loads(ended.out)
    assert found["detector"] == "Ensemble"
    assert found["parameters"]["n"] == 2
    assert found["parameters"]["detector"]["parameters"]["latent"] == 2
    loaded = genad.load("several/model")
    assert loaded.threshold_ == found["threshold"]
    assert loaded.detector.epochs == 2


def test_settings_go_to_the_members_and_the_verdict_to_the_ensemble():
    detector = make_detector("vae", ["scaler=robust", "device=cpu"], members=3, contamination=0.1)
    assert (detector.n, detector.detector.scaler, detector.device) == (3, "robust", "cpu")
    assert (detector.contamination, detector.detector.contamination) == (0.1, "auto")


@pytest.mark.parametrize("model", ["zscore", "forecaster", "sklearn.PCA"])
def test_what_is_not_trained_has_no_members(fails, model):
    said = fails(2, "detect", "pump.csv", "--model", model, "--members", 3)
    assert "--members trains several detectors side by side" in said
