"""Our detectors under the Numenta benchmark's streaming rule."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from genad.benchmark.nab_scorers import FloatArray, StampArray, random_scores
from genad.data import Series
from genad.detector import CausalDetector, Detector
from genad.streaming import NoveltyScorer

_WINDOW = 8


class Streams:
    """Scores the series of the benchmark, each from nothing but itself.

    It has no threshold: the task finds one for every series, see
    `genad.benchmark.nab_scorers.adaptive_flags`.
    """

    threshold_ = np.inf

    def fit(self, X: Any) -> Self:
        """Learn nothing: there is no training data but the start of each series."""
        return self

    def anomaly_score(self, X: Sequence[Series]) -> list[FloatArray]:
        """Return the scores of each series, of shape (n,).

        Parameters
        ----------
        X : the series; `train_end` is the length of the probationary period.
        """
        stamps = [np.zeros(0, "M8[s]") if s.timestamps is None else s.timestamps for s in X]
        pairs = zip(X, stamps, strict=True)
        return [self(series.values[:, 0], stamp, series.train_end) for series, stamp in pairs]

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of one series, of shape (n,)."""
        raise NotImplementedError


class RandomStreams(Streams):
    """Random scores: what knowing nothing is worth.

    Parameters
    ----------
    random_state : seed.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of one series, of shape (n,)."""
        return random_scores(values, stamps, probationary, seed=self.random_state)


class ConstantStreams(Streams):
    """The same score for every step: what the benchmark gives for no alarm at all."""

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of one series, of shape (n,)."""
        return np.zeros(len(values))


class Streamed(Streams):
    """Fits a detector on each probationary period, and scores every step by its past.

    A detector of windows scores a step in the window that ends with it. Nothing of what comes
    after the probationary period is learnt, unless the detector learns as it goes.

    Parameters
    ----------
    detector : not fitted, and left so.

    Examples
    --------
    >>> from genad import ZScore
    >>> stamps = np.datetime64("2024-01-01T00", "h") + np.arange(300)
    >>> values = np.where(np.arange(300) == 250, 60.0, np.arange(300) % 24)
    >>> int(Streamed(ZScore())(values, stamps, 100).argmax())
    250
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of one series, of shape (n,)."""
        detector = clone(self.detector)
        causal = isinstance(detector, CausalDetector)
        parameters = detector.get_params()
        if "probationary_period" in parameters:
            detector.set_params(probationary_period=max(probationary, 1))
        if not causal:
            most = max(1, probationary // 4)
            detector.set_params(window=min(parameters["window"] or _WINDOW, most))
        series = Series("series", values.reshape(-1, 1), (), probationary, stamps)
        past = Series("past", series.values[:probationary], (), 0, stamps[:probationary])
        detector.fit(past)
        scores = detector.anomaly_score(series) if causal else detector.trailing_score(series)
        return np.asarray(scores, dtype=np.float64)


class Normalised(Streamed):
    """The same with scores that go through all parts of `StreamingNovelty`, as its values do.

    `genad.streaming.NoveltyScorer` tells how far a score is from all that were seen, also at that
    time of the day, calibrates by the usual peaks, and is silent for a while after a high one.
    """

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of one series, of shape (n,)."""
        return normalised(super().__call__(values, stamps, probationary), stamps, probationary)


def normalised(scores: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
    """Return how novel each score is among those before it, of shape (n,)."""
    # Scores are most often squared errors; a score below all of the beginning counts as none.
    errors = np.sqrt(np.maximum(scores - min(0.0, scores[:probationary].min(initial=0.0)), 0.0))
    return NoveltyScorer(probationary_period=max(probationary, 1)).score_series(errors, stamps)
