"""Recurrent networks for windows of series: read step by step, and written step by step."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from genad.nets.networks import Networks, Sizes


class Cells(nn.Module):
    """Recurrent layers one after the other, from (n, time, channels) to (n, time, width).

    Examples
    --------
    >>> Cells(nn.GRU, (3, 8, 4))(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, cell: type[nn.RNNBase], sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(cell(a, b, batch_first=True) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        for layer in self.layers:
            x, _ = layer(x)
        return x
