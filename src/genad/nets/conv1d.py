"""One-dimensional convolutional networks for windows of series: each layer halves the time."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from genad.nets.networks import Networks, Shape, Sizes, Vectors
from genad.nets.spectral import SpectralLinear

# By default channels double from the first to the largest. The time is halved at least three
# times, unless fewer steps than the shortest would be left, and until no more than the longest are.
_FIRST, _LARGEST = 16, 64
_HALVINGS, _SHORTEST, _LONGEST = 3, 4, 16
# Two branches meet in a layer at least so wide.
_NARROWEST = 32


class Halve(nn.Module):
    """Map (n, time, channels) to (n, time / 2 rounded up, out): a convolution of width 4, stride 2.

    Computed as a matrix product over pairs of steps and their neighbours, which is faster here than
    `nn.Conv1d`, gives each sample the same bits in every batch, and lets `SpectralLinear` norm it.

    Examples
    --------
    >>> Halve(1, 8)(torch.zeros(2, 5, 1)).shape
    torch.Size([2, 3, 8])
    """

    def __init__(self, channels: int, out: int, *, spectral: bool = False) -> None:
        super().__init__()
        self.channels = channels
        self.linear = (SpectralLinear if spectral else nn.Linear)(4 * channels, out)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        if x.shape[1] % 2:
            x = pad(x, (0, 0, 0, 1))
        pairs = x.reshape(len(x), -1, 2 * self.channels)
        before = pad(pairs[:, :-1, self.channels :], (0, 0, 1, 0))
        after = pad(pairs[:, 1:, : self.channels], (0, 0, 0, 1))
        y: Tensor = self.linear(torch.cat([before, pairs, after], 2))
        return y


class Double(nn.Module):
    """Map (n, time, channels) to (n, length, out), where `length` is twice the time or one less.

    Each step becomes two, seen from itself and its neighbours (Shi et al., 2016, in one
    dimension): unlike a transposed convolution it leaves no chequered pattern.

    Examples
    --------
    >>> Double(8, 1, 5)(torch.zeros(2, 3, 8)).shape
    torch.Size([2, 5, 1])
    """

    def __init__(self, channels: int, out: int, length: int) -> None:
        super().__init__()
        self.out, self.length = out, length
        self.linear = nn.Linear(3 * channels, 2 * out)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        before, after = pad(x[:, :-1], (0, 0, 1, 0)), pad(x[:, 1:], (0, 0, 0, 1))
        y: Tensor = self.linear(torch.cat([before, x, after], 2))
        return y.reshape(len(x), -1, self.out)[:, : self.length]


class TimeConvolutions(Networks):
    """One-dimensional convolutions with stride 2 down, and mirrored up, for any window length.

    Parameters
    ----------
    shape : (window, channels).
    hidden : channels after each halving; by default 16, 32 and then 64, as many as leave a window
        of 4 to 16 steps: one of 32 to 128 steps is halved three times.

    Examples
    --------
    >>> nets = TimeConvolutions((25, 3))
    >>> nets.encoder(2)(torch.zeros(5, 25, 3)).shape, nets.decoder(2)(torch.zeros(5, 2)).shape
    (torch.Size([5, 2]), torch.Size([5, 25, 3]))
    """

    def __init__(self, shape: Shape, hidden: Sequence[int] | None = None) -> None:
        if hidden is None:
            hidden = [min(_FIRST << i, _LARGEST) for i in range(_halvings(shape[0]))]
        super().__init__(shape, hidden)
        self.lengths = [shape[0]]
        for _ in self.hidden:
            self.lengths.append(-(-self.lengths[-1] // 2))
        self.widths: Sizes = (shape[1], *self.hidden)

    def trunk(self, *, spectral: bool = False) -> tuple[nn.Module, int]:  # noqa: D102
        layers: list[nn.Module] = []
        for width, out in pairwise(self.widths):
            layers += [Halve(width, out, spectral=spectral), nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers, nn.Flatten()), self.lengths[-1] * self.widths[-1]

    def decoder(self, latent: int) -> nn.Module:  # noqa: D102
        lengths, widths = self.lengths[::-1], self.widths[::-1]
        layers: list[nn.Module] = [
            nn.Linear(latent, lengths[0] * widths[0]),
            nn.Unflatten(1, (lengths[0], widths[0])),
        ]
        for (width, out), length in zip(pairwise(widths), lengths[1:], strict=True):
            layers += [nn.LeakyReLU(0.2), Double(width, out, length)]
        return nn.Sequential(*layers)

    def for_latents(self, latent: int) -> Networks:  # noqa: D102
        return Vectors((latent,), 2 * self.joint(0))

    def joint(self, width: int) -> Sizes:  # noqa: D102
        return (max(_NARROWEST, self.widths[-1]),)


def _halvings(window: int) -> int:
    """Return how often a window is halved by default."""
    halvings = 0
    while window > _LONGEST or (halvings < _HALVINGS and window >= 2 * _SHORTEST):
        window, halvings = -(-window // 2), halvings + 1
    return max(halvings, 1)
