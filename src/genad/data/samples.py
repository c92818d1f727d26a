"""Samples: what models train on, whether held in one tensor or cut out of data when asked for."""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor


class Samples(Protocol):
    """Samples that are indexed as a tensor of shape (n, *shape) is, and may be made on the way.

    A tensor is one. Windows that overlap, images in files and other samples that would not fit in
    memory all at once are objects of their own.
    """

    @property
    def device(self) -> torch.device:
        """Where the samples are when they have been indexed."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: Tensor | slice, /) -> Tensor: ...


def blocks(samples: Samples, size: int) -> Iterator[Tensor]:
    """Yield all samples in order, at most `size` at a time.

    Examples
    --------
    >>> [len(block) for block in blocks(torch.zeros(5, 2), 2)]
    [2, 2, 1]
    """
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def moments(samples: Samples, size: int = 4096) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of every element, each of the shape of one sample.

    Examples
    --------
    >>> moments(torch.tensor([[1.0], [3.0]]))
    (tensor([2.]), tensor([1.]))
    """
    total = torch.stack([block.double().sum(0) for block in blocks(samples, size)]).sum(0)
    mean = total / len(samples)
    squares = [(block - mean).square().sum(0) for block in blocks(samples, size)]
    variance = torch.stack(squares).sum(0) / len(samples)
    return mean.float(), variance.sqrt().float()
