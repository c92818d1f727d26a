"""Series from files to a verdict: reading, the job, the files it writes, and the page."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import genad
from genad.cli import main
from genad.data import open_table
from genad.errors import DataError, ParameterError
from genad.events import find_events
from genad.files import Roles, SeriesTask, as_series_tables, detect_series, open_series
from genad.report import detect_page
from genad.report.traces import Span, Trace, envelope, trace

START = np.datetime64("2024-01-01T00:00")


def write_series(path, n=200, *, shift=0.0, label=None, stamps=None):
    """Write a series of two channels with a jump in the second, and return its path."""
    values = np.sin(np.arange(n) / 5)
    stamps = START + np.arange(n) * np.timedelta64(5, "m") if stamps is None else stamps
    second = values.copy()
    second[120:125] += 8
    columns = {"at": [str(stamp) for stamp in stamps], "flow": values + shift, "heat": second}
    if label is not None:
        columns[label] = np.where((np.arange(n) >= 120) & (np.arange(n) < 125), "yes", "no")
    rows = [",".join(columns)]
    rows += [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_file_is_read_with_its_stamps_channels_and_labels(tmp_path):
    (series,) = open_series(write_series(tmp_path / "a.csv", label="odd"), "at", Roles("odd"))
    assert series.channels == ["flow", "heat"]
    assert series.stamps[1] - series.stamps[0] == np.timedelta64(5, "m")
    assert series.labels.sum() == 5
    assert series.frame().column_names == ["flow", "heat", "time"]
    assert series.normal_stretches(50) == [(0, 120), (125, 200)]
    assert series.normal_stretches(100) == [(0, 120)]


def test_the_only_column_of_dates_is_the_time(tmp_path):
    (series,) = open_series(write_series(tmp_path / "a.csv"), None, Roles())
    assert series.channels == ["flow", "heat"]
    assert series.stamps[0] == START


@pytest.mark.parametrize("scale", [1, 1000, 10**6, 10**9])
def test_numbers_are_seconds_or_parts_of_seconds_since_1970(tmp_path, scale):
    stamps = (np.arange(1_700_000_000, 1_700_000_050) * scale).tolist()
    (series,) = open_series(write_series(tmp_path / "a.csv", 50, stamps=stamps), "at", Roles())
    assert series.stamps[0] == np.datetime64("2023-11-14T22:13:20")
    assert series.stamps[1] - series.stamps[0] == np.timedelta64(1, "s")


def test_a_stamp_that_cannot_be_read_is_named_with_its_row(tmp_path):
    path = write_series(tmp_path / "a.csv")
    text = path.read_text(encoding="utf-8").replace("2024-01-01T00:10", "last Tuesday")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="row 3: 'last Tuesday' in 'at' is no time stamp"):
        open_series(path, "at", Roles())


def test_a_column_that_is_not_there_is_named(tmp_path):
    path = write_series(tmp_path / "a.csv")
    with pytest.raises(ParameterError, match="no column 'when' of time stamps; it has at, flow"):
        open_series(path, "when", Roles())
    with pytest.raises(ParameterError, match="no column 'odd' to take labels from"):
        open_series(path, "at", Roles("odd"))


def test_text_is_no_channel(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("at,state\n2024-01-01,on\n2024-01-02,off\n", encoding="utf-8")
    with pytest.raises(DataError, match="'state' holds text"):
        open_series(path, "at", Roles())


def test_a_folder_holds_series_of_one_make(tmp_path):
    folder = tmp_path / "all"
    (folder / "sub").mkdir(parents=True)
    write_series(folder / "b.csv")
    write_series(folder / "sub" / "a.csv", shift=3.0)
    assert [series.name for series in open_series(folder, "at", Roles())] == ["b.csv", "sub/a.csv"]
    slow = START + np.arange(200) * np.timedelta64(1, "h")
    write_series(folder / "slow.csv", stamps=slow)
    with pytest.raises(DataError, match=r"slow.csv has a step every 3600 s, but .* every 300 s"):
        open_series(folder, "at", Roles())
    (folder / "slow.csv").write_text("at,flow\n2024-01-01,1\n2024-01-02,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"slow\.csv has flow; one folder holds series with"):
        open_series(folder, "at", Roles())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"holds no \.csv"):
        open_series(empty, "at", Roles())


def found_in(folder, *, names=("a",), **options):
    tables = [
        table
        for name in names
        for table in open_series(
            write_series(folder / f"{name}.csv", label="odd"), "at", Roles("odd")
        )
    ]
    out = folder / "out"
    out.mkdir()
    detector = genad.ZScore(window=4, random_state=0)
    return detect_series(detector, SeriesTask(tables, tables, **options), out), out


def test_the_job_scores_every_step_and_finds_the_event(tmp_path):
    detection, out = found_in(tmp_path, normal_only=True)
    (series,) = detection.series
    assert len(detection.scores) == 200
    assert detection.item == "time step"
    assert detection.ranking.roc_auc > 0.95
    loudest = max(series.events, key=lambda event: event.score)
    assert 117 <= loudest.start <= 120 and 125 <= loudest.end <= 128
    assert loudest.channels[0][0] == "heat"
    written = open_table(out / "scores.csv").read()
    assert written.column_names[-3:] == ["anomaly_score", "anomaly_probability", "is_anomaly"]
    np.testing.assert_allclose(written["anomaly_score"].to_numpy(), series.scores)
    events = open_table(out / "events.csv").read()
    assert events.num_rows == len(series.events)
    assert any("labels chose them" in note for note in detection.notes)


def test_several_series_get_a_file_each(tmp_path):
    _, out = found_in(tmp_path, names=("a", "b"))
    assert sorted(path.name for path in (out / "scores").iterdir()) == ["a.csv", "b.csv"]


def test_a_share_of_the_steps_is_flagged_if_asked_for(tmp_path):
    detection, _ = found_in(tmp_path, top_share=0.05)
    assert detection.flagged == 10
    assert detection.detector.threshold_ == detection.threshold


def test_normal_stretches_must_be_long_enough(tmp_path):
    tables = open_series(write_series(tmp_path / "a.csv", label="odd"), "at", Roles("odd"))
    detector = genad.ZScore(window=80, random_state=0)
    with pytest.raises(DataError, match="No stretch without labelled anomalies has 160 time steps"):
        detect_series(detector, SeriesTask(tables, tables, normal_only=True), tmp_path)


def test_the_page_draws_the_series_and_tells_the_events(tmp_path):
    detection, _ = found_in(tmp_path)
    page = detect_page(detection)
    assert "time steps flagged" in page
    assert page.count('class="chart trace"') == 2
    assert 'class="event"' in page and 'class="label"' in page
    assert "heat" in page
    assert "Most anomalous rows" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_data_set_brings_its_labels(tmp_path):
    series = genad.data.Series("pump", np.zeros((30, 1)), windows=((10, 12),), train_end=5)
    (table,) = as_series_tables([series])
    assert np.flatnonzero(table.labels).tolist() == [10, 11]
    assert table.part(0, 5).name == "pump, steps 1 to 5"


def test_events_join_what_is_close():
    scores = np.array([0, 2, 0, 3, 0, 0, 0, 2.0])
    spans = [(e.start, e.end, e.peak) for e in find_events(scores, 1.0, apart=2)]
    assert spans == [(1, 4, 3), (7, 8, 7)]
    assert find_events(scores, 5.0) == []


def test_an_event_names_the_channels_to_blame():
    scores, shares = np.array([0.0, 3.0, 0.0]), np.array([[0, 0], [1.0, 2.0], [0, 0]])
    (event,) = find_events(scores, 1.0, shares=shares, names=["a", "b"])
    assert event.channels == (("b", 2.0), ("a", 1.0))


def test_a_long_line_keeps_its_extremes():
    values = np.zeros(100_000)
    values[77_777], values[3] = 5.0, -2.0
    steps, kept = envelope(values, 100)
    assert len(steps) <= 200
    assert max(kept) == 5.0 and min(kept) == -2.0
    assert 77_777 in steps.tolist()


def test_a_gap_is_not_bridged():
    line = np.array([0.0, 1.0, np.nan, 1.0, 0.0])
    assert trace(Trace("t", "", (line,))).count("M") == 2


def test_a_short_event_can_still_be_seen():
    svg = str(trace(Trace("t", "", (np.zeros(100_000),), (Span(5, 6, "event", ""),))))
    assert 'width="0.25"' in svg


def run(*arguments, tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "genad", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)


def test_the_command_takes_a_file_with_a_column_of_time(tmp_path):
    write_series(tmp_path / "pump.csv")
    done = run("detect", "pump.csv", "--time", "at", "-m", "zscore", "--json", tmp_path=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["rows"] == 200
    assert result["events"][0]["series"] == "pump.csv"
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["events.csv", "model", "report.html", "scores.csv"]
    loaded = genad.load(tmp_path / "out" / "model")
    frame = open_series(tmp_path / "pump.csv", "at", Roles())[0].frame()
    scores = pa.array(loaded.anomaly_score(frame)).to_pylist()
    assert open_table(tmp_path / "out" / "scores.csv").read()["anomaly_score"].to_pylist() == scores


def test_a_series_that_is_too_short_leaves_nothing_behind(tmp_path):
    write_series(tmp_path / "pump.csv", 10)
    done = run("detect", "pump.csv", "--time", "at", "--window", "50", tmp_path=tmp_path)
    assert done.returncode == 1
    assert "has 10 time steps, but a window has 50" in done.stderr
    assert not (tmp_path / "out").exists()


# A detector that learns from labels.


def labelled(path, *odd):
    """Write a series that jumps, and is labelled, at some places; return what is in the file."""
    values, labels = np.sin(np.arange(240) / 4), np.zeros(240, int)
    for start in odd:
        values[start : start + 6] += 3
        labels[start : start + 6] = 1
    rows = [
        f"{START + k * np.timedelta64(5, 'm')},{v},{y}"
        for k, (v, y) in enumerate(zip(values, labels, strict=True))
    ]
    path.write_text("\n".join(["at,flow,odd", *rows]) + "\n", encoding="utf-8")
    return open_series(path, "at", Roles("odd"))


def classifier():
    return genad.PretrainedClassifier(
        window=10, hidden=(8,), epochs=2, validation_fraction=0.0, random_state=0
    )


def test_labels_of_the_first_half_teach_and_those_of_the_second_judge(tmp_path):
    tables = labelled(tmp_path / "a.csv", 30, 60, 90, 150, 200)
    found = detect_series(classifier(), SeriesTask(tables, tables), tmp_path)
    assert found.detector.model_.classifies
    assert "in the first half of the series" in found.taught and "18 time steps" in found.taught
    assert found.taught in found.notes
    late = np.arange(240) >= 120
    truth = tables[0].labels[late] == 1
    assert found.ranking.roc_auc == genad.metrics.roc_auc(truth, found.scores[late])
    assert "learnt from the labels of anomalies" in detect_page(found, model=None)


def test_labels_of_a_training_file_teach_and_the_scored_file_judges(tmp_path):
    train, scored = labelled(tmp_path / "a.csv", 30, 60), labelled(tmp_path / "b.csv", 50)
    found = detect_series(classifier(), SeriesTask(train, scored), tmp_path)
    assert "in the training part" in found.taught
    truth = scored[0].labels == 1
    assert found.ranking.roc_auc == genad.metrics.roc_auc(truth, found.scores)


def test_without_anything_to_teach_it_says_that_it_only_forecasts(tmp_path):
    tables = labelled(tmp_path / "a.csv", 150)
    found = detect_series(classifier(), SeriesTask(tables, tables), tmp_path)
    assert not found.taught and "stays a forecaster: no anomaly is labelled" in found.notes[0]
    (bare,) = open_series(tmp_path / "a.csv", "at", Roles(ignore=("odd",)))
    found = detect_series(classifier(), SeriesTask([bare], [bare]), tmp_path)
    assert "was given no labels to learn from" in found.notes[0]
    with pytest.raises(ParameterError, match="learns from labelled anomalies"):
        detect_series(classifier(), SeriesTask(tables, tables, normal_only=True), tmp_path)


def test_what_is_wrong_with_a_file_is_said_with_its_name(tmp_path):
    stamps = START + np.arange(200) * np.timedelta64(5, "m")
    stamps[[40, 150]] = stamps[[150, 40]]
    tables = open_series(write_series(tmp_path / "a.csv", stamps=stamps), "at", Roles())
    with pytest.raises(DataError, match=r"^a\.csv goes back in time in row 42"):
        detect_series(genad.ZScore(window=5), SeriesTask(tables, tables), tmp_path)
    (short,) = open_series(write_series(tmp_path / "b.csv", 130), "at", Roles())
    with pytest.raises(DataError, match=r"^b\.csv has 130 time steps, but a window has 200"):
        detect_series(genad.ZScore(window=200), SeriesTask([short], [short]), tmp_path)


def test_why_there_are_no_figures_is_said(tmp_path):
    tables = labelled(tmp_path / "a.csv")
    found = detect_series(genad.ZScore(window=5), SeriesTask(tables, tables), tmp_path)
    assert found.ranking is None
    assert any("Every label to judge by says normal" in note for note in found.notes)
    constant = [replace(tables[0], table=pa.table({"flow": [1.0] * 240}), labels=None)]
    found = detect_series(genad.ZScore(window=5), SeriesTask(constant, constant), tmp_path)
    assert any("Channel 'flow' is constant" in note for note in found.notes)


def test_a_saved_model_of_series_scores_a_file_as_one_series(tmp_path, capsys):
    (series,) = open_series(write_series(tmp_path / "a.csv", label="note"), "at", Roles("note"))
    detector = genad.ZScore(window=9, random_state=0).fit(series.frame())
    detector.save(tmp_path / "model")
    names = [str(tmp_path / name) for name in ("model", "a.csv", "scores.csv")]
    for time in (["--time", "at"], []):
        assert main(["score", *names[:2], "--out", names[2], "--force", *time]) == 0
        scored = open_table(names[2]).read()
        assert scored.column_names[:4] == ["at", "flow", "heat", "note"]
        scores = detector.anomaly_score(series.frame())
        np.testing.assert_allclose(scored["anomaly_score"].to_numpy(), scores, rtol=1e-12)
    write_series(tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8").replace("heat", "cold")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main(["score", *names[:2], "--out", names[2], "--time", "at", "--force"]) == 1
    assert "a.csv must have the channels of the training series; missing: 'heat'" in (
        capsys.readouterr().err
    )
