"""Models of one make trained side by side: one computation for all, each with its own draws."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn

from genad.data.samples import Samples
from genad.training.joint import JointLoss
from genad.training.objective import Model, Objective, Terms


class BatchedModel(Model):
    """Base of what is made of several models of one make, which are trained together.

    A small network leaves a processor idle between its operations; the same operation for several
    networks at once costs little more. Every model has a seed of its own, from which come its
    weights and the order of its batches: without noise in its loss it is trained as it would be
    alone, up to rounding.

    Parameters
    ----------
    make : returns an untrained model, with weights from torch's generator.
    members : how many.
    """

    drawn: Tensor

    def __init__(self, make: Callable[[], Model], members: int) -> None:
        super().__init__()
        self.members: int = members
        self._states = [_seeded(int(seed)) for seed in torch.randint(2**31 - 1, (members,))]
        models = []
        for number in range(members):
            with self._stream(number):
                models.append(make())
        self.models = nn.ModuleList(models)
        # Epochs that have had their order: a run that is resumed goes on with the next.
        self.register_buffer("drawn", torch.zeros((), dtype=torch.int64))
        self._at = 0
        self._first = list(self._states)

    def each(self) -> list[Model]:
        """Return the models."""
        return [model for model in self.models if isinstance(model, Model)]

    def prepare(self, samples: Samples) -> None:  # noqa: D102
        for number, model in enumerate(self.each()):
            with self._stream(number):
                model.prepare(samples)
        self._first = list(self._states)

    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        for number, model in enumerate(self.each()):
            with self._stream(number):
                model.finish(samples, held_out)

    def objectives(self) -> list[Objective]:
        """Return the objectives of one model, each for all models at once."""
        each = [model.objectives() for model in self.each()]
        return [
            replace(
                same[0],
                modules=tuple(module for objective in same for module in objective.modules),
                loss=_of_all(same),
                members=self.members,
                joint=JointLoss(self.each(), number),
            )
            for number, same in enumerate(zip(*each, strict=True))
        ]

    def order(self, samples: Samples) -> Tensor:
        """Return an order for each model, of shape (models, n)."""
        n, epoch = len(samples), int(self.drawn)
        if epoch < self._at:
            self._states, self._at = list(self._first), 0
        while self._at < epoch:
            self._orders(n)
        self.drawn += 1
        return self._orders(n).to(samples.device)

    def _orders(self, n: int) -> Tensor:
        orders = []
        for number in range(self.members):
            with self._stream(number):
                orders.append(torch.randperm(n))
        self._at += 1
        return torch.stack(orders)

    def validation(self, x: Tensor) -> Tensor | None:
        """Return the loss of each model on samples of its own, of shape (models, n)."""
        losses = [model.validation(own) for model, own in zip(self.each(), x, strict=True)]
        known = [loss for loss in losses if loss is not None]
        return torch.stack(known) if known else None

    @contextmanager
    def _stream(self, number: int) -> Iterator[None]:
        """Draw from a model's own random numbers."""
        with torch.random.fork_rng([]):
            torch.set_rng_state(self._states[number])
            yield
            self._states[number] = torch.get_rng_state()


def _of_all(objectives: Sequence[Objective]) -> Callable[[Tensor], Terms]:
    """Return the loss of all models on the same samples, with terms of shape (models, ...)."""

    def loss(x: Tensor) -> Terms:
        terms = [objective.loss(x) for objective in objectives]
        return {name: torch.stack([each[name] for each in terms]) for name in terms[0]}

    return loss


def _seeded(seed: int) -> Tensor:
    return torch.Generator().manual_seed(seed).get_state()
