"""Scalers: their definitions, their order, and their way back."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from genad.data.scaling import Scaler, ScalerName

NAMES = get_args(ScalerName)
BY_COLUMN = [name for name in NAMES if name != "l2"]
ANY = st.floats(allow_nan=False, allow_infinity=False)
TAME = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def tables(elements, least=2):
    shapes = st.tuples(st.integers(least, 30), st.integers(1, 4))
    return arrays(np.float64, shapes, elements=elements)


each_scaler = pytest.mark.parametrize("name", NAMES)


def sample(seed=0, n=200):
    return np.random.default_rng(seed).normal([3.0, -20.0], [2.0, 5.0], (n, 2))


def test_standard_has_mean_zero_and_deviation_one():
    scaled = Scaler("standard").fit(sample()).transform(sample())
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), 1)


def test_minmax_spans_zero_to_one():
    scaled = Scaler("minmax").fit(sample()).transform(sample())
    np.testing.assert_allclose([scaled.min(0), scaled.max(0)], [[0, 0], [1, 1]], atol=1e-12)


def test_robust_has_median_zero_and_interquartile_range_one():
    scaled = Scaler("robust").fit(sample()).transform(sample())
    low, middle, high = np.quantile(scaled, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(middle, 0, atol=1e-12)
    np.testing.assert_allclose(high - low, 1)
    spoilt = sample()
    spoilt[0] = 1e9
    np.testing.assert_allclose(
        Scaler("robust").fit(spoilt).transform(sample()), scaled, atol=0.05, rtol=0.05
    )


def test_robust_falls_back_where_most_values_are_equal():
    values = np.zeros((100, 1))
    values[:5] = 10
    scaled = Scaler("robust").fit(values).transform(values)
    assert scaled.max() == pytest.approx(10 / values.std())


def test_quantile_gives_normal_scores_whatever_the_distribution():
    skewed = np.exp(sample(n=2000))
    scaled = Scaler("quantile").fit(skewed).transform(skewed)
    assert np.abs(scaled.mean(0)).max() < 0.01
    np.testing.assert_allclose(scaled.std(0), 1, atol=0.02)
    np.testing.assert_allclose(np.median(scaled, 0), 0, atol=0.01)


def test_quantile_puts_ties_in_the_middle_of_their_ranks():
    values = np.array([[0.0]] * 60 + [[1.0]] * 40)
    zero, one = Scaler("quantile").fit(values).transform(np.array([[0.0], [1.0]]))[:, 0]
    assert zero == pytest.approx(-0.524, abs=0.02)  # 30 % below
    assert one == pytest.approx(0.842, abs=0.02)  # 80 % below


def test_l2_makes_rows_of_length_one():
    scaled = Scaler("l2").fit(sample()).transform(np.r_[sample(), [[0.0, 0.0], [3e200, 4e200]]])
    np.testing.assert_allclose(np.linalg.norm(scaled[:200], axis=1), 1)
    np.testing.assert_allclose(scaled[-2:], [[0, 0], [0.6, 0.8]])


def test_none_leaves_values_alone():
    np.testing.assert_array_equal(Scaler("none").fit(sample()).transform(sample()), sample())


@pytest.mark.parametrize("name", ["standard", "minmax", "robust"])
def test_far_values_grow_by_their_logarithm(name):
    scaler = Scaler(name).fit(sample())
    steps = scaler.centre + np.array([[29.0], [30.0], [31.0], [1e9]]) * scaler.scale
    expected = [29, 30, 30 + np.log(2), 30 + np.log1p(1e9 - 30)]
    for sign in (1, -1):
        far = scaler.centre + sign * (steps - scaler.centre)
        np.testing.assert_allclose(scaler.transform(far)[:, 0], sign * np.array(expected))


@each_scaler
@given(train=tables(ANY), data=st.data())
def test_what_is_finite_stays_finite_in_single_precision(name, train, data):
    new = data.draw(arrays(np.float64, (5, train.shape[1]), elements=ANY))
    scaler = Scaler(name).fit(train)
    for values in (train, new):
        scaled = scaler.transform(values)
        assert scaled.shape == values.shape
        assert np.isfinite(scaled.astype(np.float32)).all()
        assert np.isfinite(np.square(scaled.astype(np.float32))).all()


@pytest.mark.parametrize("name", BY_COLUMN)
@given(train=tables(TAME), data=st.data())
def test_order_is_kept_within_a_column(name, train, data):
    scaler = Scaler(name).fit(train)
    new = data.draw(arrays(np.float64, (8, train.shape[1]), elements=ANY))
    values = np.sort(np.r_[train, new], axis=0)
    steps = np.diff(scaler.transform(values), axis=0)
    assert (steps >= -1e-9).all()


@pytest.mark.parametrize("name", ["standard", "minmax", "robust", "none"])
@given(train=tables(TAME))
def test_the_way_back(name, train):
    scaler = Scaler(name).fit(train)
    back = scaler.inverse_transform(scaler.transform(train))
    largest = np.abs(train).max(0, initial=1)
    np.testing.assert_allclose(back, train, atol=1e-6 * largest.max())


@pytest.mark.parametrize("name", ["standard", "minmax", "robust"])
def test_the_way_back_from_far_out(name):
    scaler = Scaler(name).fit(sample())
    far = scaler.centre + np.array([[-1e6], [-35.0], [29.0], [100.0]]) * scaler.scale
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(far)), far)
    assert np.isfinite(scaler.inverse_transform(np.full((1, 2), 1e30))).all()


@given(train=tables(TAME, least=3))
def test_the_way_back_from_quantiles_stays_in_the_training_range(train):
    scaler = Scaler("quantile").fit(train)
    back = scaler.inverse_transform(scaler.transform(train))
    assert (back >= train.min(0) - 1e-9).all()
    assert (back <= train.max(0) + 1e-9).all()
    distinct = np.array([len(set(column)) == len(column) for column in train.T])
    np.testing.assert_allclose(back[:, distinct], train[:, distinct], atol=1e-3)


def test_l2_has_no_way_back():
    assert Scaler("l2").fit(sample()).inverse_transform(sample()) is None


@each_scaler
@pytest.mark.parametrize("value", [0.0, 7.0, -1e12, 1e-300, 0.1])
def test_a_constant_column_has_scale_one(name, value):
    train = np.full((50, 1), value)
    scaler = Scaler(name).fit(train)
    assert scaler.scale.tolist() == [1.0]
    unchanged, changed = scaler.transform(np.array([[value], [value + 1]]))[:, 0]
    if name not in ("l2", "none"):
        assert changed - unchanged >= (0.9 if name != "minmax" else 1)


@each_scaler
@given(train=tables(TAME), data=st.data())
def test_a_row_is_scaled_on_its_own(name, train, data):
    row = data.draw(st.integers(0, len(train) - 1))
    scaler = Scaler(name).fit(train)
    alone = scaler.transform(train[[row]])
    np.testing.assert_array_equal(alone, scaler.transform(train)[[row]])


@each_scaler
def test_the_state_makes_the_same_scaler(name):
    scaler = Scaler(name).fit(sample())
    other = Scaler(name).load_state(scaler.state())
    new = sample(seed=1) * 3
    np.testing.assert_array_equal(other.transform(new), scaler.transform(new))
    if name != "l2":
        np.testing.assert_array_equal(other.inverse_transform(new), scaler.inverse_transform(new))


@each_scaler
def test_the_input_is_not_written_to(name):
    train = sample()
    train.setflags(write=False)
    Scaler(name).fit(train).transform(train)
