"""NearestNeighbours: how far a sample is from the training samples that are most like it."""

import math
from typing import ClassVar, Literal, final

import torch
from torch import Tensor

from genad.data.samples import Samples, blocks
from genad.detector import Detector
from genad.nets.memory import Memory
from genad.nets.ranks import Damped
from genad.parameters import PositiveFloat, PositiveInt
from genad.training import Model


@final
class NearestNeighbours(Detector):
    r"""Distance to the k nearest training samples; the baseline that is hard to beat.

    .. math:: A(x) = \frac1k \sum_{i=1}^k \lVert x - x_{(i)} \rVert

    Nothing is trained, and few hundred rows are enough. All columns count alike, so columns that
    mean nothing blur it. Windows of a series are compared as they are, step by step: with a window
    of about a period (``window="auto"``) it finds the stretch that is least like any before, a
    discord.

    Parameters
    ----------
    neighbours : k.
    aggregate : "mean" of the k distances, or "farthest", the k-th alone.
    metric : "manhattan" (sum of absolute differences) or "euclidean".
    bend : values larger than this count by their logarithm only, so that a column with a long
        tail does not decide alone; None takes them as they are.
    memory : samples to keep at most, drawn at random.

    References
    ----------
    Efficient Algorithms for Mining Outliers from Large Data Sets (Ramaswamy et al., 2000) for the
    k-th distance; Fast Outlier Detection in High Dimensional Spaces (Angiulli and Pizzuti, 2002)
    for the sum; On the Surprising Behavior of Distance Metrics in High Dimensional Space
    (Aggarwal et al., 2001) for the metric.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = NearestNeighbours(random_state=0).fit(X)
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "neighbours"
    kinds: ClassVar[tuple[str, ...]] = ("table", "series")

    neighbours: PositiveInt = 5
    aggregate: Literal["mean", "farthest"] = "mean"
    metric: Literal["manhattan", "euclidean"] = "manhattan"
    bend: PositiveFloat | None = 3.0
    memory: PositiveInt = 50_000

    def _build(self, shape: tuple[int, ...]) -> Model:
        return NeighbourModel(
            shape,
            range(self.neighbours - 1 if self.aggregate == "farthest" else 0, self.neighbours),
            p=1 if self.metric == "manhattan" else 2,
            bend=self.bend,
            memory=self.memory,
        )


class NeighbourModel(Model):
    """The model of `NearestNeighbours`, which others use as a part.

    Parameters
    ----------
    shape : of a sample; any is read as a vector.
    ranks : which neighbours count, the nearest being 0.
    p, bend, memory : metric (1 or 2), bend and memory as in `NearestNeighbours`.
    """

    def __init__(
        self, shape: tuple[int, ...], ranks: range, *, p: int, bend: float | None, memory: int
    ) -> None:
        super().__init__()
        self.ranks, self.most = ranks, memory
        self.bent = None if bend is None else Damped(bend)
        self.memory = Memory(math.prod(shape), p)

    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        parts = [self._encode(part) for each in (samples, held_out) for part in blocks(each, 4096)]
        rows = torch.cat(parts)
        chosen = torch.randperm(len(rows))[: self.most].sort().values
        self.memory.keep(rows[chosen.to(rows.device)])

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        distances = self.memory.distances(self._encode(x), self.ranks.stop)
        return distances[:, self.ranks.start :].mean(1)

    def contributions(self, x: Tensor) -> Tensor:  # noqa: D102
        rows = self._encode(x)
        distances, places = self.memory.nearest(rows, self.ranks.stop)
        shares = torch.zeros_like(rows)
        for rank in self.ranks:  # one at a time, to spare memory
            step = (rows - self.memory.rows[places[:, rank]]).abs()
            far = distances[:, rank, None].clamp(min=1e-30)
            shares += step if self.memory.p == 1 else step.square() / far
        return (shares / len(self.ranks)).view_as(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the mean of the nearest."""
        _, places = self.memory.nearest(self._encode(x), self.ranks.stop)
        mean = self.memory.rows[places].mean(1)
        return (mean if self.bent is None else self.bent.inverse(mean)).view_as(x)

    def _encode(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return x if self.bent is None else self.bent(x)
