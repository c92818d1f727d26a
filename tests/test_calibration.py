"""p-values against their definition, their order, and their uniformity on new normal data."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kstest

from genad.calibration import Calibration
from genad.errors import DataError

FINITE = st.floats(-1e300, 1e300)
FEW = st.integers(-3, 3).map(float)  # ties
REFERENCES = arrays(np.float64, st.integers(1, 30), elements=FINITE | FEW)
SCORES = arrays(np.float64, st.integers(2, 30), elements=FINITE | FEW)


def conformal(reference, score):
    return (1 + np.count_nonzero(reference >= score)) / (reference.size + 1)


@given(REFERENCES)
def test_at_the_reference_scores_it_is_the_conformal_p_value(reference):
    expected = [conformal(reference, score) for score in reference]
    np.testing.assert_allclose(Calibration(reference).p_value(reference), expected, rtol=1e-13)


@given(REFERENCES, SCORES)
def test_up_to_the_maximum_it_is_at_least_the_conformal_p_value(reference, scores):
    scores = np.minimum(scores, reference.max())
    steps = np.array([conformal(reference, score) for score in scores])
    assert (Calibration(reference).p_value(scores) >= steps * (1 - 1e-13)).all()


@given(REFERENCES, SCORES)
def test_order_is_kept(reference, scores):
    calibration = Calibration(reference)
    scores = np.sort(np.r_[scores, reference, np.nextafter(reference, np.inf)])
    assert (np.diff(calibration.tail(scores)) >= 0).all()
    # exp is accurate to the last digit or so, not monotone in it
    assert (np.diff(calibration.p_value(scores)) <= 1e-15).all()
    assert (np.diff(calibration.probability(scores)) >= -1e-15).all()


@given(REFERENCES, arrays(np.float64, 10, elements=st.floats(allow_nan=False)))
def test_ranges(reference, scores):
    calibration = Calibration(reference)
    tail, p, probability = (
        calibration.tail(scores),
        calibration.p_value(scores),
        calibration.probability(scores),
    )
    assert np.isfinite(tail).all()
    assert (tail >= 0).all()
    assert ((p >= 0) & (p <= 1)).all()
    assert ((probability >= 0) & (probability <= 1)).all()
    np.testing.assert_allclose(p + probability, 1.0, atol=1e-15)


@given(REFERENCES)
def test_the_order_of_the_reference_does_not_matter(reference):
    first, second = Calibration(reference), Calibration(reference[::-1])
    assert first.scale == second.scale
    np.testing.assert_array_equal(first.reference_scores, second.reference_scores)


def test_between_and_beyond_by_hand():
    calibration = Calibration([1.0, 2.0, 2.0, 4.0])
    # conformal at 1, 2, 4: 5/5, 4/5, 2/5; scale: one excess over 2, of 2
    expected = [1, 1, np.sqrt(4 / 5), np.sqrt(4 / 5 * 2 / 5), 2 / 5, np.exp(-1) / 5]
    found = calibration.p_value([-9.0, 1.0, 1.5, 3.0, 4.0, 6.0])
    assert calibration.scale == 2.0
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_it_falls_strictly_above_the_minimum():
    reference = np.random.default_rng(0).normal(size=200)
    scores = np.linspace(reference.min(), reference.max() + 20, 5_000)
    calibration = Calibration(reference)
    assert (np.diff(calibration.p_value(scores)) < 0).all()
    assert (np.diff(calibration.probability(scores[scores <= reference.max()])) > 0).all()


def test_rounding_does_not_swap_a_knot_and_the_score_just_below_it():
    # log(11/10) + (log(11/5) - log(11/10)) rounds to more than log(11/5)
    calibration = Calibration([-2e3] + [-1e3] * 5 + [1.0] * 4)
    below, knot = calibration.tail([np.nextafter(1.0, 0.0), 1.0])
    assert below <= knot


def test_new_normal_scores_have_uniform_p_values():
    rng = np.random.default_rng(1)
    calibration = Calibration(rng.uniform(size=20_000))
    assert kstest(calibration.p_value(rng.uniform(size=5_000)), "uniform").statistic < 0.025


@pytest.mark.parametrize("m", [1, 4, 19, 50])
def test_p_values_of_at_least_1_in_m_never_claim_too_much(m):
    rng = np.random.default_rng(2)
    draws = rng.exponential(size=(10_000, m + 1))
    p = np.array([Calibration(row[:-1]).p_value(row[-1]) for row in draws])
    for level in (1 / (m + 1), 0.1, 0.2, 0.5):
        if level >= 1 / (m + 1):
            assert np.mean(p <= level) <= level + 0.015


def test_the_tail_finds_the_rate_of_exponential_scores():
    rng = np.random.default_rng(3)
    calibration = Calibration(rng.exponential(scale=5.0, size=5_000))
    assert calibration.scale == pytest.approx(5.0, rel=0.15)
    assert calibration.p_value(5.0 * np.log(1e6)) == pytest.approx(1e-6, rel=0.9)


def test_the_tail_is_linear_and_never_saturates():
    calibration = Calibration(np.arange(10.0))
    tails = calibration.tail([1e3, 2e3, 1e300])
    assert tails[1] - tails[0] == pytest.approx(1e3 / calibration.scale)
    assert tails[2] == pytest.approx(1e300 / calibration.scale)
    assert calibration.tail(np.inf) == np.finfo(float).max
    assert calibration.probability(1e300) == 1.0


@pytest.mark.parametrize(
    ("reference", "scale"),
    [
        (np.arange(20.0), 1.5),  # excesses 1 and 2 over the score of rank floor(0.9 * 19)
        ([2.5], 2.5),  # no excess: the largest magnitude
        ([-3.0] * 7, 3.0),
        ([0.0] * 5, 1.0),
        ([0.0] * 2 + [4.0] * 8, 4.0),  # the upper scores are equal: excess over the minimum
        ([1.0, 1.0, np.nextafter(1.0, 2.0)], np.nextafter(1.0, 2.0)),  # within rounding
    ],
)
def test_scale_is_the_first_excess_beyond_rounding(reference, scale):
    assert Calibration(reference).scale == pytest.approx(scale)


@pytest.mark.parametrize("m", [1, 100])
def test_equal_references(m):
    found = Calibration([2.0] * m).p_value([1.0, 2.0, 4.0])
    np.testing.assert_allclose(found, [1.0, 1.0, np.exp(-1) / (m + 1)], rtol=1e-13)


def test_any_shape_of_scores():
    calibration = Calibration([1.0, 2.0, 3.0])
    pixels = np.linspace(0, 5, 24).reshape(2, 3, 4)
    assert calibration.probability(pixels).shape == (2, 3, 4)
    np.testing.assert_array_equal(
        calibration.probability(pixels).ravel(), calibration.probability(pixels.ravel())
    )
    assert calibration.tail(np.empty(0)).shape == (0,)


def test_the_reference_is_a_sorted_copy_that_cannot_be_changed():
    mine = np.array([3.0, 1.0, 2.0], dtype=np.float32)
    calibration = Calibration(mine)
    mine[:] = 0
    assert calibration.reference_scores.tolist() == [1.0, 2.0, 3.0]
    assert calibration.reference_scores.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        calibration.reference_scores[0] = 9.0


def test_a_million_scores_are_fast():
    rng = np.random.default_rng(4)
    calibration, scores = Calibration(rng.normal(size=10_000)), rng.normal(size=1_000_000)
    start = time.process_time()
    calibration.probability(scores)
    # about 0.15 s; the margin is for a busy machine, a search without bisection takes minutes
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("reference", "match"),
    [
        ([], "shape"),
        (1.0, "shape"),
        ([[1.0]], "shape"),
        ([1.0, np.nan], "got 1 others"),
        ([np.inf, -np.inf, 0.0], "got 2 others"),
        ([1.7e308], "got 1 others"),
    ],
)
def test_references_that_cannot_be_used_are_refused(reference, match):
    with pytest.raises(DataError, match=match):
        Calibration(reference)


def test_nan_has_no_p_value():
    with pytest.raises(DataError, match="NaN"):
        Calibration([1.0, 2.0]).p_value([0.0, np.nan])
