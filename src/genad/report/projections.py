"""Samples of many numbers as points in the plane: by principal components, and by t-SNE."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.errors import DataError

_MOST_EMBEDDED = 2000  # t-SNE takes seconds for so many, minutes for ten times as many
_COMPONENTS = 50  # van der Maaten and Hinton reduce to so many before (2008, section 4.2)
_PERPLEXITY = 30.0


@dataclass(frozen=True, eq=False)
class Projection:
    """Samples in the plane.

    Parameters
    ----------
    name : of the method.
    points : of shape (m, 2).
    rows : which samples they are, ascending, of shape (m,).
    shares : of the variance along each axis; none where the axes mean nothing by themselves.
    """

    name: str
    points: NDArray[np.float64]
    rows: NDArray[np.intp]
    shares: tuple[float, ...] = ()


def pca(samples: ArrayLike, *, random_state: int = 0, most: int = 5000) -> Projection:
    """Return samples by their first two principal components.

    Distances stay what they are, as far as a plane can hold them: classes that lie apart here do
    so in the data, others may.

    Parameters
    ----------
    samples : of shape (n, ...), n at least 2.
    random_state : seed of the sample that is drawn, and of the solver.
    most : draw so many samples where there are more.

    Examples
    --------
    >>> found = pca([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0], [6.0, 8.0, 0.0]])
    >>> np.abs(found.points[:, 0]).round(6).tolist(), round(found.shares[0], 6)
    ([5.0, 0.0, 5.0], 1.0)
    """
    rows, values = _drawn(samples, most, random_state)
    points, shares = _components(values, 2, random_state)
    return Projection("PCA", points, rows, tuple(shares.tolist()))


def tsne(samples: ArrayLike, *, random_state: int = 0, most: int = _MOST_EMBEDDED) -> Projection:
    """Return samples by t-SNE, which keeps neighbours together and nothing else.

    Distances between clusters and their sizes mean nothing. The samples are reduced to 50
    principal components before.

    Parameters
    ----------
    samples : of shape (n, ...), n at least 2.
    random_state : seed; the same seed gives the same picture.
    most : draw so many samples where there are more.

    References
    ----------
    Visualizing Data using t-SNE (van der Maaten and Hinton, 2008).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> two = np.concatenate([rng.normal(size=(20, 5)), rng.normal(9.0, size=(20, 5))])
    >>> tsne(two).points.shape
    (40, 2)
    """
    from sklearn.manifold import TSNE

    rows, values = _drawn(samples, most, random_state)
    values /= np.abs(values).max() or 1.0  # only ratios of distances count
    reduced, _ = _components(values, _COMPONENTS, random_state)
    spread = reduced.std(0).max()
    if not spread > 0:  # all samples are alike
        return Projection("t-SNE", np.zeros((len(rows), 2)), rows)
    perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
    model = TSNE(perplexity=perplexity, init="pca", random_state=random_state, n_jobs=1)
    points = model.fit_transform((reduced / spread).astype(np.float32))
    return Projection("t-SNE", points.astype(np.float64), rows)


def _drawn(
    samples: ArrayLike, most: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return at most so many samples as rows of numbers, and which they are."""
    given = np.asarray(samples)
    if given.ndim < 2 or len(given) < 2:
        raise DataError(
            f"A projection needs two samples or more, of shape (n, ...), not {given.shape}."
        )
    rows = np.arange(len(given))
    if len(given) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(given), most, replace=False))
    return rows, given[rows].reshape(len(rows), -1).astype(np.float64)


def _components(
    values: NDArray[np.float64], most: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first principal components, at least two, and their shares of the variance."""
    from sklearn.decomposition import PCA

    scale = np.abs(values).max() or 1.0  # or squares of huge values could overflow
    kept = min(most, *values.shape)
    model = PCA(
        kept, svd_solver="randomized" if min(values.shape) > 500 else "full", random_state=seed
    )
    points = np.zeros((len(values), max(2, kept)))
    centred = values / scale - (values / scale).mean(0)
    if not centred.any():  # all samples are alike
        return points, np.zeros(2)
    points[:, :kept] = model.fit_transform(centred) * scale
    shares = np.zeros(max(2, kept))
    shares[:kept] = model.explained_variance_ratio_
    return points, shares
