"""A linear layer that gives a row the same bits in any batch and on any number of threads."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

# Longer sums may be shared out among threads, in a way that depends on the number of rows.
_LONGEST = 256


class Linear(nn.Linear):
    """A linear layer that sums no more than 256 products at a time.

    Examples
    --------
    >>> import torch
    >>> Linear(1000, 3)(torch.zeros(2, 1000)).shape
    torch.Size([2, 3])
    """

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return linear_in_parts(x, self.weight, self.bias)


def linear_in_parts(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return ``x @ weight.T + bias``, summed part by part.

    Examples
    --------
    >>> import torch
    >>> x, weight, bias = torch.ones(2, 600), torch.ones(3, 600), torch.ones(3)
    >>> linear_in_parts(x, weight, bias)
    tensor([[601., 601., 601.],
            [601., 601., 601.]])
    """
    first, *parts = torch.split(x, _LONGEST, -1)
    columns, *rest = torch.split(weight, _LONGEST, -1)
    y = linear(first, columns, bias)
    for part, columns in zip(parts, rest, strict=True):
        y = y + linear(part, columns)
    return y
