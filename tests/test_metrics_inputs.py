"""Every metric refuses the same inputs, each with one sentence."""

import numpy as np
import pytest

from genad import metrics
from genad.errors import DataError

BY_SCORES = [
    metrics.roc_auc,
    metrics.average_precision,
    metrics.precision_at_n,
    metrics.best_f1,
    metrics.ranking_report,
    lambda labels, scores: metrics.vus(labels, scores, window=2),
]
BY_FLAGS = [
    metrics.precision_recall_f1,
    metrics.event_f1,
    metrics.detection_delay,
    metrics.point_adjusted_f1,
    metrics.range_f1,
    metrics.affiliation_f1,
]
LABELS = [False, True, True, False]


@pytest.mark.parametrize("metric", BY_SCORES + BY_FLAGS)
@pytest.mark.parametrize("labels", [[False] * 4, [True] * 4, [0, 0, 0, 0]])
def test_one_class_is_refused(metric, labels):
    with pytest.raises(DataError, match=r"labels hold (anomalies|normal rows) only.*give rows of"):
        metric(labels, [0, 1, 1, 0])


@pytest.mark.parametrize("metric", BY_SCORES + BY_FLAGS)
@pytest.mark.parametrize("labels", [[], [LABELS], 1, [0, 1, 2, 1], [0.0, np.nan, 1.0, 0.0]])
def test_labels_that_are_no_labels_are_refused(metric, labels):
    with pytest.raises(DataError, match=r"labels (have shape|hold values)"):
        metric(labels, [0, 1, 1, 0])


@pytest.mark.parametrize("metric", BY_SCORES + BY_FLAGS)
@pytest.mark.parametrize("values", [[0, 1, 1], [0, 1, 1, 0, 1], [[0, 1, 1, 0]]])
def test_other_shapes_are_refused(metric, values):
    with pytest.raises(DataError, match="have shape"):
        metric(LABELS, values)


@pytest.mark.parametrize("metric", BY_SCORES)
def test_nan_scores_are_refused(metric):
    with pytest.raises(DataError, match="scores hold 2 NaN of 4"):
        metric(LABELS, [0.1, np.nan, np.nan, 0.2])


@pytest.mark.parametrize("metric", BY_SCORES)
def test_scores_that_are_no_numbers_are_refused(metric):
    with pytest.raises(DataError, match="scores are not all numbers"):
        metric(LABELS, ["a", "b", "c", "d"])


@pytest.mark.parametrize("metric", BY_FLAGS)
def test_flags_that_are_no_flags_are_refused(metric):
    with pytest.raises(DataError, match="flags hold values other than"):
        metric(LABELS, [0.5, 0, 1, 0])


@pytest.mark.parametrize("metric", BY_SCORES)
def test_infinite_scores_are_ranked(metric):
    infinite = metric(LABELS, [-np.inf, 2.0, np.inf, 1.0])
    assert repr(infinite) == repr(metric(LABELS, [-5.0, 2.0, 3.0, 1.0]))


@pytest.mark.parametrize("metric", BY_SCORES + BY_FLAGS)
def test_labels_may_be_zeros_and_ones(metric):
    assert repr(metric([0, 1, 1, 0], [0, 1, 0, 0])) == repr(metric(LABELS, [0, 1, 0, 0]))


def test_inputs_are_left_alone():
    labels, scores = np.array(LABELS), np.array([0.4, 0.3, 0.2, 0.1])
    for metric in BY_SCORES:
        metric(labels, scores)
    assert labels.tolist() == LABELS
    assert scores.tolist() == [0.4, 0.3, 0.2, 0.1]


def test_everything_exported_is_there_and_sorted():
    constants, classes, functions = [], [], []
    for name in metrics.__all__:
        assert hasattr(metrics, name)
        kind = constants if name.isupper() else functions if name.islower() else classes
        kind.append(name)
    assert metrics.__all__ == sorted(constants) + sorted(classes) + sorted(functions)
