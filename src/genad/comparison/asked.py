"""Samples of classes that are asked for, and how often they look it."""

import numpy as np

from genad.comparison.judge import Judge
from genad.comparison.results import Asked
from genad.comparison.subject import Subject
from genad.detector import ConditionalDetector, LatentDetector

# Samples of each class: so many to judge, and so many of these to show.
_JUDGED, _SHOWN = 100, 10


def asked(model: LatentDetector, subject: Subject, judge: Judge, random_state: int) -> Asked | None:
    """Return what a fitted model makes when it is asked for each class; None if it knows none.

    Every class is asked for equally often, with latents of the same seed.
    """
    if not isinstance(model, ConditionalDetector) or subject.classes is None:
        return None
    shown, classes, rates = [], [], []
    for label in np.unique(subject.classes).tolist():
        samples = model.sample(_JUDGED, label=label, random_state=random_state)
        rates.append(float((judge.classes(samples) == label).mean()))
        shown.append(samples[:_SHOWN])
        classes += [label] * _SHOWN
    return Asked(
        samples=np.concatenate(shown),
        classes=np.array(classes),
        accuracy=float(np.mean(rates)),
        by_class=tuple(rates),
    )
