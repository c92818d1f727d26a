"""Series in a one-class protocol: the start of each trains, and the rest of it is judged."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from genad.benchmark.judging import figures
from genad.benchmark.tabular import file_digest
from genad.benchmark.task import Answer, Figures, Inputs, Task
from genad.data.datasets import Series, fetch_dataset, load_series
from genad.metrics import vus


@dataclass(frozen=True)
class SeriesTask(Task):
    """One series of a collection of `genad.list_datasets`.

    A detector learns from the training part alone, and scores the whole series: what comes before
    the part that is judged is the past that it would have. The training part is not judged.

    Parameters
    ----------
    name : "collection/series".
    buffer : widest window of the volumes under the surface.
    near : the highest score is a hit within so many steps of the labelled range, on either side;
        None where there is more than one range, and no such figure.

    Examples
    --------
    >>> SeriesTask("ucr/116_UCR_Anomaly_CIMIS44AirTemperature4", near=100).collection
    'ucr'
    """

    name: str
    buffer: int = 100
    near: int | None = None

    @property
    def collection(self) -> str:
        """The data set that the series is of."""
        return self.name.partition("/")[0]

    def digest(self) -> str:  # noqa: D102
        return _digest(self.collection)

    def inputs(self, seed: int) -> Inputs:  # noqa: D102
        series = self._series()
        values = series.values
        values.setflags(write=False)
        return Inputs(values[: series.train_end], values)

    def judge(self, seed: int, answer: Answer) -> Figures:  # noqa: D102
        series = self._series()
        start = series.train_end
        labels, scores = series.labels[start:], answer.scores[start:]
        flags = None if answer.flags is None else answer.flags[start:]
        found = figures(labels, Answer(scores, flags))
        # Every distinct score is a threshold: with few anomalies, ranks far apart miss the top.
        surface = vus(labels, scores, self.buffer, thresholds=None)
        found |= {"vus_pr": surface.pr, "vus_roc": surface.roc}
        return found if self.near is None else found | {"hit": is_hit(labels, scores, self.near)}

    def _series(self) -> Series:
        inner = self.name.partition("/")[2]
        return next(each for each in _load(self.collection) if each.name == inner)


@cache  # for all cells of a process
def _load(collection: str) -> list[Series]:
    return load_series(collection)


@cache
def _digest(collection: str) -> str:
    return file_digest(fetch_dataset(collection))


def is_hit(labels: NDArray[np.bool_], scores: NDArray[np.float64], near: int) -> float:
    """Return 1 if the first highest score is in the labelled range or near it, else 0.

    Examples
    --------
    >>> labels = np.array([False, False, True, False, False])
    >>> is_hit(labels, np.array([0.0, 0.0, 0.0, 1.0, 0.0]), near=1)
    1.0
    >>> is_hit(labels, np.array([1.0, 0.0, 0.0, 0.0, 0.0]), near=1)
    0.0
    """
    inside = np.flatnonzero(labels)
    return float(inside[0] - near <= int(scores.argmax()) <= inside[-1] + near)
