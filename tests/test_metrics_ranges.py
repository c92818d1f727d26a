"""Range-based precision and recall: against the published implementation and slow definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genad.errors import ParameterError
from genad.metrics import find_events, range_f1

BIASES = ("flat", "front", "middle", "back")

ROWS = np.arange(60)
LABELS = np.isin(ROWS, [*range(8, 13), 17, 18, *range(40, 48), 59])
SCORES = np.round(np.abs(np.sin(ROWS * ROWS)) + 0.4 * np.roll(LABELS, 2), 2)
FLAGS = SCORES > 0.9

# prts 1.0.0.3: ts_precision(labels, flags, bias=, cardinality=) and
# ts_recall(labels, flags, alpha=0.2, bias=, cardinality=) on LABELS and FLAGS as integers.
PRTS = [
    ("flat", "one", 0.17948717948717946, 0.34500000000000003),
    ("flat", "reciprocal", 0.17948717948717946, 0.28500000000000003),
    ("front", "one", 0.16666666666666669, 0.34444444444444444),
    ("front", "reciprocal", 0.16666666666666669, 0.2777777777777778),
    ("middle", "one", 0.17307692307692307, 0.39333333333333337),
    ("middle", "reciprocal", 0.17307692307692307, 0.3266666666666667),
    ("back", "one", 0.19230769230769232, 0.34555555555555556),
    ("back", "reciprocal", 0.19230769230769232, 0.2922222222222222),
]


@st.composite
def labelled_flags(draw):
    n = draw(st.integers(2, 30))
    both = st.lists(st.booleans(), min_size=n, max_size=n)
    labels, flags = np.array(draw(both)), np.array(draw(both))
    anomaly = draw(st.integers(0, n - 1))
    labels[anomaly], labels[anomaly - 1] = True, False
    return labels, flags


@pytest.mark.parametrize(("bias", "cardinality", "precision", "recall"), PRTS)
def test_figures_of_the_published_implementation(bias, cardinality, precision, recall):
    report = range_f1(
        LABELS, FLAGS, alpha=0.2, bias=bias, precision_bias=bias, cardinality=cardinality
    )
    assert report.precision == pytest.approx(precision, abs=1e-12)
    assert report.recall == pytest.approx(recall, abs=1e-12)
    assert report.f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)


def slow_reward(ranges, covers, alpha, bias, cardinality):
    """Return the mean reward as the paper's pseudo-code has it, a row at a time."""
    rewards = []
    for start, stop in ranges:
        length = stop - start
        weights = {
            "flat": lambda i, length: 1,
            "front": lambda i, length: length - i + 1,
            "middle": lambda i, length: i if i <= length / 2 else length - i + 1,
            "back": lambda i, length: i,
        }
        weight = [weights[bias](i, length) for i in range(1, length + 1)]
        touching = [c for c in covers if c[0] < stop and start < c[1]]
        had = sum(
            weight[row - start] for a, b in touching for row in range(max(a, start), min(b, stop))
        )
        pieces = len(touching) if cardinality == "reciprocal" else 1
        overlap = had / sum(weight) / max(pieces, 1)
        rewards.append(alpha * bool(touching) + (1 - alpha) * overlap)
    return float(np.mean(rewards)) if rewards else 0.0


@given(
    labelled_flags(),
    st.sampled_from(BIASES),
    st.sampled_from(BIASES),
    st.sampled_from(("one", "reciprocal")),
    st.floats(0, 1),
)
def test_the_slow_definition_agrees(case, bias, precision_bias, cardinality, alpha):
    labels, flags = case
    report = range_f1(
        labels,
        flags,
        alpha=alpha,
        bias=bias,
        precision_bias=precision_bias,
        cardinality=cardinality,
    )
    events, runs = find_events(labels).tolist(), find_events(flags).tolist()
    assert report.recall == pytest.approx(slow_reward(events, runs, alpha, bias, cardinality))
    precision = slow_reward(runs, events, 0.0, precision_bias, cardinality)
    assert report.precision == pytest.approx(precision)


@given(labelled_flags(), st.sampled_from(BIASES))
def test_flags_that_are_the_labels_are_perfect(case, bias):
    labels, _ = case
    report = range_f1(labels, labels, bias=bias, alpha=0.3)
    assert (report.precision, report.recall, report.f1) == pytest.approx((1.0, 1.0, 1.0))


@given(labelled_flags())
def test_pieces_never_pay(case):
    labels, flags = case
    priced, free = range_f1(labels, flags), range_f1(labels, flags, cardinality="one")
    assert priced.recall <= free.recall + 1e-12
    assert priced.precision <= free.precision + 1e-12


def test_closed_forms():
    labels = [0, 1, 1, 1, 1, 0, 0, 0]
    first_half, second_half = [0, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0, 0, 0]
    assert range_f1(labels, first_half).recall == 0.5
    assert range_f1(labels, first_half, bias="front").recall == pytest.approx(0.7)  # (4 + 3) / 10
    assert range_f1(labels, second_half, bias="front").recall == pytest.approx(0.3)
    assert range_f1(labels, second_half, bias="back").recall == pytest.approx(0.7)
    assert range_f1(labels, first_half, alpha=1.0).recall == 1.0
    both_ends = [0, 1, 0, 0, 1, 0, 0, 0]
    assert range_f1(labels, both_ends).recall == 0.25  # half covered, in two pieces
    assert range_f1(labels, both_ends, cardinality="one").recall == 0.5


def test_nothing_flagged_is_zero():
    report = range_f1([0, 1, 0], [0, 0, 0], alpha=0.5)
    assert (report.precision, report.recall, report.f1) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 1.5}, "alpha is 1.5"),
        ({"alpha": float("nan")}, "alpha is nan"),
        ({"bias": "left"}, "bias is 'left'.*'flat', 'front', 'middle', 'back'"),
        ({"precision_bias": "left"}, "precision_bias is 'left'"),
        ({"cardinality": "two"}, "cardinality is 'two'.*'reciprocal', 'one'"),
    ],
)
def test_other_options_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        range_f1([0, 1, 0], [0, 1, 0], **options)
