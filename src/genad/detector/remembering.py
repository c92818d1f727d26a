"""What a network has learnt to see, remembered: nearest neighbours in the features of any model."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from genad.blocks import in_blocks
from genad.data.samples import Samples, spread
from genad.nets.memory import Memory
from genad.nets.tails import Tail, shared_out
from genad.nets.transforms import Transforms
from genad.training import Model, Objective, attribute

# More samples than this teach nothing about a distribution of scores.
_REFERENCE = 5000
# Samples at a time, and so many where derivatives are taken.
_BLOCK, _DIFFERENTIATED = 1024, 32


class Remembering(Model):
    r"""A model whose score is, or is joined by, the novelty of what it sees in a sample.

    .. math:: A(x) = t_0(A_0(x)) + t_1(\min_i \lVert \phi(x) - \phi(x_i) \rVert_2), \quad
              t(s) = -\log \hat P(s' \ge s)

    A0 is the model's own score, phi its features, and the x_i are training samples. Both parts are
    counted as tails among held-out scores, so that they can be added. Of images phi has the
    features of the image and of transforms of it side by side, each of unit length.

    Parameters
    ----------
    model : one that can `see`; it is trained as ever.
    shape : of a sample.
    alone : whether the distance is the score by itself, as it is.
    memory : training samples to keep at most.
    looks : how many times an image is looked at, each time but the first under a transform.
    """

    lowest: Tensor
    mean: Tensor

    def __init__(
        self, model: Model, shape: tuple[int, ...], *, alone: bool, memory: int, looks: int
    ) -> None:
        super().__init__()
        self.model, self.alone, self.most = model, alone, memory
        transformed = len(shape) == 3 and looks > 1
        self.transforms = Transforms(shape[0], looks - 1) if transformed else None
        with torch.no_grad():
            model.eval()
            width = self.see(torch.zeros(2, *shape)).shape[1]
        model.train()
        self.memory = Memory(width, p=2)
        self.own, self.near = Tail(), Tail()
        self.register_buffer("lowest", torch.zeros((), dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(shape))

    # Training is the model's affair.

    def objectives(self) -> list[Objective]:  # noqa: D102
        return self.model.objectives()

    def prepare(self, samples: Samples) -> None:  # noqa: D102
        self.model.prepare(samples)

    def generators(self) -> list[nn.Module]:  # noqa: D102
        return self.model.generators()

    def validation(self, x: Tensor, *y: Tensor) -> Tensor | None:  # noqa: D102
        return self.model.validation(x, *y)

    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        self.model.finish(samples, held_out)
        if self.transforms is not None:
            self.transforms.fit(samples[spread(samples, _REFERENCE)])
        kept = samples[spread(samples, self.most)]
        self.mean.copy_(kept.mean(0))
        self.memory.keep(_of(self.see, kept))
        aside = held_out if len(held_out) else samples
        tested = aside[spread(aside, _REFERENCE)]
        self.near.fit(_of(self.distance, tested))
        if not self.alone:
            own = _of(self.model.score, tested)
            self.lowest.copy_(own.min().clamp(max=0))  # a tail counts from zero
            self.own.fit(own - self.lowest)

    # Scores.

    def see(self, x: Tensor) -> Tensor:  # noqa: D102
        if x.dim() < 4:
            return self.model.see(x).float()
        transformed = [] if self.transforms is None else [u for _, u in self.transforms.each(x)]
        return torch.cat([normalize(self.model.see(u).float()) for u in [x, *transformed]], 1)

    def distance(self, x: Tensor) -> Tensor:
        """Return the distance to the nearest training sample in the features, of shape (n,)."""
        return self.memory.distances(self.see(x), 1)[:, 0]

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        near = self.distance(x)
        return near if self.alone else self._own(x) + self.near(near)

    def _own(self, x: Tensor) -> Tensor:
        tails: Tensor = self.own(self.model.score(x) - self.lowest)
        return tails

    def contributions(self, x: Tensor) -> Tensor:
        """Return both parts, shared out over the elements of `x`.

        The model's own by its own contributions, the distance by integrated gradients on the way
        from the mean training sample.
        """
        parts = torch.split(x, _DIFFERENTIATED)
        shares = torch.cat([attribute(self._near, u, self.mean.expand_as(u)) for u in parts])
        if self.alone:
            return shares
        return shares + shared_out(self._own(x), self.model.contributions(x))

    def _near(self, x: Tensor) -> Tensor:
        near = self.distance(x)
        return near if self.alone else self.near(near)

    def reconstruct(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.model.reconstruct(x)

    @property
    def encodes(self) -> bool:  # noqa: D102
        return self.model.encodes

    def latents(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.model.latents(x)

    @property
    def generates(self) -> bool:  # noqa: D102
        return self.model.generates

    def sample(self, n: int, *y: Tensor) -> Tensor:  # noqa: D102
        return self.model.sample(n, *y)


def _of(function: Callable[[Tensor], Tensor], samples: Tensor) -> Tensor:
    """Return a function of samples, computed as for scoring, bit by bit."""
    return torch.from_numpy(in_blocks(function, samples, samples.device, _BLOCK)).float()
