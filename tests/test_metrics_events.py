"""Event-wise metrics: against slow definitions, by hand, and against random draws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genad.metrics import (
    detection_delay,
    event_f1,
    find_events,
    point_adjusted_f1,
    precision_recall_f1,
)

LABELS = np.array([0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0], dtype=bool)  # events 1-3, 6-7, 10


@st.composite
def labelled_flags(draw):
    n = draw(st.integers(2, 40))
    both = st.lists(st.booleans(), min_size=n, max_size=n)
    labels, flags = np.array(draw(both)), np.array(draw(both))
    anomaly = draw(st.integers(0, n - 1))
    labels[anomaly], labels[anomaly - 1] = True, False
    return labels, flags


def flags_at(*rows):
    return np.isin(np.arange(len(LABELS)), rows)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_events_are_the_runs(values):
    events = find_events(values).tolist()
    rebuilt = [any(start <= i < stop for start, stop in events) for i in range(len(values))]
    assert rebuilt == values
    assert all(stop < start for (_, stop), (start, _) in pairwise(events))
    assert all(start < stop for start, stop in events)


def test_events_by_hand():
    assert find_events(LABELS).tolist() == [[1, 4], [6, 8], [10, 11]]
    assert find_events([True, True]).tolist() == [[0, 2]]
    assert find_events([False]).shape == (0, 2)


def test_event_f1_by_hand():
    # 2-5 spans a gap and touches one event, 8 and 9 are one false alarm, 10 continues it: no alarm
    report = event_f1(LABELS, flags_at(2, 4, 5, 0))
    assert (report.detected, report.missed, report.false_alarms) == (1, 2, 2)
    assert (report.precision, report.recall) == pytest.approx((1 / 3, 1 / 3))
    touching = event_f1(LABELS, flags_at(8, 9, 10))
    assert (touching.detected, touching.missed, touching.false_alarms) == (1, 2, 0)


def test_event_f1_of_one_run_over_everything_is_one():
    assert event_f1(LABELS, np.ones_like(LABELS)).f1 == 1.0


def overlap_segments(expected, observed):
    """Count as Orion's `overlap_segment` does: pairs of closed segments, one at a time."""
    unexplained, detected = list(observed), 0
    for start, stop in expected:
        overlapping = [o for o in observed if o[0] < stop and start < o[1]]
        detected += bool(overlapping)
        unexplained = [o for o in unexplained if o not in overlapping]
    return detected, len(expected) - detected, len(unexplained)


@given(labelled_flags())
def test_event_f1_counts_as_the_slow_definition(case):
    labels, flags = case
    report = event_f1(labels, flags)
    counts = overlap_segments(find_events(labels).tolist(), find_events(flags).tolist())
    assert (report.detected, report.missed, report.false_alarms) == counts
    assert 0 <= report.f1 <= 1
    if report.detected:
        harmonic = 2 / (1 / report.precision + 1 / report.recall)
        assert report.f1 == pytest.approx(harmonic)


def test_delay_by_hand():
    delay = detection_delay(LABELS, flags_at(0, 3, 6, 7))
    assert delay.delays.tolist()[:2] == [2.0, 0.0]
    assert np.isnan(delay.delays[2])
    assert (delay.mean, delay.median, delay.detected) == (1.0, 1.0, 2)


def test_delay_of_a_detector_that_never_speaks():
    delay = detection_delay(LABELS, flags_at())
    assert np.isnan([delay.mean, delay.median]).all()
    assert np.isnan(delay.delays).all()
    assert delay.detected == 0


@given(labelled_flags())
def test_delay_is_the_first_flag_of_each_event(case):
    labels, flags = case
    delay = detection_delay(labels, flags)
    for (start, stop), rows in zip(find_events(labels), delay.delays, strict=True):
        inside = np.flatnonzero(flags[start:stop])
        assert (np.isnan(rows) and not len(inside)) or rows == inside[0]
    assert delay.detected == event_f1(labels, flags).detected


def adjusted(labels, flags):
    flags = flags.copy()
    for start, stop in find_events(labels):
        flags[start:stop] = flags[start:stop].any()
    return flags


@given(labelled_flags())
def test_point_adjusted_f1_is_the_f1_of_adjusted_flags_and_never_less_than_the_plain_one(case):
    labels, flags = case
    result = point_adjusted_f1(labels, flags)
    assert result.f1 == pytest.approx(precision_recall_f1(labels, adjusted(labels, flags)).f1)
    assert result.f1 >= precision_recall_f1(labels, flags).f1 - 1e-12
    assert 0 <= result.random_f1 <= 1


def test_the_random_figure_is_what_random_flags_get():
    labels = np.zeros(2_000, dtype=bool)
    labels[300:400] = labels[1_200:1_250] = labels[1_700:1_710] = True
    generator = np.random.default_rng(0)
    count = 40
    counts, figures = [], []
    for _ in range(500):
        flags = np.zeros(len(labels), dtype=bool)
        flags[generator.choice(len(labels), count, replace=False)] = True
        after = adjusted(labels, flags)
        counts.append(((after & labels).sum(), (after & ~labels).sum()))
        figures.append(point_adjusted_f1(labels, flags).f1)
    hits, alarms = np.mean(counts, axis=0)
    result = point_adjusted_f1(labels, np.arange(len(labels)) < count)
    assert result.random_f1 == pytest.approx(2 * hits / (hits + alarms + 160), abs=0.01)
    # F1 bends down, so the F1 of mean counts lies a little above the mean F1
    assert np.mean(figures) < result.random_f1 < np.mean(figures) + 0.06
    assert result.random_f1 > 0.7  # with 2 % of rows flagged at random
    assert result.f1 == 0.0


def test_the_random_figure_in_closed_form():
    # One event of 2 in 4 rows, 1 flag: it hits with 1/2, so 1 row is had of 2, with 1/2 alarm.
    result = point_adjusted_f1([0, 1, 1, 0], [1, 0, 0, 0])
    assert result.random_f1 == pytest.approx(2 * 1 / (1 + 0.5 + 2))
    # All rows flagged hit for sure, and none flagged never.
    assert point_adjusted_f1([0, 1, 1, 0], [1] * 4).random_f1 == pytest.approx(4 / (2 + 2 + 2))
    assert point_adjusted_f1([0, 1, 1, 0], [0] * 4).random_f1 == 0.0
    # Three flags in four rows cannot miss two of them.
    assert point_adjusted_f1([0, 1, 1, 0], [1, 1, 0, 1]).random_f1 == pytest.approx(4 / 5.5)


def test_the_random_figure_of_long_series_is_finite():
    labels = np.arange(1_000_000) < 10_000
    result = point_adjusted_f1(labels, np.arange(1_000_000) % 2 == 0)
    assert result.random_f1 == pytest.approx(2 * 10_000 / (10_000 + 495_000 + 10_000))
