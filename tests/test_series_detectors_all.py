"""What holds for every detector of series: found through the registry."""

import numpy as np
import pandas as pd
import pytest

import genad
from genad.detector import CausalDetector, causal
from genad.errors import DataError, ParameterError
from helpers import SERIES, settings_for, tiny

WINDOW = 12
QUICK = {"memory": 50, "refresh": 10, "probationary_period": 60, "batch_size": 32}

each_series_detector = pytest.mark.parametrize("cls", SERIES, ids=lambda cls: cls.__name__)
each_windowed = pytest.mark.parametrize(
    "cls",
    [cls for cls in SERIES if not issubclass(cls, CausalDetector | genad.TadGAN)],
    ids=lambda cls: cls.__name__,
)
STREAMED = [cls for cls in SERIES if issubclass(cls, CausalDetector)]
each_causal = pytest.mark.parametrize("cls", STREAMED, ids=lambda cls: cls.__name__)


def wave(n=260, seed=0):
    """Return a noisy wave of two channels, of shape (n, 2)."""
    rng = np.random.default_rng(seed)
    phase = np.arange(n)[:, None] / 4 + [[0.0, 1.0]]
    return np.sin(phase) + 0.05 * rng.normal(size=(n, 2))


def small(cls, **changes):
    return tiny(cls, **settings_for(cls, **QUICK), window=WINDOW, **changes)


def plain(cls, X=None):
    return small(cls).fit(wave() if X is None else X)


@each_series_detector
def test_every_step_has_a_score_and_reasons(cls):
    detector, X = plain(cls), wave(100, seed=1)
    scores = detector.anomaly_score(X)
    assert scores.shape == (100,) and scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert detector.explain(X).shape == (100, 2)
    assert detector.predict(X).shape == (100,)
    assert ((detector.anomaly_probability(X) >= 0) & (detector.anomaly_probability(X) <= 1)).all()


@each_series_detector
def test_the_same_seed_gives_the_same_scores(cls):
    X = wave(90, seed=2)
    np.testing.assert_array_equal(plain(cls).anomaly_score(X), plain(cls).anomaly_score(X))


@each_series_detector
def test_a_loaded_detector_scores_to_the_bit(cls, tmp_path):
    detector, X = plain(cls), wave(90, seed=3)
    detector.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(X), detector.anomaly_score(X))
    np.testing.assert_array_equal(loaded.explain(X), detector.explain(X))


@each_series_detector
def test_a_step_knows_nothing_of_how_long_its_series_is(cls):
    detector, X = plain(cls), wave(200, seed=4)
    whole, part = detector.anomaly_score(X), detector.anomaly_score(X[:150])
    end = 150 if issubclass(cls, CausalDetector) else 150 - WINDOW
    np.testing.assert_array_equal(whole[:end], part[:end])


@each_series_detector
def test_several_series_are_scored_each_for_itself(cls):
    detector, every = plain(cls), [wave(80, seed=5), wave(60, seed=6)]
    scores = detector.anomaly_score(every)
    assert [len(each) for each in scores] == [80, 60]
    for series, own in zip(every, scores, strict=True):
        np.testing.assert_array_equal(detector.anomaly_score(series), own)


@each_series_detector
def test_channels_are_matched_by_name(cls):
    frame = pd.DataFrame(wave(), columns=["flow", "heat"])
    frame["at"] = pd.date_range("2024-01-01", periods=len(frame), freq="h")
    detector = small(cls).fit(frame)
    swapped = frame[["heat", "at", "flow"]]
    np.testing.assert_array_equal(detector.anomaly_score(swapped), detector.anomaly_score(frame))
    with pytest.raises(DataError, match="missing: 'heat', new: none"):
        detector.anomaly_score(frame.drop(columns="heat"))


@each_series_detector
def test_missing_values_and_constant_channels_are_taken(cls):
    X = wave()
    X[40:50, 0], X[:, 1] = np.nan, 3.0
    detector = plain(cls, X)
    assert np.isfinite(detector.anomaly_score(X)).all()
    assert any("10 of 520 values are missing" in note for note in detector.view_.notes)


@each_series_detector
@pytest.mark.parametrize(
    ("X", "reason"),
    [
        (np.full((100, 2), np.nan), "holds no value to learn from"),
        (np.full((100, 2), np.inf), "holds an infinity in row 1"),
        (np.zeros((0, 2)), "has no time steps"),
    ],
)
def test_bad_series_are_refused_in_a_sentence(cls, X, reason):
    with pytest.raises(DataError, match=reason):
        small(cls).fit(X)


@each_windowed
def test_a_step_may_have_the_scores_of_its_windows(cls, tmp_path):
    detector, X = small(cls, step_score="windows").fit(wave()), wave(100, seed=9)
    scores, shares = detector.anomaly_score(X), detector.explain(X)
    # A series of one window has one score, and so have its reasons.
    alone, reasons = detector.anomaly_score(X[:WINDOW]), detector.explain(X[:WINDOW])
    assert np.ptp(alone) == pytest.approx(0, abs=1e-12 * np.abs(alone).max())
    assert np.ptp(reasons, axis=0) == pytest.approx(0, abs=1e-6 * np.abs(reasons).max())
    # With a window at every step, the first step is in one of them, and the next in two.
    stride = detector.view_.stride
    windows = [detector.anomaly_score(X[k : k + WINDOW])[0] for k in range(0, 3 * stride, stride)]
    for step in range(3):
        assert scores[step * stride] == pytest.approx(np.mean(windows[: step + 1]), rel=1e-4)
    if detector.model_.additive:
        np.testing.assert_allclose(shares.sum(1), scores, rtol=1e-3, atol=1e-4)
    detector.save(tmp_path / "model")
    np.testing.assert_array_equal(genad.load(tmp_path / "model").anomaly_score(X), scores)


@pytest.mark.parametrize("cls", [genad.TadGAN, *STREAMED], ids=lambda cls: cls.__name__)
def test_what_scores_no_windows_has_no_scores_of_windows(cls):
    with pytest.raises(ParameterError, match=r"not (in )?windows; leave out step_score"):
        small(cls, step_score="windows").fit(wave())


@each_causal
def test_a_stream_has_the_scores_of_the_whole_series(cls):
    detector, X = plain(cls), wave(150, seed=7)
    X[60, 0] = np.nan
    stream, scores = detector.stream(), []
    for row in X:
        scores.append(stream.score_one(row))
        stream.learn_one(row)
    np.testing.assert_array_equal(scores, detector.anomaly_score(X))


@each_causal
def test_a_long_series_is_taken_in_some_steps_at_a_time(cls, monkeypatch):
    detector, X = plain(cls), wave(150, seed=11)
    whole, shares = detector.anomaly_score(X), detector.explain(X)
    monkeypatch.setattr(causal, "_STEPS", 37)
    np.testing.assert_array_equal(detector.anomaly_score(X), whole)
    np.testing.assert_array_equal(detector.explain(X), shares)


@each_causal
def test_a_stream_that_is_killed_goes_on_with_the_same_scores(cls, tmp_path):
    detector, X = plain(cls), wave(160, seed=8)
    stream = detector.stream()
    for row in X[:90]:
        stream.learn_one(row)
    stream.save(tmp_path / "stream")
    again = detector.stream().load(tmp_path / "stream")
    for row in X[90:]:
        assert again.score_one(row) == stream.score_one(row)
        stream.learn_one(row)
        again.learn_one(row)


@each_causal
def test_a_jump_stands_out_in_a_stream(cls):
    detector = plain(cls)
    X = wave(200, seed=9)
    X[150] += 4.0
    scores = detector.anomaly_score(X)
    assert scores[100:].argmax() == 50


def test_a_trailing_score_is_that_of_the_window_that_ends_there():
    detector, X = plain(genad.AutoEncoder), wave(60, seed=9)
    scores = detector.trailing_score(X)
    alone = [detector.anomaly_score(X[end - WINDOW : end]).mean() for end in (WINDOW, 40, 60)]
    np.testing.assert_allclose(scores[[WINDOW - 1, 39, 59]], alone, rtol=1e-5)
    assert (scores[:WINDOW] == scores[0]).all()


@pytest.mark.parametrize("name", ["VAE", "TadGAN", "MADGAN", "FAnoGAN"])
def test_synthetic_series_are_drawn_in_the_units_of_the_data(name):
    X = 50 + 5 * wave()
    detector = small(getattr(genad, name)).fit(X)
    drawn = detector.sample(4, random_state=0)
    assert drawn.shape == (4, WINDOW, 2) and np.isfinite(drawn).all()
    assert abs(drawn.mean() - 50) < 25
    np.testing.assert_array_equal(detector.sample(4, random_state=0), drawn)


def test_a_trailing_score_sees_no_later_step():
    detector, X = plain(genad.VAE), wave(200, seed=10)
    np.testing.assert_array_equal(
        detector.trailing_score(X)[:120], detector.trailing_score(X[:120])
    )


def test_events_are_of_series():
    detector = genad.ZScore(random_state=0).fit(wave())
    with pytest.raises(ParameterError, match="Events are found in series"):
        detector.events(wave())


def test_a_stream_goes_by_the_time_of_day():
    stamps = np.datetime64("2024-01-01T00") + np.arange(600) * np.timedelta64(1, "h")
    frame = pd.DataFrame({"at": stamps, "load": np.arange(600) % 24 + 0.0})
    frame.loc[500, "load"] = 3.0 if frame.loc[500, "load"] > 12 else 20.0
    detector = genad.StreamingNovelty(probationary_period=150, rest=0).fit(frame)
    stream, scores = detector.stream(), []
    for stamp, value in zip(stamps, frame["load"], strict=True):
        scores.append(stream.score_one(value, stamp))
        stream.learn_one(value, stamp)
    np.testing.assert_array_equal(scores, detector.anomaly_score(frame))
    timeless = detector.anomaly_score(frame[["load"]])
    assert not np.array_equal(scores, timeless)
