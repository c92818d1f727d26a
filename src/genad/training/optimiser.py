"""Adam on one flat vector, the only optimiser here."""

import torch
from torch import Tensor, nn


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1) on a single tensor, updated in place.

    Parameters
    ----------
    values : the tensor.
    lr : the learning rate.
    betas : decay rates of the running means of the gradient and of its square.
    weight_decay : share of itself, times the learning rate, that every value loses per step, apart
        from the gradient (AdamW; Loshchilov and Hutter, 2019, algorithm 2).

    Examples
    --------
    >>> x = torch.tensor([1.0])
    >>> adam = Adam(x, lr=0.1)
    >>> adam.step(2 * x)
    >>> x
    tensor([0.9000])
    """

    def __init__(
        self,
        values: Tensor,
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
    ) -> None:
        self.values, self.lr, self.betas, self.weight_decay = values, lr, betas, weight_decay
        self.mean = torch.zeros_like(values)
        self.square = torch.zeros_like(values)
        self.steps = 0
        self._step = torch.zeros((), device=values.device)

    def step(self, gradient: Tensor, factor: float = 1.0) -> None:
        """Move one step against the gradient, of the shape of the values.

        `factor` multiplies the learning rate of this step alone.
        """
        self.steps += 1
        self._step.fill_(self.steps)
        # What torch.optim.AdamW(fused=True) calls, without its bookkeeping around it.
        torch._fused_adamw_(
            [self.values],
            [gradient.contiguous()],
            [self.mean],
            [self.square],
            [],
            [self._step],
            lr=self.lr * factor,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=self.weight_decay,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


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
