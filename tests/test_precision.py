"""Precision: bfloat16 trains as well, scores nearly the same, and only where it is asked for."""

import numpy as np
import pytest
import torch

from genad import VAE, AutoEncoder, FAnoGAN
from genad.detectors.transform_prediction import TransformPrediction
from genad.training import arithmetic, precision, resolve_precision
from helpers import line

CPU = torch.device("cpu")
IMAGE = (3, 8, 8)
MAKERS = {
    "AutoEncoder": lambda **k: AutoEncoder(hidden=(8, 16), latent=4, epochs=4, **k),
    "VAE": lambda **k: VAE(hidden=(8, 16), latent=4, epochs=4, **k),
    "FAnoGAN": lambda **k: FAnoGAN(hidden=(8, 16), latent=4, epochs=2, **k),
    "TransformPrediction": lambda **k: TransformPrediction(
        hidden=(8, 16), transforms=4, epochs=4, batch_size=32, score="prediction", **k
    ),
}


def images(n, seed=0):
    rng = np.random.default_rng(seed)
    values = np.zeros((n, 12, 12), np.uint8)
    for image, (row, column) in zip(values, rng.integers(1, 6, (n, 2)), strict=True):
        image[row : row + 5, column : column + 3] = rng.integers(100, 250)
    return values


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_scores_are_nearly_the_same(make):
    detector = make(precision="bfloat16", random_state=0).fit(images(150))
    new = images(200, seed=1)
    short = detector.anomaly_score(new)
    exact = detector.set_params(precision="float32").anomaly_score(new)
    assert not np.array_equal(short, exact)
    assert np.median(np.abs(short - exact) / np.abs(exact)) < 1e-2


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_score_depends_on_its_image_alone(make, threads):
    detector = make(precision="bfloat16", random_state=0).fit(images(100))
    values = images(300, seed=1)
    scores = detector.anomaly_score(values)
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_array_equal(detector.anomaly_score(values[order]), scores[order])
    np.testing.assert_array_equal(detector.anomaly_score(values[:3]), scores[:3])
    threads(2)
    np.testing.assert_array_equal(detector.anomaly_score(values), scores)


@pytest.mark.parametrize(
    ("make", "tails"),
    [
        (MAKERS["AutoEncoder"], False),
        (MAKERS["TransformPrediction"], False),
        (lambda **k: MAKERS["AutoEncoder"](features="added", looks=2, **k), True),
        (lambda **k: MAKERS["TransformPrediction"](**k).set_params(score="combined"), True),
    ],
)
def test_tails_are_computed_with_all_digits(make, tails, monkeypatch):
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda: True)
    detector = make(random_state=0).fit(images(100))
    new = images(40, seed=1)
    scores = detector.anomaly_score(new)
    exact = detector.set_params(precision="float32").anomaly_score(new)
    assert np.array_equal(scores, exact) == tails
    detector.set_params(precision="bfloat16")
    assert not np.array_equal(detector.anomaly_score(new), exact)


def test_training_sees_its_own_steps():
    """Rounded weights are rounded again after every step."""
    losses = {}
    for name in ("float32", "bfloat16"):
        fitted = AutoEncoder(hidden=(8,), epochs=8, lr=1e-2, precision=name, random_state=0).fit(
            images(200)
        )
        losses[name] = fitted.history_.curve("autoencoder.reconstruction")
        assert all(p.dtype == torch.float32 for p in fitted.model_.parameters())
    assert losses["bfloat16"][-1] < 0.8 * losses["bfloat16"][0]
    assert losses["bfloat16"][-1] == pytest.approx(losses["float32"][-1], rel=0.05)


@pytest.mark.parametrize("able", [True, False])
def test_auto_is_what_is_faster(monkeypatch, able):
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda: able)
    assert resolve_precision("auto", IMAGE, CPU) == ("bfloat16" if able else "float32")
    assert resolve_precision("auto", (5,), CPU) == "float32"
    assert resolve_precision("auto", IMAGE, torch.device("cuda")) == "float32"
    assert resolve_precision("bfloat16", (5,), CPU) == "bfloat16"
    assert resolve_precision("float32", IMAGE, CPU) == "float32"


def test_float32_is_left_as_it_is():
    x = torch.randn(3, 4)
    layer = torch.nn.Linear(4, 2)
    with arithmetic("float32", CPU):
        assert torch.equal(layer(x), torch.nn.functional.linear(x, layer.weight, layer.bias))
    X = line(100)
    auto, exact = (VAE(epochs=1, precision=p, random_state=0).fit(X) for p in ("auto", "float32"))
    np.testing.assert_array_equal(auto.anomaly_score(X), exact.anomaly_score(X))
