"""Labels: how they reach a model, and samples of a chosen class."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from PIL import Image

import genad
from genad import FAnoGAN
from genad.data import ImageFolder
from genad.data.choice import make_view
from genad.data.samples import Labelled, batch
from genad.detector import ConditionalDetector
from genad.errors import DataError, ParameterError
from genad.training import Callback
from helpers import ALL, settings_for, tiny

CONDITIONAL = [cls for cls in ALL if issubclass(cls, ConditionalDetector)]
each_conditional = pytest.mark.parametrize("cls", CONDITIONAL, ids=lambda cls: cls.__name__)
CPU = torch.device("cpu")


def two_kinds(n=200, seed=0):
    """Return rows around (0, 0) and around (8, -8), and which are which."""
    rng = np.random.default_rng(seed)
    y = rng.choice(["far", "near"], n)
    return rng.normal(size=(n, 2)) + np.outer(y == "far", [8.0, -8.0]), y


def pictures(n=160, seed=0):
    """Return images that are bright in their upper or in their lower half, and which is which."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = rng.integers(0, 60, (n, 8, 8)).astype(np.uint8)
    for image, low in zip(X, y, strict=True):
        image[4 * low : 4 * low + 4] += 150
    return X, y


def waves(n=640):
    """Return a series that is slow, quick, slow and quick again, and when it is quick."""
    quick = (np.arange(n) // (n // 4) % 2).astype(bool)
    return np.sin(np.arange(n) * np.where(quick, 1.5, 0.1)), np.where(quick, "quick", "slow")


def trained(cls, X, y, **settings):
    quick = {"epochs": 40, "hidden": (16,), "latent": 2, "samples": 2, "lr": 5e-3}
    return cls(**settings_for(cls, **quick) | {"random_state": 0} | settings).fit(X, y)


# ---------------------------------------------------------------- samples of a class


@each_conditional
def test_rows_of_a_chosen_class(cls):
    X, y = two_kinds()
    detector = trained(cls, X, y)
    assert detector.classes_.tolist() == ["far", "near"]
    far, near = (detector.sample(60, label=name, random_state=0) for name in ("far", "NEAR"))
    np.testing.assert_allclose(np.median(far, 0), [8, -8], atol=2.5)
    np.testing.assert_allclose(np.median(near, 0), [0, 0], atol=2.5)
    np.testing.assert_array_equal(detector.sample(60, label="far", random_state=0), far)


@each_conditional
def test_images_of_a_chosen_class(cls):
    X, y = pictures()
    detector = trained(cls, X, y, batch_size=16, epochs=12)
    for low in (0, 1):
        drawn = detector.sample(20, label=low, random_state=0)
        assert drawn.shape == (20, 8, 8)
        assert drawn.dtype == np.uint8
        halves = drawn[:, :4].mean(), drawn[:, 4:].mean()
        assert halves[low] > halves[1 - low] + 50


@each_conditional
def test_windows_of_a_chosen_class(cls):
    series, y = waves()
    detector = trained(cls, series, y, window=16, stride=4, net="mlp", hidden=(32,), epochs=150)
    turns = {}
    for name in ("slow", "quick"):
        drawn = detector.sample(40, label=name, random_state=0)
        assert drawn.shape == (40, 16, 1)
        turns[name] = np.abs(np.diff(drawn, axis=1)).mean()
    assert turns["quick"] > 1.5 * turns["slow"]


@each_conditional
def test_without_a_choice_classes_are_as_frequent_as_in_training(cls):
    X, y = two_kinds(400)
    X, y = np.r_[X[y == "far"][:40], X[y == "near"][:120]], np.repeat(["far", "near"], [40, 120])
    detector = trained(cls, X, y)
    share = (detector.sample(600, random_state=0)[:, 0] > 4).mean()
    assert 0.15 < share < 0.4
    assert detector.sample(3).shape == (3, 2)


@each_conditional
def test_tables_come_back_with_names_and_categories(cls):
    X, y = two_kinds(120)
    table = pa.table({"x": X[:, 0], "side": np.where(y == "far", "left", "right")})
    drawn = trained(cls, table, pd.Series(y)).sample(30, label="far", random_state=0)
    assert drawn.column_names == ["x", "side"]
    assert drawn["side"].to_pylist().count("left") > 20


@each_conditional
@pytest.mark.parametrize("labels", [[7, 3], ["b", "a"], [True, False], [2.0, 1.0]], ids=str)
def test_a_saved_model_keeps_its_classes(cls, labels, tmp_path):
    X, y = two_kinds(80)
    detector = tiny(cls).fit(X, np.where(y == "far", *labels))
    detector.save(tmp_path / "model")
    loaded = genad.load(tmp_path / "model")
    assert loaded.classes_.tolist() == detector.classes_.tolist() == sorted(labels)
    for label in (*detector.classes_.tolist(), str(detector.classes_[0]), None):
        np.testing.assert_array_equal(
            loaded.sample(5, label=label, random_state=1),
            detector.sample(5, label=label, random_state=1),
        )
    np.testing.assert_array_equal(loaded.anomaly_score(X), detector.anomaly_score(X))


# ---------------------------------------------------------------- scores


@each_conditional
def test_a_row_between_two_classes_is_anomalous(cls):
    X, y = two_kinds(300)
    detector = trained(cls, X, y)
    usual = detector.anomaly_score([[0.0, 0.0], [8.0, -8.0]])
    strange = detector.anomaly_score([[4.0, 4.0], [-12.0, 12.0]])
    assert strange.min() > usual.max()


@each_conditional
def test_the_score_is_that_of_the_best_class(cls):
    X, y = two_kinds(150)
    detector = tiny(cls, epochs=10).fit(X, y)
    model = detector.model_
    x = torch.from_numpy(detector.view_.encode(detector._read(X), 0, 64))
    each, bounds = [], []
    with torch.no_grad():
        for number in (0, 1):
            classes = torch.full((64,), number)
            if cls is genad.ConditionalVAE:
                each.append(model.validation(x, classes))
                bounds.append(model.bound(x, classes))
            else:
                x_hat = model.generator(model.encoder(x, classes), classes)
                each.append(model.pair_score(x, x_hat))
    each = torch.stack(each)
    scores = torch.stack(bounds) if bounds else each
    expected = scores.gather(0, each.argmin(0)[None])[0].double().numpy()
    np.testing.assert_allclose(detector.anomaly_score(X[:64]), expected, rtol=1e-6)
    assert len(each.argmin(0).unique()) == 2


@each_conditional
def test_labels_change_the_model_and_without_them_there_is_one_class(cls):
    X, y = two_kinds(150)
    plain = tiny(cls).fit(X)
    assert plain.classes_.tolist() == [0]
    np.testing.assert_array_equal(
        plain.anomaly_score(X), tiny(cls).fit(X, np.zeros(150)).anomaly_score(X)
    )
    assert not np.array_equal(plain.anomaly_score(X), tiny(cls).fit(X, y).anomaly_score(X))


# ---------------------------------------------------------------- labels on their way


@pytest.mark.parametrize("kind", ["table", "image", "series"])
@pytest.mark.parametrize("fraction", [0.0, 0.25])
def test_labels_stay_with_their_items(kind, fraction):
    view = make_view(kind, "none", 4, 2)
    numbers = np.arange(60.0)
    X = {"table": numbers[:, None], "image": np.ones((60, 2, 2)) * numbers[:, None, None]}
    source = view.read(X.get(kind, numbers), FAnoGAN(), reset=True)
    source = view.labelled(source, np.arange(60) // 3)
    kept, held = view.fit(source).split(source, fraction, seed=0)
    assert (held is None) == (fraction == 0)
    for part in (kept, *([held] if held else [])):
        samples = view.samples(part, CPU)
        assert isinstance(samples, Labelled)
        x, y = batch(samples, torch.arange(len(samples)))
        first = x.flatten(1)[:, 0].long()
        length = 4 if kind == "series" else 1  # a window is of the class of most of its steps
        covered = [np.arange(start, start + length) // 3 for start in first.tolist()]
        assert y.tolist() == [np.bincount(classes).argmax() for classes in covered]


@each_conditional
def test_series_may_have_one_label_each(cls):
    many = [np.sin(np.arange(60.0) / k) for k in (1, 1, 5, 5)]
    detector = tiny(cls, window=8, net="mlp").fit(many, ["a", "a", "b", "b"])
    stepwise = tiny(cls, window=8, net="mlp").fit(many, [[name] * 60 for name in "aabb"])
    assert detector.classes_.tolist() == ["a", "b"]
    np.testing.assert_array_equal(detector.anomaly_score(many[0]), stepwise.anomaly_score(many[0]))


@each_conditional
def test_a_folder_of_images_names_its_classes(cls, tmp_path):
    X, y = pictures(24)
    for i, (image, low) in enumerate(zip(X, y, strict=True)):
        folder = tmp_path / ("low" if low else "high")
        folder.mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"{i}.png")
    images = ImageFolder(tmp_path)
    detector = tiny(cls).fit(images)
    assert detector.classes_.tolist() == ["high", "low"]
    assert images.labels is None
    assert detector.sample(2, label="low").shape == (2, 8, 8)
    names = np.array(images.class_names)[images.classes]
    again = tiny(cls).fit(np.stack([images[i] for i in range(24)]), names)
    np.testing.assert_array_equal(
        again.sample(3, random_state=0), detector.sample(3, random_state=0)
    )


class Stop(Callback):
    def on_epoch(self, epoch):
        if epoch.epoch == 1:
            raise KeyboardInterrupt


@each_conditional
def test_an_interrupted_run_goes_on_with_its_labels_only(cls, tmp_path):
    X, y = two_kinds(100)
    file = str(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        tiny(cls, checkpoint=file, callbacks=(Stop(),)).fit(X, y)
    with pytest.raises(ParameterError, match="other parameters or other data"):
        tiny(cls, checkpoint=file).fit(X, y[::-1])
    resumed = tiny(cls, checkpoint=file).fit(X, y)
    expected = tiny(cls).fit(X, y)
    np.testing.assert_array_equal(resumed.anomaly_score(X), expected.anomaly_score(X))


def test_detectors_without_classes_pay_no_heed_to_labels():
    X, y = two_kinds(80)
    ours, theirs = tiny(FAnoGAN).fit(X, y), tiny(FAnoGAN).fit(X)
    np.testing.assert_array_equal(ours.anomaly_score(X), theirs.anomaly_score(X))


# ---------------------------------------------------------------- what cannot be


@each_conditional
@pytest.mark.parametrize(
    ("y", "says"),
    [
        (["a"] * 79, r"y has shape \(79,\), but there are 80 samples"),
        ([["a", "b"]] * 80, r"y has shape \(80, 2\)"),
        ([None, "a"] * 40, "no class or missing"),
        ([np.nan, 1.0] * 40, "no class or missing"),
        ([0.5, 1.0] * 40, "give a whole number or a text"),
        ([1, "a", 2.5, None] * 20, "give a whole number or a text"),
    ],
)
def test_labels_that_are_none(cls, y, says):
    given = np.array(y, dtype=object) if y[0] in (None, 1) else y
    with pytest.raises(DataError, match=says):
        tiny(cls).fit(two_kinds(80)[0], given)


@each_conditional
def test_labels_of_series_that_do_not_fit(cls):
    for y, says in (
        (["a"] * 3, "3 entries, but there are 2 series"),
        ([["a"] * 5, "b"], "30 time"),
    ):
        with pytest.raises(DataError, match=says):
            tiny(cls, window=4).fit([np.arange(30.0), np.arange(40.0)], y)


@each_conditional
def test_a_class_that_was_never_trained(cls):
    X, y = two_kinds(60)
    detector = tiny(cls).fit(X, y)
    with pytest.raises(ParameterError, match=r"no class 'sneaker'; choose one of far, near\."):
        detector.sample(2, label="sneaker")
    with pytest.raises(ParameterError, match="ask for at least one"):
        detector.sample(0, label="far")
    cased = tiny(cls).fit(X, np.where(y == "far", "A", "a"))
    assert cased.sample(2, label="a").shape == (2, 2)
    turned = tiny(cls).fit(X, np.where(y == "far", "Ab", "aB"))
    with pytest.raises(ParameterError, match="no class 'ab'"):
        turned.sample(2, label="ab")
