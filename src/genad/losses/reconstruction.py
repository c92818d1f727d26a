"""Distances between a sample and its reconstruction, element by element."""

from torch import Tensor


def absolute_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """Return ``|x - x_hat|``, of the shape of `x`.

    Examples
    --------
    >>> import torch
    >>> absolute_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.5, 0.0]]))
    tensor([[0.5000, 2.0000]])
    """
    return (x - x_hat).abs()


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """Return ``(x - x_hat)^2``, of the shape of `x`.

    Examples
    --------
    >>> import torch
    >>> squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.5, 0.0]]))
    tensor([[0.2500, 4.0000]])
    """
    return (x - x_hat).square()


def per_sample(values: Tensor) -> Tensor:
    """Sum values of shape (n, ...) over everything but the samples, giving shape (n,).

    Examples
    --------
    >>> import torch
    >>> per_sample(torch.ones(2, 3, 4))
    tensor([12., 12.])
    """
    return values.flatten(1).sum(1)
