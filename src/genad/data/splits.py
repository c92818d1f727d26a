"""Splits of labelled images into normal ones to learn from and all kinds to test on."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import DataError

__all__ = ["Split", "leave_one_class_out", "one_class_out_of_all"]

_TRAIN = 0.8


class Split(NamedTuple):
    """Which images to train on and which to test on.

    Parameters
    ----------
    train, test
        Positions of the images, in random order. No anomaly is in `train`.
    test_labels
        Bool, of the shape of `test`: True where an image is an anomaly.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    test_labels: NDArray[np.bool_]


def leave_one_class_out(classes: ArrayLike, anomaly_class: Any, *, random_state: int = 0) -> Split:
    """Train on 80 % of the other classes; test on their rest and on all of the class left out.

    The protocol of EGBAD and GANomaly on MNIST, which pool the training and the test images of
    the authors first. In the test part, anomalies are a third on MNIST.

    Parameters
    ----------
    classes
        Of shape (n,), the class of each image.
    anomaly_class
        The class that is left out of training.
    random_state
        Seed of the shuffle.

    References
    ----------
    Efficient GAN-Based Anomaly Detection (Zenati et al., 2018), section 4.1.

    Examples
    --------
    >>> split = leave_one_class_out([0, 0, 0, 0, 0, 1, 1], 1)
    >>> split.train, split.test, split.test_labels
    (array([2, 4, 3, 0]), array([6, 1, 5]), array([ True, False,  True]))
    """
    is_anomaly = _is_class(classes, anomaly_class)
    rng = np.random.default_rng(random_state)
    normal = rng.permutation(np.flatnonzero(~is_anomaly))
    cut = round(_TRAIN * len(normal))
    rest = np.concatenate([normal[cut:], np.flatnonzero(is_anomaly)])
    return _split(normal[:cut], rng.permutation(rest), is_anomaly)


def one_class_out_of_all(classes: ArrayLike, anomaly_class: Any, *, random_state: int = 0) -> Split:
    """Shuffle all images, take 80 % to train, without the class that is the anomaly, test on 20 %.

    The protocol of the survey: the test part has the share of anomalies that all images have.

    Parameters
    ----------
    classes
        Of shape (n,), the class of each image.
    anomaly_class
        The class that is the anomaly.
    random_state
        Seed of the shuffle.

    References
    ----------
    A Survey on GANs for Anomaly Detection (Di Mattia et al., 2019), section 4.1.

    Examples
    --------
    >>> split = one_class_out_of_all([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 1)
    >>> split.train, split.test, split.test_labels
    (array([4, 2, 3, 0]), array([8, 1]), array([ True, False]))
    """
    is_anomaly = _is_class(classes, anomaly_class)
    order = np.random.default_rng(random_state).permutation(len(is_anomaly))
    cut = round(_TRAIN * len(order))
    train = order[:cut]
    return _split(train[~is_anomaly[train]], order[cut:], is_anomaly)


def _is_class(classes: ArrayLike, chosen: Any) -> NDArray[np.bool_]:
    known = np.asarray(classes)
    is_anomaly = np.asarray(known == chosen)
    counts = int(is_anomaly.sum()), int((~is_anomaly).sum())
    if min(counts) == 0:
        raise DataError(
            f"{counts[0]} images are of class {chosen!r} and {counts[1]} of another, but a split "
            f"needs both; the classes are {np.unique(known).tolist()}."
        )
    return is_anomaly


def _split(
    train: NDArray[np.int64], test: NDArray[np.int64], is_anomaly: NDArray[np.bool_]
) -> Split:
    return Split(train, test, is_anomaly[test])
