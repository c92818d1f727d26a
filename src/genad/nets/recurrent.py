"""Recurrent networks for windows of series: read step by step, and written step by step."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from genad.nets.networks import Networks, Sizes, Vectors

# A latent becomes a sequence of this many channels, which the cells then refine.
_DRAFT = 4
# Two branches meet in a layer at least so wide.
_NARROWEST = 32


Cell = type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]
CELLS: dict[str, Cell] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
"""Elman's cell, long short-term memory (Hochreiter and Schmidhuber, 1997), and gated recurrent
units (Cho et al., 2014)."""


class Cells(nn.Module):
    """Recurrent layers one after the other, from (n, time, channels) to (n, time, width).

    Iterating over it gives the layers.

    Examples
    --------
    >>> Cells(nn.GRU, (3, 8, 4))(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, cell: Cell, sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(cell(a, b, batch_first=True) for a, b in pairwise(sizes))

    def __iter__(self) -> Iterator[nn.RNNBase]:
        return (layer for layer in self.layers if isinstance(layer, nn.RNNBase))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        with self._plain_kernels(x):
            for layer in self:
                x, _ = layer(x)
        return x

    def _plain_kernels(self, x: Tensor) -> AbstractContextManager[None]:
        """Turn cuDNN off where its layers cannot be differentiated.

        They cannot twice, as a gradient penalty does after a slope in `x` itself, nor in
        evaluation, as a latent search does.
        """
        wanted = x.is_cuda and x.requires_grad and (x.is_leaf or not self.training)
        return torch.backends.cudnn.flags(enabled=False) if wanted else nullcontext()


class Recurrent(Networks):
    """Recurrent layers down to the states of all steps, and mirrored up.

    The features are the states of every step, and the decoder drafts a sequence that its cells
    refine. With the last state alone for features, and the same latent at every step, cells
    reproduced real series about three times worse for the same time of training.

    Spectral normalisation leaves the cells as they are: their states are bounded by themselves.

    Parameters
    ----------
    shape : (window, channels).
    hidden : width of each recurrent layer; by default one of 32.

    Examples
    --------
    >>> nets = LSTM((25, 3))
    >>> nets.encoder(2)(torch.zeros(5, 25, 3)).shape, nets.decoder(2)(torch.zeros(5, 2)).shape
    (torch.Size([5, 2]), torch.Size([5, 25, 3]))
    """

    default_hidden = (32,)
    cell: ClassVar[Cell]

    def trunk(self, *, spectral: bool = False) -> tuple[nn.Module, int]:  # noqa: D102
        window, channels = self.shape
        sizes = (channels, *self.hidden)
        return nn.Sequential(Cells(self.cell, sizes), nn.Flatten()), window * sizes[-1]

    def decoder(self, latent: int) -> nn.Module:  # noqa: D102
        window, channels = self.shape
        sizes = (_DRAFT, *reversed(self.hidden))
        return nn.Sequential(
            nn.Linear(latent, window * _DRAFT),
            nn.Unflatten(1, (window, _DRAFT)),
            Cells(self.cell, sizes),
            nn.Linear(sizes[-1], channels),
        )

    def for_latents(self, latent: int) -> Networks:  # noqa: D102
        return Vectors((latent,), 2 * self.joint(0))

    def joint(self, width: int) -> Sizes:  # noqa: D102
        return (max(_NARROWEST, *self.hidden[-1:]),)


class RNN(Recurrent):
    """Elman's simple recurrent networks, with the hyperbolic tangent."""

    cell = nn.RNN


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""

    cell = nn.LSTM


class GRU(Recurrent):
    """Gated recurrent units (Cho et al., 2014)."""

    cell = nn.GRU
