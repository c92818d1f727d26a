"""Discriminators and critics: one number a sample, and the features it was read from."""

import torch
from torch import Tensor, nn

from genad.nets.mlp import mlp
from genad.nets.networks import Networks


class Discriminator(nn.Module):
    """Map samples of shape (n, *shape) to one logit each, of shape (n,).

    The same network without a sigmoid's reading of its output is a critic. `features` gives the
    last hidden layer, which feature matching compares.

    Examples
    --------
    >>> import torch
    >>> from genad.nets import networks
    >>> net = Discriminator(networks((3,), hidden=(8, 4)))
    >>> x = torch.zeros(5, 3)
    >>> net(x).shape, net.features(x).shape
    (torch.Size([5]), torch.Size([5, 4]))
    """

    def __init__(self, nets: Networks, *, spectral: bool = False) -> None:
        super().__init__()
        self.body, self.width = nets.trunk(spectral=spectral)
        self.head = mlp([self.width, 1], spectral=spectral)

    def features(self, x: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, width)."""
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
    >>> from genad.nets import networks
    >>> net = JointDiscriminator(networks((3,), hidden=(8, 4)), networks((2,), hidden=(8, 4)))
    >>> x, z = torch.zeros(5, 3), torch.zeros(5, 2)
    >>> net(x, z).shape, net.features(x, z).shape
    (torch.Size([5]), torch.Size([5, 4]))
    """

    def __init__(self, first: Networks, second: Networks, *, spectral: bool = False) -> None:
        super().__init__()
        self.first, first_width = first.branch(spectral=spectral)
        self.second, second_width = second.branch(spectral=spectral)
        widths = first.joint(first_width)
        self.body = mlp([first_width + second_width, *widths], spectral=spectral, final=True)
        self.head = mlp([widths[-1], 1], spectral=spectral)

    def features(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, width)."""
        features: Tensor = self.body(torch.cat([self.first(x), self.second(z)], 1))
        return features

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: D102
        logit: Tensor = self.head(self.features(x, z))
        return logit.squeeze(1)
