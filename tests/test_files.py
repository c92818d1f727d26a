"""Fitting on sources and scoring them: columns, labels, chunks, notes, what is written."""

import json
import re
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from pyarrow import parquet

from genad import VAE, ZScore
from genad.data import open_table
from genad.detector import Detector
from genad.errors import DataError, ModelFormatError, ParameterError
from genad.files import (
    ADDED,
    Roles,
    Task,
    detect,
    false_alarm_rate,
    file_source,
    fit_source,
    score_source,
    survey,
    table_source,
)
from genad.files import (
    source as source_module,
)
from genad.files.cells import as_cells, expected_cells
from genad.files.explanation import Ranked
from genad.files.fitting import TrainingRows, fit_rows, training_rows
from genad.files.kept import Kept
from genad.files.labels import as_labels
from genad.files.scoring import share_threshold
from genad.files.source import unwatched

N, ODD = 300, 170


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(N, 2))
    values[ODD] = 25.0, -25.0
    return pa.table(
        {
            "bar": values[:, 0],
            "rpm": values[:, 1],
            "state": rng.choice(["on", "off"], N),
            "fault": np.arange(N) == ODD,
        }
    )


@pytest.fixture
def small_chunks(monkeypatch):
    """Read a few rows at a time, so that a small table has many chunks."""
    monkeypatch.setattr(source_module, "CHUNK", 7)


def labels_of(values, anomaly=()):
    return as_labels(pa.chunked_array([pa.array(values)]), "y", anomaly).tolist()


def run(table, path, roles=Roles(label="fault"), watch=unwatched, **options):  # noqa: B008
    source = table_source("pump", table)
    task = Task(source, source, roles, **options)
    return detect(ZScore(random_state=0), task, path / "scores.csv", watch=watch)


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None],
        [1, 0, None],
        [1.0, 0.0, None],
        ["1", "0", None],
        ["Anomaly", " normal", None],
        ["attack.", "normal.", None],
        ["yes", "no", None],
    ],
)
def test_labels_in_the_usual_spellings(values):
    assert labels_of(values) == [1, 0, -1]


@pytest.mark.parametrize(
    ("values", "anomaly"),
    [
        (["unstable", "stable"], ["unstable"]),
        ([2, 1], ["2"]),
        ([2.0, 1.0], ["2"]),
        ([-1, 1], ["-1"]),
    ],
)
def test_the_value_that_means_anomaly_can_be_named(values, anomaly):
    assert labels_of(values, anomaly) == [1, 0]


def test_labels_that_nobody_explained_are_refused():
    with pytest.raises(DataError, match=r"'y' holds 'a', 'b', 'c', \.\.\., of which nobody said"):
        labels_of(["a", "b", "c", "d", "normal"])


# ---------------------------------------------------------------- the look before


def test_survey_counts_and_reads_labels_over_chunks(table, small_chunks):
    found = survey(table_source("pump", table), ["bar"], Roles(label="fault"))
    assert found.rows == N
    assert np.flatnonzero(found.labels).tolist() == [ODD]
    assert found.known.all()


def test_an_infinity_is_named_by_column_and_row(small_chunks):
    values = np.zeros(20)
    values[16] = np.inf
    source = table_source("pump.csv", pa.table({"bar": np.zeros(20), "rpm": values}))
    with pytest.raises(DataError, match=r"pump.csv holds an infinity in column 'rpm', row 17;"):
        survey(source, source.columns, Roles())
    assert survey(source, ["bar"], Roles()).rows == 20


def test_columns_that_do_not_exist_are_refused(table):
    source = table_source("pump", table)
    with pytest.raises(ParameterError, match="no column 'nope' to take labels from"):
        survey(source, ["bar"], Roles(label="nope"))
    with pytest.raises(ParameterError, match="no column 'nope' to ignore"):
        Roles(ignore=("nope",)).features(source.columns)
    with pytest.raises(ParameterError, match="No column is left"):
        Roles(label="fault", ignore=("bar", "rpm", "state")).features(source.columns)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 0], "marks all 2 labelled rows as normal"),
        ([1, 1], "marks all 2 labelled rows as anomalies"),
        (pa.array([None, None], pa.string()), "is empty"),
    ],
)
def test_labels_of_one_class_are_refused_before_the_fit(labels, said, tmp_path, monkeypatch):
    monkeypatch.setattr(Detector, "fit", lambda *_: pytest.fail("fitted before it was checked"))
    with pytest.raises(DataError, match=f"label column 'fault' of pump {said}, but figures need"):
        run(pa.table({"bar": [1.0, 2.0], "fault": labels}), tmp_path)


# ---------------------------------------------------------------- fitting


def test_labels_and_ignored_columns_are_no_features(table):
    detector = ZScore(random_state=0)
    fit_source(detector, table_source("pump", table), Roles(label="fault", ignore=("rpm",)))
    assert detector.feature_names_in_.tolist() == ["bar", "state"]


def test_labels_choose_the_training_rows_only_if_asked(table):
    source, roles, detector = table_source("pump", table), Roles(label="fault"), ZScore()
    assert fit_source(detector, source, roles).rows == N
    fitted = fit_source(detector, source, roles, normal_only=True)
    assert fitted.rows == N - 1
    assert "the labels chose the training rows" in fitted.notes[0]
    with pytest.raises(ParameterError, match="needs labels"):
        fit_source(detector, source, normal_only=True)


def test_normal_rows_must_be_there_to_fit_on_them():
    source = table_source("pump", pa.table({"bar": [1.0, 2.0, 3.0], "y": [1, 1, 0]}))
    with pytest.raises(DataError, match="has 1 rows labelled normal"):
        fit_source(ZScore(), source, Roles(label="y"), normal_only=True)


def test_many_rows_are_sampled_alike_each_time(table, small_chunks):
    source, detectors = table_source("pump", table), [ZScore(random_state=0) for _ in range(2)]
    fitted = [fit_source(detector, source, most=50) for detector in detectors]
    assert fitted[0].rows == 50
    assert fitted[0].notes[-1] == "Fitted on a random sample of 50 of 300 rows."
    assert detectors[0].threshold_ == detectors[1].threshold_
    other = ZScore(random_state=1)
    fit_source(other, source, most=50)
    assert other.threshold_ != detectors[0].threshold_


def test_identifiers_are_said_to_be_left_out(table):
    named = table.append_column("id", pa.array([f"row {i}" for i in range(N)]))
    fitted = fit_source(ZScore(), table_source("pump", named))
    assert fitted.notes == ["Left out, as nearly every row has a text of its own there: 'id'."]


# ---------------------------------------------------------------- scoring


def test_the_scored_file_keeps_the_columns_and_adds_three(table, tmp_path):
    found = run(table, tmp_path)
    written = open_table(tmp_path / "scores.csv").read()
    assert written.column_names == [*table.column_names, *ADDED]
    for name in table.column_names:
        assert written[name].to_pylist() == table[name].to_pylist()
    features = table.drop_columns(["fault"])
    scores = found.detector.anomaly_score(features)
    assert_array_equal(written["anomaly_score"].to_numpy(), scores)
    assert_array_equal(found.scores, scores)
    assert_array_equal(written["is_anomaly"].to_numpy(), found.detector.is_anomaly(features))
    probability = found.detector.anomaly_probability(features)
    assert_array_equal(written["anomaly_probability"].to_numpy(), probability)
    assert found.flagged == int((scores > found.threshold).sum())


def test_chunks_change_nothing(table, tmp_path, monkeypatch):
    whole = run(table, tmp_path)
    text = (tmp_path / "scores.csv").read_text()
    monkeypatch.setattr(source_module, "CHUNK", 7)
    seen = []
    pieces = run(table, tmp_path, watch=lambda *told: seen.append(told))
    assert (tmp_path / "scores.csv").read_text() == text
    assert pieces.top == whole.top
    assert sum(rows for doing, rows, _ in seen if doing == "scoring") == N
    assert sum(rows for doing, rows, _ in seen if doing == "writing") == N
    assert {total for _, _, total in seen} == {N}
    assert max(rows for _, rows, _ in seen) == 7


def test_the_top_rows_come_with_values_reasons_and_expectations(table, tmp_path, small_chunks):
    top = run(table, tmp_path).top
    assert len(top) == 20
    assert [row.score for row in top] == sorted((row.score for row in top), reverse=True)
    first = top[0]
    assert (first.row, first.flagged, first.label) == (ODD + 1, True, True)
    assert first.values == {**table.slice(ODD, 1).to_pylist()[0]}
    assert first.contributions.keys() == {"bar", "rpm", "state"}
    assert sum(first.contributions.values()) == pytest.approx(first.score)
    assert abs(first.expected["bar"]) < 1
    assert first.expected["state"] in ("on", "off")
    assert {row.label for row in top[1:]} == {False}


def test_a_constant_part_of_a_columns_contribution_is_no_reason(tmp_path):
    """Every row has a squared z-score of 1 on a column of two sides, whichever it is on."""
    rng, sides = np.random.default_rng(0), np.tile([-1.0, 1.0], N // 2)
    train = pa.table({"side": sides, "bar": rng.normal(size=N)})
    scored = pa.table({"side": sides, "bar": np.where(np.arange(N) == ODD, 0.9, 0.0)})
    task = Task(table_source("train", train), table_source("new", scored))
    odd = detect(ZScore(random_state=0), task, tmp_path / "scores.csv").top[0]
    assert odd.row == ODD + 1
    assert not odd.flagged
    assert 0.5 < odd.contributions["bar"] < odd.contributions["side"]
    assert odd.excess["side"] == pytest.approx(0.0, abs=0.1)
    assert odd.excess["bar"] > 0.5


def test_ordinary_rows_are_those_not_flagged():
    scores = np.arange(2000.0)
    few = Ranked(scores[:5], 2.0, np.array([4])).ordinary()
    assert few.tolist() == [0, 1, 2]
    many = Ranked(scores, 1500.0, np.array([1999])).ordinary()
    assert len(np.unique(many)) == len(many) == 512
    assert many.max() <= 1500
    assert 600 < np.median(many) < 900  # from all over the rows


def test_where_every_row_is_flagged_contributions_stand_as_they_are(table, tmp_path):
    found = run(table.slice(ODD - 1, 3), tmp_path, top_share=0.9)
    assert found.flagged == 3
    assert all(row.excess == row.contributions for row in found.top)


def test_columns_are_matched_by_name(table, tmp_path):
    source, roles = table_source("pump", table), Roles(label="fault")
    detector = ZScore(random_state=0)
    fit_source(detector, source, roles)
    shuffled = table.select(["fault", "state", "rpm", "bar"]).append_column("new", table["bar"])
    result = score_source(detector, table_source("new", shuffled), tmp_path / "s.parquet", roles)
    assert_array_equal(result.scores, detector.anomaly_score(table.drop_columns(["fault"])))
    assert result.notes == ["Kept, but not used, as training had none: 'new'."]
    written = parquet.read_table(tmp_path / "s.parquet")
    assert written.column_names == [*shuffled.column_names, *ADDED]
    with pytest.raises(DataError, match="new lacks the training data's columns 'bar', 'state'"):
        score_source(detector, table_source("new", table.select(["rpm"])), tmp_path / "t.csv")


def test_columns_of_an_array_are_taken_in_their_order(table, tmp_path):
    numbers = np.column_stack([table["bar"].to_numpy(), table["rpm"].to_numpy()])
    detector = ZScore(random_state=0).fit(numbers)
    source = table_source("new", table.select(["rpm", "bar"]).rename_columns(["a", "b"]))
    result = score_source(detector, source, tmp_path / "s.csv")
    assert_array_equal(result.scores, detector.anomaly_score(numbers[:, ::-1]))
    assert result.notes == ["The model knows no column names: columns were taken in their order."]
    assert result.top[0].contributions.keys() == {"a", "b"}
    with pytest.raises(DataError, match="fitted on 2 columns without names, but new has 4"):
        score_source(detector, table_source("new", table), tmp_path / "s.csv")


@pytest.mark.parametrize("name", ADDED)
def test_a_column_that_would_be_overwritten_is_refused(table, tmp_path, name):
    taken = table.append_column(name, table["bar"])
    with pytest.raises(DataError, match=f"already has '{name}', which scoring adds"):
        run(taken, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_changes_while_it_is_read_leaves_nothing(table, tmp_path):
    detector = ZScore(random_state=0)
    fit_source(detector, table_source("pump", table))
    source = table_source("pump", table)
    calls = iter([table, table, pa.concat_tables([table, table])])
    grown = type(source)("pump", source.columns, lambda rows: iter([next(calls)]))
    with pytest.raises(DataError, match="grew while it was read"):
        score_source(detector, grown, tmp_path / "scores.csv")
    calls = iter([table, table, table.slice(0, N - 1)])
    with pytest.raises(DataError, match="shrank while it was read"):
        score_source(detector, grown, tmp_path / "scores.csv")
    assert not list(tmp_path.iterdir())


def test_a_missing_column_is_found_before_the_fit(table, tmp_path, monkeypatch):
    monkeypatch.setattr(Detector, "fit", lambda *_: pytest.fail("fitted before it was checked"))
    train, new = table_source("train", table), table_source("new", table.select(["bar"]))
    with pytest.raises(DataError, match="new lacks the training data's columns"):
        detect(ZScore(), Task(train, new), tmp_path / "scores.csv")


# ---------------------------------------------------------------- figures and thresholds


def test_labels_change_figures_and_nothing_else(table, tmp_path):
    with_labels = run(table, tmp_path)
    unlabelled = run(table.drop_columns(["fault"]), tmp_path, Roles())
    assert_array_equal(with_labels.scores, unlabelled.scores)
    assert with_labels.threshold == unlabelled.threshold
    assert unlabelled.ranking is None
    assert unlabelled.flags is None
    assert unlabelled.top[0].label is None
    assert with_labels.ranking.roc_auc == 1.0
    assert with_labels.ranking.prevalence == 1 / N
    assert with_labels.flags.recall == 1.0
    assert with_labels.flags.flagged == with_labels.flagged


def test_figures_are_of_the_labelled_rows(table, tmp_path):
    labels = pa.array([None if i < 100 else i == ODD for i in range(N)])
    found = run(table.set_column(3, "fault", labels), tmp_path)
    assert (found.ranking.n, found.ranking.anomalies) == (200, 1)
    assert found.notes[-1] == "The figures are of the 200 rows of 300 with a label."
    assert {row.label for row in found.top} == {True, False, None}


def test_a_share_of_the_scored_rows_can_be_flagged(table, tmp_path):
    found = run(table, tmp_path, top_share=0.1)
    assert found.flagged == 30
    assert found.notes[-1] == "The threshold was set to flag the top 10 % of rows."
    rows = table.drop_columns(["fault"])
    assert found.detector.is_anomaly(rows).sum() == 30
    assert (found.detector.predict(rows) == -1).sum() == 30
    found.detector.save(tmp_path / "model")
    assert ZScore.load(tmp_path / "model").is_anomaly(rows).sum() == 30


def test_share_threshold_at_its_ends():
    scores = np.array([3.0, 1.0, 2.0, 2.0])
    assert (scores > share_threshold(scores, 1e-9)).sum() == 1
    assert (scores > share_threshold(scores, 0.999)).all()
    assert (scores > share_threshold(scores, 0.5)).sum() == 1  # the second place is tied


def test_false_alarm_rate_is_what_the_conformal_threshold_promises():
    rng = np.random.default_rng(0)
    detector = ZScore(random_state=0).fit(rng.normal(size=(1500, 2)))
    assert false_alarm_rate(detector, detector.threshold_) == pytest.approx(3 / 301)
    assert false_alarm_rate(detector, -1.0) == 1.0
    assert false_alarm_rate(detector, 1e9) == 1 / 301


# ---------------------------------------------------------------- kinds of columns


def test_times_and_booleans_are_expected_in_their_own_terms(tmp_path):
    rng = np.random.default_rng(0)
    days = [datetime(2024, 1, 1 + i % 28) for i in range(60)]
    table = pa.table({"day": days, "open": rng.random(60) < 0.9, "bar": rng.normal(size=60)})
    top = run(table, tmp_path, Roles()).top[0]
    assert re.fullmatch(r"2024-01-\d\d", top.values["day"])
    assert re.fullmatch(r"2024-01-1\d", top.expected["day"])
    assert top.expected["open"] is True


SECOND, DAY = pa.timestamp("s"), 86_400
AT = {
    "a date": (pa.array([3 * DAY], SECOND).cast(pa.date32()), "1970-01-04", "1970-01-03"),
    "a date of a text file": (pa.array([3 * DAY], SECOND), "1970-01-04", "1970-01-03"),
    "a second": (pa.array([5], SECOND), "1970-01-01 00:00:05", "1970-01-03 12:00:00"),
    "a millisecond": (
        pa.array([5_250_000_000], pa.timestamp("ns")),
        "1970-01-01 00:00:05.250",
        "1970-01-03 12:00:00.400",
    ),
    "a nanosecond": (
        pa.array([5_000_001_001], pa.timestamp("ns")),
        "1970-01-01 00:00:05.000001",
        "1970-01-03 12:00:00.400000",
    ),
    "in a zone": (
        pa.array([5], pa.timestamp("s", "Asia/Tokyo")),
        "1970-01-01 09:00:05+09:00",
        "1970-01-03 21:00:00+09:00",
    ),
    "a time of day": (pa.array([5], pa.time32("s")), "00:00:05", "23:59:59"),
    "a duration": (pa.array([5], pa.duration("s")), "0:00:05", "2 days, 12:00:00"),
}


@pytest.mark.parametrize("name", AT)
def test_times_are_shown_at_the_precision_of_their_column(name):
    column, value, expected = AT[name]
    column = pa.chunked_array([column])
    assert as_cells(column) == [value]
    assert expected_cells(column, [2.5 * DAY + 0.4]) == [expected]


@pytest.mark.parametrize("seconds", [1e30, -1e30, 1e12, float("nan"), float("inf"), None])
def test_a_time_that_no_calendar_has_is_not_expected(seconds):
    assert expected_cells(pa.chunked_array([pa.array([5], SECOND)]), [seconds]) == [None]


def test_dates_of_a_text_file_are_expected_and_written_as_dates(tmp_path):
    days = [f"2024-01-{1 + i % 28:02d}" for i in range(60)]
    bars = np.random.default_rng(0).normal(size=60)
    lines = ["day,bar", *(f"{day},{bar:.4f}" for day, bar in zip(days, bars, strict=True))]
    (tmp_path / "pump.csv").write_text("\n".join(lines))
    source = file_source(tmp_path / "pump.csv")
    found = detect(ZScore(random_state=0), Task(source, source), tmp_path / "scores.csv")
    assert re.fullmatch(r"2024-01-1\d", found.top[0].expected["day"])
    written = (tmp_path / "scores.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in written[1:]] == days


def test_missing_values_stay_missing(table, tmp_path):
    holes = pa.array([None if i % 5 == 0 else 1.0 * i for i in range(N)])
    found = run(table.set_column(0, "bar", holes), tmp_path)
    written = open_table(tmp_path / "scores.csv").read()
    assert written["bar"].to_pylist() == holes.to_pylist()
    assert np.isfinite(found.scores).all()


def test_a_file_and_a_table_give_the_same(table, tmp_path):
    parquet.write_table(table, tmp_path / "pump.parquet")
    source = file_source(tmp_path / "pump.parquet")
    path = tmp_path / "scores.parquet"
    task = Task(source, source, Roles(label="fault"))
    found = detect(ZScore(random_state=0), task, path)
    assert_array_equal(found.scores, run(table, tmp_path).scores)
    assert found.scored == str(tmp_path / "pump.parquet")


# ---------------------------------------------------------------- what is kept


def kept_run(folder, table, **parameters):
    """Fit, keep, and return what is needed to take it up again."""
    rows = training_rows(table_source("pump", table), Roles(label="fault"))
    detector = ZScore(random_state=0, **parameters)
    fitted = fit_rows(detector, rows)
    kept = Kept(folder / "kept")
    kept.write(detector, fitted, rows.digest())
    return kept, detector, rows, fitted


def test_what_was_kept_is_the_same(table, tmp_path):
    kept, detector, rows, fitted = kept_run(tmp_path, table, threshold="mad:3")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    again, facts = kept.read(ZScore(random_state=0, threshold="mad:3"), rows.digest())
    assert facts == fitted
    assert_array_equal(again.anomaly_score(rows.table), detector.anomaly_score(rows.table))
    assert Kept(tmp_path / "nothing").read(detector, rows.digest()) is None


def test_what_was_kept_of_another_run_is_refused(table, tmp_path):
    kept, detector, rows, _ = kept_run(tmp_path, table)
    other = rows.table.set_column(0, "bar", pa.array([*rows.table["bar"].to_pylist()[:-1], 0.5]))
    for wrong, of in (
        (ZScore(random_state=1), rows.table),
        (VAE(random_state=0), rows.table),
        (detector, rows.table.slice(1)),
        (detector, other),
        (detector, rows.table.rename_columns(["bar", "rpm", "x"])),
    ):
        with pytest.raises(ParameterError, match="fitted with other parameters or on other data"):
            kept.read(wrong, TrainingRows("pump", of, []).digest())
    chunked = pa.concat_tables([rows.table.slice(0, 9), rows.table.slice(9)])
    assert kept.read(detector, TrainingRows("pump", chunked, []).digest()) is not None


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps({"data": "", "fitted": {"a": 1}})])
def test_what_was_kept_and_damaged_is_refused(table, tmp_path, text):
    kept, detector, rows, _ = kept_run(tmp_path, table)
    (kept.path / "fitted.json").write_text(text)
    with pytest.raises(ModelFormatError, match=r"is damaged .*; delete it to fit again"):
        kept.read(detector, rows.digest())


def test_a_kept_detector_is_not_fitted_again(table, tmp_path, monkeypatch):
    source, roles, kept = table_source("pump", table), Roles(label="fault"), Kept(tmp_path / "kept")
    task, path = Task(source, source, roles, top_share=0.1), tmp_path / "scores.csv"
    first = detect(ZScore(random_state=0), task, path, kept=kept)
    text = path.read_text()
    monkeypatch.setattr(Detector, "fit", lambda *_: pytest.fail("fitted again"))
    second = detect(ZScore(random_state=0), task, path, kept=kept)
    assert path.read_text() == text
    assert second.threshold == first.threshold == second.detector.threshold_
    assert (second.train_rows, second.fit_seconds) == (first.train_rows, first.fit_seconds)
    assert second.notes == first.notes
