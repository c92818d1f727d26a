"""Ranking metrics: against scikit-learn, closed forms and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
)

from genad.errors import ParameterError
from genad.metrics import (
    average_precision,
    best_f1,
    precision_at_n,
    precision_recall_f1,
    ranking_report,
    roc_auc,
)


@st.composite
def ranked(draw, largest=8):
    """Labels of both classes and scores with many ties."""
    n = draw(st.integers(2, 40))
    labels = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    anomaly = draw(st.integers(0, n - 1))
    labels[anomaly], labels[anomaly - 1] = True, False
    scores = draw(st.lists(st.integers(-largest, largest), min_size=n, max_size=n))
    return labels, np.array(scores, dtype=np.float64)


def share_of_pairs_won(labels, scores):
    difference = scores[labels][:, None] - scores[~labels]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


@given(ranked())
def test_roc_auc_is_the_share_of_pairs_and_scikit_learns(case):
    labels, scores = case
    assert roc_auc(labels, scores) == pytest.approx(share_of_pairs_won(labels, scores))
    assert roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))


@given(ranked())
def test_average_precision_is_scikit_learns(case):
    labels, scores = case
    expected = average_precision_score(labels, scores)
    assert average_precision(labels, scores) == pytest.approx(expected)


@given(ranked())
def test_best_f1_is_the_best_of_the_curve_and_its_threshold_gives_it(case):
    labels, scores = case
    precision, recall, _ = precision_recall_curve(labels, scores)
    both = precision + recall
    curve = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    best = best_f1(labels, scores)
    assert best.f1 == pytest.approx(curve.max())
    flags = precision_recall_f1(labels, scores > best.threshold)
    assert (flags.precision, flags.recall) == pytest.approx((best.precision, best.recall))


@given(ranked(), st.data())
def test_flag_report_is_scikit_learns(case, data):
    labels, _ = case
    size = len(labels)
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    expected = precision_recall_fscore_support(labels, flags, average="binary", zero_division=0)
    report = precision_recall_f1(labels, flags)
    assert (report.precision, report.recall, report.f1) == pytest.approx(expected[:3])
    assert report.flagged == flags.sum()


@given(ranked())
def test_monotone_transforms_change_nothing(case):
    labels, scores = case
    for other in (scores**3, 2.0**scores, 5 * scores - 7):
        assert ranking_report(labels, scores) == ranking_report(labels, other)
        assert precision_at_n(labels, scores) == precision_at_n(labels, other)
        assert best_f1(labels, scores).f1 == best_f1(labels, other).f1


@given(ranked(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(case, random):
    labels, scores = case
    order = list(range(len(labels)))
    random.shuffle(order)
    assert ranking_report(labels, scores) == ranking_report(labels[order], scores[order])
    assert best_f1(labels, scores) == best_f1(labels[order], scores[order])
    before, after = precision_at_n(labels, scores), precision_at_n(labels[order], scores[order])
    assert before == pytest.approx(after)


@given(ranked())
def test_the_opposite_score_has_the_opposite_area(case):
    labels, scores = case
    assert roc_auc(labels, -scores) == pytest.approx(1 - roc_auc(labels, scores))


@given(ranked())
def test_a_perfect_score_is_perfect_and_its_opposite_is_not(case):
    labels, scores = case
    perfect = labels * 100 + scores
    report = ranking_report(labels, perfect)
    assert (report.roc_auc, report.average_precision) == (1.0, 1.0)
    assert precision_at_n(labels, perfect) == 1.0
    assert best_f1(labels, perfect).f1 == 1.0
    assert roc_auc(labels, -perfect) == 0.0


@given(ranked())
def test_a_constant_score_has_the_figures_of_chance(case):
    labels, _ = case
    report = ranking_report(labels, np.zeros(len(labels)))
    assert report.roc_auc == 0.5
    assert report.average_precision == pytest.approx(report.prevalence)
    assert precision_at_n(labels, np.zeros(len(labels))) == pytest.approx(report.prevalence)


def test_a_random_score_is_near_chance():
    generator = np.random.default_rng(0)
    labels = generator.random(20_000) < 0.05
    report = ranking_report(labels, generator.random(20_000))
    assert report.roc_auc == pytest.approx(0.5, abs=0.02)
    assert report.average_precision == pytest.approx(report.prevalence, abs=0.01)
    assert (report.n, report.anomalies) == (20_000, labels.sum())


def test_precision_at_n_averages_over_the_orders_of_a_tie():
    labels = np.array([True, False, True, False, False])
    scores = np.array([3.0, 2.0, 2.0, 2.0, 1.0])
    # two of three tied rows are taken, one of the three is an anomaly
    assert precision_at_n(labels, scores, 3) == pytest.approx((1 + 2 / 3) / 3)
    assert precision_at_n(labels, scores, 1) == 1.0
    assert precision_at_n(labels, scores, 5) == pytest.approx(0.4)
    assert precision_at_n(labels, scores) == precision_at_n(labels, scores, 2)


@pytest.mark.parametrize("n", [0, -1, 6])
def test_precision_at_n_refuses_other_n(n):
    with pytest.raises(ParameterError, match=f"n is {n} for 5 rows"):
        precision_at_n([0, 1, 0, 0, 0], [1, 2, 3, 4, 5], n)


def test_best_f1_can_be_to_flag_everything():
    best = best_f1([True, True, False], [1.0, 1.0, 1.0])
    assert best.threshold == -np.inf
    assert best.f1 == pytest.approx(0.8)


def test_best_f1_takes_the_highest_of_equally_good_thresholds():
    # flagging 1 row: 2/4; flagging 4: 4/7; flagging 3: 2*1/(3+3), flagging 6: 6/9
    labels = [True, False, False, True, False, True]
    assert best_f1(labels, [6, 5, 4, 3, 2, 1]).f1 == pytest.approx(2 / 3)
    # flagging 1 row and flagging 4 rows both give 2/3
    tied = best_f1([True, False, False, True], [4, 3, 2, 1])
    assert (tied.f1, tied.threshold) == (pytest.approx(2 / 3), 3.0)


def test_nothing_flagged_is_zero_not_an_error():
    report = precision_recall_f1([True, False], [False, False])
    assert (report.precision, report.recall, report.f1, report.flagged) == (0.0, 0.0, 0.0, 0)
