"""AutoDetector: what it chooses and why, that it is the chosen detector, and how it keeps time."""

import json

import numpy as np
import pandas as pd
import pytest

import genad
from genad import AutoDetector, NearestNeighbours, Novelty, StreamingNovelty, ZScore
from genad.cli import main
from genad.cli.durations import seconds_of
from genad.cli.errors import Misuse
from genad.cli.settings import make_detector
from genad.detector import TrainedDetector
from genad.detectors import budget as clock
from genad.detectors.suiting import ENOUGH_ROWS, MANY_CHANNELS, Facts, facts, suiting
from genad.errors import ParameterError
from genad.training import History
from helpers import line

HOURS = pd.date_range("2024-01-01", periods=240, freq="h")


def wave(channels=1, n=240):
    steps = np.arange(n)[:, None] + np.arange(channels)
    return np.sin(steps / 4) + 0.05 * np.random.default_rng(0).normal(size=(n, channels))


def stamped():
    return pd.DataFrame({"at": HOURS, "load": wave()[:, 0]})


@pytest.fixture
def quick(monkeypatch):
    """Let trained detectors make few updates."""
    monkeypatch.setattr(Novelty, "default_updates", 6)
    monkeypatch.setattr(genad.TransformPrediction, "default_updates", 2)


# The rules.


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Facts("table", ENOUGH_ROWS - 1, 4), "NearestNeighbours"),
        (Facts("table", ENOUGH_ROWS, 4), "Novelty"),
        (Facts("table", 0, 0), "NearestNeighbours"),
        (Facts("series", 9000, 1, 9000, stamped=True), "StreamingNovelty"),
        (Facts("series", 9000, 1, 9000, stamped=False), "NearestNeighbours"),
        (Facts("series", 9000, 2, 9000, stamped=True), "NearestNeighbours"),
        (Facts("series", 9000, MANY_CHANNELS - 1, 9000), "NearestNeighbours"),
        (Facts("series", 9000, MANY_CHANNELS, 9000), "TadGAN"),
        (Facts("image", 50), "TransformPrediction"),
    ],
)
def test_the_rules(found, expected):
    choice = suiting(found)
    assert type(choice.detector).__name__ == expected
    assert choice.why.endswith(".")
    assert found.kind in choice.detector.kinds


def test_the_probationary_period_is_a_share_of_the_series():
    for steps, period in ((4, 1), (1000, 150), (5000, 750), (10**6, 750)):
        chosen = suiting(Facts("series", steps, 1, steps, stamped=True)).detector
        assert chosen.probationary_period == period


@pytest.mark.parametrize(
    ("steps", "window", "expected"),
    [(9000, "auto", (16, 8)), (9000, None, (16, 8)), (20, "auto", (5, 2)), (9000, 50, (50, 8))],
)
def test_windows_of_many_channels_are_short(steps, window, expected):
    chosen = suiting(Facts("series", steps, 38, steps, window=window)).detector
    assert (chosen.window, chosen.stride) == expected


def test_many_channels_go_to_a_gan_and_within_a_budget_to_what_is_quick(monkeypatch):
    auto = AutoDetector(random_state=0, window="auto").fit(wave(MANY_CHANNELS))
    own = suiting(facts(wave(MANY_CHANNELS), "auto")).detector.set_params(random_state=0)
    scores = own.fit(wave(MANY_CHANNELS)).anomaly_score(wave(MANY_CHANNELS))
    np.testing.assert_array_equal(auto.anomaly_score(wave(MANY_CHANNELS)), scores)
    assert "TadGAN was chosen: how 10 channels go together" in auto.choice_
    Clock(monkeypatch, per_update=10.0)
    late = AutoDetector(random_state=0, window="auto", budget=60.0).fit(wave(MANY_CHANNELS))
    assert late.choice_ == "NearestNeighbours was chosen: 60 s are too short for TadGAN."


def test_facts_of_all_kinds_of_data():
    assert facts(line(7).tolist(), None) == Facts("table", 7, 3)
    assert facts(pd.DataFrame(line(7)), None) == Facts("table", 7, 3)
    assert facts(np.zeros((5, 8, 8), np.uint8), None) == Facts("image", 5)
    assert facts(stamped(), 8) == Facts("series", 240, 1, 240, stamped=True, window=8)
    several = facts([wave(2), wave(2, 100)], "auto")
    assert several == Facts("series", 340, 2, 100, stamped=False, window="auto")
    assert facts([[1.0], [1.0, 2.0]], None).items == 0


# It is the chosen detector.


def same(auto, own, X, tmp_path):
    np.testing.assert_array_equal(auto.anomaly_score(X), own.anomaly_score(X))
    np.testing.assert_array_equal(auto.explain(X), own.explain(X))
    np.testing.assert_array_equal(auto.detector_.anomaly_score(X), own.anomaly_score(X))
    assert auto.threshold_ == own.threshold_
    auto.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    assert loaded.choice_ == auto.choice_
    assert type(loaded.detector_) is type(own)
    np.testing.assert_array_equal(loaded.anomaly_score(X), own.anomaly_score(X))
    return loaded


def test_a_small_table(tmp_path):
    X = line(60)
    auto, own = (cls(random_state=0).fit(X) for cls in (AutoDetector, NearestNeighbours))
    same(auto, own, line(20, seed=1), tmp_path)
    assert "NearestNeighbours was chosen: of 60 rows" in auto.choice_
    with pytest.raises(ParameterError, match="chose NearestNeighbours, which scores no stream"):
        auto.stream()


def test_a_table(quick, tmp_path):
    X = line(ENOUGH_ROWS)
    auto, own = (cls(random_state=0).fit(X) for cls in (AutoDetector, Novelty))
    same(auto, own, line(20, seed=1), tmp_path)
    assert auto.choice_.startswith("Novelty was chosen: 500 rows of 3 columns are enough")
    assert auto.history_.names() == own.history_.names()


def test_a_series_with_time_stamps(tmp_path):
    frame = stamped()
    own = StreamingNovelty(probationary_period=36, window=8, random_state=0).fit(frame)
    auto = AutoDetector(window=8, random_state=0).fit(frame)
    loaded = same(auto, own, frame, tmp_path)
    assert loaded.events(frame) == own.events(frame)
    ours, theirs = loaded.stream(), own.stream()
    for value, at in zip(frame["load"], HOURS.to_numpy(), strict=True):
        assert ours.score_one(value, at) == theirs.score_one(value, at)
        ours.learn_one(value, at)
        theirs.learn_one(value, at)


def test_a_series_in_windows(tmp_path):
    auto = AutoDetector(window=6, random_state=0).fit(wave(2))
    own = NearestNeighbours(window=6, stride=4, random_state=0).fit(wave(2))
    same(auto, own, wave(2), tmp_path)
    assert len(AutoDetector(window=2, random_state=0).fit(wave(2)).anomaly_score(wave(2))) == 240


def test_data_that_is_a_series_by_itself():
    series = genad.data.Series("load", wave(), (), 0, HOURS.to_numpy())
    assert isinstance(AutoDetector().fit(series).detector_, StreamingNovelty)


def test_images(quick):
    X = np.random.default_rng(0).integers(0, 255, (12, 8, 8), np.uint8)
    auto = AutoDetector(random_state=0).fit(X)
    assert isinstance(auto.detector_, genad.TransformPrediction)
    assert auto.anomaly_map(X).shape == X.shape


def test_own_parameters_count_more_than_the_chosen_ones():
    auto = AutoDetector(scaler="robust").fit(line(30))
    assert auto.view_.encoder.scaler.name == "robust"
    assert auto.detector_.scaler == "robust"


# The budget, on a clock that goes on by itself.


class Clock:
    """A clock by which every update takes as long as is said."""

    def __init__(self, monkeypatch, per_update, per_glance=0.0):
        self.time, self.per_glance = 0.0, per_glance
        monkeypatch.setattr(clock, "now", self.now)
        train = clock.train

        def timed(model, samples, held_out, options):
            self.time += per_update * -(-len(samples) // options.batch_size)
            return train(model, samples, held_out, options)

        monkeypatch.setattr(clock, "train", timed)

    def now(self):
        self.time += self.per_glance
        return self.time


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(Novelty, "default_updates", 60)  # 480 rows of 600 train: 20 epochs of 3
    return line(600)


def test_a_training_that_is_quick_enough_is_left_alone(table, monkeypatch):
    free = AutoDetector(random_state=0).fit(table)
    Clock(monkeypatch, per_update=0.1)
    bound = AutoDetector(random_state=0, budget=1000.0).fit(table)
    assert bound.choice_ == free.choice_
    np.testing.assert_array_equal(bound.anomaly_score(table), free.anomaly_score(table))


@pytest.mark.parametrize(
    ("budget", "epochs", "said"), [(70.5, 13, "39 of 60"), (25.5, 4, "12 of 60")]
)
def test_a_training_is_cut_to_the_budget(table, monkeypatch, budget, epochs, said):
    # 4 seconds go into measuring, 60 % of the rest into training.
    Clock(monkeypatch, per_update=1.0)
    auto = AutoDetector(random_state=0, budget=budget).fit(table)
    assert len(auto.history_.epochs) == epochs
    assert auto.choice_.endswith(f"To stay within {budget} s it was trained for {said} updates.")


def test_less_than_an_epoch_trains_on_some_of_the_rows(monkeypatch):
    monkeypatch.setattr(Novelty, "default_updates", 10)  # 1,600 rows of 2,000 train: 9 batches
    seen = []
    monkeypatch.setattr(
        Novelty, "_train", lambda self, m, x, h, s: seen.append((self.epochs, len(x))) or History()
    )
    monkeypatch.setattr(AutoDetector, "_calibrate", lambda *_: None)
    Clock(monkeypatch, per_update=1.0)
    AutoDetector(random_state=0, budget=5 + 9.1).fit(line(2000))
    assert seen == [(1, 5 * 192)]


def test_where_training_is_too_slow_nothing_is_trained(table, monkeypatch):
    Clock(monkeypatch, per_update=10.0)
    auto = AutoDetector(random_state=0, budget=60.0).fit(table)
    own = NearestNeighbours(random_state=0).fit(table)
    assert auto.choice_ == "NearestNeighbours was chosen: 60 s are too short for Novelty."
    np.testing.assert_array_equal(auto.anomaly_score(table), own.anomaly_score(table))
    assert auto.history_.epochs == []


def test_where_nothing_is_quick_enough_the_quickest_is_taken(table, monkeypatch):
    Clock(monkeypatch, per_update=1.0, per_glance=1.0)
    auto = AutoDetector(random_state=0, budget=0.5).fit(table)
    assert isinstance(auto.detector_, ZScore)
    assert auto.choice_ == (
        "ZScore was chosen: 0.5 s are too short for Novelty, and for anything that learns more."
    )
    assert len(auto.anomaly_score(table)) == 600


@pytest.mark.parametrize(
    ("window", "X"), [(8, wave(2)), (None, np.arange(768.0).reshape(12, 8, 8))]
)
def test_the_quickest_reads_the_data_as_the_first_choice_did(window, X, monkeypatch, tmp_path):
    Clock(monkeypatch, per_update=1.0, per_glance=1.0)
    auto = AutoDetector(random_state=0, budget=0.5, window=window).fit(X)
    assert isinstance(auto.detector_, ZScore)
    auto.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(X), auto.anomaly_score(X))


def test_a_detector_without_training_has_its_budget_too(monkeypatch):
    Clock(monkeypatch, per_update=0.0)
    assert isinstance(AutoDetector(budget=9.0).fit(line(40)).detector_, NearestNeighbours)
    assert isinstance(AutoDetector(budget=9.0, window=8).fit(stamped()).detector_, StreamingNovelty)


@pytest.mark.parametrize("budget", [0, -1.0, "60s"])
def test_a_budget_is_a_number_of_seconds(budget):
    with pytest.raises(ValueError, match="'budget' parameter of AutoDetector must be"):
        AutoDetector(budget=budget).fit(line(20))


# On the command line.


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("90", 90), ("5m", 300), ("1h", 3600), ("1h30m", 5400), (" 2M30 ", 150)],
)
def test_times_as_people_write_them(text, seconds):
    assert seconds_of(text) == seconds
    assert make_detector("auto-detector", [], budget=text).budget == seconds


@pytest.mark.parametrize("text", ["soon", "", "s", "-5s", "0s", "5 parsecs", "1m1h", "nan"])
def test_what_is_no_time_is_misuse(text):
    with pytest.raises(Misuse, match=r"--budget is a time such as 60s, 5m or 1h30m, not "):
        seconds_of(text)


def test_only_auto_keeps_a_budget():
    with pytest.raises(Misuse, match=r"--budget is kept by --model auto, .* and not by vae"):
        make_detector("vae", [], budget="60s")
    with pytest.raises(Misuse, match="AutoDetector has no parameter 'epochs'"):
        make_detector("auto", [], epochs=5)


def test_the_command_says_what_was_chosen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(line(80), columns=["a", "b", "c"]).to_csv("rows.csv", index=False)
    assert main(["detect", "rows.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["detector"] == "AutoDetector"
    assert found["notes"][0].startswith("NearestNeighbours was chosen: of 80 rows")
    assert "NearestNeighbours was chosen" in (tmp_path / "out/report.html").read_text()
    assert genad.load("out/model").choice_ == found["notes"][0]
    assert main(["fit", "rows.csv", "--budget", "1m", "--out", "model"]) == 0
    assert "NearestNeighbours was chosen" in " ".join(capsys.readouterr().out.split())


def test_the_command_on_a_series(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    stamped().to_csv("load.csv", index=False)
    assert main(["detect", "load.csv", "--time", "at"]) == 0
    assert "StreamingNovelty was chosen" in " ".join(capsys.readouterr().out.split())


def test_every_choice_is_a_detector_that_is_shipped():
    kinds = [Facts("table", n) for n in (10, 10**6)] + [Facts("image", 9)]
    for found in kinds:
        detector = suiting(found).detector
        assert isinstance(detector, TrainedDetector | NearestNeighbours)
        assert getattr(genad, type(detector).__name__) is type(detector)
