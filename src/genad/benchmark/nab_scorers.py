"""Streaming scorers for the Numenta benchmark: ours, plain baselines, a threshold for all."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from genad.streaming import AdaptiveThreshold, NoveltyScorer, WindowedGaussian

__all__ = [
    "NAB_SCORERS",
    "StreamScorer",
    "adaptive_flags",
    "gaussian_scores",
    "novelty_scores",
    "random_scores",
]

FloatArray = NDArray[np.float64]
StampArray = NDArray[np.datetime64]

StreamScorer = Callable[[FloatArray, StampArray, int], FloatArray]
"""From values and stamps, both of shape (n,), and the length of the probationary period to a score
for each step. Step i may depend on the values up to i alone, and on nothing of other series."""


def novelty_scores(values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
    """Return the scores of :class:`~genad.streaming.NoveltyScorer` at its one setting.

    Examples
    --------
    >>> stamps = np.datetime64("2024-01-01T00", "h") + np.arange(200)
    >>> values = np.where(np.arange(200) == 150, 60.0, np.arange(200) % 24)
    >>> int(novelty_scores(values, stamps, 72)[72:].argmax()) + 72
    150
    """
    scorer = NoveltyScorer(probationary_period=max(probationary, 1))
    return scorer.score_series(values, stamps)


def gaussian_scores(values: FloatArray, stamps: StampArray, probationary: int) -> FloatArray:
    """Return the scores of the benchmark's own baseline, windowedGaussian.

    Examples
    --------
    >>> stamps = np.datetime64("2024-01-01") + np.arange(3)
    >>> gaussian_scores(np.array([1.0, 1.0, 4.0]), stamps, 0).tolist()
    [0.0, 0.5, 1.0]
    """
    gaussian = WindowedGaussian()
    scores = []
    for value in values.tolist():
        scores.append(gaussian.score_one(value))
        gaussian.learn_one(value)
    return np.array(scores)


def random_scores(
    values: FloatArray, stamps: StampArray, probationary: int, *, seed: int = 0
) -> FloatArray:
    """Return uniform random scores: what knowing nothing is worth.

    Examples
    --------
    >>> stamps = np.datetime64("2024-01-01") + np.arange(3)
    >>> random_scores(np.ones(3), stamps, 0).round(2).tolist()
    [0.73, 0.65, 0.48]
    """
    first = values[:1].view(np.uint64).tolist()  # no two series alike
    return np.random.default_rng([seed, *first]).random(len(values))


def adaptive_flags(scores: FloatArray, probationary: int, *, risk: float = 1e-3) -> FloatArray:
    """Return 1 for each score above an adaptive threshold learnt from those before it, else 0.

    Parameters
    ----------
    scores
        Of shape (n,), of one series.
    probationary
        Scores that the threshold starts from.
    risk
        As in :class:`~genad.streaming.AdaptiveThreshold`.

    Examples
    --------
    >>> scores = np.concatenate([np.random.default_rng(0).random(500), [30.0]])
    >>> int(adaptive_flags(scores, 100)[-1])
    1
    """
    threshold = AdaptiveThreshold(risk, warm_up=max(probationary, 1))
    flags = []
    for score in scores.tolist():
        flags.append(float(threshold.is_anomaly(score)))
        threshold.learn_one(score)
    return np.array(flags)


NAB_SCORERS: Mapping[str, StreamScorer] = {
    "StreamingNovelty": novelty_scores,
    "WindowedGaussian": gaussian_scores,
    "random": random_scores,
}
"""Rows for every table."""
