"""What holds for every detector of images: maps, order, evaluation mode, and the sign."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers import ALL, settings_for, tiny

IMAGES = [cls for cls in ALL if "image" in cls.kinds]
each_detector = pytest.mark.parametrize("cls", IMAGES, ids=lambda cls: cls.__name__)
QUICK = {"epochs": 1, "hidden": (4,), "transforms": 2, "steps": 3, "samples": 2, "n": 2}


def images(n, seed=0):
    """Return dark images with a bright square each, at a place of its own."""
    rng = np.random.default_rng(seed)
    values = np.zeros((n, 8, 9), np.uint8)
    for image, (row, column) in zip(values, rng.integers(1, 4, (n, 2)), strict=True):
        image[row : row + 3, column : column + 3] = rng.integers(150, 250)
    return values


@pytest.fixture(scope="module")
def fitted():
    """Return the maker of a small fitted detector, each made once."""
    made = {}

    def make(cls):
        if cls not in made:
            made[cls] = tiny(cls, **settings_for(cls, **QUICK)).fit(images(50))
        return made[cls]

    return make


@each_detector
def test_a_map_has_a_share_for_every_pixel(fitted, cls):
    detector, values = fitted(cls), images(7, seed=1)
    maps, shares = detector.anomaly_map(values), detector.explain(values)
    assert maps.shape == (7, 8, 9)
    assert np.isfinite(maps).all() and np.abs(maps).max() > 0
    np.testing.assert_allclose(maps, shares.reshape(7, 8, 9), rtol=1e-5, atol=1e-7)
    if detector.model_.additive:
        scores = detector.anomaly_score(values)
        scale = np.abs(maps).sum((1, 2))
        assert (np.abs(maps.sum((1, 2)) - scores) <= 1e-3 * scale + 1e-5).all()


@each_detector
def test_test_images_do_not_meet(fitted, cls):
    """Batch normalisation that sees the test images leaks their order (GANomaly's issue 47)."""
    detector, values = fitted(cls), images(90, seed=2)
    scores = detector.anomaly_score(values)
    assert not any(module.training for module in detector.model_.modules())
    order = np.random.default_rng(0).permutation(90)
    np.testing.assert_array_equal(detector.anomaly_score(values[order]), scores[order])
    np.testing.assert_array_equal(detector.anomaly_score(values[:1]), scores[:1])
    bright = np.full((30, 8, 9), 255, np.uint8)
    among = detector.anomaly_score(np.concatenate([values, bright]))
    np.testing.assert_array_equal(among[:90], scores)


@each_detector
def test_the_sign_is_that_of_an_anomaly(fitted, cls):
    """An area well below one half would be a sign that is the wrong way round."""
    detector = fitted(cls)
    noise = np.random.default_rng(0).integers(0, 255, (60, 8, 9)).astype(np.uint8)
    values, truth = np.concatenate([images(60, seed=3), noise]), np.repeat([0, 1], 60)
    assert roc_auc_score(truth, detector.anomaly_score(values)) > 0.4
