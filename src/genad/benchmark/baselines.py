"""The baselines of every table: what anything that learns should beat, chance first."""

import sys
from abc import ABC, abstractmethod
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

from genad.benchmark.task import Scores
from genad.thresholds import Conformal

Rows = NDArray[Any]


class Baseline(ABC):
    """A scorer of encoded rows; its threshold allows 1 % of the training rows to be above.

    Parameters
    ----------
    most_rows : learn from a random sample of so many training rows if there are more.
    random_state : seed of the sample, and of the scores where they are random.

    Examples
    --------
    >>> rows = np.arange(8.0).reshape(-1, 1)
    >>> Norm().fit(rows).anomaly_score([[0.0], [-9.0]])
    array([0., 9.])
    """

    threshold_: float

    def __init__(self, *, most_rows: int = 10_000, random_state: int = 0) -> None:
        self.most_rows, self.random_state = most_rows, random_state

    @final
    def fit(self, X: Any) -> Self:
        """Learn from rows of shape (n, columns)."""
        rows = _images_as_rows(X)
        if len(rows) > self.most_rows:
            rng = np.random.default_rng(self.random_state)
            rows = rows[rng.choice(len(rows), self.most_rows, replace=False)]
        self.threshold_ = Conformal(0.01).threshold(self._learn(rows))
        return self

    @final
    def anomaly_score(self, X: Any) -> Scores:
        """Return one score per row, higher is more anomalous."""
        return self._score(_images_as_rows(X))

    @abstractmethod
    def _learn(self, rows: Rows) -> Scores:
        """Learn, and return scores of the training rows such as new rows would get."""

    @abstractmethod
    def _score(self, rows: Rows) -> Scores: ...


class Random(Baseline):
    """A random number for every row: what any metric gives to chance.

    Examples
    --------
    >>> Random().fit(np.zeros((5, 1))).anomaly_score(np.zeros((2, 1))).round(2)
    array([0.64, 0.27])
    """

    def _learn(self, rows: Rows) -> Scores:
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        return np.random.default_rng(self.random_state).random(len(rows))


class Constant(Baseline):
    """The same score for every row: what any metric makes of ties.

    Examples
    --------
    >>> Constant().fit(np.zeros((5, 1))).anomaly_score(np.ones((2, 1)))
    array([0., 0.])
    """

    def _learn(self, rows: Rows) -> Scores:
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        return np.zeros(len(rows))


class Norm(Baseline):
    """The distance from zero, which is the mean where columns are standardised.

    Examples
    --------
    >>> Norm().fit(np.eye(2)).anomaly_score([[3.0, 4.0]])
    array([5.])
    """

    def _learn(self, rows: Rows) -> Scores:
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        return np.asarray(np.linalg.norm(rows.astype(np.float64), axis=1))


class Difference(Baseline):
    """The largest change of any channel since the step before: one line, for series.

    Examples
    --------
    >>> Difference().fit([1.0, 2.0, 1.0]).anomaly_score([1.0, 1.0, 4.0])
    array([0., 0., 3.])
    """

    def __init__(self, *, random_state: int = 0) -> None:
        super().__init__(most_rows=sys.maxsize, random_state=random_state)  # in their order

    def _learn(self, rows: Rows) -> Scores:
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        changes = np.diff(rows.astype(np.float64), axis=0, prepend=rows[:1])
        return np.asarray(np.abs(changes).max(1))


class PCA(Baseline):
    """The squared distance from the plane of the first principal components.

    The plane holds 90 % of the variance, and at least one direction is left out of it.

    Examples
    --------
    >>> rows = np.array([[-2.0, 0.1], [-1.0, -0.1], [1.0, -0.1], [2.0, 0.1]])
    >>> PCA().fit(rows).anomaly_score([[9.0, 0.0], [0.0, 2.0]]).round(2)
    array([0., 4.])
    """

    def _learn(self, rows: Rows) -> Scores:
        rows = rows.astype(np.float64)
        self.mean = rows.mean(0)
        variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(rows.T)))
        held = np.cumsum(variance[::-1]) / max(variance.sum(), 1e-300)
        kept = min(int(np.searchsorted(held, 0.9)) + 1, len(held) - 1)
        self.plane = directions[:, len(held) - kept :]
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        centred = rows - self.mean
        inside = centred @ self.plane
        squared: Scores = (centred**2).sum(1) - (inside**2).sum(1)
        return np.maximum(squared, 0)


class KNN(Baseline):
    """The distance to the k-th nearest training row; a training row does not count itself.

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [3.0]])
    >>> KNN(k=2).fit(rows).anomaly_score([[0.5], [5.0]])
    array([0.5, 4. ])
    """

    def __init__(self, *, k: int = 5, most_rows: int = 10_000, random_state: int = 0) -> None:
        super().__init__(most_rows=most_rows, random_state=random_state)
        self.k = k

    def _learn(self, rows: Rows) -> Scores:
        self.neighbours = NearestNeighbors(n_neighbors=min(self.k, len(rows) - 1)).fit(rows)
        return np.asarray(self.neighbours.kneighbors()[0][:, -1], dtype=np.float64)

    def _score(self, rows: Rows) -> Scores:
        return np.asarray(self.neighbours.kneighbors(rows)[0][:, -1], dtype=np.float64)


class Forest(Baseline):
    """scikit-learn's IsolationForest as it comes.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> bool(np.diff(Forest().fit(rows).anomaly_score([[0.0, 0.0], [9.0, 9.0]])) > 0)
    True
    """

    def _learn(self, rows: Rows) -> Scores:
        self.forest = IsolationForest(random_state=self.random_state).fit(rows)
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        return np.asarray(-self.forest.score_samples(rows))


class Machine(Baseline):
    """scikit-learn's OneClassSVM as it comes.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> bool(np.diff(Machine().fit(rows).anomaly_score([[0.0, 0.0], [9.0, 9.0]])) > 0)
    True
    """

    def _learn(self, rows: Rows) -> Scores:
        self.machine = OneClassSVM().fit(rows)
        return self._score(rows)

    def _score(self, rows: Rows) -> Scores:
        return np.asarray(-self.machine.score_samples(rows))


def _images_as_rows(data: Any) -> Rows:
    rows = np.asarray(data)
    rows = rows if rows.dtype.kind == "f" else rows.astype(np.float32)
    return rows.reshape(len(rows), -1)
