"""Functions of samples in padded blocks, so that no sample's result shows its neighbours."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

# A matrix product gives a row the same bits at any place in a block of 16 rows or more; smaller
# blocks take other code paths, so every block is padded to at least this many.
_SMALLEST = 64


def in_blocks(
    function: Callable[[Tensor], Tensor], samples: Tensor, device: torch.device, size: int
) -> NDArray[Any]:
    """Return a function of samples as float64, computed block by block without gradients.

    Parameters
    ----------
    function : maps samples of shape (n, *shape) to results of shape (n, ...), row by row.
    samples : of shape (n, *shape), anywhere.
    device : where to compute.
    size : samples per block at most.

    Examples
    --------
    >>> in_blocks(lambda x: 2 * x, torch.ones(3), torch.device("cpu"), 2)
    array([2., 2., 2.])
    """
    results = []
    with torch.no_grad():
        for block in torch.split(samples, size):
            padded_size = max(_SMALLEST, 1 << (len(block) - 1).bit_length())
            padding = block[:1].expand(padded_size - len(block), *block.shape[1:])
            padded = torch.cat([block, padding]) if len(padding) else block
            results.append(function(padded.to(device))[: len(block)].double().cpu())
    result: NDArray[Any] = torch.cat(results).numpy()
    return result
