"""A tail: how rare a score is among reference scores, so that scores of all kinds can be added."""

import torch
from torch import Tensor

from genad.nets.sized import DataSized


class Tail(DataSized):
    r"""Map non-negative scores to -log p, where p is the share of m reference scores as high.

    .. math:: t(s) = -\log \frac{\#\{i : r_i \ge s\} + 1/2}{m + 1}

    at every reference score r, and linear from one to the next. Above the largest, where nothing
    is left to count, it grows with the logarithm of the distance: a score that is far outside
    wins against those that are not, but cannot outvote them all.

    Examples
    --------
    >>> tail = Tail()
    >>> tail.fit(torch.tensor([1.0, 2.0, 3.0]))
    >>> tail(torch.tensor([0.0, 1.0, 3.0, 300.0]))
    tensor([0.0000, 0.1335, 0.9808, 5.6196], dtype=torch.float64)
    """

    reference: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("reference", torch.zeros(0, dtype=torch.float64))

    def fit(self, scores: Tensor) -> None:
        """Take the reference, of shape (m,), in any order."""
        self.reference = scores.detach().double().sort().values

    def forward(self, scores: Tensor) -> Tensor:
        """Return the tails of scores of shape (n,), of the same shape."""
        scores, m = scores.double(), len(self.reference)
        knots = torch.cat([self.reference.new_zeros(1), self.reference])
        counts = torch.arange(m, 0, -1, device=scores.device).double()
        tails = torch.cat([knots[:1], -((counts + 0.5) / (m + 1)).log()])
        above = torch.searchsorted(self.reference, scores).clamp(max=m - 1) + 1
        low, high = knots[above - 1], knots[above]
        share = (scores - low) / torch.where(high > low, high - low, 1.0)
        inner = torch.lerp(tails[above - 1], tails[above], share.clamp(0, 1))
        scale = self.reference.quantile(0.95).clamp(min=1e-9)
        return inner + ((scores - knots[-1]).clamp(min=0) / scale).log1p()


def shared_out(tails: Tensor, shares: Tensor) -> Tensor:
    """Return tails shared out over the elements of what they are of, in proportion.

    Parameters
    ----------
    tails : of shape (n,), or of any other that the shape of `shares` begins with.
    shares : how much of a score each element has caused; what is not positive has no share.

    Examples
    --------
    >>> shared_out(torch.tensor([8.0]), torch.tensor([[1.0, 3.0]]))
    tensor([[2., 6.]], dtype=torch.float64)
    """
    parts = shares.double().clamp(min=1e-30).flatten(tails.dim())
    return (tails.double()[..., None] * parts / parts.sum(-1, keepdim=True)).view_as(shares)
