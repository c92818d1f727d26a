"""The encoder and the decoder that suit the shape of one sample."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genad.nets.mlp import mlp

Shape = tuple[int, ...]

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


def latent_size(shape: Shape, latent: int | None, *, least: int = 1) -> int:
    """Return the size of the latent: as asked, or a quarter of a sample's, from `least` to 32.

    Examples
    --------
    >>> latent_size((30,), None), latent_size((30,), 4)
    (7, 4)
    """
    return max(least, min(32, math.prod(shape) // 4)) if latent is None else latent


def encoder(
    shape: Shape,
    hidden: Sequence[int],
    out: int,
    *,
    spectral: bool = False,
    bound: float | None = None,
) -> nn.Module:
    """Return a network from samples of shape (n, *shape) to vectors of shape (n, out).

    With a `bound` no element of a vector is larger.

    Examples
    --------
    >>> import torch
    >>> encoder((6,), (16, 8), 2)(torch.zeros(5, 6)).shape
    torch.Size([5, 2])
    """
    layers = [nn.Flatten(), *mlp([math.prod(shape), *hidden, out], spectral=spectral)]
    return nn.Sequential(*layers, *([] if bound is None else [Bounded(bound)]))


def decoder(latent: int, hidden: Sequence[int], shape: Shape) -> nn.Module:
    """Return a network from vectors of shape (n, latent) to samples of shape (n, *shape).

    `hidden` is given in the encoder's order and used in reverse, so that encoder and decoder
    mirror each other.

    Examples
    --------
    >>> import torch
    >>> decoder(2, (16, 8), (6,))(torch.zeros(5, 2)).shape
    torch.Size([5, 6])
    """
    body = mlp([latent, *reversed(hidden), math.prod(shape)])
    return body if len(shape) == 1 else nn.Sequential(*body, nn.Unflatten(1, shape))
