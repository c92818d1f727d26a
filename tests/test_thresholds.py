"""Strategies against their closed forms, their invariances, and the distributions they assume."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import genpareto
from sklearn.base import BaseEstimator, clone

from genad.errors import DataError, ParameterError
from genad.thresholds import (
    MAD,
    Conformal,
    Fixed,
    PeaksOverThreshold,
    Quantile,
    Threshold,
    ZScoreThreshold,
    parse_threshold,
    threshold_from_config,
)

ALL = [
    Quantile(0.95),
    MAD(2.0),
    ZScoreThreshold(2.5),
    PeaksOverThreshold(1e-3, 0.9),
    Conformal(0.05),
    Fixed(0.7),
]
EQUIVARIANT = [strategy for strategy in ALL if not isinstance(strategy, Fixed)]
# Strategies by one parameter, and two of its values of which the second asks for fewer alarms.
LADDERS = [
    (Quantile, 0.5, 0.99),
    (MAD, 1.0, 3.0),
    (ZScoreThreshold, 1.0, 3.0),
    (PeaksOverThreshold, 1e-2, 1e-5),
    (Conformal, 0.3, 0.02),
    (Fixed, 0.1, 0.9),
]
SCORES = arrays(
    np.float64, st.integers(1, 60), elements=st.floats(-1e3, 1e3, allow_subnormal=False)
)


class Holder(BaseEstimator):
    def __init__(self, threshold=ALL[0]):
        self.threshold = threshold


def name(strategy):
    return type(strategy).__name__


def test_quantile_is_numpys():
    assert Quantile(0.25).threshold([4.0, 0.0, 2.0]) == 1.0
    assert Quantile(1.0).threshold([4.0, 9.0, 2.0]) == 9.0


def test_mad_is_median_and_scaled_deviation():
    # median 3, deviations 2 1 0 1 97: their median 1
    assert MAD(2.0).threshold([1, 2, 3, 4, 100]) == pytest.approx(3 + 2 * 1.4826, abs=1e-4)


def test_mad_of_0_uses_the_mean_deviation():
    # median 0, deviations 0 0 0 10: their mean 2.5
    expected = 2.0 * np.sqrt(np.pi / 2) * 2.5
    assert MAD(2.0).threshold([0, 0, 0, 10]) == pytest.approx(expected, rel=1e-6)
    assert MAD(2.0).threshold([5.0] * 4) == 5.0


def test_mad_and_z_score_agree_on_normal_scores_and_mad_ignores_anomalies():
    scores = np.random.default_rng(0).normal(5.0, 2.0, size=100_000)
    assert MAD(3.0).threshold(scores) == pytest.approx(11.0, abs=0.1)
    assert ZScoreThreshold(3.0).threshold(scores) == pytest.approx(11.0, abs=0.1)
    scores[:5_000] = 1e4
    assert MAD(3.0).threshold(scores) < 12.0
    assert ZScoreThreshold(3.0).threshold(scores) > 1_000.0


def test_z_score_is_mean_and_deviation():
    assert ZScoreThreshold(2.0).threshold([1.0, 3.0, 5.0]) == pytest.approx(3 + 2 * np.sqrt(8 / 3))


def test_pot_with_few_peaks_is_siffers_formula_for_an_exponential_tail():
    scores = np.arange(101.0)  # 0.95-quantile 95, 5 peaks
    start, peaks = 95.0, np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = start - peaks.mean() * np.log(1e-3 * 101 / 5)
    assert PeaksOverThreshold(1e-3, 0.95).threshold(scores) == pytest.approx(expected)


def test_pot_with_many_peaks_is_siffers_formula(monkeypatch):
    monkeypatch.setattr("genad.thresholds.fit_pareto", lambda excesses: (0.25, 2.0))
    scores = np.arange(1001.0)  # 0.9-quantile 900, 100 peaks
    expected = 900 + 2.0 / 0.25 * ((1e-4 * 1001 / 100) ** -0.25 - 1)
    assert PeaksOverThreshold(1e-4, 0.9).threshold(scores) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2])
def test_pot_recovers_a_generalised_pareto_quantile(shape):
    true = genpareto(shape, loc=3.0, scale=2.0)
    scores = true.rvs(size=200_000, random_state=1)
    found = PeaksOverThreshold(1e-4, 0.98).threshold(scores)
    assert found == pytest.approx(true.isf(1e-4), rel=0.07)


@pytest.mark.parametrize("size", [1_000, 5_000])
def test_pot_is_nearly_unbiased_below_one_in_n(size):
    risk = 0.1 / size
    draws = np.random.default_rng(2).exponential(size=(200, size))
    found = [PeaksOverThreshold(risk, 0.9).threshold(scores) for scores in draws]
    assert np.median(found) == pytest.approx(-np.log(risk), rel=0.05)


def test_pot_keeps_its_false_alarm_rate_where_normal_scores_have_normal_tails():
    rng = np.random.default_rng(3)
    threshold = PeaksOverThreshold(1e-3).threshold(rng.normal(size=20_000))
    assert np.mean(rng.normal(size=400_000) > threshold) == pytest.approx(1e-3, rel=0.4)


def test_pot_without_enough_peaks_is_its_quantile():
    assert PeaksOverThreshold().threshold([2.0] * 50) == 2.0  # nothing exceeds it
    # One score in 1000 exceeds it, and the risk allows ten: going below it would be no tail.
    assert PeaksOverThreshold(risk=1e-2).threshold([0.0] * 999 + [9.0]) == 0.0


def test_pot_with_equal_peaks_is_near_them():
    scores = np.r_[np.zeros(180), np.ones(20)]  # the grid of the fit then holds theta = 0
    assert 0.9 < PeaksOverThreshold(1e-3, 0.9).threshold(scores) < 1.5


def test_pot_survives_peaks_of_wildly_different_size():
    scores = np.r_[np.zeros(180), np.full(15, 5e-324), np.ones(5)]
    assert PeaksOverThreshold(1e-3, 0.9).threshold(scores) > 0.0


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.29, 0.5])
@pytest.mark.parametrize("m", [1, 9, 19, 20, 99, 199])
def test_conformal_is_the_smallest_score_that_keeps_alpha(alpha, m):
    conformal = Conformal(alpha)
    threshold = conformal.threshold(np.random.default_rng(0).permutation(m) + 1.0)
    # A new rank among m + 1 is above the j-th smallest with probability (m + 1 - j) / (m + 1).
    rates = (m - np.arange(m)) / (m + 1)
    keeps = np.flatnonzero(rates <= alpha + 1e-12)
    expected = keeps[0] if keeps.size else m - 1
    assert threshold == expected + 1
    assert conformal.false_alarm_rate(m) == pytest.approx(rates[expected])


def test_conformal_says_when_there_are_too_few_scores():
    assert Conformal(0.01).false_alarm_rate(98) > 0.01
    assert Conformal(0.01).false_alarm_rate(99) == 0.01
    assert Conformal(0.01).threshold(np.arange(50.0)) == 49.0
    with pytest.raises(ParameterError, match="at least 1"):
        Conformal(0.01).false_alarm_rate(0)


def test_conformal_false_alarms_keep_their_guarantee():
    draws = np.random.default_rng(4).exponential(size=(20_000, 31))
    alarms = [row[-1] > Conformal(0.1).threshold(row[:-1]) for row in draws]
    assert np.mean(alarms) == pytest.approx(Conformal(0.1).false_alarm_rate(30), abs=0.007)


@pytest.mark.parametrize("strategy", EQUIVARIANT, ids=name)
@given(scores=SCORES, shift=st.floats(-1e3, 1e3), factor=st.floats(1e-2, 1e2))
def test_shifting_and_scaling_scores_shifts_and_scales_the_threshold(
    strategy, scores, shift, factor
):
    scores = np.round(scores, 2)  # the ties of the moved scores must be those of the scores
    size = 1e-6 * (1 + np.abs(scores).max() + abs(shift)) * max(1.0, factor)
    moved = strategy.threshold(scores * factor + shift)
    assert moved == pytest.approx(strategy.threshold(scores) * factor + shift, abs=size, rel=1e-6)


@pytest.mark.parametrize(("strategy", "loose", "strict"), LADDERS)
@given(scores=SCORES)
def test_asking_for_fewer_alarms_never_lowers_the_threshold(strategy, loose, strict, scores):
    assert strategy(loose).threshold(scores) <= strategy(strict).threshold(scores)


@pytest.mark.parametrize("strategy", [Quantile(0.9), Conformal(0.1)], ids=name)
@given(scores=SCORES)
def test_ranks_stay_within_the_scores(strategy, scores):
    assert scores.min() <= strategy.threshold(scores) <= scores.max()


@pytest.mark.parametrize("strategy", ALL, ids=name)
@given(scores=arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e100, 1e100)))
def test_the_threshold_is_finite_and_does_not_depend_on_order(strategy, scores):
    threshold = strategy.threshold(scores)
    assert np.isfinite(threshold)
    assert strategy.threshold(scores[::-1]) == pytest.approx(threshold, rel=1e-6)


@pytest.mark.parametrize("strategy", ALL, ids=name)
def test_strategies_are_clonable_values(strategy):
    copy = clone(Holder(strategy)).threshold
    assert copy is not strategy
    assert copy == strategy
    assert hash(copy) == hash(strategy)


@pytest.mark.parametrize("strategy", [*ALL, Quantile(np.float32(0.5)), MAD(3)], ids=name)
def test_a_strategy_survives_json(strategy):
    config = json.loads(json.dumps(strategy.to_config()))
    assert threshold_from_config(config) == strategy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quantile:0.99", Quantile(0.99)),
        ("mad", MAD()),
        (" mad:3.5 ", MAD(3.5)),
        ("zscore:3", ZScoreThreshold(3)),
        ("pot", PeaksOverThreshold()),
        ("pot:1e-3", PeaksOverThreshold(1e-3)),
        ("pot:1e-3,0.9", PeaksOverThreshold(1e-3, 0.9)),
        ("conformal:0.01", Conformal(0.01)),
        ("fixed:-0.7", Fixed(-0.7)),
    ],
)
def test_parse_reads_the_command_line(text, expected):
    assert parse_threshold(text) == expected


@pytest.mark.parametrize("text", ["", "nonsense", "fixed", "mad:", "mad:x", "mad:1,2", "MAD:1:2"])
def test_parse_lists_what_is_allowed(text):
    with pytest.raises(ParameterError, match="quantile, mad, zscore, pot, conformal, fixed"):
        parse_threshold(text)


def test_parse_names_the_wrong_parameter():
    with pytest.raises(ParameterError, match=r"q of Quantile must be .* got 2"):
        parse_threshold("quantile:2")


@pytest.mark.parametrize(
    "config", [{}, {"name": "no"}, {"name": []}, {"name": "fixed"}, {"name": "mad", "q": 0.5}]
)
def test_a_foreign_config_is_refused(config):
    with pytest.raises(ParameterError, match="describes no threshold"):
        threshold_from_config(config)


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        (Quantile, (0.0,)),
        (Quantile, (1.1,)),
        (Quantile, (np.nan,)),
        (Quantile, (True,)),
        (Quantile, ("0.9",)),
        (MAD, (-1.0,)),
        (MAD, (np.inf,)),
        (ZScoreThreshold, (0.0,)),
        (PeaksOverThreshold, (0.0,)),
        (PeaksOverThreshold, (1e-3, 1.0)),
        (PeaksOverThreshold, (0.1, 0.95)),
        (Conformal, (0.0,)),
        (Conformal, (1.5,)),
        (Fixed, (np.inf,)),
        (Fixed, (None,)),
    ],
)
def test_parameters_outside_their_range_are_refused(strategy, parameters):
    with pytest.raises(ParameterError):
        strategy(*parameters)


@pytest.mark.parametrize("strategy", ALL, ids=name)
@pytest.mark.parametrize(
    ("scores", "match"),
    [
        ([], "shape"),
        (3.0, "shape"),
        ([[1.0, 2.0]], "shape"),
        ([1.0, np.nan], "1 NaN or infinite"),
        ([1.0, np.inf], "1 NaN or infinite"),
        (["a"], "must be numbers"),
    ],
)
def test_scores_that_cannot_be_used_are_refused(strategy, scores, match):
    with pytest.raises(DataError, match=match):
        strategy.threshold(scores)


def test_a_threshold_beyond_float64_is_refused():
    with pytest.raises(DataError, match="rescale"):
        ZScoreThreshold().threshold([-1e200, 1e200])


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Threshold()
