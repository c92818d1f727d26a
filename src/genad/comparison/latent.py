"""Latent spaces: where models put real samples, and what the raw data tells without any model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from genad.comparison.results import LatentSpace
from genad.comparison.series import cut, over_steps
from genad.comparison.subject import Places, Subject
from genad.comparison.vectors import Vectors
from genad.detector import LatentDetector
from genad.metrics import RankingReport, neighbour_accuracy, ranking_report, silhouette
from genad.training import Model


def latent_space(model: LatentDetector, places: Places | None) -> LatentSpace | None:
    """Return where a fitted model puts samples; None without an encoder or without classes."""
    if places is None or type(model.model_).latents is Model.latents:
        return None
    return _space(model.latents(places.data), places)


def raw_space(subject: Subject) -> LatentSpace | None:
    """Return the samples themselves as places; None without classes."""
    places = subject.places
    return None if places is None else _space(Vectors(subject)(places.data), places)


def nearest_ranking(subject: Subject) -> RankingReport | None:
    """Return what the distance to the nearest training sample is worth as a score.

    A generative model that does no better has not paid for its training.
    """
    trial = subject.trial
    if trial is None:
        return None
    vectors = Vectors(subject)
    if subject.windows is None:
        apart = cdist(vectors(trial.scored), vectors(trial.normal)).min(1)
    else:
        known, window = vectors(subject.windows), subject.windows.shape[1]
        apart = cdist(vectors(cut(trial.scored, window)), known).min(1)
        apart = over_steps(apart, window)
    return ranking_report(trial.anomalies, apart)


def _space(points: NDArray[Any], places: Places) -> LatentSpace:
    return LatentSpace(
        points=np.asarray(points, dtype=np.float64),
        silhouette=silhouette(points, places.classes),
        neighbour_accuracy=neighbour_accuracy(points, places.classes),
    )
