"""How far apart classes lie in a space, such as the latent space of a model."""

import numpy as np
from numpy.typing import ArrayLike

from genad.errors import DataError, ParameterError
from genad.metrics._features import as_classes, as_features, distance_blocks
from genad.metrics._inputs import FloatArray, IntArray

__all__ = ["neighbour_accuracy", "silhouette"]


def silhouette(points: ArrayLike, classes: ArrayLike) -> float:
    r"""Return the mean silhouette of points that belong to classes, from -1 to 1.

    .. math:: s_i = \frac{b_i - a_i}{\max(a_i, b_i)}

    where a is the mean distance to the other points of the same class and b that to the points of
    the nearest other class. Near 1 the classes are tight and far apart, near 0 they overlap. It
    believes that a class is one round cloud: classes in pieces or rings score low although they
    can be told apart; see :func:`neighbour_accuracy`.

    Parameters
    ----------
    points
        Of shape (n, d).
    classes
        Whole numbers from 0, of shape (n,), at least two different ones. A point alone in its
        class counts as 0.

    References
    ----------
    Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster Analysis
    (Rousseeuw, 1987), equation 2.

    Examples
    --------
    >>> round(silhouette([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.8997
    """
    space, labels = _labelled(points, classes)
    sizes = np.bincount(labels).astype(np.float64)
    member = np.eye(len(sizes))[labels]
    total = 0.0
    for rows, distances in distance_blocks(space, space):
        own, sums = labels[rows], distances @ member
        picked = np.arange(len(own)), own
        within = sums[picked] / np.maximum(sizes[own] - 1, 1)
        means = sums / np.where(sizes > 0, sizes, np.nan)
        means[picked] = np.nan
        nearest = np.nanmin(means, axis=1)
        largest = np.maximum(within, nearest)
        counts = (sizes[own] > 1) & (largest > 0)
        total += float(((nearest - within)[counts] / largest[counts]).sum())
    return total / len(space)


def neighbour_accuracy(points: ArrayLike, classes: ArrayLike, *, k: int = 5) -> float:
    """Return how often the k nearest other points tell the class of a point.

    The majority decides, of equal votes the nearest. Unlike the silhouette it does not mind what
    shape a class has. What a guess would reach is the share of the largest class: show it beside.

    Parameters
    ----------
    points
        Of shape (n, d), more than k of them.
    classes
        Whole numbers from 0, of shape (n,), at least two different ones.
    k
        Number of neighbours.

    References
    ----------
    Nearest Neighbor Pattern Classification (Cover and Hart, 1967), with one point left out at a
    time.

    Examples
    --------
    >>> neighbour_accuracy([[0.0], [1.0], [2.5], [9.0], [10.0]], [0, 0, 0, 1, 1], k=1)
    1.0
    """
    space, labels = _labelled(points, classes)
    if not 1 <= k < len(space):
        raise ParameterError(f"k is {k} for {len(space)} points: give 1 to {len(space) - 1}.")
    hits = 0
    for rows, distances in distance_blocks(space, space):
        own = np.arange(rows.start, rows.stop)
        distances[own - rows.start, own] = np.inf
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distances, nearest, 1), axis=1, kind="stable")
        votes = labels[np.take_along_axis(nearest, order, 1)]
        hits += int((_majority(votes) == labels[own]).sum())
    return hits / len(space)


def _majority(votes: IntArray) -> IntArray:
    """Return the most frequent class in each row, of equals the one that comes first."""
    frequency = (votes[:, :, None] == votes[:, None, :]).sum(2)
    winners: IntArray = np.take_along_axis(votes, frequency.argmax(1)[:, None], 1)[:, 0]
    return winners


def _labelled(points: ArrayLike, classes: ArrayLike) -> tuple[FloatArray, IntArray]:
    space = as_features(points, "points")
    labels = as_classes(classes, len(space))
    if (labels == labels[0]).all():
        raise DataError(
            f"All {len(space)} points are of class {labels[0]}, but separability compares classes: "
            "give points of two or more."
        )
    return space, labels
