"""Following lines: scores as they come, bad lines by number, killed and gone on with."""

import io
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import genad
from genad.cli import main
from genad.errors import ParameterError
from genad.files.following import Following, usual_warm_up
from genad.files.lines import BadLine, Step, StepReader

WARM_UP, ODD = 60, 150
FAST = ["--follow", "--model", "rollingzscore", "--set", "memory=30", "--warm-up", WARM_UP]
START = np.datetime64("2024-01-01T00:00")


def frame(n=200):
    values = np.sin(np.arange(n) / 3) + 0.1 * np.random.default_rng(0).normal(size=n)
    values[ODD:] += 6.0 * (np.arange(n)[ODD:] == ODD)
    stamps = START + np.arange(n) * np.timedelta64(5, "m")
    return pd.DataFrame({"at": stamps, "flow": values.round(6), "note": "x,y"})


def lines(n=200):
    return frame(n).to_csv(index=False).splitlines(keepends=True)


@pytest.fixture
def follow(monkeypatch, capsys):
    """Run a command on lines in this process."""

    def command(given, *arguments, first=FAST, named=True):
        text = "".join(given).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        named = ["--time", "at", "--ignore", "note"] if named else []
        code = main(["detect", *map(str, [*first, *named, *arguments])])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return command


def table(out):
    return pd.read_csv(io.StringIO(out))


def test_every_line_comes_back_with_its_score(follow):
    ended = follow(lines())
    assert ended.code == 0
    scored = table(ended.out)
    assert list(scored.columns[-3:]) == ["anomaly_score", "anomaly_probability", "is_anomaly"]
    assert (scored["note"] == "x,y").all() and len(scored) == 200
    assert scored["anomaly_score"].isna().sum() == WARM_UP
    assert scored["anomaly_score"].idxmax() == ODD and scored["is_anomaly"][ODD] == True  # noqa: E712
    assert "200 lines taken in" in ended.err


def test_the_scores_are_those_of_the_series_in_one_go(follow):
    scored = table(follow(lines()).out)
    data = frame()[["at", "flow"]]
    detector = genad.RollingZScore(memory=30, random_state=0).fit(data[:WARM_UP])
    np.testing.assert_array_equal(
        scored["anomaly_score"][WARM_UP:], detector.anomaly_score(data)[WARM_UP:]
    )


def test_a_file_to_learn_from_leaves_nothing_to_wait_for(follow, tmp_path):
    (tmp_path / "train.csv").write_text("".join(lines(120)), encoding="utf-8")
    train = [*FAST[:-2], "--train", str(tmp_path / "train.csv")]
    assert not table(follow(lines(), first=train).out)["anomaly_score"].isna().any()


def test_json_lines_hold_values_and_the_threshold(follow):
    records = [json.loads(line) for line in follow(lines(), "--json").out.splitlines()]
    assert records[0]["anomaly_score"] is None and records[0]["at"].startswith("2024-01-01")
    assert records[ODD]["is_anomaly"] and records[ODD]["threshold"] < records[ODD]["anomaly_score"]
    assert isinstance(records[0]["flow"], float)


def test_a_threshold_that_is_given_stays(follow):
    ended = follow(lines(), "--json", "--threshold", "fixed:2.5")
    records = [json.loads(line) for line in ended.out.splitlines()]
    assert {record["threshold"] for record in records[WARM_UP:]} == {2.5}


def test_the_guard_keeps_alarms_from_moving_the_threshold():
    limits = {}
    for guard in (False, True):
        following = Following(
            genad.RollingZScore(memory=30, random_state=0), ["flow"], warm_up=60, guard=guard
        )
        for value in [*frame()["flow"][:ODD], *[9.0, -9.0] * 20]:
            verdict = following.score(step := Step([], [value], None))
            following.learn(step)
        limits[guard] = verdict.threshold
    assert limits[True] < limits[False]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("2024-01-02T00:00:00,high,x\n", "'high' in 'flow' is no number"),
        ("2024-01-02T00:00:00,1.0\n", "has 2 cells where the header has 3"),
        ("2024-01-02T00:00:00,inf,x\n", "'inf' in 'flow' is not finite"),
        ("yesterday,1.0,x\n", "'yesterday' in 'at' is no time stamp"),
        ("2023-12-01T00:00:00,1.0,x\n", "goes back in time"),
        ('2024-01-02T00:00:00,"1.0,x\n', "cannot be cut into cells"),
        (b"2024-01-02T00:00:00,\xff,x\n".decode("latin-1"), "is no number"),
    ],
)
def test_a_bad_line_is_named_and_left_out_or_the_end(follow, bad, reason):
    given = lines()
    given.insert(101, bad)
    ended = follow(given)
    assert ended.code == 1
    assert f"Line 102 of the input {reason}" in ended.err or reason in ended.err
    assert len(table(ended.out)) == 100
    skipped = follow(given, "--skip-bad")
    assert skipped.code == 0 and "1 line left out" in skipped.err and "Line 102" in skipped.err
    assert skipped.out == follow(lines()).out


def test_missing_values_are_no_bad_lines(follow):
    given = lines()
    given[100] = given[100].split(",")[0] + ",,x\n"
    ended = follow(given)
    assert ended.code == 0 and not np.isnan(table(ended.out)["anomaly_score"][99])


@pytest.mark.parametrize(
    ("given", "arguments", "code", "reason"),
    [
        ([], [], 1, "Standard input is empty"),
        (["1.0,2.0\n"], [], 1, "a header is needed"),
        (["at,flow,flow\n"], [], 1, "two columns 'flow'"),
        (["when,flow,note\n"], [], 2, "no column 'at' of time stamps"),
        (["at,is_anomaly,note\n"], [], 1, "which is to be added"),
        (lines(20), [], 1, "ended before there were 60 lines to learn from"),
        (lines(), ["--model", "vae"], 2, "VAE scores a step by what comes after it too"),
        (lines(), ["--out", "x"], 2, "--out has no use with --follow"),
        (lines(), ["--size", "28"], 2, "--size has no use with --follow"),
        (lines(), ["--channels", "1"], 2, "--channels has no use with --follow"),
        (lines(), ["--on-error", "skip"], 2, "--on-error has no use with --follow"),
        (lines(), ["file.csv"], 2, "--follow reads standard input"),
        (lines(), ["--train", "x.csv"], 2, "both say what to learn from"),
        (["flow\n", *["nan\n"] * 80], ["drop"], 1, "holds no value to learn from"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(follow, given, arguments, code, reason):
    named = arguments != ["drop"]
    ended = follow(given, *(arguments if named else []), named=named)
    assert ended.code == code, ended.err
    assert reason in ended.err and ended.err.count("Error:") == 1


def test_without_follow_its_options_are_of_no_use(follow):
    assert "--guard has no use without --follow" in follow([], "x.csv", "--guard", first=[]).err
    assert "Missing argument 'DATA'" in follow([], first=[]).err


def test_a_stream_goes_on_from_its_state(follow, tmp_path):
    whole, state = follow(lines()).out, ["--state", tmp_path / "state"]
    given = lines()
    # While it waits, and while it scores.
    parts = [given[:31], [given[0], *given[31:100]], [given[0], *given[100:]]]
    outs = [line for part in parts for line in follow(part, *state).out.splitlines()[1:]]
    assert outs == whole.splitlines()[1:]


def test_a_state_of_other_options_is_refused(follow, tmp_path):
    state = ["--state", tmp_path / "state"]
    follow(lines(), *state)
    ended = follow(lines(), *state, "--guard")
    assert ended.code == 2 and "holds a stream with guard False, but now it is True" in ended.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear", encoding="utf-8")
    ended = follow(lines(), "--state", tmp_path / "full")
    assert ended.code == 2 and "holds no stream" in ended.err


def test_a_stream_that_is_killed_goes_on_with_the_same_scores(follow, tmp_path):
    """A process is stopped in the middle, and the next goes on where its output ends."""
    state = ["--state", str(tmp_path / "state")]
    command = [sys.executable, "-m", "genad", "detect", *map(str, FAST), "--time", "at"]
    process = subprocess.Popen(
        [*command, "--ignore", "note", *state], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    given = lines()
    process.stdin.write("".join(given[:120]).encode())
    process.stdin.flush()
    before = [process.stdout.readline().decode() for _ in range(120)]
    process.send_signal(signal.SIGTERM)  # it waits for a line that does not come
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and rest == b""
    after = follow([given[0], *given[120:]], *state).out.splitlines(keepends=True)
    assert "".join(before + after[1:]) == follow(lines()).out


class Interrupting(io.BytesIO):
    """Lines, and Ctrl-C while the one after `last` is waited for."""

    def __init__(self, given, last):
        super().__init__("".join(given).encode())
        self.left = last

    def readline(self):
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)
        self.left -= 1
        return super().readline()


def test_ctrl_c_ends_a_stream_between_two_lines(follow, tmp_path, monkeypatch, capsys):
    given, arguments = lines(), [*map(str, FAST), "--time", "at", "--ignore", "note"]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Interrupting(given, 120)))
    assert main(["detect", *arguments, "--state", str(tmp_path / "state")]) == 0
    before = capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    after = follow([given[0], *given[120:]], "--state", tmp_path / "state").out
    assert before.splitlines() + after.splitlines()[1:] == follow(given).out.splitlines()


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text("".join(lines()), encoding="utf-8")
    flags = " ".join(map(str, FAST))
    command = f"{sys.executable} -m genad detect {flags} --time at --ignore note --quiet"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} < {path} | head -n 2"],
        capture_output=True,
        env=os.environ,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.decode().count("\n") == 2 and ended.stderr == b""


def test_a_saved_model_follows_too(follow, tmp_path, monkeypatch, capsys):
    data = frame()
    detector = genad.RollingZScore(memory=30).fit(data[["at", "flow"]])
    detector.save(tmp_path / "model")
    turned = data[["note", "flow", "at"]].to_csv(index=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(turned.encode())))
    assert main(["score", str(tmp_path / "model"), "--follow", "--time", "at"]) == 0
    scored = table(capsys.readouterr().out)
    np.testing.assert_array_equal(
        scored["anomaly_score"], detector.anomaly_score(data[["at", "flow"]])
    )


def test_a_line_is_read_in_the_delimiter_of_the_header():
    reader = StepReader("\ufeffat;flow\r\n", time="at")
    assert reader.read("2024-01-01;1,5\r\n".replace(",", ".")).values == [1.5]
    with pytest.raises(BadLine, match="has 1 cells where the header has 2"):
        reader.read("2024-01-01,1.5")


def test_the_usual_wait_is_enough_for_windows_to_hold_out():
    assert usual_warm_up(genad.Forecaster(window=200)) == 2000
    assert usual_warm_up(genad.WindowedGaussian()) == 750
    with pytest.raises(ParameterError, match="No column is left"):
        StepReader("at", time="at")
