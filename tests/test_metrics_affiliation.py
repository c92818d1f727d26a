"""Affiliation: against the paper's example, the published implementation and its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genad.metrics import affiliation_f1, find_events

ROWS = np.arange(60)
LABELS = np.isin(ROWS, [*range(8, 13), 17, 18, *range(40, 48), 59])
SCORES = np.round(np.abs(np.sin(ROWS * ROWS)) + 0.4 * np.roll(LABELS, 2), 2)

# The authors' code as shipped in TSB-AD 1.5: pr_from_events(events of flags, events of LABELS,
# (0, 60)), with flags as in the first column.
PUBLISHED = [
    (SCORES > 0.9, 0.6133446534308603, 0.7112859195402299),
    ((ROWS >= 20) & (ROWS < 30), 0.17081631881427714, 0.1923856187140805),
    (ROWS >= 0, 0.5331144789436201, 1.0),
    (np.isin(ROWS, [41, 58]), 0.8846153846153846, 0.42305814302884615),
]


def rows_of(n, *ranges):
    return np.isin(np.arange(n), [row for start, stop in ranges for row in range(start, stop)])


@pytest.mark.parametrize(("flags", "precision", "recall"), PUBLISHED)
def test_figures_of_the_published_implementation(flags, precision, recall):
    report = affiliation_f1(LABELS, flags)
    assert report.precision == pytest.approx(precision, abs=1e-12)
    assert report.recall == pytest.approx(recall, abs=1e-12)


def test_the_example_of_the_paper():
    # Three hours in minutes; the paper gives 0.672222... and 0.944444... for the second zone,
    # which lies from minute 30 to 120.
    labels = rows_of(180, (0, 10), (50, 70), (170, 175))
    flags = rows_of(180, (5, 6), (7, 10), (11, 12), (40, 60), (115, 130), (135, 140), (165, 170))
    report = affiliation_f1(labels[30:120], flags[30:120])
    assert report.precision == pytest.approx(0.6722222222222222)
    assert report.recall == pytest.approx(0.9444444444444444)
    whole = affiliation_f1(labels, flags)
    zones = [(0, 30), (30, 120), (120, 180)]
    parts = [affiliation_f1(labels[a:b], flags[a:b]) for a, b in zones]
    assert whole.precision == pytest.approx(np.mean([part.precision for part in parts]))
    assert whole.recall == pytest.approx(np.mean([part.recall for part in parts]))


def chance_of_farther(distance, event_distance, cells):
    """Return the share of a zone's cells whose distance exceeds `distance`; 1 at distance 0."""
    return 1.0 if distance == 0 else (event_distance > distance).sum() / cells


def slow_affiliation(labels, flags, fine):
    """Return precision and recall from their definition, on `fine` cells a row."""
    events = find_events(labels)
    edges = [0.0, *((events[:-1, 1] + events[1:, 0]) / 2), float(len(labels))]
    centres = (np.arange(len(labels) * fine) + 0.5) / fine
    truth, flagged = np.repeat(labels, fine), np.repeat(flags, fine)
    precisions, recalls = [], []
    for (start, stop), left, right in zip(events, edges, edges[1:], strict=False):
        inside = (centres > left) & (centres < right)
        zone = centres[inside]
        to_event = np.maximum(0, np.maximum(start - zone, zone - stop))
        x = np.flatnonzero(flagged[inside])
        if len(x):
            chances = [chance_of_farther(to_event[i], to_event, len(zone)) for i in x]
            precisions.append(np.mean(chances))
        recalls.append(slow_recall(zone, truth[inside], flagged[inside]))
    return np.mean(precisions) if precisions else 0.0, np.mean(recalls)


def slow_recall(zone, truth, flagged):
    if not flagged.any():
        return 0.0
    chances = []
    for y in zone[truth]:
        distance = np.abs(zone[flagged] - y).min()
        chances.append(chance_of_farther(distance, np.abs(zone - y), len(zone)))
    return np.mean(chances)


@st.composite
def labelled_flags(draw):
    n = draw(st.integers(2, 14))
    both = st.lists(st.booleans(), min_size=n, max_size=n)
    labels, flags = np.array(draw(both)), np.array(draw(both))
    anomaly = draw(st.integers(0, n - 1))
    labels[anomaly], labels[anomaly - 1] = True, False
    return labels, flags


@settings(deadline=None)
@given(labelled_flags())
def test_the_definition_on_a_fine_grid_agrees(case):
    labels, flags = case
    report = affiliation_f1(labels, flags)
    precision, recall = slow_affiliation(labels, flags, fine=40)
    # the grid is off by about a cell at each of the corners
    assert report.precision == pytest.approx(precision, abs=0.03)
    assert report.recall == pytest.approx(recall, abs=0.03)


@given(labelled_flags())
def test_bounds_mirror_and_perfection(case):
    labels, flags = case
    report = affiliation_f1(labels, flags)
    assert 0 <= report.precision <= 1
    assert 0 <= report.recall <= 1
    mirrored = affiliation_f1(labels[::-1], flags[::-1])
    assert (mirrored.precision, mirrored.recall) == pytest.approx((report.precision, report.recall))
    assert affiliation_f1(labels, labels).f1 == pytest.approx(1.0)


def test_nearer_flags_are_worth_more():
    labels = rows_of(100, (50, 55))
    figures = [affiliation_f1(labels, rows_of(100, (row, row + 1))) for row in range(55, 100)]
    precisions, recalls = [f.precision for f in figures], [f.recall for f in figures]
    assert precisions == sorted(precisions, reverse=True)
    assert recalls == sorted(recalls, reverse=True)
    assert precisions[0] > 0.9 > 0.1 > precisions[-1]


def test_random_flags_have_a_precision_of_one_half():
    labels = rows_of(20_000, *((start, start + 20) for start in range(500, 20_000, 1_000)))
    flags = np.random.default_rng(0).random(20_000) < 0.05
    report = affiliation_f1(labels, flags)
    assert report.precision == pytest.approx(0.5, abs=0.03)
    assert report.recall > 0.9


def test_zones_without_a_flag_have_no_recall_and_no_say_in_the_precision():
    labels = rows_of(40, (5, 10), (30, 35))
    report = affiliation_f1(labels, rows_of(40, (5, 10)))
    assert (report.precision, report.recall) == pytest.approx((1.0, 0.5))


def test_nothing_flagged_is_zero():
    report = affiliation_f1([0, 1, 0], [0, 0, 0])
    assert (report.precision, report.recall, report.f1) == (0.0, 0.0, 0.0)
