"""Functions of samples in padded blocks, so that no sample's result shows its neighbours."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

# A matrix product gives a row the same bits at any place in a block of 16 rows or more; smaller
# blocks take other code paths, so every block is padded to at least this many.
_SMALLEST = 64
# What a convolution makes of more images than this leaves a processor's cache.
_IMAGES = 256


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
    if samples.dim() == 4 and device.type == "cpu":
        size = min(size, _IMAGES)
    with torch.no_grad():
        if len(samples) <= size:
            return _in_block(function, samples, device).numpy()
        blocks = [_in_block(function, block, device) for block in torch.split(samples, size)]
        return torch.cat(blocks).numpy()


def _in_block(function: Callable[[Tensor], Tensor], block: Tensor, device: torch.device) -> Tensor:
    n = len(block)
    padding = max(_SMALLEST, 1 << (n - 1).bit_length()) - n
    if padding:
        block = torch.cat([block, block[:1].expand(padding, *block.shape[1:])])
    return function(block.to(device))[:n].double().cpu()


def of_each(function: Callable[[NDArray[Any]], NDArray[Any]], results: Any) -> Any:
    """Return a function of one array of results, or of each in a list of them.

    Examples
    --------
    >>> of_each(lambda x: 2 * x, [torch.ones(1).numpy()])
    [array([2.], dtype=float32)]
    """
    return [function(each) for each in results] if isinstance(results, list) else function(results)
