"""What a comparison finds: figures and samples of every model, and of the real data beside them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.comparison.subject import Subject
from genad.detector import LatentDetector
from genad.metrics import ClassCoverage, RankingReport
from genad.training import Look


@dataclass(frozen=True)
class Quality:
    """How close samples come to as many real ones that nothing has learnt from.

    Parameters
    ----------
    frechet, kernel : distances of the two sets in the judge's features.
    precision, recall : of the manifold.
    spread : mean distance between samples, in units of that between real ones.
    coverage : of the classes, or None without classes.
    """

    frechet: float
    kernel: float
    precision: float
    recall: float
    spread: float
    coverage: ClassCoverage | None


@dataclass(frozen=True, eq=False)
class Asked:
    """Samples of classes that were asked for.

    Parameters
    ----------
    samples : a few of each class, class by class, in the units of the data.
    classes : what was asked for, of shape (n,).
    accuracy : how often the judge sees the class that was asked for.
    by_class : the same, class by class.
    """

    samples: Any = field(repr=False)
    classes: NDArray[np.int64] = field(repr=False)
    accuracy: float
    by_class: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """Where the real samples with classes lie, and how far their classes are apart there.

    Parameters
    ----------
    points : of shape (n, d).
    silhouette, neighbour_accuracy : see `genad.metrics`.
    """

    points: NDArray[np.float64] = field(repr=False)
    silhouette: float
    neighbour_accuracy: float


@dataclass(frozen=True)
class Costs:
    """What a model takes.

    Parameters
    ----------
    parameters : numbers that are learnt.
    fit_seconds : training on all of the training data.
    epochs : passes over it, all stages together.
    samples_per_second : drawn.
    scored_per_second : in the trial, or None without one.
    """

    parameters: int
    fit_seconds: float
    epochs: int
    samples_per_second: float
    scored_per_second: float | None


@dataclass(frozen=True, eq=False)
class Contender:
    """One model: what it makes, and how well it does.

    Parameters
    ----------
    name : as it was asked for.
    detector : fitted on all of the training data.
    samples : drawn from it, in the units of the data.
    quality, untrained : of its samples, and of those of the same network before training.
    asked : samples of chosen classes, or None where the model knows no classes.
    looks : at samples during training.
    warning : whether samples lost variety, a sentence; empty if they did not.
    latent, untrained_latent : None where the model has no encoder, or the data no classes.
    ranking, untrained_ranking : figures of detection, or None without labels.
    costs : of time and size.
    """

    name: str
    detector: LatentDetector
    samples: Any = field(repr=False)
    quality: Quality
    untrained: Quality
    asked: Asked | None
    looks: tuple[Look, ...]
    warning: str
    latent: LatentSpace | None
    untrained_latent: LatentSpace | None
    ranking: RankingReport | None
    untrained_ranking: RankingReport | None
    costs: Costs


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models side by side on the same data.

    Parameters
    ----------
    subject : the data.
    contenders : the models, in the order they were asked for.
    judge : what the judge's features are, a sentence.
    accuracy : of the judge on real samples; None without classes.
    compared : how many generated samples were compared with how many real ones, the same number.
    real : training samples in the place of generated ones: what a perfect generator would reach.
    raw : the data itself in the place of latents, or None without classes.
    nearest : figures of the distance to the nearest training sample as a score, or None.
    random_state : seed of everything.
    """

    subject: Subject
    contenders: tuple[Contender, ...]
    judge: str
    accuracy: float | None
    compared: int
    real: Quality
    raw: LatentSpace | None
    nearest: RankingReport | None
    random_state: int
