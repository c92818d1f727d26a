"""Recurrent networks for windows of series: read step by step, and written step by step."""

from itertools import pairwise
from typing import ClassVar

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

    Examples
    --------
    >>> import torch
    >>> Cells(nn.GRU, (3, 8, 4))(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, cell: Cell, sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(cell(a, b, batch_first=True) for a, b in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        for layer in self.layers:
            x, _ = layer(x)
        return x


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
    >>> import torch
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
