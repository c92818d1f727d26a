"""The nearest neighbour where every column is read by ranks: the third bar of a table's winner."""

from typing import final

import torch

from genad.benchmark.baselines import KNN, Baseline, Rows
from genad.benchmark.task import Scores
from genad.nets.ranks import RankNormal


@final
class RankNormalKNN(Baseline):
    """`KNN` on the normal scores of the columns' ranks, see `genad.nets.ranks.RankNormal`.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[1.0], [10.0], [1000.0], [1e5]])
    >>> RankNormalKNN(k=1).fit(rows).anomaly_score([[1000.0], [1e9]]).round(1)
    array([ 0. , 20.1])
    """

    def __init__(self, *, k: int = 5, most_rows: int = 10_000, random_state: int = 0) -> None:
        super().__init__(most_rows=most_rows, random_state=random_state)
        self.neighbours = KNN(k=k, most_rows=most_rows, random_state=random_state)

    def _learn(self, rows: Rows) -> Scores:
        self.ranks = RankNormal(rows.shape[1])
        self.ranks.fit(torch.from_numpy(rows).float())
        return self.neighbours._learn(self._encoded(rows))

    def _score(self, rows: Rows) -> Scores:
        return self.neighbours._score(self._encoded(rows))

    def _encoded(self, rows: Rows) -> Rows:
        encoded: Rows = self.ranks(torch.from_numpy(rows).float()).numpy()
        return encoded
