"""Discriminators and critics: one number a sample, and the features it was read from."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genad.nets.mlp import mlp

Shape = tuple[int, ...]


class Discriminator(nn.Module):
    """Map samples of shape (n, *shape) to one logit each, of shape (n,).

    The same network without a sigmoid's reading of its output is a critic. `features` gives the
    last hidden layer, which feature matching compares.

    Examples
    --------
    >>> import torch
    >>> net = Discriminator((3,), (8, 4))
    >>> x = torch.zeros(5, 3)
    >>> net(x).shape, net.features(x).shape
    (torch.Size([5]), torch.Size([5, 4]))
    """

    def __init__(self, shape: Shape, hidden: Sequence[int], *, spectral: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), *mlp([math.prod(shape), *hidden], spectral=spectral, final=True)
        )
        self.head = mlp([hidden[-1], 1], spectral=spectral)

    def features(self, x: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, hidden[-1])."""
        features: Tensor = self.body(x)
        return features

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        logit: Tensor = self.head(self.features(x))
        return logit.squeeze(1)


class JointDiscriminator(nn.Module):
    """Map pairs (x, z) to one logit each, of shape (n,): does z belong to x.

    `x` and `z` pass through a branch of their own before they meet, as in BiGAN. With samples in
    both places it compares two samples, as ALAD's D_xx does.

    Examples
    --------
    >>> import torch
    >>> net = JointDiscriminator((3,), (2,), (8, 4))
    >>> x, z = torch.zeros(5, 3), torch.zeros(5, 2)
    >>> net(x, z).shape, net.features(x, z).shape
    (torch.Size([5]), torch.Size([5, 4]))
    """

    def __init__(
        self, first: Shape, second: Shape, hidden: Sequence[int], *, spectral: bool = False
    ) -> None:
        super().__init__()
        width, *rest = hidden
        self.first = nn.Sequential(
            nn.Flatten(), *mlp([math.prod(first), width], spectral=spectral, final=True)
        )
        self.second = nn.Sequential(
            nn.Flatten(), *mlp([math.prod(second), width], spectral=spectral, final=True)
        )
        self.body = mlp([2 * width, *(rest or [width])], spectral=spectral, final=True)
        self.head = mlp([(rest or [width])[-1], 1], spectral=spectral)

    def features(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, hidden[-1])."""
        features: Tensor = self.body(torch.cat([self.first(x), self.second(z)], 1))
        return features

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: D102
        logit: Tensor = self.head(self.features(x, z))
        return logit.squeeze(1)
