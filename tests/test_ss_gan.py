"""SSGAN: its losses, that it is a GAN, and what it tells apart."""

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

import genad
from genad import SSGAN, TransformPrediction


def tiny(**changes):
    return SSGAN(**{"hidden": (8,), "transforms": 4, "epochs": 2, "random_state": 0} | changes)


def images(n, seed=0):
    """Return dark images with a bright bar above a dimmer dot."""
    rng = np.random.default_rng(seed)
    values = np.zeros((n, 12, 12), np.uint8)
    for image, (row, column) in zip(values, rng.integers(0, 3, (n, 2)), strict=True):
        image[2 + row, 2 + column : 8 + column] = rng.integers(200, 255)
        image[6 + row, 4 + column] = rng.integers(100, 150)
    return values


@pytest.fixture(scope="module")
def fitted():
    return tiny().fit(images(60))


def test_its_score_is_that_of_the_model_that_it_shares(fitted):
    """Only the training differs: the same weights give the same score."""
    other = TransformPrediction(hidden=(8,), transforms=4)._build((1, 12, 12)).eval()
    weights = other.state_dict()
    ours = fitted.model_.state_dict()
    other.load_state_dict({name: ours[name] for name in weights})
    x = torch.randn(64, 1, 12, 12)
    with torch.no_grad():
        assert torch.equal(other.score(x), fitted.model_.score(x))


def test_judge_and_maker_are_at_odds(fitted):
    """Terms are the papers', and each objective moves its own half in its own direction."""
    model = fitted.model_
    judge, maker = model.objectives()
    assert judge.name == "discriminator" and maker.name == "generator"
    logits = torch.full((64, 1), 2.0)
    model.verdict.forward = lambda features: logits[: len(features)]
    try:
        judged, made = model.discriminator_loss(torch.randn(32, 1, 12, 12)), None
        made = model.generator_loss(torch.randn(32, 1, 12, 12))
    finally:
        del model.verdict.forward
    weight = 0.2
    torch.testing.assert_close(judged["real"], weight * softplus(torch.full((32,), -2.0)))
    torch.testing.assert_close(judged["fake"], weight * softplus(torch.full((16,), 2.0)))
    torch.testing.assert_close(made["adversarial"], softplus(torch.full((16,), -2.0)))
    assert set(judged) == {*model.factors, "real", "fake"}


def test_the_generator_is_trained_without_moving_the_statistics(fitted):
    model = tiny()._build((1, 12, 12)).train()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    loss = sum(term.mean() for term in model.generator_loss(torch.randn(8, 1, 12, 12)).values())
    slopes = torch.autograd.grad(loss, list(model.generator.parameters()))
    assert all(slope.abs().max() > 0 for slope in slopes)
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
    assert model.trunk.training


def test_samples_are_images(fitted):
    samples = fitted.sample(3, random_state=0)
    assert samples.shape == (3, 12, 12) and samples.dtype == np.uint8
    np.testing.assert_array_equal(fitted.sample(3, random_state=0), samples)


def test_it_knows_what_is_upside_down():
    detector = tiny(epochs=40, batch_size=32).fit(images(200))
    normal, upside = images(40, seed=1), images(40, seed=1)[:, ::-1].copy()
    scores = [detector.anomaly_score(values) for values in (normal, upside)]
    assert np.median(scores[1]) > np.quantile(scores[0], 0.95)


def test_a_map_sums_to_the_score_and_the_model_comes_back(fitted, tmp_path):
    values = images(5, seed=2)
    scores = fitted.anomaly_score(values)
    np.testing.assert_allclose(fitted.anomaly_map(values).sum((1, 2)), scores, rtol=1e-4)
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(genad.load(tmp_path / "model").anomaly_score(values), scores)
