"""VUS: against the published implementation, a slow definition and properties."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genad.errors import ParameterError
from genad.metrics import average_precision, find_events, roc_auc, vus

ROWS = np.arange(60)
LABELS = np.isin(ROWS, [*range(8, 13), 17, 18, *range(40, 48), 59])
SCORES = np.round(np.abs(np.sin(ROWS * ROWS)) + 0.4 * np.roll(LABELS, 2), 2)

# TSB-AD 1.5: generate_curve(LABELS as integers, SCORES, window, thre=thresholds)[-2:].
PUBLISHED = [
    (0, 250, 0.3837002840909091, 0.40847298669778603),
    (5, 250, 0.6301252240158398, 0.5699454663019399),
    (12, 250, 0.763609536845546, 0.7115230194391948),
    (12, 20, 0.7625715660813618, 0.7032110203872649),
    (30, 250, 0.8925491391605715, 0.8606135382685233),
]


@pytest.mark.parametrize(("window", "thresholds", "roc", "pr"), PUBLISHED)
def test_figures_of_the_published_implementation(window, thresholds, roc, pr):
    result = vus(LABELS, SCORES, window, thresholds=thresholds)
    assert result.roc == pytest.approx(roc, abs=1e-12)
    assert result.pr == pytest.approx(pr, abs=1e-12)
    assert result.window == window


def buffered(labels, width):
    """Return the labels with their buffers."""
    weight = labels.astype(float)
    for start, stop in find_events(labels):
        for row in range(len(labels)):
            distance = max(start - row, row - stop + 1)
            if 0 < distance <= width // 2:
                weight[row] += np.sqrt(1 - distance / width)
    return np.minimum(weight, 1.0)


def slow_areas(labels, scores, width):
    """Return the two areas at one window from the formulas, threshold by threshold."""
    weight = buffered(labels, width)
    # Buffers that touch without sharing a row stay two events.
    segments = merged(find_events(labels), width // 2, len(labels))
    curve, precision = [(0.0, 0.0)], []
    for threshold in np.unique(scores)[::-1]:
        flags = scores >= threshold
        hits = (weight * flags).sum()
        positives = labels.sum() + (weight * flags)[~labels].sum() / 2
        found = np.mean([flags[a:b].any() for a, b in segments])
        recall = min(hits / positives, 1.0) * found
        curve.append(((flags.sum() - hits) / (len(labels) - positives), recall))
        precision.append(hits / flags.sum())
    x, y = np.array([*curve, (1.0, 1.0)]).T
    pr = sum(p * (y[k + 1] - y[k]) for k, p in enumerate(precision))
    return ((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum(), pr


def merged(events, reach, n):
    segments = []
    for start, stop in events:
        if segments and start - reach < segments[-1][1]:
            segments[-1][1] = stop + reach
        else:
            segments.append([start - reach, stop + reach])
    return [(max(a, 0), min(b, n)) for a, b in segments]


@st.composite
def series(draw):
    n = draw(st.integers(2, 25))
    labels = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    anomaly = draw(st.integers(0, n - 1))
    labels[anomaly], labels[anomaly - 1] = True, False
    scores = draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n))
    return labels, np.array(scores, dtype=np.float64), draw(st.integers(0, 9))


@settings(deadline=None)
@given(series())
def test_the_slow_definition_agrees(case):
    labels, scores, window = case
    result = vus(labels, scores, window, thresholds=None)
    expected = np.mean([slow_areas(labels, scores, w) for w in range(window + 1)], axis=0)
    assert (result.roc, result.pr) == pytest.approx(tuple(expected))


@given(series())
def test_monotone_transforms_change_nothing(case):
    labels, scores, window = case
    for other in (scores**3, 2.0**scores):
        assert vus(labels, scores, window) == vus(labels, other, window)


@given(series())
def test_a_perfect_score_is_perfect(case):
    labels, scores, window = case
    perfect = vus(labels, labels * 100 + scores, window, thresholds=None)
    assert perfect.roc > 0.5
    same = vus(labels, labels.astype(float), window)
    assert (same.roc, same.pr) == pytest.approx((1.0, 1.0))


def test_one_event_without_buffers_is_the_point_wise_area():
    # With one event of one row, any hit finds the event, so the range-aware rates are the plain.
    labels = ROWS == 25
    scores = np.abs(np.sin(ROWS * 1.7))
    result = vus(labels, scores, 0, thresholds=None)
    assert result.roc == pytest.approx(roc_auc(labels, scores))
    assert result.pr == pytest.approx(average_precision(labels, scores))


def test_a_small_shift_is_forgiven_within_the_window_only():
    labels = np.isin(np.arange(400), range(200, 210))
    shifted = {lag: np.roll(labels, lag).astype(float) for lag in (0, 3, 30)}
    values = {lag: vus(labels, score, 20).pr for lag, score in shifted.items()}
    assert values[0] == pytest.approx(1.0)
    assert 1.0 > values[3] > 0.6 > 0.1 > values[30]
    assert average_precision(labels, shifted[3]) < values[3]


def test_a_random_score_has_a_pr_near_prevalence():
    generator = np.random.default_rng(0)
    labels = np.zeros(20_000, dtype=bool)
    for start in range(500, 20_000, 2_000):
        labels[start : start + 100] = True
    result = vus(labels, generator.random(20_000), 20, thresholds=None)
    assert result.pr == pytest.approx(labels.mean(), abs=0.03)
    assert 0.5 < result.roc < 0.65


def test_few_thresholds_come_near_the_exact_figure():
    generator = np.random.default_rng(1)
    labels = np.isin(np.arange(3_000) // 50, [7, 30, 51])
    scores = generator.random(3_000) + 0.5 * labels
    coarse, exact = vus(labels, scores, 10), vus(labels, scores, 10, thresholds=None)
    assert coarse.roc == pytest.approx(exact.roc, abs=0.01)
    assert coarse.pr == pytest.approx(exact.pr, abs=0.02)


def test_long_series_take_no_time():
    generator = np.random.default_rng(2)
    labels = np.arange(100_000) % 10_000 < 150
    scores = generator.random(100_000)
    begin = time.process_time()
    vus(labels, scores, 200)
    assert time.process_time() - begin < 2.0  # some 0.04 s; a loop over rows would take minutes


@pytest.mark.parametrize("window", [-1, -100])
def test_a_negative_window_is_refused(window):
    with pytest.raises(ParameterError, match=f"window is {window}"):
        vus(LABELS, SCORES, window)


@pytest.mark.parametrize("thresholds", [0, 1, -3])
def test_too_few_thresholds_are_refused(thresholds):
    with pytest.raises(ParameterError, match=f"thresholds is {thresholds}"):
        vus(LABELS, SCORES, 3, thresholds=thresholds)
