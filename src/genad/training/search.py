"""AnoGAN's search for the latent whose sample is nearest, for a whole batch at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from genad.training.optimiser import Adam

# A sample's search ends when this many steps have not lowered its loss by a relative 1e-3.
_PATIENCE = 20


def search_latents(
    loss: Callable[[Tensor], Tensor], z: Tensor, *, steps: int, step_size: float, bound: float
) -> Tensor:
    """Return the best latents that Adam comes by on its way from the latents `z`.

    Every sample has a search of its own, for its loss depends on its own latent alone; one that no
    longer improves stops, whatever the others do.

    Parameters
    ----------
    loss : maps latents to one loss each, of shape (n,).
    z : of shape (n, ...).
    steps : steps at most.
    step_size : Adam's learning rate.
    bound : no element of a latent is farther from zero.

    Examples
    --------
    >>> target = torch.tensor([[1.0], [5.0]])
    >>> loss = lambda z: (z - target).square().sum(1)
    >>> z = search_latents(loss, torch.zeros(2, 1), steps=300, step_size=0.05, bound=3.0)
    >>> z.round(decimals=1)
    tensor([[1.],
            [3.]])
    """
    z, best_z = z.clone(), z.clone()
    best = torch.full((len(z),), torch.inf, device=z.device)
    stale = torch.zeros_like(best)
    adam = Adam(z, lr=step_size)
    for _ in range(steps):
        with torch.enable_grad():
            z.requires_grad_()
            losses = loss(z)
            (gradient,) = torch.autograd.grad(losses.sum(), z)
        z, losses = z.requires_grad_(False), losses.detach()
        going = stale < _PATIENCE
        stale = torch.where(losses < best * (1 - 1e-3), 0.0, stale + 1)
        better = going & (losses < best)
        best = torch.where(better, losses, best)
        best_z = torch.where(better.view(-1, *[1] * (z.dim() - 1)), z, best_z)
        if not going.any():
            break
        adam.step(gradient)
        z.clamp_(-bound, bound)
    return best_z
