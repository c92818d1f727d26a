"""The suites of images: MNIST, Fashion-MNIST and CIFAR-10, each class a task of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from genad.benchmark.images import BASELINES, LEFT_OUT, ONE_CLASS, ImageTask, LeftOut, OneClass
from genad.benchmark.suite import Suite
from genad.data.datasets.cifar10 import CLASSES as CIFAR10_CLASSES

# So many test images in the quick suites.
_SOME = 2500
# Fixed for all classes of a set, after trials on classes 2 and 8 of MNIST and 0 of CIFAR-10. A
# class is to take about a minute of a core, so passes over the images are few.
_MODELS = ("ssgan", "transformprediction", "vae", "ganomaly", "anogan", "fanogan", "egbad", "alad")
_GREY: dict[str, Any] = {
    "epochs": 6,
    "anogan.epochs": 12,
    "anogan.ema": 0.99,
    # Of an image the residual, a sum over pixels, would leave the discriminator no say.
    "anogan.score": "discriminator",
    "anogan.steps": 100,
    "anogan.restarts": 1,
    "anogan.memory": 1500,
    "fanogan.memory": 1500,
    "ganomaly.memory": 1500,
    # A VAE's bound is no better on a convolutional network here, and takes three times as long.
    "vae.net": "mlp",
    "vae.hidden": (512, 256),
    "vae.latent": 32,
    "vae.likelihood": "bernoulli",
    "vae.scaler": "minmax",
    "vae.samples": 4,
    "vae.epochs": 12,
    "transformprediction.epochs": 10,
    "ssgan.epochs": 5,
    "ssgan.batch_size": 128,
    "ssgan.transforms": 8,
}
# Colour photographs: no direction is out of the question but up and down.
_COLOUR: dict[str, Any] = {
    **_GREY,
    "shift": 0.5,
    "shear": 0.0,
    "zoom": 1.0,
    "flip": True,
    "transforms": 8,
    "transformprediction.epochs": 24,
    "ssgan.epochs": 12,
}
# An epoch of nine classes has nine times the steps of an epoch of one.
_POOLED: dict[str, Any] = {
    "epochs": 1,
    "anogan.epochs": 2,
    "vae.epochs": 2,
    "transformprediction.epochs": 2,
    "ssgan.epochs": 1,
}
_FEATURES = {
    ending.format(label): (label.lower(), {"features": features})
    for label in ("VAE", "GANomaly", "AnoGAN", "FAnoGAN", "EGBAD", "ALAD")
    for ending, features in (("{}+features", "added"), ("{} (features alone)", "alone"))
}
_DIGITS = tuple(str(digit) for digit in range(10))
_GARMENTS = (
    "tshirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)


def _suite(
    name: str,
    title: str,
    tasks: Sequence[ImageTask],
    settings: Mapping[str, Any],
    sentences: tuple[str, ...] = ONE_CLASS,
) -> Suite:
    return Suite(
        name=name,
        title=title,
        sentences=sentences,
        tasks=tuple(tasks),
        seeds=3,
        kind="image",
        settings=settings,
        models=_MODELS,
        variants=_FEATURES,
        baselines=BASELINES,
    )


def _quick(suite: Suite) -> Suite:
    """Return the suite with fewer test images, for when a core is all there is."""
    tasks = [
        replace(task, name=task.name.replace("/", "-quick/"), test_images=_SOME)
        for task in suite.tasks
        if isinstance(task, ImageTask)
    ]
    more = f"Of the test images {_SOME:,}, drawn at random."
    return replace(
        suite,
        name=f"{suite.name}-quick",
        title=f"{suite.title}, {_SOME:,} test images",
        sentences=(*suite.sentences, more),
        tasks=tuple(tasks),
    )


def _each(classes: Sequence[str], name: str, dataset: str) -> list[ImageTask]:
    return [OneClass(f"{name}/{each}", dataset, number) for number, each in enumerate(classes)]


MNIST = _suite("mnist", "MNIST, one-class", _each(_DIGITS, "mnist", "mnist"), _GREY)
FASHION = _suite(
    "fashion",
    "Fashion-MNIST, one-class",
    _each(_GARMENTS, "fashion", "fashion_mnist"),
    _GREY | {"flip": True},
)
CIFAR10 = _suite(
    "cifar10", "CIFAR-10, one-class", _each(CIFAR10_CLASSES, "cifar10", "cifar10"), _COLOUR
)
MNIST_LEFT_OUT = _suite(
    "mnist-left-out",
    "MNIST, one class left out",
    [LeftOut(f"mnist-left-out/{digit}", "mnist", digit) for digit in range(10)],
    _GREY | _POOLED,
    LEFT_OUT,
)
MNIST_QUICK, FASHION_QUICK, CIFAR10_QUICK, MNIST_LEFT_OUT_QUICK = (
    _quick(suite) for suite in (MNIST, FASHION, CIFAR10, MNIST_LEFT_OUT)
)
