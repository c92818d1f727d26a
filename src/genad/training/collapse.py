"""How varied the samples of a generator are as it trains, and whether they have collapsed."""

import torch
from torch import Tensor

from genad.data.samples import Samples, batch
from genad.training.objective import Model

LEAST = 0.3
"""Samples have collapsed that vary less than this, in units of the training data's variation."""
GOOD = 0.5
"""A state of training is worth going back to if its samples vary more than this."""

# So many samples are compared, and in a stage so often at most: a look must cost next to nothing.
_SAMPLES, _LOOKS = 512, 100
# So many looks in a row have to find too little. Those in the first quarter of a stage and before
# so many updates do not count: a generator begins with samples that are nearly alike.
_PATIENCE, _FIRST, _UPDATES = 3, 0.25, 200


class CollapseWarning(UserWarning):
    """The samples of a generator have lost their variety."""


def variety(made: Tensor, real: Tensor, *y: Tensor) -> float:
    r"""Return how much samples vary, in units of how much real ones do: from 0 to 1.

    .. math:: \sum_j \min(s_j, r_j) \Big/ \sum_j r_j

    where s and r are the mean absolute deviations of element j from its mean, among the samples
    that were made and among real ones; with classes, from the mean of the class, so that one
    sample for each class is no variety. An element that varies too much makes up for no other.
    Samples that are all alike are at 0. It does not say whether samples are any good.

    Parameters
    ----------
    made, real : of shape (n, *shape).
    y : the classes of both, of shape (n,), if they have any.

    Examples
    --------
    >>> real = torch.tensor([[0.0, 5.0], [2.0, 5.0]])
    >>> variety(torch.tensor([[0.0, 0.0], [1.0, 9.0]]), real)
    0.5
    """
    known = _deviation(real, *y)
    total = float(known.sum())
    return float(torch.minimum(_deviation(made, *y), known).sum()) / total if total else 1.0


def _deviation(x: Tensor, *y: Tensor) -> Tensor:
    """Return the mean absolute deviation of every element, in float64."""
    flat = x.detach().flatten(1).double()
    if not y:
        return (flat - flat.mean(0)).abs().mean(0)
    classes, numbers = torch.unique(y[0], return_inverse=True)
    sums = torch.zeros(len(classes), flat.shape[1], dtype=flat.dtype, device=flat.device)
    counts = torch.bincount(numbers)[:, None]
    means = sums.index_add_(0, numbers, flat) / counts
    return (flat - means[numbers]).abs().mean(0)


class Watch:
    """Looks at the samples of one stage of training now and then, at most a hundred times.

    Random numbers are its own, the same at each look, so the training is as if nobody had looked.

    Parameters
    ----------
    model : with a generator that this stage trains.
    samples : the training samples.
    epochs : of the stage.
    updates : in an epoch.
    """

    def __init__(self, model: Model, samples: Samples, epochs: int, updates: int) -> None:
        self.model, self.every = model, -(-epochs // _LOOKS)
        self.first = max(_FIRST * epochs, _UPDATES / updates)  # epoch that counts
        chosen = torch.randperm(len(samples), generator=torch.Generator().manual_seed(0))
        self.real = batch(samples, chosen[:_SAMPLES].to(samples.device))
        self.below = 0

    def look(self, epoch: int) -> float | None:
        """Return the variety of samples after an epoch, or None if nobody looks."""
        if (epoch + 1) % self.every:
            return None
        real, *y = self.real
        with (
            torch.random.fork_rng([real.device] if real.is_cuda else []),
            torch.no_grad(),
        ):
            torch.manual_seed(0)
            found = variety(self.model.sample(len(real), *y), real, *y)
        counts = found < LEAST and epoch >= self.first
        self.below = self.below + 1 if counts else 0
        return found

    @property
    def collapsed(self) -> bool:
        """Whether the last look is the one that makes it certain."""
        return self.below == _PATIENCE
