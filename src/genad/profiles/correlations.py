"""Which columns of a table say the same: rank correlations over the rows where both are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FEWEST = 10  # rows where both are known
_MOST_COLUMNS = 1000


@dataclass(frozen=True)
class Pair:
    """Two columns, their rank correlation, and over how many rows it is."""

    first: str
    second: str
    correlation: float
    rows: int


def strongest_pairs(values: Array, names: Sequence[str], most: int = 12) -> tuple[Pair, ...]:
    """Return the pairs of columns with the strongest rank correlations (Spearman's).

    A column's values are ranked once, over all its known rows. Only the first 1,000 columns are
    looked at.

    Parameters
    ----------
    values : of shape (rows, columns); missing is NaN.
    names : of the columns.
    most : how many pairs.

    Examples
    --------
    >>> steps = np.arange(20.0)
    >>> found = strongest_pairs(np.column_stack([steps, -(steps**3), steps % 3]), ["a", "b", "c"])
    >>> found[0]
    Pair(first='a', second='b', correlation=-1.0, rows=20)
    """
    values, names = values[:, :_MOST_COLUMNS], names[:_MOST_COLUMNS]
    known = np.isfinite(values)
    ranks = np.column_stack([_ranks(column) for column in values.T]) if values.size else values
    correlations, rows = _correlations(ranks, known.astype(np.float64))
    i, j = np.triu_indices(len(names), 1)
    strength = np.abs(correlations[i, j])
    order = np.argsort(-strength, kind="stable")[:most]
    return tuple(
        Pair(
            names[i[k]],
            names[j[k]],
            round(float(correlations[i[k], j[k]]), 6),
            int(rows[i[k], j[k]]),
        )
        for k in order
        if strength[k] > 0
    )


def _ranks(column: Array) -> Array:
    """Return ranks around 0, ties in the middle; 0 where nothing is known."""
    from scipy.stats import rankdata

    known = np.isfinite(column)
    result = np.zeros(len(column))
    if known.any():
        ranks = rankdata(column[known])
        result[known] = (ranks - ranks.mean()) / len(ranks)
    return result


def _correlations(ranks: Array, known: Array) -> tuple[Array, Array]:
    """Return the correlations of all pairs over the rows where both are known, and how many."""
    rows = known.T @ known
    sums = ranks.T @ known  # of the first column, over the rows of the pair
    squares = np.square(ranks).T @ known
    covered = np.maximum(rows, 1)
    product = ranks.T @ ranks - sums * sums.T / covered
    spread = squares - np.square(sums) / covered
    scale = np.sqrt(np.maximum(spread * spread.T, 0))
    enough = (rows >= _FEWEST) & (scale > 1e-9 * covered)
    return np.where(enough, product / np.where(enough, scale, 1.0), 0.0), rows
