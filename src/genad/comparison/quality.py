"""The quality of samples in the judge's eyes, at the end and during training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genad.comparison.judge import Judge
from genad.comparison.results import Quality
from genad.metrics import (
    class_coverage,
    frechet_distance,
    kernel_distance,
    manifold_precision_recall,
    relative_spread,
)
from genad.training import Look

LOOKED_AT = 500
"""Samples that a look during training takes."""

# Half of the variety of real samples, or of the classes, is where a warning is due.
_HALF = 0.5


class Standard:
    """Real samples that nothing has learnt from, which others are measured by.

    Parameters
    ----------
    judge : of the data.
    unseen : the real samples.
    most : compare so many at most.
    """

    def __init__(self, judge: Judge, unseen: Any, most: int) -> None:
        self.judge = judge
        self.n = min(len(unseen), most)
        features, classes = judge.features(unseen), judge.classes(unseen)
        self.features = features[: self.n]
        self.classes = None if classes is None else classes[: self.n]

    def quality(self, data: Any) -> Quality:
        """Return how close samples, as many as there are real ones, come to these."""
        features, classes = self.judge.features(data), self.judge.classes(data)
        manifold = manifold_precision_recall(self.features, features)
        known = self.classes
        return Quality(
            frechet=frechet_distance(self.features, features),
            kernel=kernel_distance(self.features, features),
            precision=manifold.precision,
            recall=manifold.recall,
            spread=relative_spread(self.features, features),
            coverage=None if classes is None or known is None else class_coverage(classes, known),
        )

    def glance(self, data: Any) -> dict[str, float]:
        """Return the figures that are cheap enough to be looked at during training."""
        features, classes = self.judge.features(data), self.judge.classes(data)
        real = self.features[:LOOKED_AT]
        figures = {
            "frechet": frechet_distance(real, features),
            "spread": relative_spread(real, features),
        }
        if classes is not None and self.classes is not None:
            coverage = class_coverage(classes, self.classes)
            figures["covered"] = float(coverage.covered)
            figures["effective"] = coverage.effective
        return figures


def collapse(quality: Quality, real: Quality, looks: Sequence[Look]) -> str:
    """Return a warning if samples have lost variety, or nothing.

    It fires where samples are less than half as varied as real ones, in their distances or in
    their classes, or where less than half of the variety that they once had is left.

    Examples
    --------
    >>> figures = {"frechet": 1.0, "kernel": 0.0, "precision": 1.0, "recall": 0.1}
    >>> real = Quality(**figures, spread=1.0, coverage=None)
    >>> collapse(Quality(**figures, spread=0.21, coverage=None), real, ())
    'Samples are only 0.21 times as far apart as real ones.'
    >>> collapse(Quality(**figures, spread=0.9, coverage=None), real, ())
    ''
    """
    if quality.spread < _HALF:
        return f"Samples are only {quality.spread:.2f} times as far apart as real ones."
    if quality.coverage is not None and real.coverage is not None:
        effective, all_of_them = quality.coverage.effective, real.coverage.effective
        if effective < _HALF * all_of_them:
            return (
                f"Samples are as varied as if there were {effective:.1f} classes, where real ones "
                f"are as if there were {all_of_them:.1f}."
            )
    return _lost([look.figures for look in looks[1:]])


def _lost(figures: Sequence[Mapping[str, float]]) -> str:
    """Return a warning if most of the variety was lost on the way."""
    for name, what in (("spread", "far apart"), ("effective", "varied in their classes")):
        values = [each[name] for each in figures if name in each]
        if values and values[-1] < _HALF * max(values):
            once = max(values) / max(values[-1], 1e-9)
            return f"Samples have lost variety: once they were {once:.1f} times as {what}."
    return ""


def drawn(data: Any, n: int, random_state: int) -> Any:
    """Return so many samples of the data, drawn at random."""
    rows = np.sort(np.random.default_rng(random_state).permutation(len(data))[:n])
    return data[rows] if isinstance(data, np.ndarray) else data.take(rows)
