"""Paired ranks over data sets, and which differences between detectors are more than chance."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata, wilcoxon

from genad.errors import DataError


@dataclass(frozen=True, eq=False)
class Ranking:
    """Detectors in the order of their mean rank.

    Parameters
    ----------
    names : the best first.
    ranks : the mean rank of each over the data sets, 1 is best, of shape (k,).
    p_values : of each pair, Wilcoxon's signed-rank test with Holm's correction, of shape (k, k);
        1 on the diagonal.
    level : of the tests.

    Examples
    --------
    >>> ranking = rank(["a", "b"], [[0.9, 0.5], [0.8, 0.6], [0.9, 0.7]])
    >>> ranking.names, ranking.ranks.tolist()
    (['a', 'b'], [1.0, 2.0])
    """

    names: list[str]
    ranks: NDArray[np.float64]
    p_values: NDArray[np.float64]
    level: float

    def groups(self) -> list[tuple[int, int]]:
        """Return the runs of neighbours, first and last, among which no pair differs.

        Examples
        --------
        >>> rank(["a", "b"], [[0.9, 0.5], [0.8, 0.6], [0.9, 0.7]]).groups()
        [(0, 1)]
        """
        found: list[tuple[int, int]] = []
        for first in range(len(self.names)):
            last = first
            while last + 1 < len(self.names) and self._alike(first, last + 1):
                last += 1
            if last > first and (not found or last > found[-1][1]):
                found.append((first, last))
        return found

    def _alike(self, first: int, last: int) -> bool:
        block = self.p_values[first : last + 1, first : last + 1]
        return bool((block >= self.level).all())


def rank(names: list[str], values: ArrayLike, level: float = 0.05) -> Ranking:
    """Rank detectors on every data set, and test every pair.

    Parameters
    ----------
    names : of the k detectors.
    values : a metric of shape (data sets, k), higher is better; equal values share a rank.
    level : of the tests, all pairs together.

    References
    ----------
    Statistical Comparisons of Classifiers over Multiple Data Sets (Demsar, 2006); Should We Really
    Use Post-Hoc Tests Based on Mean-Ranks? (Benavoli et al., 2016), which is why pairs are tested
    by Wilcoxon's test rather than by their mean ranks.

    Examples
    --------
    >>> ranking = rank(["a", "b"], [[k / 10 + 0.1, k / 10] for k in range(8)])
    >>> round(float(ranking.p_values[0, 1]), 4)
    0.0078
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(names) or not len(matrix):
        raise DataError(f"Values have shape {matrix.shape}: give (data sets, {len(names)}).")
    if not np.isfinite(matrix).all():
        raise DataError("Values to rank hold some that are no numbers: fill or leave those out.")
    ranks = rankdata(-matrix, axis=1).mean(0)
    order = np.argsort(ranks, kind="stable")
    matrix = matrix[:, order]
    pairs = list(combinations(range(len(names)), 2))
    corrected = holm([signed_rank(matrix[:, a], matrix[:, b]) for a, b in pairs])
    p_values = np.ones((len(names), len(names)))
    for (a, b), p in zip(pairs, corrected, strict=True):
        p_values[a, b] = p_values[b, a] = p
    return Ranking([names[k] for k in order], ranks[order], p_values, level)


def signed_rank(a: ArrayLike, b: ArrayLike) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test of paired values.

    Zero differences count half for either side, as Demsar (2006) has them.

    Examples
    --------
    >>> signed_rank([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    1.0
    >>> round(signed_rank([2.0, 4.0, 6.0, 8.0], [1.0, 2.0, 3.0, 4.0]), 4)
    0.125
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if (first == second).all():
        return 1.0
    return float(wilcoxon(first, second, zero_method="zsplit").pvalue)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values corrected for testing all of them, by Holm's step-down method (1979).

    The i-th smallest of m is multiplied by m - i + 1, never ending below a smaller one's.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    stepped = p[order] * np.arange(len(p), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1)
    return corrected
