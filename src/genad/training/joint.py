"""One loss of several models of one make, computed for all of them at once."""

import warnings
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from genad.training.joint_linear import JointLinear
from genad.training.objective import Model, Terms


class JointLoss:
    """One loss of every model at once, as `Objective.joint`.

    What cannot be computed so is computed one model after the other: a loss that differentiates
    within, steers Python by a tensor, or runs a kernel that knows no models side by side.

    Parameters
    ----------
    models : of one make, on one device.
    number : which of their objectives.

    Examples
    --------
    >>> from genad import AutoEncoder
    >>> models = [AutoEncoder(latent=1, hidden=(4,))._build((3,)) for _ in range(2)]
    >>> loss = JointLoss(models, 0)
    >>> rows = torch.stack([nn.utils.parameters_to_vector(m.parameters()) for m in models])
    >>> loss(rows, torch.zeros(2, 5, 3))["reconstruction"].shape
    torch.Size([2, 5])
    """

    def __init__(self, models: Sequence[Model], number: int) -> None:
        self.losses = [_Loss(model, number) for model in models]
        self.possible = True
        """Whether all are computed at once, as far as is known."""
        wanted = {id(p): p.shape for p in models[0].objectives()[number].parameters()}
        names = {id(p): name for name, p in self.losses[0].named_parameters()}
        self._own = [(names[key], shape) for key, shape in wanted.items()]
        self._joined = False

    def __call__(self, rows: Tensor, *batches: Tensor) -> Terms:
        """Return terms of shape (models, ...).

        Parameters
        ----------
        rows : the parameters of the objective, those of one model a row.
        batches : samples of shape (models, n, *shape), and their classes if these are known.
        """
        if self.possible:
            state = torch.get_rng_state()
            try:
                return self._together(rows, *batches)
            except (RuntimeError, UserWarning):  # the latter of torch, that it would do it in turn
                self.possible = False
                torch.set_rng_state(state)
        terms = [
            functional_call(loss, self._named(row), tuple(batch))
            for loss, row, *batch in zip(self.losses, rows, *batches, strict=True)
        ]
        return {name: torch.stack([each[name] for each in terms]) for name in terms[0]}

    def _together(self, rows: Tensor, *batches: Tensor) -> Terms:
        others = self._others()

        def loss(row: Tensor, others: dict[str, Tensor], *batch: Tensor) -> Terms:
            terms: Terms = functional_call(self.losses[0], others | self._named(row), batch)
            return terms

        with warnings.catch_warnings(), JointLinear():
            warnings.simplefilter("error", UserWarning)
            terms: Terms = vmap(loss, randomness="different")(rows, others, *batches)
        return terms

    def _named(self, row: Tensor) -> dict[str, Tensor]:
        """Return the parameters that are end to end in a row, by name."""
        parts = torch.split(row, [shape.numel() for _, shape in self._own], -1)
        return {
            name: part.view(shape) for (name, shape), part in zip(self._own, parts, strict=True)
        }

    def _others(self) -> dict[str, Tensor]:
        """Return what a loss may use but does not train, of all models side by side."""
        buffers = [dict(loss.named_buffers()) for loss in self.losses]
        if not self._joined:
            for name in buffers[0]:
                _join([own[name] for own in buffers])
            self._joined = True
        mine = {name for name, _ in self._own}
        fixed = [
            {name: p.detach() for name, p in loss.named_parameters() if name not in mine}
            for loss in self.losses
        ]
        each = [ours | own for ours, own in zip(fixed, buffers, strict=True)]
        return {name: _side_by_side([own[name] for own in each]) for name in each[0]}


class _Loss(nn.Module):
    """One loss of a model as a module's forward, to be called with other parameters."""

    def __init__(self, model: Model, number: int) -> None:
        super().__init__()
        self.model, self.number = model, number

    def forward(self, *batch: Tensor) -> Terms:
        return self.model.objectives()[self.number].loss(*batch)


def _join(tensors: Sequence[Tensor]) -> None:
    """Move tensors of one shape into one memory, one after the other."""
    with torch.no_grad():
        for tensor, place in zip(tensors, torch.stack(list(tensors)), strict=True):
            tensor.data = place


def _side_by_side(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors of one shape as one, a view where they lie in one memory at equal distances.

    Examples
    --------
    >>> values = torch.arange(6.0)
    >>> joint = _side_by_side([values[0:2], values[3:5]])
    >>> joint, joint.data_ptr() == values.data_ptr()
    (tensor([[0., 1.],
            [3., 4.]]), True)
    """
    first = tensors[0]
    places = [tensor.storage_offset() for tensor in tensors]
    steps = {later - earlier for earlier, later in pairwise(places)}
    memories = {tensor.untyped_storage().data_ptr() for tensor in tensors}
    layouts = {(tensor.shape, tensor.stride(), tensor.dtype) for tensor in tensors}
    if len(memories) > 1 or len(steps) != 1 or len(layouts) > 1:
        return torch.stack(list(tensors))
    (step,) = steps
    return first.as_strided((len(tensors), *first.shape), (step, *first.stride()))
