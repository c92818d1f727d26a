"""Encodings of columns by monotone maps: normal scores of ranks, and damped tails."""

import torch
from torch import Tensor, nn
from torch.special import ndtri

from genad.nets.sized import DataSized

_KNOTS = 4096


class RankNormal(DataSized):
    r"""Map every column to the normal scores of its ranks among the rows it was fitted on.

    Equal values share their mean rank. Beyond the fitted range a value x, e deviations out, gets
    :math:`\pm 2 \log(1 + e)` more than the outermost score. No monotone change of a column, such
    as taking its logarithm, changes what is within the range.

    Parameters
    ----------
    size : number of columns.

    Examples
    --------
    >>> encode = RankNormal(1)
    >>> encode.fit(torch.tensor([[1.0], [10.0], [1000.0]]))
    >>> encode(torch.tensor([[1.0], [10.0], [1000.0]])).flatten()
    tensor([-0.9674,  0.0000,  0.9674])
    """

    knots: Tensor
    deviation: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("knots", torch.zeros(0, size))
        self.register_buffer("deviation", torch.ones(size))

    def fit(self, rows: Tensor) -> None:
        """Learn the ranks of rows of shape (n, size)."""
        ordered = rows.sort(0).values
        if len(rows) > _KNOTS:
            at = torch.linspace(0, len(rows) - 1, _KNOTS, device=rows.device, dtype=torch.float64)
            ordered = ordered[at.round().long()]
        self.knots = ordered
        deviation = rows.std(0, correction=0)
        self.deviation = torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation))

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of rows of shape (n, size), of the same shape."""
        knots, columns = self.knots.T.contiguous(), x.T.contiguous()
        m = knots.shape[1]
        low = torch.searchsorted(knots, columns)
        high = torch.searchsorted(knots, columns, right=True)
        # Between two knots the rank rises with the value; on equal knots it is their mean rank.
        left, right = (low - 1).clamp(min=0), low.clamp(max=m - 1)
        below, above = knots.gather(1, left), knots.gather(1, right)
        share = (columns - below) / torch.where(above > below, above - below, 1.0)
        between = torch.where(low == high, share.clamp(0, 1) - 0.5, 0.0)
        rank = ((low + high) / 2 + between).clamp(0.5, m - 0.5)
        excess = (columns - knots[:, -1:]).clamp(min=0) - (knots[:, :1] - columns).clamp(min=0)
        excess = excess / self.deviation[:, None]
        scores: Tensor = ndtri(rank / m) + 2 * excess.sign() * excess.abs().log1p()
        return scores.T.contiguous()


class Damped(nn.Module):
    r"""Bend values far from zero towards it: :math:`c \, \mathrm{arsinh}(x / c)`.

    Below c in size a value hardly changes, far above only its logarithm counts, so that no single
    column with a long tail decides a distance.

    Parameters
    ----------
    bend : c, in the units of the values.

    Examples
    --------
    >>> Damped(3.0)(torch.tensor([0.5, 3.0, 30.0]))
    tensor([0.4977, 2.6441, 8.9947])
    """

    def __init__(self, bend: float) -> None:
        super().__init__()
        self.bend = bend

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.bend * torch.asinh(x / self.bend)

    def inverse(self, y: Tensor) -> Tensor:
        """Return the values that are bent to y."""
        return self.bend * torch.sinh(y / self.bend)
