"""The suites of images: what trains, what tests, and who takes part."""

from dataclasses import replace

import numpy as np
import pytest

from genad.benchmark import choose, find_suite
from genad.benchmark import images as images_module
from genad.benchmark.images import LeftOut, OneClass
from genad.benchmark.specs import find_scorer
from genad.benchmark.task import Answer
from genad.data.datasets import ImageSet
from genad.registry import detector_classes

SETS = ["mnist", "fashion", "cifar10", "mnist-left-out"]


@pytest.fixture(autouse=True)
def toy_images(monkeypatch):
    """Let every data set hold ten classes of eight images each, whose pixels tell the class."""
    classes = np.tile(np.arange(10), 8)
    pixels = np.broadcast_to(classes[:, None, None], (80, 4, 4)).astype(np.uint8)
    toys = ImageSet("toys", pixels, classes, pixels.copy(), classes, tuple("abcdefghij"))
    monkeypatch.setattr(images_module, "_images", lambda name: toys)


def test_one_class_trains_and_all_test():
    task = OneClass("toys/3", "toys", 3)
    inputs = task.inputs(0)
    assert np.unique(inputs.train) == [3] and len(inputs.train) == 8
    assert np.unique(inputs.test).tolist() == list(range(10)) and len(inputs.test) == 80
    perfect = Answer((inputs.test[:, 0, 0] != 3).astype(float), None)
    found = task.judge(0, perfect)
    assert found["roc_auc"] == 1 and found["prevalence"] == 0.9


def test_all_but_one_class_train():
    task = LeftOut("toys/3", "toys", 3)
    inputs = task.inputs(0)
    assert 3 not in inputs.train and len(inputs.train) == round(0.8 * 144)
    assert (inputs.test == 3).all((1, 2)).sum() == 16 and len(inputs.test) == 160 - 115
    assert task.judge(0, Answer((inputs.test[:, 0, 0] == 3).astype(float), None))["roc_auc"] == 1
    assert not np.array_equal(task.inputs(1).test, inputs.test)


@pytest.mark.parametrize("kind", [OneClass, LeftOut])
def test_some_test_images_are_the_same_for_everyone(kind):
    task = kind("toys/3", "toys", 3, test_images=20)
    inputs, again = task.inputs(2), task.inputs(2)
    assert len(inputs.test) == 20
    np.testing.assert_array_equal(inputs.test, again.test)
    labels = inputs.test[:, 0, 0] != 3 if kind is OneClass else inputs.test[:, 0, 0] == 3
    assert task.judge(2, Answer(labels.astype(float), None))["roc_auc"] == 1


def test_nobody_can_change_the_images_of_the_next():
    inputs = OneClass("toys/3", "toys", 3).inputs(0)
    for images in (inputs.train, inputs.test):
        with pytest.raises(ValueError, match="read-only"):
            images[:] = 0


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("quick", ["", "-quick"])
def test_every_class_is_a_task_of_its_own(name, quick):
    suite = find_suite(name + quick)
    assert suite.name == name + quick and suite.seeds == 3
    assert [task.chosen for task in suite.tasks] == list(range(10))
    assert len({task.name for task in suite.tasks}) == 10
    assert {task.test_images for task in suite.tasks} == {2500 if quick else None}
    one = suite.tasks[4]
    assert suite.only((one.name.rpartition("/")[2],)).tasks == (one,)


@pytest.mark.parametrize("name", SETS)
def test_everyone_has_its_parameters_and_its_untrained_self(name):
    suite = find_suite(name)
    specs = choose(suite)
    labels = [spec.label for spec in specs]
    assert labels[:7] == [
        "random", "constant", "norm", "PCA", "kNN, k = 1", "IsolationForest", "OneClassSVM",
    ]  # fmt: skip
    for spec in specs:
        known = find_scorer(spec.model)
        if spec.kind == "detector":
            assert f"{spec.label}, untrained" in labels
            assert "image" in known.kinds
            known(**dict(spec.parameters))._validate_params()
    for key in suite.settings:
        model, _, parameter = key.rpartition(".")
        assert not model or parameter in detector_classes()[model]._get_param_names()
    for model in suite.models:
        assert model in detector_classes()


def test_a_variant_is_chosen_by_its_label_and_has_its_own_parameters():
    suite = find_suite("mnist")
    plain, _, variant, untrained = choose(suite, ["vae", "VAE+features"])[7:]
    assert (plain.label, variant.label) == ("VAE", "VAE+features")
    assert untrained.label == "VAE+features, untrained"
    assert dict(variant.parameters) == dict(plain.parameters) | {"features": "added"}
    assert dict(untrained.parameters)["epochs"] == 0


def test_a_setting_for_one_detector_goes_before_one_for_all():
    suite = replace(find_suite("mnist"), settings={"vae.epochs": 3, "epochs": 5, "vae.latent": 7})
    vae, _, gan, _ = choose(suite, ["vae", "ganomaly"])[7:]
    assert dict(vae.parameters) == {"epochs": 3, "latent": 7}
    assert dict(gan.parameters) == {"epochs": 5}
