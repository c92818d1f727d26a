"""ZScore: how many standard deviations every value is from its column's mean."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.data.samples import Samples, moments
from genad.detector import Detector
from genad.losses import per_sample
from genad.training import Model


@final
class ZScore(Detector):
    r"""Sum or largest of the squared z-scores of a row; the baseline that needs no training.

    .. math:: A(x) = \sum_j \left(\frac{x_j - \mu_j}{\sigma_j}\right)^2

    Fast, and enough where anomalies are extreme in single columns; blind to values that are only
    unusual together.

    Parameters
    ----------
    aggregate : "sum" of the squares over the columns, or "max".

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = ZScore(random_state=0).fit(X)
    >>> detector.is_anomaly([[0.0, 0.0], [6.0, -6.0]])
    array([False,  True])
    """

    family = "statistics"
    kinds = ("table", "series", "image")

    aggregate: Literal["sum", "max"] = "sum"

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _ZScoreModel(shape, self.aggregate)


class _ZScoreModel(Model):
    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: tuple[int, ...], aggregate: str) -> None:
        super().__init__()
        self.aggregate, self.additive = aggregate, aggregate == "sum"
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))

    def prepare(self, samples: Samples) -> None:
        mean, deviation = moments(samples)
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def contributions(self, x: Tensor) -> Tensor:
        return ((x - self.mean) / self.deviation).square()

    def score(self, x: Tensor) -> Tensor:
        squares = self.contributions(x)
        return per_sample(squares) if self.additive else squares.flatten(1).amax(1)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.mean.expand_as(x)
