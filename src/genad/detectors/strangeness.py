"""Strange rows: a test of how well scores tell what is normal that needs no anomalies."""

import torch
from torch import Tensor

# How many rows are made strange, and the share of their values that is another row's: few enough
# to leave the test hard.
_COUNT, _SHARE = 1000, 0.25


def drawn(rows: Tensor, most: int) -> Tensor:
    """Return all rows, or as many as are allowed, drawn at random and in order.

    Examples
    --------
    >>> drawn(torch.arange(10), 3).shape
    torch.Size([3])
    """
    if len(rows) <= most:
        return rows
    return rows[torch.randperm(len(rows), device=rows.device)[:most].sort().values]


def made_strange(rows: Tensor, donors: Tensor) -> Tensor:
    """Return 1000 rows, each with at least one value, a quarter on average, of other rows.

    Every value is a usual one of its column; what is broken is how the columns go together.

    Parameters
    ----------
    rows : of shape (n, d), taken in turn.
    donors : of shape (m, d); each value comes from a row of its own.

    Examples
    --------
    >>> strange = made_strange(torch.zeros(5, 40), torch.ones(3, 40))
    >>> strange.shape, bool(0.2 < strange.mean() < 0.3)
    (torch.Size([1000, 40]), True)
    """
    x = rows[torch.arange(_COUNT, device=rows.device) % len(rows)]
    replaced = torch.rand_like(x) < _SHARE
    replaced |= torch.rand_like(x).argsort(1) == 0  # one at least
    chosen = torch.randint(len(donors), x.shape, device=rows.device)
    return torch.where(replaced, donors.gather(0, chosen), x)


def log_odds(normal: Tensor, strange: Tensor) -> Tensor:
    """Return log(a / (1 - a)), a being the share of pairs in which the strange one scores higher.

    Parameters
    ----------
    normal, strange : scores of shape (n,) and (m,); a tie counts half. a is kept within 1 and 99
        percent.

    Examples
    --------
    >>> log_odds(torch.tensor([1.0, 3.0]), torch.tensor([2.0]))
    tensor(0., dtype=torch.float64)
    """
    ordered = normal.sort().values
    below, not_above = (torch.searchsorted(ordered, strange, right=side) for side in (False, True))
    area = (below + not_above).double().mean() / (2 * len(normal))
    return area.clamp(0.01, 0.99).logit()
