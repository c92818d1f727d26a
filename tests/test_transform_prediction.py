"""TransformPrediction: its transforms, its two parts, and what it tells apart."""

import math

import numpy as np
import pytest
import torch

import genad
from genad.detectors.transform_prediction import TransformPrediction
from genad.errors import ParameterError


def tiny(**changes):
    options = {"hidden": (8,), "transforms": 4, "epochs": 2, "random_state": 0}
    return TransformPrediction(**options | changes)


def arrows(n, seed=0):
    """Return dark images with a bright bar above a dimmer dot, wherever they are."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n, 12, 12), np.uint8)
    for image, (row, column) in zip(images, rng.integers(0, 3, (n, 2)), strict=True):
        image[2 + row, 2 + column : 8 + column] = rng.integers(200, 255)
        image[6 + row, 4 + column] = rng.integers(100, 150)
    return images


@pytest.fixture(scope="module")
def fitted():
    return tiny().fit(arrows(60))


def model(**changes):
    """Return an untrained model and a square image on a black background."""
    built = tiny(**changes)._build((2, 16, 16))
    return built, torch.rand(1, 2, 16, 16)


def moved(built, x, **levels):
    chosen = {"rotation": 0, "right": 1, "down": 1, "shear": 1, "zoom": 1} | levels
    at = [chosen[name] for name in built.factors]
    return built.transforms(x, torch.tensor([at]))


@pytest.mark.parametrize("padding", ["background", "reflection"])
def test_quarters_are_exact(padding):
    built, x = model(padding=padding)
    for quarter in range(4):
        turned = moved(built, x, rotation=quarter)
        torch.testing.assert_close(turned, torch.rot90(x, quarter, (2, 3)), atol=1e-5, rtol=0)


def test_moving_shows_the_background_or_a_reflection():
    built, x = model(padding="background")
    built.transforms.background.fill_(0.5)
    right, down = moved(built, x, right=2), moved(built, x, down=2)
    torch.testing.assert_close(right[..., :-2], x[..., 2:], atol=1e-5, rtol=0)
    torch.testing.assert_close(right[..., -2:], torch.full_like(x[..., :2], 0.5))
    torch.testing.assert_close(down[..., :-2, :], x[..., 2:, :], atol=1e-5, rtol=0)
    built, x = model(padding="reflection")
    right = moved(built, x, right=2)
    torch.testing.assert_close(right[..., -2:], x[..., -2:].flip(3), atol=1e-5, rtol=0)


def test_zooming_and_shearing_keep_the_centre():
    built, _ = model()
    x = torch.zeros(1, 2, 16, 16)
    x[..., 6:10, 6:10] = 1
    sizes = [moved(built, x, zoom=level).sum().item() for level in range(3)]
    assert [size / 32 for size in sizes] == pytest.approx([1 / 1.69, 1, 1.69], rel=0.1)
    places = torch.arange(16.0) - 7.5
    sheared = moved(built, x, shear=2)[0, 0]
    rows = (sheared * places).sum(1)[6:10] / sheared.sum(1)[6:10]
    assert rows.diff().tolist() == pytest.approx([-0.4] * 3, abs=0.02)
    assert (sheared * places).sum().item() == pytest.approx(0, abs=1e-3)


def test_factors_of_one_level_are_left_out():
    assert list(model()[0].factors) == ["rotation", "right", "down", "shear", "zoom"]
    built, x = model(shift=0, shear=0, zoom=1)
    assert list(built.factors) == ["rotation"]
    torch.testing.assert_close(moved(built, x), x, atol=1e-5, rtol=0)
    assert built.transforms.chosen[:, 0].sort().values.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("transforms", [1, 4, 12])
def test_levels_are_used_alike(transforms):
    built, _ = model(transforms=transforms)
    for column, size in zip(built.transforms.chosen.T, built.sizes, strict=True):
        counts = column.bincount(minlength=size)
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("plain", "reflects"), [(True, False), (False, True)])
def test_the_border_decides_about_the_padding(plain, reflects):
    images = arrows(40)
    if not plain:
        images = np.random.default_rng(0).integers(0, 255, images.shape).astype(np.uint8)
    built = tiny(epochs=0, scaler="minmax").fit(images).model_
    assert bool(built.transforms.reflects) == reflects
    if plain:
        assert built.transforms.background.item() == 0
    assert not tiny(epochs=0, padding="background").fit(images).model_.transforms.reflects


def test_an_untrained_network_is_at_a_loss():
    """Each factor's cross-entropy starts near that of a guess; the orientation is soon learnt."""
    images = arrows(200)
    history = tiny(epochs=25, batch_size=32, shear=0, zoom=1).fit(images).history_
    first, last = history.epochs[0].terms, history.epochs[-1].terms
    guess = {"rotation": math.log(4), "right": math.log(3), "down": math.log(3)}
    for name, loss in guess.items():
        assert first[f"transforms.{name}"] == pytest.approx(loss, rel=0.4)
    assert last["transforms.rotation"] < 0.8 * guess["rotation"]


def test_it_knows_what_is_upside_down_and_what_is_new():
    detector = tiny(epochs=40, batch_size=32).fit(arrows(200))
    normal, upside = arrows(40, seed=1), arrows(40, seed=1)[:, ::-1].copy()
    other = np.zeros_like(normal)
    other[:, 3:9, 3:9] = 220
    scores = {name: detector.anomaly_score(x) for name, x in locals().items() if name != "detector"}
    assert np.median(scores["upside"]) > np.quantile(scores["normal"], 0.95)
    assert np.median(scores["other"]) > np.quantile(scores["normal"], 0.95)


def test_the_combined_score_adds_the_tails_of_both(fitted):
    images = arrows(70, seed=2)
    built = fitted.model_
    parts = {}
    for kind in ("prediction", "neighbours", "combined"):
        built.kind = kind
        parts[kind] = torch.from_numpy(fitted.anomaly_score(images)).float()
    tails = built.prediction(parts["prediction"]) + built.neighbours(parts["neighbours"])
    torch.testing.assert_close(parts["combined"], tails.float())
    with pytest.raises(ValueError, match="score"):
        tiny(score="best").fit(images)


def test_a_score_depends_on_its_image_alone(fitted, threads):
    images = arrows(300, seed=3)
    threads(1)
    scores = fitted.anomaly_score(images)
    order = np.random.default_rng(0).permutation(300)
    np.testing.assert_array_equal(fitted.anomaly_score(images[order]), scores[order])
    np.testing.assert_array_equal(fitted.anomaly_score(images[:3]), scores[:3])
    threads(2)
    np.testing.assert_array_equal(fitted.anomaly_score(images), scores)


def test_a_training_image_is_no_neighbour_of_itself():
    images = np.random.default_rng(0).integers(0, 255, (60, 12, 12)).astype(np.uint8)
    detector = tiny(score="neighbours").fit(images)
    assert len(detector.model_.memory.rows) == 48
    scores = detector.anomaly_score(images)
    assert (scores > 0.05 * scores.max()).all()


def test_a_map_sums_to_the_score_and_the_model_comes_back(fitted, tmp_path, monkeypatch):
    images = arrows(5, seed=4)
    scores, maps = fitted.anomaly_score(images), fitted.anomaly_map(images)
    assert maps.shape == (5, 12, 12)
    np.testing.assert_allclose(maps.sum((1, 2)), scores, rtol=1e-4)
    monkeypatch.setattr(genad.detectors, "TransformPrediction", TransformPrediction, raising=False)
    fitted.save(tmp_path / "model")
    loaded = TransformPrediction.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.anomaly_score(images), scores)


def test_it_takes_colour_and_flips_but_no_tables():
    images = np.random.default_rng(0).integers(0, 255, (30, 3, 9, 11)).astype(np.uint8)
    detector = tiny(flip=True, memory=10, validation_fraction=0.0).fit(images)
    assert np.isfinite(detector.anomaly_score(images)).all()
    assert len(detector.model_.memory.rows) == 10
    with pytest.raises(ParameterError, match="TransformPrediction takes image data"):
        tiny().fit(np.zeros((5, 3)))
