"""PretrainedClassifier: few labels, forecasts without any, the same scores in a stream."""

import numpy as np
import pytest
import torch

import genad
from genad import PretrainedClassifier
from genad.data.windows import Cut
from genad.detectors.pretrained_classifier import _marked
from genad.errors import DataError
from genad.metrics import roc_auc

STARTS = (60, 130, 210, 300, 380, 450, 520)


def lifted(n=600, channels=1):
    """Return a wave that is lifted for some steps now and then, and where it is."""
    X = np.sin(np.arange(n)[:, None] / 4 + np.arange(channels))
    y = np.zeros(n)
    for start in STARTS:
        X[start : start + 8, 0] += 3.0
        y[start : start + 8] = 1
    return X, y


def small(**changes):
    settings = {"window": 20, "hidden": (16,), "dense": 8, "epochs": 2, "random_state": 0}
    return PretrainedClassifier(**settings | changes)


@pytest.fixture(scope="module")
def fitted():
    X, y = lifted(channels=2)
    y[400:] = np.nan
    return small(epochs=20, lr=1e-2).fit(X, y)


def test_what_is_like_the_labelled_anomalies_is_found(fitted):
    X, y = lifted(channels=2)
    scores = fitted.anomaly_score(X)[400:]
    assert roc_auc(y[400:] == 1, scores) > 0.9


def test_a_stream_has_the_scores_of_the_whole_series_and_goes_on(fitted, tmp_path):
    X, _ = lifted(120, channels=2)
    X[50, 1] = np.nan
    whole, stream, scores = fitted.anomaly_score(X), fitted.stream(), []
    for row in X:
        if len(scores) == 70:
            stream.save(tmp_path / "stream")
            stream = fitted.stream().load(tmp_path / "stream")
        stream.score_one(row + 1)  # asking changes nothing
        scores.append(stream.score_one(row))
        stream.learn_one(row)
    np.testing.assert_array_equal(scores, whole)


def test_learning_a_step_that_was_not_scored_comes_to_the_same(fitted):
    X, _ = lifted(40, channels=2)
    stream = fitted.stream()
    for row in X[:-1]:
        stream.learn_one(row)
    assert stream.score_one(X[-1]) == fitted.anomaly_score(X)[-1]


def test_it_is_saved_and_loaded_to_the_bit(fitted, tmp_path):
    X, _ = lifted(100, channels=2)
    fitted.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(X), fitted.anomaly_score(X))
    np.testing.assert_array_equal(loaded.explain(X), fitted.explain(X))


def test_a_channel_that_does_not_move_has_no_share_in_the_score(fitted):
    X, _ = lifted(60, channels=2)
    X[:, 1] = 0.5
    shares = fitted.explain(X)
    assert np.abs(shares[1:, 1]).max() == 0 < np.abs(shares[:, 0]).max()


@pytest.mark.parametrize("y", [None, np.full(600, np.nan), np.zeros(600), np.ones(600)])
def test_without_both_kinds_of_labels_it_forecasts(y):
    X, _ = lifted()
    detector = small(epochs=2).fit(X, y)
    assert not detector.model_.classifies
    assert {epoch.stage for epoch in detector.history_.epochs} == {0}
    assert (detector.anomaly_score(X) >= 0).all()


def test_the_same_seed_gives_the_same_model():
    X, y = lifted()
    scores = [small(epochs=2, cell="gru").fit(X, y).anomaly_score(X) for _ in range(2)]
    np.testing.assert_array_equal(*scores)
    other = small(epochs=2, cell="gru", random_state=1).fit(X, y).anomaly_score(X)
    assert not np.array_equal(scores[0], other)


def test_several_series_bring_a_label_for_each_step():
    X, y = lifted()
    parts = [X[:350], X[350:]], [y[:350].astype(bool), y[350:]]
    assert small(epochs=1).fit(*parts).model_.classifies


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        (np.zeros(90), r"y has shape \(90,\) where a series has 600 time steps"),
        (np.full(600, 2), "y holds np.int64.2. at step 1; a label is 1 for an anomaly"),
        (np.array(["fault"] * 600), "y holds .*'fault'.* a label is 1 for an anomaly"),
    ],
)
def test_labels_that_do_not_fit_are_refused_in_a_sentence(y, reason):
    with pytest.raises(DataError, match=reason):
        small().fit(lifted()[0], y)


def test_the_threshold_rests_on_steps_that_are_not_known_anomalies():
    X, y = lifted()
    counts = [
        len(small(epochs=0, validation_fraction=share).fit(X, y).calibration_.reference_scores)
        for share in (0.0, 0.2)
    ]
    assert counts[0] == (y == 0).sum()
    assert counts[1] <= 0.2 * len(X)


# Which windows it is tuned on.


def windows(y, lengths, window=5):
    """Return windows of series whose value at a step is its number, and their labels."""
    starts = np.concatenate([np.arange(n - window + 1) + o for o, n in lengths])
    values = torch.arange(len(y))[:, None].float()
    return Cut(values, torch.from_numpy(starts), window, torch.from_numpy(y))


def test_every_marked_step_is_in_its_window_with_its_label():
    y = np.full(30, -1)
    y[[0, 3, 9, 12, 29]], y[[1, 2, 8, 10, 11, 20]] = 1, 0
    marked = _marked(windows(y, [(0, 10), (10, 20)]), ratio=1.0)
    x = marked[:]
    assert ((x[..., 1] >= 0).sum(1) == 1).all()
    rows, places = torch.nonzero(x[..., 1] >= 0).T
    steps = x[rows, places, 0].long()
    np.testing.assert_array_equal(x[rows, places, 1], y[steps])
    first = (x[:, 0, 0] >= 10) == (x[:, -1, 0] >= 10)
    assert first.all()  # no window lies across two series
    assert set(steps[y[steps] == 1].tolist()) == {0, 3, 9, 12, 29}


@pytest.mark.parametrize(("ratio", "normal"), [(1.0, 4), (2.5, 10), (0.1, 1), (99.0, 26)])
def test_the_majority_is_down_sampled(ratio, normal):
    y = np.zeros(30, np.int64)
    y[5:9] = 1
    labels = _marked(windows(y, [(0, 30)]), ratio).labels
    assert (labels == 1).sum() == 4 and (labels == 0).sum() == normal
    rare = _marked(windows(1 - y, [(0, 30)]), ratio).labels
    assert (rare == 0).sum() == 4 and (rare == 1).sum() == normal
