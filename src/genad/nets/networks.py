"""Networks: for samples of one shape, the trunk and the decoder that all models are made of."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genad.nets.mlp import mlp
from genad.nets.spectral import SpectralLinear

Shape = tuple[int, ...]
Sizes = tuple[int, ...]

PRIOR_BULK = 3.0
"""Standard deviations of a normal prior within which a generator has learnt what to make."""


class Bounded(nn.Module):
    """Bend values smoothly into an interval around zero that they cannot leave.

    Examples
    --------
    >>> Bounded(3.0)(torch.tensor([0.1, 100.0]))
    tensor([0.1000, 3.0000])
    """

    def __init__(self, bound: float) -> None:
        super().__init__()
        self.bound = bound

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.bound * torch.tanh(x / self.bound)


class Encoder(nn.Sequential):
    """Map samples of shape (n, *shape) to vectors of shape (n, out): a trunk, and what ends it.

    Examples
    --------
    >>> encoder = Encoder(nn.Linear(3, 8), nn.Linear(8, 2))
    >>> encoder(torch.zeros(5, 3)).shape, encoder.features(torch.zeros(5, 3)).shape
    (torch.Size([5, 2]), torch.Size([5, 8]))
    """

    def features(self, x: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, width)."""
        features: Tensor = self[0](x)
        return features


class Networks(ABC):
    """Makes networks of one kind for samples of one shape.

    A kind of network says how samples become features (`trunk`) and how a latent becomes a sample
    (`decoder`); encoders, discriminators and critics follow, so that a detector never needs to
    know what its samples are.

    Parameters
    ----------
    shape : of one sample.
    hidden : widths of the layers from the sample to the features; by default `default_hidden`.
    """

    default_hidden: Sizes = (64, 32)

    def __init__(self, shape: Shape, hidden: Sequence[int] | None = None) -> None:
        self.shape = shape
        self.hidden = self.default_hidden if hidden is None else tuple(hidden)

    @abstractmethod
    def trunk(self, *, spectral: bool = False) -> tuple[nn.Module, int]:
        """Return a network from samples (n, *shape) to features (n, width), and the width."""

    @abstractmethod
    def decoder(self, latent: int) -> nn.Module:
        """Return a network from vectors of shape (n, latent) to samples of shape (n, *shape).

        It mirrors the trunk.
        """

    def encoder(self, out: int, *, spectral: bool = False, bound: float | None = None) -> Encoder:
        """Return a network from samples of shape (n, *shape) to vectors of shape (n, out).

        With a `bound` no element of a vector is larger.
        """
        trunk, width = self.trunk(spectral=spectral)
        head = (SpectralLinear if spectral else nn.Linear)(width, out)
        return Encoder(trunk, head, *([] if bound is None else [Bounded(bound)]))

    def for_latents(self, latent: int) -> "Networks":
        """Return the maker of networks for latents, which meet samples in a discriminator."""
        return Vectors((latent,), self.hidden)

    def branch(self, *, spectral: bool = False) -> tuple[nn.Module, int]:
        """Return the part of the trunk that precedes the meeting with another branch."""
        return self.trunk(spectral=spectral)

    def joint(self, width: int) -> Sizes:
        """Return the widths of the layers after two branches, the first `width` wide, met."""
        return (width,)


class Vectors(Networks):
    """Multi-layer perceptrons; samples of any shape are read as vectors.

    Examples
    --------
    >>> nets = Vectors((6,), (16, 8))
    >>> nets.encoder(2)(torch.zeros(5, 6)).shape, nets.decoder(2)(torch.zeros(5, 2)).shape
    (torch.Size([5, 2]), torch.Size([5, 6]))
    """

    def trunk(self, *, spectral: bool = False) -> tuple[nn.Module, int]:  # noqa: D102
        sizes = (math.prod(self.shape), *self.hidden)
        return nn.Sequential(nn.Flatten(), *mlp(sizes, spectral=spectral, final=True)), sizes[-1]

    def decoder(self, latent: int) -> nn.Module:  # noqa: D102
        body = mlp([latent, *reversed(self.hidden), math.prod(self.shape)])
        return body if len(self.shape) == 1 else nn.Sequential(*body, nn.Unflatten(1, self.shape))

    def branch(self, *, spectral: bool = False) -> tuple[nn.Module, int]:  # noqa: D102
        first = Vectors(self.shape, self.hidden[:1])
        return first.trunk(spectral=spectral)

    def joint(self, width: int) -> Sizes:  # noqa: D102
        return self.hidden[1:] or (width,)


def latent_size(shape: Shape, latent: int | None, *, least: int = 1) -> int:
    """Return the size of the latent: as asked, or a quarter of a sample's, from `least` to 32.

    Examples
    --------
    >>> latent_size((30,), None), latent_size((30,), 4)
    (7, 4)
    """
    return max(least, min(32, math.prod(shape) // 4)) if latent is None else latent
