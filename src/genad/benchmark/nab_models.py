"""Our detectors under the Numenta benchmark's streaming rule."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from genad.benchmark.nab_scorers import FloatArray, StampArray
from genad.data import Series
from genad.detector import CausalDetector
from genad.registry import find_detector
from genad.streaming import Rest
from genad.streaming.novelty import Novelty

_WINDOW = 32


@dataclass(frozen=True)
class DetectorScorer:
    """Fits a detector on the probationary period and scores every step by its past.

    A detector of windows scores a step in the window that ends with it. Nothing of what comes
    after the probationary period is learnt, unless the detector learns as it goes.

    Parameters
    ----------
    model : name of the detector.
    seed : of everything random.
    normalised : whether the detector's scores go through `genad.streaming.Novelty` and
        `genad.streaming.Rest`, as those of StreamingNovelty do: how far a score is from all that
        were seen, and silence for a while after a high one.
    parameters : of the detector.

    Examples
    --------
    >>> stamps = np.datetime64("2024-01-01T00", "h") + np.arange(300)
    >>> values = np.where(np.arange(300) == 250, 60.0, np.arange(300) % 24)
    >>> int(DetectorScorer("zscore")(values, stamps, 100).argmax())
    250
    """

    model: str
    seed: int = 0
    normalised: bool = False
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """What to call it in a table."""
        return find_detector(self.model).__name__ + (", normalised" if self.normalised else "")

    def __call__(self, values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
        """Return the scores of a series, of shape (n,)."""
        cls, given = find_detector(self.model), dict(self.parameters)
        causal = issubclass(cls, CausalDetector)
        if not causal:
            given = {"window": min(_WINDOW, max(1, probationary // 4))} | given
        detector = cls(random_state=self.seed, **given)
        series = Series("series", values.reshape(-1, 1), (), probationary, stamps)
        past = Series("past", series.values[:probationary], (), 0, stamps[:probationary])
        detector.fit(past)
        scores = detector.anomaly_score(series) if causal else detector.trailing_score(series)
        return _normalised(scores, probationary) if self.normalised else scores


def _normalised(scores: FloatArray, probationary: int) -> FloatArray:
    novelty = Novelty(max(1, probationary // 4))
    # By orders of magnitude: errors have heavy tails.
    logarithms = np.log(np.maximum(scores - min(0.0, scores[:probationary].min()), 0) + 1e-9)
    found = np.empty(len(scores))
    highest = -np.inf
    for i, value in enumerate(logarithms.tolist()):
        # Only a score above all is novel; an unusually small one is no alarm.
        found[i] = novelty.score_one(value) if value > highest else 0.0
        novelty.learn_one(value)
        highest = max(highest, value)
    return Rest(int(0.3 * probationary)).transform(found)
