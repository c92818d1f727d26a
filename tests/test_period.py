"""The period of a series, and the windows that are chosen by it."""

import numpy as np
import pytest

import genad
from genad.data.period import find_period, suitable_window
from genad.errors import ParameterError


def wave(period, n=1200, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return (np.sin(2 * np.pi * np.arange(n) / period) + noise * rng.normal(size=n))[:, None]


@pytest.mark.parametrize("period", [4, 24, 100, 333])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_period_of_a_wave_is_found(period, noise):
    close = pytest.approx(period, rel=0.04 if noise else 0.02)
    assert find_period(wave(period, noise=noise)) == close


def test_a_sharp_pattern_counts_once_a_period_and_scale_does_not():
    beats = np.zeros(1000)
    beats[::40], beats[5::40] = 5.0, -2.0
    assert find_period(1e3 + 1e-3 * beats[:, None]) == 40


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((500, 1)),
        np.full((500, 1), 0.1),
        np.random.default_rng(0).normal(size=(500, 2)),
        np.random.default_rng(0).normal(size=(500, 1)).cumsum(0),
        np.arange(500.0)[:, None],
        np.zeros((1, 1)),
        wave(400, n=1000),  # seen less than three times
    ],
)
def test_what_has_no_period_has_none(values):
    assert find_period(values) is None


def test_channels_are_seen_together_and_missing_values_do_no_harm():
    values = np.hstack([wave(24, noise=0.3), np.full((1200, 1), 7.0), wave(24, noise=0.3, seed=1)])
    values[100:130, 0] = np.nan
    assert find_period(values) == 24


def test_a_window_holds_a_period_within_its_limits():
    assert suitable_window([wave(24), wave(48), wave(30)]) == 30
    assert suitable_window([wave(4)]) == 16
    assert suitable_window([np.zeros((1000, 1))]) == 100
    assert suitable_window([wave(600, n=4000)]) == 100
    assert suitable_window([wave(333), np.zeros((200, 1))]) == 50


def test_auto_is_the_window_of_the_training_series(tmp_path):
    detector = genad.ZScore(window="auto").fit(wave(24, noise=0.1))
    assert detector.view_.window == 24 and detector.window == "auto"
    assert detector.view_.notes == ["A window has 24 steps, by the period of the training."]
    X = wave(24, n=100, noise=0.1, seed=1)
    same = genad.ZScore(window=24).fit(wave(24, noise=0.1))
    np.testing.assert_array_equal(detector.anomaly_score(X), same.anomaly_score(X))
    detector.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    np.testing.assert_array_equal(detector.anomaly_score(X), loaded.anomaly_score(X))
    assert loaded.view_.window == 24
    assert detector.events(X) == []


def test_a_stride_longer_than_the_window_found_is_refused():
    with pytest.raises(ParameterError, match="stride=30 would leave steps between windows of 24"):
        genad.ZScore(window="auto", stride=30).fit(wave(24))
    with pytest.raises(ValueError, match="'window' parameter"):
        genad.ZScore(window="some").fit(wave(24))
