"""A task gives a detector data without labels, and keeps the labels to judge the answer itself."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Inputs:
    """All that a detector may see of a data set: there is no place for a label.

    Parameters
    ----------
    train : what to learn from, normal only.
    test : what to score.

    Examples
    --------
    >>> Inputs(np.zeros((3, 2)), np.ones((4, 2))).test.shape
    (4, 2)
    """

    train: Any = field(repr=False)
    test: Any = field(repr=False)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a detector makes of the test data.

    Parameters
    ----------
    scores : one for each item of the test data, higher is more anomalous, of shape (n,); for a
        list of series those of all, one after the other.
    flags : whether each is above the threshold that the detector set, without labels; None if it
        set none.

    Examples
    --------
    >>> Answer(np.array([0.1, 0.9]), np.array([False, True])).flags.sum()
    np.int64(1)
    """

    scores: Scores
    flags: NDArray[np.bool_] | None


class Scorer(Protocol):
    """What a benchmark asks of a detector; every `genad.detector.Detector` is one."""

    threshold_: float

    def fit(self, X: Any) -> Self:
        """Learn from training data; no labels come along."""

    def anomaly_score(self, X: Any) -> Scores:
        """Return one score for each item, higher is more anomalous."""


Figures = dict[str, float]
"""Metrics by the names of their columns in the results, see `genad.benchmark.results`."""


class Task(ABC):
    """One data set in one protocol: a frozen dataclass, whose fields enter every result's hash.

    A subclass splits by the seed alone: the same seed gives the same rows in the same order to
    `inputs`, to `judge` and to whoever asks again.
    """

    name: str

    @abstractmethod
    def digest(self) -> str:
        """Return a digest of the files that the data comes from."""

    @abstractmethod
    def inputs(self, seed: int) -> Inputs:
        """Return training and test data of one repetition, without labels."""

    @abstractmethod
    def judge(self, seed: int, answer: Answer) -> Figures:
        """Return metrics of an answer to `inputs(seed)`; only here are labels read."""
