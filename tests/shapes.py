"""Toy images of three classes that a tiny network tells apart and a tiny generator learns."""

import numpy as np

from genad.data.datasets import ImageSet

NAMES = ("bar", "dash", "square")


def shapes(n, seed=0):
    """Return images of 8 x 8 pixels, a bright shape on a noisy ground, and their classes."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 40, (n, 8, 8)).astype(np.uint8)
    classes = rng.integers(0, 3, n)
    places = [(slice(1, 7), slice(3, 5)), (slice(3, 5), slice(1, 7)), (slice(0, 4), slice(0, 4))]
    for image, number in zip(images, classes.tolist(), strict=True):
        image[places[number]] = rng.integers(180, 255)
    return images, classes


def shape_set(n=300, tested=150):
    """Return a data set of shapes."""
    return ImageSet("shapes", *shapes(n), *shapes(tested, seed=1), NAMES)
