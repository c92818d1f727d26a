"""A denoiser: one residual network that takes Gaussian noise of any level off a vector."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

_FREQUENCIES = 8


class Denoiser(nn.Module):
    r"""Estimate x from x + s e with standard normal e, for every noise level s > 0.

    .. math:: D(x, s) = c^2 x + s \, c \, F(c \, x, \log s), \quad c = (1 + s^2)^{-1/2}

    For data of unit variance the inputs of the network F and what it has to predict have unit
    variance at all levels; with F = 0, D is the best linear estimate.

    Parameters
    ----------
    size : of a vector.
    hidden : width of the hidden layer of every residual block, at least one; the first is also
        the width between the blocks.

    References
    ----------
    Elucidating the Design Space of Diffusion-Based Generative Models (Karras et al., 2022),
    section 5 with a data deviation of 1.

    Examples
    --------
    >>> net = Denoiser(3, (16, 16))
    >>> x, level = torch.zeros(5, 3), torch.ones(5, 1)
    >>> net(x, level).shape, net.features(x, level).shape
    (torch.Size([5, 3]), torch.Size([5, 16]))
    """

    frequencies: Tensor

    def __init__(self, size: int, hidden: Sequence[int]) -> None:
        super().__init__()
        width = hidden[0]
        self.inputs = nn.Linear(size, width)
        self.level = nn.Linear(2 * _FREQUENCIES, width)
        self.blocks = nn.ModuleList(_Block(width, inner) for inner in hidden)
        self.outputs = nn.Linear(width, size)
        steps = torch.arange(1, _FREQUENCIES + 1) / 2
        self.register_buffer("frequencies", steps, persistent=False)

    def features(self, x: Tensor, level: Tensor) -> Tensor:
        """Return what the last block makes of x at its noise level, of shape (n, hidden[0])."""
        phase = level.log() * self.frequencies
        waves = torch.cat([phase.sin(), phase.cos()], 1)
        h: Tensor = self.inputs(x / (1 + level.square()).sqrt()) + self.level(waves)
        for block in self.blocks:
            h = block(h)
        return h

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        """Denoise x of shape (n, size), whose noise has the levels of shape (n, 1)."""
        c = (1 + level.square()).rsqrt()
        estimate: Tensor = c.square() * x + level * c * self.outputs(self.features(x, level))
        return estimate


class _Block(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, h: Tensor) -> Tensor:
        # Normalised without weights: the layer that follows has them, and torch sums up the
        # gradients of a normalisation's own in an order that depends on the number of threads.
        change: Tensor = self.second(silu(self.first(layer_norm(h, h.shape[1:]))))
        return h + change
