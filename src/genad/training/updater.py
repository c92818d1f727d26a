"""One objective's update: losses, gradients, a step of Adam."""

import math
from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from genad.training.objective import Model, Objective, Terms
from genad.training.optimiser import Adam, flatten
from genad.training.precision import arithmetic
from genad.training.replay import Recording, Unrecordable

# Up to this many parameters a step is mostly overhead, which replaying removes.
_REPLAY_PARAMETERS = 1_000_000
# Making a recording takes as long as it saves in about this many steps.
_STEPS_BEFORE_RECORDING = 200
# A step of several models at once takes ten times as long without it, so a recording pays sooner.
_JOINT = 20


class Updater:
    """Keeps what one objective needs from step to step.

    Parameters
    ----------
    model : the model that the objective is of.
    objective : what to minimise.
    lr : the learning rate, before the objective's own scale.
    clip : the largest norm a gradient may have, or None.
    ema : decay of the running average of the parameters, or None.
    precision : of the loss, "float32" or "bfloat16".
    """

    def __init__(
        self,
        model: Model,
        objective: Objective,
        *,
        lr: float,
        clip: float | None,
        ema: float | None,
        precision: str = "float32",
    ) -> None:
        self.model, self.objective, self.clip, self.ema = model, objective, clip, ema
        self.precision = precision
        self.parameters: list[nn.Parameter] = objective.parameters()
        self.values = flatten(self.parameters)
        self.adam = Adam(
            self.values,
            lr=lr * objective.lr_scale,
            betas=objective.betas,
            weight_decay=objective.weight_decay,
        )
        self.average = self.values.clone() if ema is not None else None
        self.updates = 0
        self.progress = 0.0  # of the stage, set by the loop before each step
        self._taken = 0  # steps since the last call of `means`
        self._totals: dict[torch.Size, Tensor] = {}
        self._sizes: dict[torch.Size, dict[str, int]] = {}
        self._seen: Counter[torch.Size] = Counter()
        self._recordings: dict[torch.Size, Recording | None] = {}

    def step(self, *batch: Tensor) -> None:
        """Update the parameters once on samples, and their classes if these are known."""
        recording = self._recording(*batch)
        if recording is None:
            terms, gradient = self._eager(*batch)
        with torch.inference_mode():  # spares every operation the bookkeeping for derivatives
            if recording is not None:
                terms, gradient = recording.replay(*batch)
            if self.clip is not None:
                gradient = self._clipped(gradient, self.clip)
            self.adam.step(gradient, self.objective.schedule(self.progress))
            if self.average is not None and self.ema is not None:
                # The average warms up, so that it does not remember the initial weights.
                self.updates += 1
                decay = min(self.ema, self.updates / (self.updates + 9))
                self.average.lerp_(self.values, 1 - decay)
            self._taken += 1
            total = self._totals.get(batch[0].shape)
            if total is None:
                self._totals[batch[0].shape] = terms.clone()
            else:
                total.add_(terms)

    def means(self) -> dict[str, float]:
        """Return the mean of each loss term over the steps since the last call, by name."""
        means: dict[str, float] = {}
        for shape, total in self._totals.items():
            sizes = self._sizes[shape]
            parts = torch.split(total, list(sizes.values()))
            for name, part in zip(sizes, parts, strict=True):
                means[name] = means.get(name, 0.0) + float(part.double().mean()) / self._taken
        self._totals, self._taken = {}, 0
        return means

    def gradient_norm(self) -> float:
        """Return the root mean square of a gradient's norm, over as long as Adam remembers."""
        if not self.adam.steps:
            return 0.0
        share = 1 - self.adam.betas[1] ** self.adam.steps  # of the mean that has come together
        return math.sqrt(float(self.adam.square.sum()) / self.objective.members / share)

    def swap_average(self) -> None:
        """Exchange the parameters with their running average, where one is kept."""
        if self.average is not None:
            values = self.values.clone()
            self.values.copy_(self.average)
            self.average.copy_(values)

    def state(self) -> dict[str, Tensor]:
        """Return copies of everything that later steps depend on."""
        state = {"values": self.values, "mean": self.adam.mean, "square": self.adam.square}
        if self.average is not None:
            state["average"] = self.average
        counts = torch.tensor([self.adam.steps, self.updates])
        more = {"counts": counts, "lr": torch.tensor(self.adam.lr, dtype=torch.float64)}
        return {name: tensor.clone() for name, tensor in state.items()} | more

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go back to what `state` returned."""
        self.values.copy_(state["values"])
        self.adam.mean.copy_(state["mean"])
        self.adam.square.copy_(state["square"])
        if self.average is not None:
            self.average.copy_(state["average"])
        self.adam.steps, self.updates = (int(count) for count in state["counts"])
        self.adam.lr = float(state["lr"])

    def _recording(self, *batch: Tensor) -> Recording | None:
        """Return the recording for batches of this shape, made once they have been seen often."""
        shape = batch[0].shape
        if shape not in self._recordings:
            self._seen[shape] += 1 if self.objective.joint is None else _JOINT
            if self._seen[shape] < _STEPS_BEFORE_RECORDING:
                return None
            self._recordings[shape] = self._record(*batch)
        return self._recordings[shape]

    def _eager(self, *batch: Tensor) -> tuple[Tensor, ...]:
        """Return all terms end to end, and the flat gradient of the sum of their means."""
        with arithmetic(self.precision, batch[0].device):
            terms, leaves = self._terms(*batch)
        self._sizes[batch[0].shape] = {name: term.numel() for name, term in terms.items()}
        loss = torch.stack([term.mean() for term in terms.values()]).sum()
        # Of several models, each minimises its own mean, not its share in the mean of all.
        slope = torch.full_like(loss, self.objective.members)
        gradients = torch.autograd.grad(loss, leaves, slope)
        return _flat(term.detach() for term in terms.values()), _flat(gradients)

    def _terms(self, *batch: Tensor) -> tuple[Terms, list[Tensor]]:
        """Return the terms, and the tensors that all parameters are views of."""
        if self.objective.joint is None:
            return self.objective.loss(*batch), list(self.parameters)
        rows = self.values.detach().view(self.objective.members, -1).requires_grad_()
        return self.objective.joint(rows, *batch), [rows]

    def _clipped(self, gradient: Tensor, most: float) -> Tensor:
        """Return the gradient, of each model on its own, with a norm of so much at most."""
        rows = gradient.view(self.objective.members, -1)
        norms = rows.norm(dim=1, keepdim=True)
        clipped: Tensor = rows * (most / norms.clamp(min=1e-12)).clamp(max=1)
        return clipped.view(-1)

    def _record(self, *batch: Tensor) -> Recording | None:
        """Return a recording of the step where that pays and is possible, else None."""
        size = len(self.values) // self.objective.members
        if batch[0].device.type != "cpu" or size > _REPLAY_PARAMETERS:
            return None
        # Recording runs the step, which must leave no trace in the run.
        random_state = torch.get_rng_state()
        buffers = [(buffer, buffer.clone()) for buffer in self.model.buffers()]
        try:
            return Recording(self._eager, *batch)
        except Unrecordable:
            return None
        finally:
            torch.set_rng_state(random_state)
            for buffer, before in buffers:
                buffer.copy_(before)


def _flat(tensors: Iterable[Tensor]) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])
