"""Multi-layer perceptrons."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from genad.nets.spectral import SpectralLinear


def mlp(sizes: Sequence[int], *, spectral: bool = False, final: bool = False) -> nn.Sequential:
    """Return linear layers of the given sizes with leaky ReLUs (slope 0.2) between them.

    Parameters
    ----------
    sizes : input size, hidden sizes, output size.
    spectral : divide every weight by its largest singular value (for discriminators).
    final : put the non-linearity after the last layer too (for features).

    Examples
    --------
    >>> mlp([3, 8, 1])
    Sequential(
      (0): Linear(in_features=3, out_features=8, bias=True)
      (1): LeakyReLU(negative_slope=0.2)
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    """
    linear = SpectralLinear if spectral else nn.Linear
    layers: list[nn.Module] = []
    for size_in, size_out in pairwise(sizes):
        layers += [linear(size_in, size_out), nn.LeakyReLU(0.2)]
    return nn.Sequential(*(layers if final else layers[:-1]))
