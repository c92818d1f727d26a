"""Samples: what models train on, whether held in one tensor or cut out of data when asked for."""

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from numpy.typing import NDArray
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


class Labelled:
    """Samples, and the class of each.

    Indexing gives samples, as if they had no classes; `batch` gives both.

    Parameters
    ----------
    samples : of shape (n, *shape).
    labels : the number of each one's class, of shape (n,).

    Examples
    --------
    >>> samples = Labelled(torch.zeros(3, 2), torch.tensor([0, 1, 1]))
    >>> samples[1:].shape
    torch.Size([2, 2])
    """

    def __init__(self, samples: Samples, labels: Tensor) -> None:
        self.samples, self.labels = samples, labels.to(samples.device)

    @property
    def device(self) -> torch.device:  # noqa: D102
        return self.samples.device

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: Tensor | slice) -> Tensor:
        return self.samples[key]


def with_labels(samples: Samples, labels: NDArray[Any] | None) -> Samples:
    """Return samples with the number of each one's class, if there are any.

    Examples
    --------
    >>> with_labels(torch.zeros(2, 1), None).shape
    torch.Size([2, 1])
    """
    return samples if labels is None else Labelled(samples, torch.from_numpy(labels))


def batch(samples: Samples, key: Tensor | slice) -> tuple[Tensor, ...]:
    """Return some of the samples, followed by their classes where these are known.

    Examples
    --------
    >>> batch(torch.zeros(3, 1), slice(1))
    (tensor([[0.]]),)
    >>> batch(Labelled(torch.zeros(3, 1), torch.tensor([5, 6, 7])), slice(1))
    (tensor([[0.]]), tensor([5]))
    """
    labels = (samples.labels[key],) if isinstance(samples, Labelled) else ()
    return samples[key], *labels


def blocks(samples: Samples, size: int) -> Iterator[Tensor]:
    """Yield all samples in order, at most `size` at a time.

    Examples
    --------
    >>> [len(block) for block in blocks(torch.zeros(5, 2), 2)]
    [2, 2, 1]
    """
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


def spread(samples: Samples, most: int) -> Tensor:
    """Return the positions of so many samples at most, evenly spread over all.

    Examples
    --------
    >>> spread(torch.zeros(9, 2), 3)
    tensor([0, 4, 8])
    """
    n = min(most, len(samples))
    return torch.linspace(0, len(samples) - 1, n, device=samples.device).round().long()


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
