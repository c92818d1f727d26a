"""Convolutional networks for images, as in DCGAN: each layer halves both sides."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from genad.errors import ParameterError
from genad.nets.linear import Linear
from genad.nets.networks import Networks, Shape, Sizes, Vectors
from genad.nets.spectral import SpectralConv

# By default channels double from the first to the largest, and halving ends before a side is
# shorter than this.
_FIRST, _LARGEST, _SHORTEST = 32, 256, 3
# Two branches meet in a layer at least so wide.
_NARROWEST = 128


class ChannelsLast(nn.Module):
    """Lay the channels of a pixel side by side in memory, the order that convolutions are fast in.

    Examples
    --------
    >>> ChannelsLast()(torch.zeros(1, 3, 2, 2)).stride()
    (12, 1, 6, 3)
    """

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x.contiguous(memory_format=torch.channels_last)


def halve(width: int, out: int, *, spectral: bool = False) -> nn.Conv2d:
    """Return a convolution of 4 x 4 pixels that halves both sides, rounding down.

    Examples
    --------
    >>> halve(1, 8)(torch.zeros(2, 1, 7, 8)).shape
    torch.Size([2, 8, 3, 4])
    """
    return (SpectralConv if spectral else nn.Conv2d)(width, out, 4, stride=2, padding=1)


def double(width: int, out: int, sides: tuple[int, int]) -> nn.ConvTranspose2d:
    """Return a transposed convolution of 4 x 4 pixels to these sides, from half of them.

    Examples
    --------
    >>> double(8, 1, (7, 8))(torch.zeros(2, 8, 3, 4)).shape
    torch.Size([2, 1, 7, 8])
    """
    odd = (sides[0] % 2, sides[1] % 2)  # what halving left over
    return nn.ConvTranspose2d(width, out, 4, stride=2, padding=1, output_padding=odd)


class Convolutions(Networks):
    """Convolutions of 4 x 4 pixels with stride 2 down, and transposed ones up, for any image size.

    There is no batch normalisation. With it a discriminator's verdict on an image depends on the
    images around it, which the gradient penalty of a Wasserstein critic must not (Gulrajani et
    al., 2017, section 4), and what is scored one by one is not what was trained.

    Parameters
    ----------
    shape : (channels, height, width).
    hidden : channels after each halving; by default 32, 64, 128 and then 256, as many as leave
        three pixels or more of the shorter side: 28 x 28 and 32 x 32 pixels are halved three times.

    References
    ----------
    Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks
    (Radford et al., 2015).

    Examples
    --------
    >>> nets = Convolutions((3, 28, 36), (8, 16))
    >>> latents = nets.encoder(2)(torch.zeros(5, 3, 28, 36))
    >>> latents.shape, nets.decoder(2)(latents).shape
    (torch.Size([5, 2]), torch.Size([5, 3, 28, 36]))
    """

    def __init__(self, shape: Shape, hidden: Sequence[int] | None = None) -> None:
        sides = shape[1:]
        if hidden is None:
            halvings = max(1, int(math.log2(max(1, min(sides) / _SHORTEST))))
            hidden = [min(_FIRST << i, _LARGEST) for i in range(halvings)]
        if min(sides) >> len(hidden) < 1:
            raise ParameterError(
                f"hidden={tuple(hidden)} halves images {len(hidden)} times, but these have "
                f"{sides[0]} x {sides[1]} pixels; give fewer channels, or net='mlp'."
            )
        super().__init__(shape, hidden)
        self.widths: Sizes = (shape[0], *self.hidden)
        self.sides = [(sides[0] >> i, sides[1] >> i) for i in range(len(self.widths))]

    def trunk(self, *, spectral: bool = False) -> tuple[nn.Module, int]:  # noqa: D102
        layers: list[nn.Module] = []
        for width, out in pairwise(self.widths):
            layers += [ChannelsLast(), halve(width, out, spectral=spectral), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers, nn.Flatten()), self.widths[-1] * math.prod(self.sides[-1])

    def decoder(self, latent: int) -> nn.Module:  # noqa: D102
        widths, sides = self.widths[::-1], self.sides[::-1]
        layers: list[nn.Module] = [
            Linear(latent, widths[0] * math.prod(sides[0])),
            nn.Unflatten(1, (widths[0], *sides[0])),
        ]
        for (width, out), side in zip(pairwise(widths), sides[1:], strict=True):
            layers += [nn.LeakyReLU(0.2), ChannelsLast(), double(width, out, side)]
        return nn.Sequential(*layers)

    def for_latents(self, latent: int) -> Networks:  # noqa: D102
        return Vectors((latent,), (max(_NARROWEST, self.widths[-1]),))

    def joint(self, width: int) -> Sizes:  # noqa: D102
        return (max(_NARROWEST, self.widths[-1]),)
