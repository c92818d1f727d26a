"""What holds for every detector: found through the registry, so a new one needs no new test."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import genad
from genad.detector import ConditionalDetector
from genad.detector import base as detector_module
from genad.parameters import plain_parameters
from genad.thresholds import Quantile
from helpers import (
    CLASSES,
    each_detector,
    each_variant,
    fitted,
    line,
    messy,
    settings_for,
    tiny,
    two_clusters,
)

FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}
BAD = {
    "latent": [0, 1.5, "2"],
    "hidden": [8, (0,), (8, -1), (8.5,), ("8",), np.array([8])],
    "epochs": [-1, 2.5],
    "batch_size": [0, None],
    "lr": [0.0, -1e-3],
    "patience": [0],
    "ema": [1.0, -0.1],
    "clip": [0.0],
    "weight": [-0.1, 1.1],
    "weights": [(1, 1), (1, 1, -1), ("a", 1, 1)],
    "score": ["magic", None],
    "scaler": ["magic", None],
    "contamination": [0.0, 0.6, "some"],
    "threshold": [3],
    "validation_fraction": [1.0, -0.1],
    "random_state": ["zero", -1.5],
    "device": [1, None],
}


# A score depends on the model and the row alone.


@each_variant
def test_a_score_is_the_rows_own(cls, choice):
    detector, X = fitted(cls, **choice), line(5000, seed=1)
    scores = detector.anomaly_score(X)
    assert scores.dtype == np.float64
    assert scores.shape == (5000,)
    assert np.isfinite(scores).all()
    order = np.random.default_rng(0).permutation(5000)
    for rows in ([4321], [4095], [4096], [7, 4999, 12], range(60, 125), range(4000, 4999), order):
        np.testing.assert_array_equal(detector.anomaly_score(X[rows]), scores[rows])


@each_variant
def test_a_score_does_not_depend_on_the_chunk(cls, choice, monkeypatch):
    detector, X = fitted(cls, **choice), line(300, seed=1)
    scores, shares = detector.anomaly_score(X), detector.explain(X)
    for chunk in (1, 64, 100, 10_000):
        monkeypatch.setattr(detector_module, "_CHUNK_SAMPLES", chunk)
        np.testing.assert_array_equal(detector.anomaly_score(X[:chunk]), scores[:chunk])
    monkeypatch.setattr(detector_module, "_CHUNK_SAMPLES", 100)
    np.testing.assert_array_equal(detector.anomaly_score(X), scores)
    np.testing.assert_array_equal(detector.explain(X), shares)


@each_detector
@pytest.mark.parametrize("width", [1, 7, 40])
def test_a_score_is_the_rows_own_in_networks_of_the_default_size(cls, width, threads):
    X = np.random.default_rng(0).normal(size=(4200, width))
    detector = cls(**settings_for(cls, epochs=1, steps=3), random_state=0).fit(X[:130])
    scores = detector.anomaly_score(X)
    for rows in ([4150], range(10), range(50, 150)):
        np.testing.assert_array_equal(detector.anomaly_score(X[rows]), scores[rows])
    threads(2)
    np.testing.assert_array_equal(detector.anomaly_score(X), scores)


@each_detector
@pytest.mark.parametrize("scaler", ["standard", "l2", "quantile"])
def test_the_layout_of_the_array_does_not_show(cls, scaler):
    X = np.random.default_rng(0).normal(size=(128, 9)).astype(np.float32)  # 128: no padding
    detector = tiny(cls, scaler=scaler).fit(X)
    scores = detector.anomaly_score(X)
    wide = np.full((128, 18), 7.0)
    wide[:, ::2] = X
    for same in (np.asfortranarray(X), X.astype(np.float64), X.tolist(), wide[:, ::2]):
        np.testing.assert_array_equal(detector.anomaly_score(same), scores)


# Randomness comes from random_state and leaves no trace.


@each_variant
def test_the_same_random_state_gives_the_same_model(cls, choice, threads):
    first = fitted(cls, **choice)
    threads(2)
    again = tiny(cls, **choice).fit(line(150))
    X = line(100, seed=1)
    np.testing.assert_array_equal(again.anomaly_score(X), first.anomaly_score(X))
    np.testing.assert_array_equal(first.anomaly_score(X), first.anomaly_score(X))
    np.testing.assert_array_equal(again.explain(X), first.explain(X))
    assert again.threshold_ == first.threshold_


@each_detector
def test_another_random_state_gives_another_model(cls):
    if cls in (genad.NearestNeighbours, genad.AutoDetector):  # which takes the former here
        pytest.skip("remembers every row: nothing about it is random")
    first, other = fitted(cls), tiny(cls, random_state=1).fit(line(150))
    X = line(100, seed=1)
    same = np.array_equal(other.anomaly_score(X), first.anomaly_score(X))
    assert not same
    drawn = tiny(cls, random_state=np.random.RandomState(0)).fit(line(150))
    np.testing.assert_array_equal(drawn.anomaly_score(X), first.anomaly_score(X))


@each_variant
def test_global_generators_are_left_alone(cls, choice):
    torch_before = torch.get_rng_state()
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    detector = tiny(cls, **choice).fit(line(80))
    detector.anomaly_score(line(80))
    detector.explain(line(80))
    detector.reconstruct(line(80))
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


# Saving and loading.


@each_variant
def test_a_loaded_model_is_the_saved_one(cls, choice, tmp_path):
    detector, X = fitted(cls, **choice), line(100, seed=1)
    detector.save(tmp_path / "model")
    for loaded in (genad.load(tmp_path / "model"), cls.load(str(tmp_path / "model"))):
        assert type(loaded) is cls
        assert plain_parameters(loaded.get_params()) == plain_parameters(detector.get_params())
        assert loaded.threshold_ == detector.threshold_
        assert loaded.offset_ == detector.offset_
        assert loaded.history_ == detector.history_
        for method in ("anomaly_score", "anomaly_probability", "predict", "explain", "reconstruct"):
            ours, theirs = (getattr(each, method)(X) for each in (loaded, detector))
            np.testing.assert_array_equal(ours, theirs)


@each_detector
@pytest.mark.parametrize("scaler", ["minmax", "robust", "quantile", "l2", "none"])
def test_a_loaded_model_encodes_tables_alike(cls, scaler, tmp_path):
    frame, unseen = pd.DataFrame(messy(80)), pd.DataFrame(messy(30, seed=1) | {"city": "Oslo"})
    detector = tiny(cls, scaler=scaler, threshold=Quantile(0.9)).fit(frame)
    detector.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    assert loaded.threshold == Quantile(0.9)
    assert loaded.feature_names_in_.tolist() == list(frame.columns)
    np.testing.assert_array_equal(loaded.anomaly_score(unseen), detector.anomaly_score(unseen))
    np.testing.assert_array_equal(loaded.explain(unseen), detector.explain(unseen))
    assert loaded.reconstruct(unseen).equals(detector.reconstruct(unseen))


# Learning.


@each_variant
def test_every_parameter_has_one_objective_and_a_gradient(cls, choice):
    model, batch = fitted(cls, **choice).model_, [torch.randn(64, 3)]
    if issubclass(cls, ConditionalDetector):
        batch.append(torch.zeros(64, dtype=torch.int64))  # it was fitted without labels: one class
    owned = [parameter for objective in model.objectives() for parameter in objective.parameters()]
    assert sorted(map(id, owned)) == sorted(map(id, model.parameters()))
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for objective in model.objectives():
        loss = sum(term.mean() for term in objective.loss(*batch).values())
        parameters = objective.parameters()
        slopes = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, slope in zip(parameters, slopes, strict=True):
            assert slope is not None, names[id(parameter)]
            # A critic's last bias cancels between real and fake samples.
            assert slope.abs().max() > 0 or parameter.numel() == 1, names[id(parameter)]


@each_variant
def test_training_pays(cls, choice):
    normal, between = two_clusters(200, seed=5), np.random.default_rng(6).normal(size=(200, 3))
    X, truth = np.r_[normal, between], np.repeat([0, 1], 200)
    quick = {"lr": 5e-3, "hidden": (16,), "latent": 1}

    def quality(epochs, seed):
        detector = tiny(cls, **settings_for(cls, epochs=epochs, **quick), **choice)
        detector.set_params(random_state=seed).fit(two_clusters(300, seed))
        return roc_auc_score(truth, detector.anomaly_score(X))

    untrained, trained = (
        np.mean([quality(epochs, seed) for seed in range(3)]) for epochs in (0, 30)
    )
    if fitted(cls, **choice).model_.objectives() and untrained < 0.95:
        assert trained > untrained + 0.1
    elif untrained >= 0.95:  # neighbours in random features are neighbours still
        assert trained > 0.95
    else:
        assert trained == untrained


@each_variant
def test_a_far_point_scores_above_the_centre(cls, choice):
    rng = np.random.default_rng(0)
    X = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 400)
    detector = cls(**settings_for(cls, epochs=80), **choice, random_state=0).fit(X)
    far, centre = detector.anomaly_score([[5.0, 5.0], [0.0, 0.0]])
    assert far > centre


@each_detector
def test_an_untrained_detector_has_an_empty_history(cls):
    detector = tiny(cls, **settings_for(cls, epochs=0)).fit(line(50))
    assert detector.history_.epochs == []
    assert fitted(cls).history_.curve("validation") == [
        epoch.validation for epoch in fitted(cls).history_.epochs if epoch.validation is not None
    ]


# Reasons.


@each_variant
def test_explanations_have_the_shape_of_the_rows_and_sum_to_the_score(cls, choice):
    detector, X = fitted(cls, **choice), 3 * line(200, seed=1)
    shares, scores = detector.explain(X), detector.anomaly_score(X)
    assert shares.shape == X.shape
    assert np.isfinite(shares).all()
    if detector.model_.additive:
        scale = np.abs(shares).sum(1)
        assert (np.abs(shares.sum(1) - scores) <= 1e-4 * scale + 1e-6).all()


@each_variant
def test_a_single_column_takes_the_whole_score(cls, choice):
    X = np.random.default_rng(0).normal(size=(100, 1))
    detector = tiny(cls, **choice).fit(X)
    if detector.model_.additive:
        share, scores = detector.explain(X)[:, 0], detector.anomaly_score(X)
        np.testing.assert_allclose(share, scores, rtol=1e-3, atol=1e-5)


@each_detector
def test_reconstructions_are_in_the_units_of_the_data(cls):
    X = line(150)
    near = tiny(cls).fit(X).reconstruct(X)
    far = tiny(cls).fit(1000 * X + 5000).reconstruct(1000 * X + 5000)
    assert near.shape == X.shape
    assert np.isfinite(near).all()
    np.testing.assert_allclose((far - 5000) / 1000, near, atol=0.02)


@each_detector
def test_reconstructions_of_a_frame_are_a_table_of_its_columns(cls):
    frame = pd.DataFrame(messy(80))
    expected = tiny(cls).fit(frame).reconstruct(frame)
    assert expected.column_names == list(frame.columns)
    assert set(expected["city"].to_pylist()) <= {"Rome", "Bonn", "(missing)", "(other)"}
    assert all(isinstance(value, float) for value in expected["visits"].to_pylist())


# Thresholds and probabilities.


@each_variant
def test_probabilities_rise_with_the_score(cls, choice):
    detector, X = fitted(cls, **choice), np.r_[line(150, seed=1), 50 * line(150, seed=2)]
    scores, probabilities = detector.anomaly_score(X), detector.anomaly_probability(X)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert (np.diff(probabilities[np.argsort(scores)]) >= -1e-12).all()


@each_variant
def test_scikit_learns_methods_follow_from_the_score(cls, choice):
    detector, X = fitted(cls, **choice), np.r_[line(150, seed=1), 50 * line(150, seed=2)]
    scores = detector.anomaly_score(X)
    np.testing.assert_array_equal(detector.score_samples(X), -scores)
    np.testing.assert_array_equal(detector.decision_function(X), detector.threshold_ - scores)
    np.testing.assert_array_equal(detector.is_anomaly(X), scores > detector.threshold_)
    np.testing.assert_array_equal(detector.predict(X) == -1, detector.is_anomaly(X))
    assert set(detector.predict(X)) == {1, -1}
    assert detector.score(X) == pytest.approx(-scores.mean())
    assert detector.offset_ == -detector.threshold_


@each_detector
@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.25, 0.5])
def test_contamination_flags_that_share_of_the_training_rows(cls, contamination):
    X = line(200)
    detector = tiny(cls, contamination=contamination).fit(X)
    assert abs(detector.is_anomaly(X).sum() - 200 * contamination) <= 1
    np.testing.assert_array_equal(
        tiny(cls, contamination=contamination).fit_predict(X) == -1, detector.is_anomaly(X)
    )


@each_detector
def test_the_threshold_comes_from_held_out_rows(cls):
    X = line(400)
    lax = tiny(cls, threshold="quantile:0.5").fit(X)
    strict = tiny(cls, threshold="quantile:0.99").fit(X)
    assert lax.threshold_ < strict.threshold_
    assert len(lax.calibration_.reference_scores) == 80
    all_rows = tiny(cls, threshold="quantile:0.5", validation_fraction=0.0).fit(X)
    assert len(all_rows.calibration_.reference_scores) == 400
    assert np.median(all_rows.anomaly_score(X)) == pytest.approx(all_rows.threshold_)


# Tables.


@each_detector
def test_frames_of_any_make_score_alike(cls):
    scores = []
    for make in FRAMES.values():
        detector = tiny(cls).fit(make(messy(80)))
        assert detector.n_features_in_ == 5
        assert detector.feature_names_in_.tolist() == list(messy(1))
        scores.append(detector.anomaly_score(make(messy(50, seed=1))))
        assert np.isfinite(scores[-1]).all()
        assert detector.explain(make(messy(50, seed=1))).shape == (50, 5)
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])


@each_detector
@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_columns_are_matched_by_name(cls, make):
    columns, detector = messy(50, seed=1), tiny(cls).fit(make(messy(80)))
    turned = make({name: columns[name] for name in reversed(columns)})
    expected = detector.anomaly_score(make(columns))
    np.testing.assert_array_equal(detector.anomaly_score(turned), expected)
    np.testing.assert_array_equal(detector.explain(turned), detector.explain(make(columns)))
    with pytest.raises(ValueError, match="must be in the same order"):
        detector.predict(turned)
    with pytest.raises(ValueError, match=r"(?s)yet now missing.*constant"):
        detector.anomaly_score(make({k: v for k, v in columns.items() if k != "constant"}))
    with pytest.raises(ValueError, match=r"(?s)unseen at fit time.*height"):
        detector.anomaly_score(make(columns | {"height": [1.0] * 50}))


@each_detector
def test_what_training_never_saw_is_scored(cls):
    detector = tiny(cls).fit(pd.DataFrame(messy(80)))
    usual = messy(3, seed=1)
    strange = usual | {"city": ["Oslo", None, "Rome"], "visits": [None, 1e12, -1e12]}
    assert np.isfinite(detector.anomaly_score(pd.DataFrame(strange))).all()
    constant = pd.DataFrame(usual | {"constant": [3, 3, 4]})
    shares = detector.explain(constant) - detector.explain(pd.DataFrame(usual))
    np.testing.assert_allclose(shares[:2], 0, atol=1e-12)
    assert np.abs(shares[2]).max() > 0


@each_detector
def test_missing_values_and_constant_columns_in_arrays(cls):
    X = line(100)
    X[::9, 1] = np.nan
    X = np.c_[X, np.full(100, 7.0), np.full(100, np.nan)]
    detector = tiny(cls).fit(X)
    assert np.isfinite(detector.anomaly_score(X)).all()
    assert np.isfinite(detector.anomaly_score(np.full((2, 5), np.nan))).all()
    assert detector.explain(X).shape == X.shape
    with pytest.raises(ValueError, match="infinity"):
        detector.anomaly_score(np.where(np.isnan(X), np.inf, X))


# scikit-learn's tools.


@each_detector
def test_clone_pipeline_and_set_output(cls):
    X = pd.DataFrame(line(80), columns=["a", "b", "c"])
    detector = tiny(cls)
    copy = clone(detector)
    assert copy is not detector
    assert plain_parameters(copy.get_params()) == plain_parameters(detector.get_params())
    assert repr(copy) == repr(detector)
    pipeline = make_pipeline(StandardScaler(), copy).set_output(transform="pandas").fit(X)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(
        pipeline.predict(X), pipeline[-1].predict(pipeline[:-1].transform(X))
    )


@each_detector
def test_grid_search(cls):
    search = GridSearchCV(tiny(cls), {"scaler": ["standard", "robust"]}, cv=2)
    search.fit(line(60))
    assert search.best_params_["scaler"] in ("standard", "robust")
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(search.best_estimator_.anomaly_score(line(60))).all()


@each_detector
def test_a_bad_parameter_gets_scikit_learns_sentence(cls):
    bad = [
        (name, value) for name in cls._get_param_names() for value in (object(), *BAD.get(name, ()))
    ]
    for name, value in bad:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {cls.__name__} must be"):
            tiny(cls, **{name: value}).fit(line(20))


@each_detector
def test_without_hidden_layers_a_network_is_linear_or_refused(cls):
    if "hidden" in cls._get_param_names():
        detector = tiny(cls, hidden=())
        try:
            detector.fit(line(60))
        except ValueError as error:
            assert "must be a tuple or list of 1 or more items, each an int" in str(error)
        else:
            assert np.isfinite(detector.anomaly_score(line(60))).all()
    np.testing.assert_array_equal(
        tiny(cls, **settings_for(cls, hidden=[8])).fit(line(150)).anomaly_score(line(60)),
        fitted(cls).anomaly_score(line(60)),
    )


@each_detector
def test_threshold_and_contamination_exclude_each_other(cls):
    with pytest.raises(genad.errors.ParameterError, match="give one of them"):
        tiny(cls, threshold="mad", contamination=0.1).fit(line(20))
    with pytest.raises(genad.errors.ParameterError, match="'magic' is unknown"):
        tiny(cls, threshold="magic").fit(line(20))


@each_detector
def test_the_class_says_what_it_is(cls):
    assert CLASSES.count(cls) == 1
    assert cls.__doc__.splitlines()[0].endswith(".")
    assert ">>> " in cls.__doc__
