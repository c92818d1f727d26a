"""How close generated samples come to real ones: their distribution, their manifold, their classes.

Samples are compared by features of shape (n, d), such as the last hidden layer of a classifier.
Figures hold for one such network and one number of samples: compare only those of the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from genad.errors import ParameterError
from genad.metrics._features import as_classes, as_feature_pair, distance_blocks
from genad.metrics._inputs import BoolArray, FloatArray

__all__ = [
    "ClassCoverage",
    "ManifoldReport",
    "class_coverage",
    "frechet_distance",
    "kernel_distance",
    "manifold_precision_recall",
    "relative_spread",
]

# A class counts as covered from this part of the share that it has among real samples.
_PRESENT = 0.2
# So many rows of kernel values are held at a time.
_ROWS = 1024


@dataclass(frozen=True)
class ManifoldReport:
    """How many generated samples look real, and how much of what is real is generated.

    `precision` is the share of generated samples on the real manifold, `recall` the share of real
    samples on the generated one.

    Examples
    --------
    >>> manifold_precision_recall([[0.0], [1.0], [2.0]], [[0.5], [0.6], [9.0]], k=1).precision
    0.6666666666666666
    """

    precision: float
    recall: float


@dataclass(frozen=True)
class ClassCoverage:
    """Which classes there are among generated samples.

    `shares` has the share of each class, `covered` counts the classes with at least a fifth of
    their share among real samples, and `effective` is the exponential of the entropy of the shares:
    the number of classes that would be as varied, were they equally frequent.

    Examples
    --------
    >>> class_coverage([0, 0, 1, 1], [0, 1, 2, 3])
    ClassCoverage(covered=2, classes=4, effective=2.0, shares=(0.5, 0.5, 0.0, 0.0))
    """

    covered: int
    classes: int
    effective: float
    shares: tuple[float, ...]


def frechet_distance(real: ArrayLike, generated: ArrayLike) -> float:
    r"""Return the squared Fréchet distance of the two normal distributions with the sets' moments.

    .. math:: d^2 = \lVert m_1 - m_2 \rVert^2
              + \mathrm{tr}\big(C_1 + C_2 - 2 (C_1^{1/2} C_2 C_1^{1/2})^{1/2}\big)

    With the features of an Inception network this is the FID. It sees mean and covariance only:
    two sets may share both and still differ. It is biased upwards, the more so the fewer samples
    there are, and two halves of the same data have a distance above zero: show it beside.

    Parameters
    ----------
    real, generated
        Features of shape (n, d) and (m, d).

    References
    ----------
    GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium (Heusel et
    al., 2017), equation 6.

    Examples
    --------
    >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])
    9.0
    """
    first, second = as_feature_pair(real, generated)
    apart = first.mean(0) - second.mean(0)
    one, two = _covariance(first), _covariance(second)
    root = _square_root(one)
    # The square root is of a symmetric matrix, so that it exists and is real for any rank.
    cross = np.sqrt(np.linalg.eigvalsh(root @ two @ root).clip(min=0)).sum()
    return float(max(0.0, apart @ apart + np.trace(one) + np.trace(two) - 2 * cross))


def kernel_distance(real: ArrayLike, generated: ArrayLike, *, degree: int = 3) -> float:
    r"""Return the unbiased squared maximum mean discrepancy under a polynomial kernel.

    .. math:: k(x, y) = (x^\top y / d + 1)^{3}, \quad
              d^2 = \frac{\sum_{i \ne j} k(x_i, x_j)}{n(n - 1)}
              + \frac{\sum_{i \ne j} k(y_i, y_j)}{m(m - 1)} - \frac{2 \sum_{ij} k(x_i, y_j)}{nm}

    With the features of an Inception network this is the KID. Its expectation does not depend on
    the number of samples and is zero for equal distributions, so that it may come out negative.

    Parameters
    ----------
    real, generated
        Features of shape (n, d) and (m, d).
    degree
        Of the polynomial; 3 compares moments up to the third.

    References
    ----------
    Demystifying MMD GANs (Binkowski et al., 2018), section 4. Deviation: one estimate from all
    samples instead of the mean over subsets.

    Examples
    --------
    >>> kernel_distance([[0.0], [2.0]], [[3.0], [5.0]], degree=1)
    7.0
    """
    if degree < 1:
        raise ParameterError(f"degree={degree} makes no kernel: give 1 or more.")
    first, second = as_feature_pair(real, generated)
    within = _mean_kernel(first, first, degree) + _mean_kernel(second, second, degree)
    return float(within - 2 * _mean_kernel(first, second, degree))


def manifold_precision_recall(
    real: ArrayLike, generated: ArrayLike, *, k: int = 3
) -> ManifoldReport:
    """Return improved precision and recall: what lies within the other set's neighbourhoods.

    Around each sample of a set there is a ball up to its k-th neighbour in the same set; a sample
    is on the manifold of the set if it lies in any of the balls. Precision falls where samples look
    like nothing real, recall where kinds of real samples are never generated. Two halves of the
    same data reach less than 1. A single outlier has a large ball, which lets in what it should
    not.

    Parameters
    ----------
    real, generated
        Features of shape (n, d) and (m, d), more than k of each.
    k
        Which neighbour the balls reach to.

    References
    ----------
    Improved Precision and Recall Metric for Assessing Generative Models (Kynkäänniemi et al.,
    2019), section 2.

    Examples
    --------
    >>> manifold_precision_recall([[0.0], [1.0], [9.0], [10.0]], [[0.4], [0.6], [0.7]], k=1)
    ManifoldReport(precision=1.0, recall=0.0)
    """
    if k < 1:
        raise ParameterError(f"k={k} is no neighbour: give 1 or more.")
    first, second = as_feature_pair(real, generated, least=k + 1)
    return ManifoldReport(
        precision=float(_on_manifold(second, first, k).mean()),
        recall=float(_on_manifold(first, second, k).mean()),
    )


def relative_spread(real: ArrayLike, generated: ArrayLike) -> float:
    """Return the mean distance between two generated samples, in units of that between real ones.

    A generator that has collapsed makes the same few samples again and again, and is near 0; one as
    varied as the data is at 1, and noise may be above. It does not say whether the samples are any
    good, nor that all kinds are there: two kinds that are far apart will do.

    Parameters
    ----------
    real, generated
        Features of shape (n, d) and (m, d).

    Examples
    --------
    >>> relative_spread([[0.0], [2.0], [4.0]], [[7.0], [7.5], [8.0]])
    0.25
    """
    first, second = as_feature_pair(real, generated)
    within = _mean_distance(first)
    return _mean_distance(second) / within if within > 0 else float("nan")


def class_coverage(generated: ArrayLike, real: ArrayLike) -> ClassCoverage:
    """Return which of the real samples' classes there are among generated samples.

    It says whether every class is there, not how varied a class is within; and it believes the
    classifier, which gives every sample a class, even one that looks like nothing.

    Parameters
    ----------
    generated
        Classes that a classifier saw, whole numbers from 0, of shape (m,).
    real
        Classes of real samples, of shape (n,); those up to the largest are counted.

    Examples
    --------
    >>> class_coverage([1, 1, 1], [0, 1, 1, 2]).covered
    1
    """
    seen, known = as_classes(generated), as_classes(real)
    classes = int(known.max()) + 1
    shares = np.bincount(seen, minlength=classes) / len(seen)
    expected = np.bincount(known, minlength=len(shares)) / len(known)
    there = shares[shares > 0]
    return ClassCoverage(
        covered=int(((shares >= _PRESENT * expected) & (expected > 0)).sum()),
        classes=int((expected > 0).sum()),
        effective=float(np.exp(-(there * np.log(there)).sum())),
        shares=tuple(shares.tolist()),
    )


def _covariance(features: FloatArray) -> FloatArray:
    return np.atleast_2d(np.cov(features, rowvar=False))


def _square_root(symmetric: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(symmetric)
    root: FloatArray = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    return root


def _mean_kernel(first: FloatArray, second: FloatArray, degree: int) -> float:
    """Return the mean of the kernel over all pairs, of different samples if the sets are one."""
    width = first.shape[1]
    blocks = (first[i : i + _ROWS] @ second.T for i in range(0, len(first), _ROWS))
    total = sum(float(((block / width + 1) ** degree).sum()) for block in blocks)
    if first is not second:
        return total / (len(first) * len(second))
    itself = float((((first * first).sum(1) / width + 1) ** degree).sum())
    return (total - itself) / (len(first) * (len(first) - 1))


def _mean_distance(features: FloatArray) -> float:
    """Return the mean distance between two different samples."""
    n = len(features)
    total = sum(float(distances.sum()) for _, distances in distance_blocks(features, features))
    return total / (n * (n - 1))


def _on_manifold(points: FloatArray, others: FloatArray, k: int) -> BoolArray:
    """Return whether each point lies in the neighbourhood of any of the others."""
    reach = np.empty(len(others))
    for rows, distances in distance_blocks(others, others):
        # The nearest of all is the sample itself.
        reach[rows] = np.partition(distances, k, axis=1)[:, k]
    blocks = distance_blocks(points, others)
    return np.concatenate([(distances <= reach).any(1) for _, distances in blocks])
