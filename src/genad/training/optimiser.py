"""Adam on one flat vector, the only optimiser here."""

import torch
from torch import Tensor, nn


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1) on a single tensor, updated in place.

    Examples
    --------
    >>> x = torch.tensor([1.0])
    >>> adam = Adam(x, lr=0.1)
    >>> adam.step(2 * x)
    >>> x
    tensor([0.9000])
    """

    def __init__(
        self, values: Tensor, *, lr: float, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self.values, self.lr, self.betas = values, lr, betas
        self.mean = torch.zeros_like(values)
        self.square = torch.zeros_like(values)
        self.steps = 0
        self._scratch = torch.empty_like(values)

    def step(self, gradient: Tensor) -> None:
        """Move one step against the gradient, of the shape of the values."""
        self.steps += 1
        beta1, beta2 = self.betas
        self.mean.lerp_(gradient, 1 - beta1)
        self.square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        # Both bias corrections go into the step size; epsilon is scaled to stay what it was.
        correction = (1 - beta2**self.steps) ** 0.5
        torch.sqrt(self.square, out=self._scratch).add_(1e-8 * correction)
        rate = self.lr * correction / (1 - beta1**self.steps)
        self.values.addcdiv_(self.mean, self._scratch, value=-rate)


def flatten(parameters: list[nn.Parameter]) -> Tensor:
    """Move parameters into one flat vector that they become views of, and return it.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> flat = flatten(list(layer.parameters()))
    >>> _ = flat.zero_()
    >>> float(layer.weight.detach().abs().sum())
    0.0
    """
    flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = flat[start:end].view_as(parameter)
        start = end
    return flat
