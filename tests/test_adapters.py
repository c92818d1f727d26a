"""Other libraries' detectors as ours, and ours as PyOD's: signs, seeds, what is refused."""

import copy
import importlib.util
import json
import pickle
import random

import numpy as np
import pyarrow as pa
import pytest
import sklearn.ensemble
import sklearn.neighbors
import sklearn.svm
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from genad import VAE, ZScore
from genad.cli.settings import make_detector
from genad.detectors.external import external, is_external
from genad.errors import DataError, MissingDependencyError, ParameterError
from genad.pyod import as_pyod
from genad.registry import find_detector
from helpers import messy

SKLEARN = (
    "sklearn.IsolationForest",
    "sklearn.LocalOutlierFactor",
    "sklearn.OneClassSVM",
    "sklearn.EllipticEnvelope",
    "sklearn.GaussianMixture",
    "sklearn.KernelDensity",
    "sklearn.PCA",
)
PYOD = ("pyod.knn", "pyod.iforest", "pyod.ecod", "pyod.lof")
has_pyod = importlib.util.find_spec("pyod") is not None
needs_pyod = pytest.mark.skipif(not has_pyod, reason="PyOD is not installed")
each = pytest.mark.parametrize(
    "name", [*SKLEARN, *(pytest.param(name, marks=needs_pyod) for name in PYOD)]
)
FAR = [[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]]


def normal(n=200, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 3))


def rounded(rows):
    """Return rows that samples, which are float32, can hold."""
    return rows.astype(np.float32).astype(np.float64)


def legacy_state():
    return np.random.get_state()[1].copy()  # noqa: NPY002


# In.


@each
def test_higher_is_more_anomalous_whatever_the_librarys_sign(name):
    detector = external(name)(random_state=0).fit(normal())
    scores = detector.anomaly_score(FAR)
    assert scores[1] > scores[0] and scores.dtype == np.float64
    assert detector.is_anomaly(FAR).tolist() == [False, True]
    assert detector.predict(FAR).tolist() == [1, -1]


@each
def test_the_same_seed_gives_the_same_scores_and_no_global_one_is_set(name):
    before = random.getstate(), legacy_state(), torch.get_rng_state()
    scores = [external(name)(random_state=3).fit(normal()).anomaly_score(FAR) for _ in range(2)]
    np.testing.assert_array_equal(*scores)
    assert random.getstate() == before[0]
    np.testing.assert_array_equal(legacy_state(), before[1])
    assert torch.equal(torch.get_rng_state(), before[2])


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("sklearn.OneClassSVM", sklearn.svm.OneClassSVM()),
        ("sklearn.LocalOutlierFactor", sklearn.neighbors.LocalOutlierFactor(novelty=True)),
    ],
)
def test_scores_are_the_librarys_own(name, theirs):
    X, T = rounded(normal()), rounded(normal(50, seed=1))
    ours = external(name)(scaler="none", validation_fraction=0.0).fit(X)
    theirs.fit(X)
    np.testing.assert_allclose(ours.anomaly_score(T), -theirs.score_samples(T), rtol=1e-9)


@needs_pyod
def test_pyods_scores_are_its_own_even_where_rows_are_scored_together():
    from pyod.models.ecod import ECOD

    X, T = rounded(normal(100)), rounded(normal(70, seed=1))  # blocks are padded to 128 rows
    ours = external("pyod.ecod")(scaler="none", validation_fraction=0.0).fit(X)
    np.testing.assert_allclose(ours.anomaly_score(T), ECOD().fit(X).decision_function(T))


def test_parameters_are_the_librarys_and_ours():
    cls = external("sklearn.LocalOutlierFactor")
    detector = cls(n_neighbors=7, contamination=0.1, scaler="robust")
    assert clone(detector).get_params() == detector.get_params()
    assert "novelty" not in detector.get_params() and detector.metric == "minkowski"
    assert detector.fit(normal()).model_.estimator.n_neighbors == 7
    assert (detector.predict(normal()) == -1).mean() == pytest.approx(0.1)
    with pytest.raises(TypeError, match="n_neighbours"):
        cls(n_neighbours=7)
    with pytest.raises(ValueError, match="n_neighbors"):
        cls(n_neighbors=-1).fit(normal())


def test_settings_of_the_command_line_reach_the_library():
    texts = ["n_neighbors=7", "metric=cosine", "p=1.5", "n_jobs=none"]
    detector = make_detector("sklearn.LocalOutlierFactor", texts)
    assert (detector.n_neighbors, detector.metric, detector.p) == (7, "cosine", 1.5)


@needs_pyod
def test_lists_and_required_sizes_reach_pyod():
    texts = ["hidden_neuron_list=8,4", "epoch_num=1", "batch_size=16"]
    detector = make_detector("pyod.auto_encoder", texts).fit(normal(64))
    assert detector.model_.estimator.hidden_neuron_list == [8, 4]
    assert external("pyod.deep_svdd")(epochs=1).fit(normal(64)).anomaly_score(FAR).shape == (2,)


def test_messy_tables_have_reasons_by_column():
    table = pa.table(messy(120))
    detector = external("sklearn.IsolationForest")(random_state=0).fit(table)
    shares = detector.explain(table.slice(0, 5))
    assert shares.shape == (5, len(table.column_names)) and (shares >= 0).all()


def test_windows_of_a_series_are_long_rows():
    steps = np.sin(np.arange(300) / 5)[:, None] + 0.05 * np.random.default_rng(0).normal(
        size=(300, 1)
    )
    detector = external("sklearn.LocalOutlierFactor")(window=8, random_state=0).fit(steps[:200])
    broken = steps[200:].copy()
    broken[50] += 4.0
    scores = detector.anomaly_score(broken)
    assert scores.shape == (100,) and 42 <= scores.argmax() <= 58


def test_a_reason_is_the_column_that_is_off():
    detector = external("sklearn.GaussianMixture")(random_state=0).fit(normal())
    shares = detector.explain([[0.0, 8.0, 0.0]])
    assert shares[0].argmax() == 1 and shares[0, 1] > 10 * shares[0, [0, 2]].max()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
def test_copies_score_alike(copied):
    detector = external("sklearn.IsolationForest")(random_state=0).fit(normal())
    np.testing.assert_array_equal(copied(detector).anomaly_score(FAR), detector.anomaly_score(FAR))


def test_a_fitted_one_is_not_saved(tmp_path):
    detector = external("sklearn.IsolationForest")().fit(normal())
    with pytest.raises(ParameterError, match="is not saved: only pickle could keep it"):
        detector.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_scores_that_are_no_numbers_are_an_error(monkeypatch):
    detector = external("sklearn.PCA")().fit(normal())
    monkeypatch.setattr(
        detector.model_.estimator, "score_samples", lambda X: np.full(len(X), np.nan)
    )
    with pytest.raises(DataError, match="2 of 2 rows a score that is no finite number"):
        detector.anomaly_score(FAR)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sklearn.Nothing", "no outlier detector 'Nothing'; by a short name there are Bay"),
        ("sklearn.linear_model.LogisticRegression", "no outlier detector"),
        ("sklearn.ensemble", "no outlier detector"),
        ("sklearn.nothing.Nothing", "no outlier detector"),
        ("os.system", "is no detector of another library"),
        ("sklearn.", "is no detector of another library"),
        ("sklearn.a b", "is no detector of another library"),
    ],
)
def test_an_unknown_name_is_one_sentence(name, message):
    with pytest.raises(ParameterError, match=message):
        external(name)


@needs_pyod
@pytest.mark.parametrize("name", ["nothing", "knn.Nothing", "utils.data.generate_data", "base"])
def test_an_unknown_name_of_pyods_is_one_sentence(name):
    with pytest.raises(ParameterError, match=f"PyOD has no detector '{name}'"):
        external(f"pyod.{name}")


@needs_pyod
def test_what_a_detector_of_pyods_lacks_is_named():
    with pytest.raises(ParameterError, match="needs 'detector_list'"):
        external("pyod.lscp")
    if importlib.util.find_spec("xgboost") is None:
        with pytest.raises(MissingDependencyError, match="'xgboost'"):
            external("pyod.xgbod")


def test_without_pyod_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyod", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'genad\[bench\]'"):
        external("pyod.knn")


@needs_pyod
@pytest.mark.parametrize(
    "name", ["pyod.knn", "pyod.KNN", "PyOD.models.knn", "pyod.knn.KNN", "pyod.models.knn.KNN"]
)
def test_a_detector_of_pyods_has_several_names(name):
    assert external(name) is external("pyod.knn") is find_detector(name)
    assert external("pyod.auto-encoder".replace("-", "")).__name__ == "AutoEncoder"


def test_names_of_ours_are_not_others():
    assert not is_external("vae") and is_external("sklearn.PCA")
    assert find_detector("sklearn.isolationforest").__name__ == "IsolationForest"


@parametrize_with_checks(
    [external("sklearn.KernelDensity")(), external("sklearn.IsolationForest")(n_estimators=5)]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


# Out.


@needs_pyod
def test_ours_in_pyods_terms():
    from pyod.models.base import BaseDetector

    X = np.vstack([normal(90), normal(10, seed=1) + 9.0])
    theirs = as_pyod(ZScore(random_state=0), contamination=0.1)
    assert theirs.fit(X) is theirs and isinstance(theirs, BaseDetector)
    assert theirs.labels_.tolist() == [0] * 90 + [1] * 10
    assert theirs.predict(FAR).tolist() == [0, 1]
    np.testing.assert_array_equal(theirs.decision_function(X), theirs.decision_scores_)
    np.testing.assert_array_equal(theirs.decision_scores_, theirs.detector_.anomaly_score(X))
    assert (theirs.decision_scores_ > theirs.threshold_).sum() == 10
    assert theirs.predict_proba(np.array(FAR)).argmax(1).tolist() == [0, 1]
    assert theirs.predict_confidence(FAR).shape == (2,)


@needs_pyod
def test_the_adapter_is_cloned_and_copied_like_any_of_pyods():
    theirs = as_pyod(VAE(epochs=1, latent=2, random_state=0), contamination=0.2).fit(normal())
    again = clone(theirs)
    assert again.contamination == 0.2 and not hasattr(again, "detector_")
    assert again.fit(normal()).labels_.sum() == 40
    kept = pickle.loads(pickle.dumps(theirs))
    np.testing.assert_array_equal(kept.decision_function(FAR), theirs.decision_function(FAR))
    with pytest.raises(ValueError, match="contamination"):
        as_pyod(ZScore(), contamination=0.7)


@needs_pyod
def test_there_and_back_again():
    """PyOD's ensemble of detectors takes ours beside its own."""
    from pyod.models.knn import KNN
    from pyod.models.lscp import LSCP

    members = [as_pyod(ZScore(random_state=0)), KNN(), as_pyod(ZScore(aggregate="max"))]
    ensemble = LSCP(members, random_state=0, n_bins=2).fit(normal(100))
    assert ensemble.decision_function(FAR).argmax() == 1


def test_without_pyod_the_adapter_says_what_to_install(monkeypatch):
    import genad.pyod as module

    module._adapter.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "pyod.models.base", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'genad\[bench\]'"):
        as_pyod(ZScore())
    with pytest.raises(AttributeError, match="Nothing"):
        _ = module.Nothing
    module._adapter.cache_clear()


# On the command line.


def test_detect_scores_and_reports_without_a_model(run, tmp_path):
    forest = ["--model", "sklearn.isolationforest", "--set", "n_estimators=20"]
    ended = run("detect", "breast_cancer", *forest, "--out", "found", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["detector"] == "IsolationForest" and found["parameters"]["n_estimators"] == 20
    assert found["ranking"]["roc_auc"] > 0.9
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == [
        "report.html",
        "scores.csv",
    ]
    assert set(found["files"]) == {"scores", "report"}
    assert any("is not saved: only pickle" in note for note in found["notes"])
    page = (tmp_path / "found/report.html").read_text()
    assert "is not saved: only pickle" in page and "genad score" not in page
    shown = run("detect", "breast_cancer", *forest, "--out", "found", "--force")
    assert "is not saved: only pickle" in shown.out


@needs_pyod
def test_detect_takes_pyods(run):
    ended = run(
        "detect", "breast_cancer", "--model", "pyod.knn", "--set", "n_neighbors=3", "--json"
    )
    assert ended.code == 0 and json.loads(ended.out)["parameters"]["n_neighbors"] == 3


def test_fit_refuses_before_it_fits(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sklearn.ensemble.IsolationForest, "fit", None)
    ended = run("fit", "breast_cancer", "--model", "sklearn.IsolationForest")
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert "only pickle could keep it" in ended.err and "--train breast_cancer" in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", ["sklearn.Nothing", "os.path"])
def test_an_unknown_model_of_others_is_one_sentence(run, tmp_path, model):
    ended = run("detect", "breast_cancer", "--model", model)
    assert ended.code == 2 and ended.err.count("\n") == 1 and not list(tmp_path.iterdir())
