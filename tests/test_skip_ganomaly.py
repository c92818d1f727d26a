"""SkipGANomaly: its losses, its score, and what it tells apart."""

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from genad.detectors.skip_ganomaly import SkipGANomaly
from genad.errors import ParameterError


def tiny(**changes):
    return SkipGANomaly(**{"hidden": (4, 8), "epochs": 2, "random_state": 0} | changes)


def images(n, seed=0):
    """Return images with a grey square each."""
    values = np.zeros((n, 10, 9), np.uint8)
    values[:, 2:7, 3:7] = np.random.default_rng(seed).integers(100, 200, (n, 1, 1))
    return values


@pytest.fixture(scope="module")
def fitted():
    return tiny().fit(images(60))


def test_the_losses_are_the_papers(fitted):
    model, x = fitted.model_, torch.randn(5, 1, 10, 9)
    with torch.no_grad():
        x_hat = model.generator(x)
        f, f_hat = model.discriminator.features(x), model.discriminator.features(x_hat)
        real, fake = model.discriminator(x), model.discriminator(x_hat)
        terms, judged = model.generator_loss(x), model.discriminator_loss(x)
    torch.testing.assert_close(terms["adversarial"], softplus(-fake))
    torch.testing.assert_close(terms["reconstruction"], 40 * (x - x_hat).abs().mean((1, 2, 3)))
    torch.testing.assert_close(terms["feature_matching"], (f - f_hat).square().mean(1))
    torch.testing.assert_close(judged["real"], softplus(-real))
    torch.testing.assert_close(judged["fake"], softplus(fake))


@pytest.mark.parametrize(("score", "weight"), [("reconstruction", 0), ("discriminator", 1)])
def test_the_score_weighs_residual_and_features(fitted, score, weight):
    model, x = fitted.model_, torch.randn(5, 1, 10, 9)
    with torch.no_grad():
        x_hat = model.generator(x)
        f, f_hat = model.discriminator.features(x), model.discriminator.features(x_hat)
        residual, distance = (x - x_hat).abs().mean((1, 2, 3)), (f - f_hat).square().mean(1)
        torch.testing.assert_close(model.score(x), 0.9 * residual + 0.1 * distance)
        alone = tiny(score=score)._build((1, 10, 9))
        alone.load_state_dict(model.state_dict())
        expected = weight * distance + (1 - weight) * residual
        torch.testing.assert_close(alone.score(x), expected)


def test_a_map_sums_to_the_score_and_the_model_comes_back(fitted, tmp_path):
    values = images(70, seed=1)
    scores = fitted.anomaly_score(values)
    maps = fitted.anomaly_map(values)
    assert maps.shape == (70, 10, 9)
    np.testing.assert_allclose(maps.sum((1, 2)), scores, rtol=1e-4)
    np.testing.assert_array_equal(fitted.anomaly_score(values[:2]), scores[:2])
    fitted.save(tmp_path / "model")
    loaded = SkipGANomaly.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(values), scores)


def test_a_hole_is_an_anomaly():
    detector = tiny(epochs=60).fit(images(200))
    normal, holed = images(30, seed=2), images(30, seed=2)
    holed[:, 4:6, 4:6] = 0
    assert np.median(detector.anomaly_score(holed)) > detector.anomaly_score(normal).max()


def test_it_takes_images_only():
    with pytest.raises(ParameterError, match="SkipGANomaly takes image data"):
        tiny().fit(np.zeros((5, 3)))
