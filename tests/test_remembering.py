"""The novelty of features as a score: what it adds, and that it is a score as any other."""

import numpy as np
import pytest
import torch

import genad
from genad import MADGAN, VAE, AutoEncoder, Ensemble, TadGAN
from genad.detector import LatentDetector
from genad.errors import ParameterError
from helpers import ALL, line, tiny

LATENT = [cls for cls in ALL if issubclass(cls, LatentDetector)]
ROWS = [cls for cls in LATENT if "table" in cls.kinds]
each_latent = pytest.mark.parametrize("cls", ROWS, ids=lambda cls: cls.__name__)
each_use = pytest.mark.parametrize("features", ["added", "alone"])


def images(n, seed=0):
    """Return dark images with a bright square each, at a place of its own."""
    rng = np.random.default_rng(seed)
    values = np.zeros((n, 8, 8), np.uint8)
    for image, (row, column) in zip(values, rng.integers(1, 4, (n, 2)), strict=True):
        image[row : row + 3, column : column + 3] = rng.integers(150, 250)
    return values


def series(n):
    return np.sin(np.arange(n) / 3.0)[:, None] * [1.0, 2.0]


@each_latent
@each_use
def test_a_score_is_the_rows_own_and_is_explained(cls, features, tmp_path):
    X, new = line(150), 2 * line(200, seed=1)
    detector = tiny(cls, features=features).fit(X)
    scores, shares = detector.anomaly_score(new), detector.explain(new)
    np.testing.assert_array_equal(detector.anomaly_score(new[7:9]), scores[7:9])
    np.testing.assert_allclose(shares.sum(1), scores, rtol=1e-4, atol=1e-5)
    assert detector.reconstruct(new).shape == new.shape
    detector.save(tmp_path / "model")
    np.testing.assert_array_equal(genad.load(tmp_path / "model").anomaly_score(new), scores)


@each_latent
def test_both_parts_are_added_as_tails(cls):
    X, new = line(150), line(60, seed=1)
    plain, alone, added = (
        tiny(cls, features=features).fit(X) for features in ("none", "alone", "added")
    )
    # The same training: the same network, whatever its features are used for.
    own, near = (torch.from_numpy(each.anomaly_score(new)) for each in (plain, alone))
    model = added.model_
    expected = model.own(own - model.lowest) + model.near(near)
    np.testing.assert_allclose(added.anomaly_score(new), expected.numpy(), rtol=1e-4, atol=1e-5)
    assert (model.own.reference >= 0).all()


def test_of_the_detectors_of_series_madgan_has_features_and_tadgan_says_no():
    scores = (
        tiny(MADGAN, features="alone", window=8, epochs=1).fit(series(60)).anomaly_score(series(60))
    )
    assert scores.shape == (60,)
    assert scores.std() > 0
    with pytest.raises(ParameterError, match="take features='none', or MADGAN"):
        tiny(TadGAN, features="added", window=8).fit(series(60))


@each_use
def test_images_and_series_are_taken_too(features):
    detector = VAE(features=features, hidden=(4,), latent=2, epochs=2, random_state=0)
    values = images(60)
    maps = detector.fit(values).anomaly_map(values)
    scores = detector.anomaly_score(values)
    np.testing.assert_allclose(maps.sum((1, 2)), scores, rtol=1e-4, atol=1e-6)
    detector.set_params(window=8).fit(series(80))
    assert detector.anomaly_score(series(80)).shape == (80,)
    assert np.isfinite(detector.trailing_score(series(80))).all()


def test_a_training_image_is_no_neighbour_of_itself():
    values = np.random.default_rng(0).integers(0, 255, (60, 8, 8)).astype(np.uint8)
    detector = VAE(features="alone", hidden=(4,), epochs=1, random_state=0).fit(values)
    assert len(detector.model_.memory.rows) == 48
    scores = detector.anomaly_score(values)
    assert (scores > 0.02 * scores.max()).all()


def test_memory_bounds_what_is_kept():
    detector = VAE(features="alone", memory=10, hidden=(8,), epochs=1, random_state=0)
    assert len(detector.fit(line(150)).model_.memory.rows) == 10


def test_what_is_far_out_is_far_from_its_neighbours():
    detector = AutoEncoder(features="alone", latent=2, hidden=(16,), epochs=60, random_state=0)
    detector.fit(line(300))
    normal, far = detector.anomaly_score(line(100, seed=1)), detector.anomaly_score([[9, -18, 27]])
    assert far > normal.max()


def test_a_prior_is_drawn_from_only_where_there_is_one():
    X = line(60)
    assert tiny(VAE, features="added").fit(X).sample(3, random_state=0).shape == (3, 3)
    with pytest.raises(ParameterError, match="AutoEncoder learns no distribution"):
        tiny(AutoEncoder, features="added").fit(X).sample(3)


def test_members_of_an_ensemble_remember_too():
    member = AutoEncoder(features="added", latent=2, hidden=(8,), epochs=2)
    ensemble = Ensemble(detector=member, n=2, random_state=0).fit(line(100))
    scores = ensemble.anomaly_score(line(50, seed=1))
    assert np.isfinite(scores).all() and scores.std() > 0
    assert all(len(each.memory.rows) == 80 for each in ensemble.model_.each())


@pytest.mark.parametrize("looks", [1, 4])
def test_an_image_is_looked_at_as_it_is_and_under_transforms(looks):
    detector = AutoEncoder(
        features="alone", looks=looks, hidden=(4,), latent=2, epochs=1, random_state=0
    )
    model = detector.fit(images(60)).model_
    x = torch.rand(5, 1, 8, 8)
    seen, plain = model.see(x), model.model.see(x)
    width = plain.shape[1]
    assert seen.shape == (5, looks * width) == (5, model.memory.rows.shape[1])
    torch.testing.assert_close(seen[:, :width], torch.nn.functional.normalize(plain))
    torch.testing.assert_close(seen.square().sum(1), torch.full((5,), float(looks)))
    if looks > 1:
        assert not torch.equal(seen[:, :width], seen[:, width : 2 * width])


def test_rows_and_windows_are_looked_at_once():
    for X, window in ((line(80), None), (series(80), 8)):
        options = {"features": "alone", "hidden": (6,), "net": "mlp", "epochs": 1}
        model = VAE(window=window, random_state=0, **options).fit(X).model_
        assert model.transforms is None
        assert model.memory.rows.shape[1] == 6  # the encoder's last hidden layer
