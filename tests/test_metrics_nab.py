"""The NAB scorer: against the published figures, a slow definition and closed forms."""

import csv
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genad.errors import DataError, ParameterError
from genad.metrics import (
    NAB_PROFILES,
    NAB_REWARD_LOW_FN,
    NAB_REWARD_LOW_FP,
    NAB_STANDARD,
    NabProfile,
    NabSeries,
    nab_report,
    nab_score,
    probationary_period,
    read_nab_results,
    read_nab_windows,
)

START = np.datetime64("2024-01-01T00:00", "m")


def stream(scores, *windows):
    """Return a series of minutes with windows from the first to the last row given."""
    timestamps = START + np.arange(len(scores))
    pairs = [(timestamps[first], timestamps[last]) for first, last in windows]
    return NabSeries(timestamps, np.asarray(scores, dtype=np.float64), pairs)


def spikes(n, *rows):
    return np.isin(np.arange(n), rows).astype(np.float64)


def sigmoid(x):
    return 2 / (1 + math.exp(5 * x)) - 1


def test_the_profiles():
    weights = [(profile.tp, profile.fp, profile.fn) for profile in NAB_PROFILES]
    assert weights == [(1.0, 0.11, 1.0), (1.0, 0.22, 1.0), (1.0, 0.11, 2.0)]
    names = [profile.name for profile in NAB_PROFILES]
    assert names == ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]


@pytest.mark.parametrize(("n", "rows"), [(1, 0), (100, 15), (4032, 604), (5000, 750), (9999, 750)])
def test_the_probationary_period(n, rows):
    assert probationary_period(n) == rows


@pytest.mark.parametrize("profile", NAB_PROFILES)
def test_silence_is_0_and_perfection_100(profile):
    corpus = {"a": stream(spikes(100, 40, 70), (40, 49), (70, 75)), "b": stream(np.zeros(50))}
    perfect = nab_score(corpus, profile)
    assert perfect.score == pytest.approx(100.0)
    assert perfect.raw == pytest.approx(2 * profile.tp)
    silent = nab_score(corpus, profile, threshold=2.0)
    assert silent.score == 0.0
    assert silent.raw == -2 * profile.fn


def test_a_detection_in_a_window_by_hand():
    # Window of 10 rows, first seen at its 4th: 7 rows from the one after its end.
    result = nab_score({"a": stream(spikes(100, 43, 47), (40, 49))}, threshold=1.0)
    assert result.raw == pytest.approx(sigmoid(-7 / 10) / sigmoid(-1))
    assert (result.series["a"].detected, result.series["a"].false_alarms) == (1, 0)


@pytest.mark.parametrize(
    ("row", "cost"),
    [(30, -1.0), (50, sigmoid(1 / 9)), (58, sigmoid(1)), (76, sigmoid(3)), (77, -1.0), (99, -1.0)],
)
def test_a_false_alarm_by_hand(row, cost):
    result = nab_score({"a": stream(spikes(100, row), (40, 49))}, threshold=1.0)
    assert result.raw == pytest.approx(0.11 * cost - 1, rel=1e-12)
    assert result.series["a"].false_alarms == 1


def test_a_false_alarm_is_measured_from_the_last_window():
    result = nab_score({"a": stream(spikes(100, 72), (30, 39), (60, 69))}, threshold=1.0)
    assert result.raw == pytest.approx(0.11 * sigmoid(3 / 9) - 2)


def test_the_probationary_period_is_not_scored():
    early = {"a": stream(spikes(100, 3, 10, 14), (2, 5), (60, 69))}
    result = nab_score(early, threshold=1.0)
    assert result.raw == -1.0
    assert (result.series["a"].windows, result.series["a"].false_alarms) == (1, 0)


def test_a_window_that_reaches_out_of_the_probationary_period_is_scored_from_there():
    corpus = {"a": stream(spikes(100, 12, 16), (10, 19))}
    assert nab_score(corpus, threshold=1.0).raw == pytest.approx(sigmoid(-4 / 10) / sigmoid(-1))


def test_a_window_of_one_row():
    corpus = {"a": stream(spikes(100, 40, 42), (40, 40))}
    assert nab_score(corpus, threshold=1.0).raw == pytest.approx(1 + 0.11 * sigmoid(2))


def test_silence_is_chosen_where_it_is_best():
    result = nab_score({"a": stream(1 - spikes(1_000, 401), (400, 401))})
    assert result.threshold == np.inf
    assert result.score == 0.0


def test_the_threshold_takes_rows_at_it():
    corpus = {"a": stream(0.5 * spikes(100, 40), (40, 49))}
    assert nab_score(corpus, threshold=0.5).series["a"].detected == 1
    assert nab_score(corpus, threshold=np.nextafter(0.5, 1)).series["a"].detected == 0


def test_timestamps_may_step_back():
    timestamps = START + np.array([*range(60), *range(50, 90)])
    window = [(timestamps[70], timestamps[79])]
    result = nab_score({"a": NabSeries(timestamps, spikes(100, 70), window)}, threshold=1.0)
    assert result.raw == pytest.approx(1.0)


def slow_raw(series, profile, threshold):
    """Return the raw score of one series from its definition, a row at a time."""
    rows = range(probationary_period(len(series.scores)), len(series.scores))
    position = {t: i for i, t in enumerate(series.timestamps.tolist())}
    windows = sorted((position[a.item()], position[b.item()]) for a, b in series.windows)
    total = 0.0
    for first, last in windows:
        width = last - first + 1
        hits = [i for i in rows if first <= i <= last and series.scores[i] >= threshold]
        if hits:
            total += profile.tp * sigmoid(-(last - hits[0] + 1) / width) / sigmoid(-1)
        elif last >= rows.start:
            total -= profile.fn
    for i in rows:
        if series.scores[i] < threshold or any(a <= i <= b for a, b in windows):
            continue
        before = [(a, b) for a, b in windows if b < i]
        distance = (i - before[-1][1]) / max(before[-1][1] - before[-1][0], 1) if before else 9
        total += profile.fp * (sigmoid(distance) if distance <= 3 else -1)
    return total


@st.composite
def corpora(draw):
    corpus = {}
    for name in "abc"[: draw(st.integers(1, 3))]:
        n = draw(st.integers(8, 40))
        scores = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
        edges = sorted(draw(st.sets(st.integers(0, n - 1), max_size=6)))
        windows = list(zip(edges[::2], edges[1::2], strict=False))
        corpus[name] = stream(scores, *windows)
    n = draw(st.integers(8, 20))
    corpus["sure"] = stream(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), (3, 6))
    return corpus


@settings(deadline=None)
@given(corpora(), st.sampled_from(NAB_PROFILES))
def test_the_slow_definition_agrees_at_every_threshold(corpus, profile):
    totals = {}
    for threshold in range(11):
        result = nab_score(corpus, profile, threshold=threshold)
        for name, series in corpus.items():
            expected = slow_raw(series, profile, threshold)
            assert result.series[name].raw == pytest.approx(expected, abs=1e-9)
        totals[threshold] = result.raw
        assert result.raw == pytest.approx(sum(one.raw for one in result.series.values()))
    best = nab_score(corpus, profile)
    assert best.raw == pytest.approx(max(totals.values()), abs=1e-9)
    assert 0 <= best.score <= 100 + 1e-9


@given(corpora())
def test_monotone_transforms_and_the_order_of_the_series_change_nothing(corpus):
    changed = {
        name: NabSeries(series.timestamps, 2.0**series.scores, series.windows)
        for name, series in reversed(corpus.items())
    }
    first, second = nab_report(corpus), nab_report(changed)
    for one, other in (
        (first.standard, second.standard),
        (first.reward_low_fp, second.reward_low_fp),
        (first.reward_low_fn, second.reward_low_fn),
    ):
        assert one.score == pytest.approx(other.score)
        assert one.profile == other.profile


@given(corpora())
def test_the_report_holds_the_three_profiles(corpus):
    report = nab_report(corpus)
    assert report.standard == nab_score(corpus, NAB_STANDARD)
    assert report.reward_low_fp == nab_score(corpus, NAB_REWARD_LOW_FP)
    assert report.reward_low_fn == nab_score(corpus, NAB_REWARD_LOW_FN)


def test_weights_of_ones_own():
    corpus = {"a": stream(spikes(100, 40, 90), (40, 49))}
    only_misses = NabProfile("misses", tp=0.0, fp=0.0, fn=3.0)
    assert nab_score(corpus, only_misses, threshold=2.0).score == 0.0
    assert nab_score(corpus, only_misses, threshold=1.0).score == 100.0
    with pytest.raises(ParameterError, match="weights of at least 0"):
        NabProfile("odd", tp=1.0, fp=-0.1, fn=1.0)
    with pytest.raises(ParameterError, match="tp or fn above 0"):
        NabProfile("empty", tp=0.0, fp=1.0, fn=0.0)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (stream(np.zeros(50)), "no anomaly window after the probationary period"),
        (stream(np.zeros(50), (1, 3)), "no anomaly window after the probationary period"),
        (stream(np.zeros(50), (20, 30), (30, 40)), "overlaps the one before"),
        (stream([np.nan] * 50, (20, 30)), "scores hold 50 NaN"),
        (stream([np.inf] * 50, (20, 30)), "series 'disk' has infinite scores"),
        (NabSeries(START + np.arange(5), np.zeros(4)), "series 'disk' has scores of shape"),
        (NabSeries(START + np.arange(5), np.zeros(5), [(START + 9, START + 10)]), "holds no row"),
        (NabSeries(START + np.arange(5), np.zeros(5), [(START + 3, START + 2)]), "holds no row"),
    ],
)
def test_series_that_cannot_be_scored(series, message):
    with pytest.raises(DataError, match=message):
        nab_score({"disk": series})


def test_an_empty_corpus_is_refused():
    with pytest.raises(DataError, match="corpus of 0 series"):
        nab_score({})


def write_results(root, text="timestamp,value,anomaly_score\n2024-01-01 00:00:00,3,0.25\n"):
    category = root / "mine" / "real"
    category.mkdir(parents=True)
    (category / "mine_disk.csv").write_text(text, encoding="utf-8")
    windows = root / "windows.json"
    pair = ["2024-01-01 00:00:00.000000", "2024-01-01 00:05:00.000000"]
    windows.write_text(json.dumps({"real/disk.csv": [pair]}), encoding="utf-8")
    return root / "mine", windows


def test_result_folders_are_read(tmp_path):
    folder, windows = write_results(tmp_path)
    series = read_nab_results(folder, windows)["real/disk.csv"]
    assert series.scores.tolist() == [0.25]
    assert series.timestamps[0] == np.datetime64("2024-01-01")
    assert series.windows == read_nab_windows(windows)["real/disk.csv"]
    folder.rename(tmp_path / "renamed")
    assert read_nab_results(tmp_path / "renamed", windows, detector="mine").keys()


def test_folders_that_are_no_results_are_refused(tmp_path):
    folder, windows = write_results(tmp_path)
    with pytest.raises(DataError, match=r"holds no file <category>/other_<file>\.csv"):
        read_nab_results(folder, windows, detector="other")
    windows.write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"has no entry for real/disk\.csv"):
        read_nab_results(folder, windows)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "timestamp,value\n2024-01-01,3\n",
        "timestamp,anomaly_score\n2024-01-01,high\n",
        "timestamp,anomaly_score\nyesterday,0.5\n",
        "timestamp,anomaly_score\n2024-01-01\n",
    ],
)
def test_files_that_are_no_results_are_refused(tmp_path, text):
    folder, windows = write_results(tmp_path, text)
    with pytest.raises(DataError, match=r"mine_disk\.csv cannot be read as results"):
        read_nab_results(folder, windows)


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 3}', '{"a": [["x", "y"]]}', '{"a": [[1]]}'])
def test_files_that_are_no_windows_are_refused(tmp_path, text):
    path = tmp_path / "windows.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"windows\.json does not hold anomaly windows"):
        read_nab_windows(path)


# results/final_results.json of NAB v1.1, but for numenta under reward_low_FP_rate: the figure
# there, 63.117, is older than the result files. NAB's own sweeper gives 63.209 on them.
PUBLISHED = {
    "numenta": (70.10105611943965, 63.20918500249927, 74.3202443095115),
    "windowedGaussian": (39.649523496077585, 20.86798582474138, 47.4100271583046),
}


@pytest.fixture(scope="module")
def nab():
    folder = Path(os.environ.get("GENAD_DATA_HOME", "")) / "nab"
    if "GENAD_DATA_HOME" not in os.environ or not folder.is_dir():
        pytest.skip("GENAD_DATA_HOME names no folder with NAB's results in nab/")
    return folder


@pytest.mark.parametrize("detector", PUBLISHED)
def test_the_published_figures(nab, detector):
    windows = nab / "labels" / "combined_windows.json"
    corpus = read_nab_results(nab / "results" / detector, windows)
    assert len(corpus) == 58
    begin = time.process_time()
    report = nab_report(corpus)
    assert time.process_time() - begin < 1.0
    scores = (report.standard.score, report.reward_low_fp.score, report.reward_low_fn.score)
    assert scores == pytest.approx(PUBLISHED[detector], abs=1e-8)
    published = json.loads((nab / "results" / "final_results.json").read_text(encoding="utf-8"))
    assert report.standard.score == pytest.approx(published[detector]["standard"], abs=1e-8)


@pytest.mark.parametrize("detector", PUBLISHED)
@pytest.mark.parametrize("profile", NAB_PROFILES, ids=lambda profile: profile.name)
def test_the_published_score_of_every_file(nab, detector, profile):
    windows = nab / "labels" / "combined_windows.json"
    corpus = read_nab_results(nab / "results" / detector, windows)
    table = nab / "results" / detector / f"{detector}_{profile.name}_scores.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["File"]]
    result = nab_score(corpus, profile, threshold=float(rows[0]["Threshold"]))
    assert len(rows) == len(result.series) == 58
    for row in rows:
        one = result.series[row["File"]]
        assert one.raw == pytest.approx(float(row["Score"]), abs=1e-9), row["File"]
        assert one.false_alarms == int(row["FP"])
