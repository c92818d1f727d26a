"""Models of one make trained as one: their weights side by side, one computation for all."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from genad.training.objective import Model, Objective, Terms


def batched_objectives(members: Sequence[Model]) -> list[Objective]:
    """Return the objectives of models of one make, each for all models at once.

    A small network leaves a processor idle between its operations; the same operation for several
    networks at once costs little more. Losses that cannot be computed so, because they
    differentiate inside, are computed model by model.

    Parameters
    ----------
    members : models with the same modules, buffers and objectives, on one device.

    Examples
    --------
    >>> from genad import AutoEncoder
    >>> members = [AutoEncoder()._build((3,)) for _ in range(4)]
    >>> (objective,) = batched_objectives(members)
    >>> objective.loss(torch.zeros(5, 3))["reconstruction"].shape
    torch.Size([4, 5])
    """
    each = [member.objectives() for member in members]
    return [
        replace(
            same[0],
            modules=tuple(module for objective in same for module in objective.modules),
            loss=_BatchedLoss(members, number),
        )
        for number, same in enumerate(zip(*each, strict=True))
    ]


class _Loss(nn.Module):
    """One loss of a model as a module's forward, to be called with other weights."""

    def __init__(self, model: Model, number: int) -> None:
        super().__init__()
        self.model, self.number = model, number

    def forward(self, x: Tensor) -> Terms:
        return self.model.objectives()[self.number].loss(x)


class _BatchedLoss:
    """The same loss of every model: named terms of shape (models, ...)."""

    def __init__(self, members: Sequence[Model], number: int) -> None:
        self.losses = [_Loss(member, number) for member in members]
        self.possible = True

    def __call__(self, x: Tensor) -> Terms:
        if self.possible:
            random_state = torch.get_rng_state()
            try:
                return self._together(x)
            except RuntimeError:  # a derivative within, which torch cannot map over models
                self.possible = False
                torch.set_rng_state(random_state)
        terms = [loss(x) for loss in self.losses]
        return {name: torch.stack([each[name] for each in terms]) for name in terms[0]}

    def _together(self, x: Tensor) -> Terms:
        weights = _side_by_side([dict(loss.named_parameters()) for loss in self.losses])
        own = [dict(loss.named_buffers()) for loss in self.losses]
        buffers = _side_by_side(own)

        def loss(weights: dict[str, Tensor], buffers: dict[str, Tensor]) -> Terms:
            terms: Terms = functional_call(self.losses[0], (weights, buffers), (x,))
            return terms

        terms: Terms = vmap(loss, randomness="different")(weights, buffers)
        with torch.no_grad():  # what the models keep from step to step
            for number, mine in enumerate(own):
                for name, buffer in mine.items():
                    buffer.copy_(buffers[name][number])
        return terms


def _side_by_side(each: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([mine[name] for mine in each]) for name in each[0]}
