"""The one training loop: stages of epochs of batches of objectives."""

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genad.data.samples import Labelled, Samples, batch
from genad.errors import TrainingDiverged
from genad.training.best import Best
from genad.training.callbacks import Callback
from genad.training.checkpoint import Checkpoint, random_state_of, set_random_state
from genad.training.collapse import GOOD, CollapseWarning, Watch
from genad.training.history import Epoch, History
from genad.training.objective import Model, Objective
from genad.training.precision import arithmetic
from genad.training.threads import threads_for
from genad.training.updater import Updater

_CHECKPOINT_SECONDS = 5.0
_VALIDATION_SAMPLES = 4096


@dataclass(frozen=True)
class Options:
    """How to train.

    Parameters
    ----------
    epochs : passes over the samples in each stage.
    batch_size : samples per update.
    lr : Adam's learning rate.
    patience : epochs without a better held-out loss after which a stage ends and its best weights
        come back, or None.
    ema : decay of the running average of the weights that is used in the end, or None.
    clip : the largest norm a gradient may have, or None.
    precision : of the losses, "float32" or "bfloat16".
    recoveries : how often a stage may go back to its last good state, with half the learning rate,
        after the samples of a generator have collapsed.
    """

    epochs: int
    batch_size: int = 64
    lr: float = 1e-3
    patience: int | None = None
    ema: float | None = None
    clip: float | None = None
    precision: str = "float32"
    recoveries: int = 0


def train(
    model: Model,
    samples: Samples,
    held_out: Samples,
    options: Options,
    *,
    callbacks: Sequence[Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> History:
    """Minimise the model's objectives on the samples, and leave it in evaluation mode.

    Random numbers come from torch's generator: fork and seed it outside.

    Parameters
    ----------
    model : changed in place.
    samples : of shape (n, *shape), on the model's device; if they are `Labelled`, losses get their
        classes too.
    held_out : of shape (m, *shape), for the validation curve and early stopping; may be empty.
    options : how to train.
    callbacks : called after every epoch.
    checkpoint : where to keep the run while it lasts; a file found there is continued.

    Raises
    ------
    TrainingDiverged
        If a loss is not finite.

    Warns
    -----
    CollapseWarning
        If the samples of a generator lose their variety for good.
    """
    stages = sorted({objective.stage for objective in model.objectives()})
    judges = batch(held_out, slice(_VALIDATION_SAMPLES))
    run = _Run(model, samples, judges, options, callbacks, checkpoint)
    saved = checkpoint.read() if checkpoint else None
    for callback in callbacks:
        callback.on_model(model)
        callback.on_start(options.epochs * len(stages))
    shape = options.batch_size, *samples[:1].shape[1:]
    # Of one of several models: side by side they are no larger work for a thread than one by one.
    parameters = sum(parameter.numel() for parameter in model.parameters()) // (model.members or 1)
    try:
        with threads_for(shape, parameters):
            for stage in stages:
                run.stage(stage, saved)
    except KeyboardInterrupt:
        run.write()
        raise
    finally:
        model.eval()
    for callback in callbacks:
        callback.on_end(run.history)
    return run.history


class _Run:
    """The state of one call of `train`."""

    def __init__(
        self,
        model: Model,
        samples: Samples,
        held_out: tuple[Tensor, ...],
        options: Options,
        callbacks: Sequence[Callback],
        checkpoint: Checkpoint | None,
    ) -> None:
        self.model, self.samples = model, samples
        self.held_out, *self.held_classes = held_out
        self.options, self.callbacks, self.checkpoint = options, callbacks, checkpoint
        self.taught = samples  # by the stage
        self.history = History(stopped="all epochs done")
        self.updaters: list[Updater] = []
        self.best = Best([], model.members or 1, None)
        self.watch: Watch | None = None
        self.good, self.recovered = dict[str, Tensor](), 0  # a state to go back to
        self.snapshot: tuple[dict[str, Tensor], dict[str, Any]] | None = None
        self.written = time.monotonic()

    def stage(self, stage: int, saved: tuple[dict[str, Tensor], dict[str, Any]] | None) -> None:
        """Run one stage to its end, from where a checkpoint left it."""
        options, start = self.options, 0
        objectives = [o for o in self.model.objectives() if o.stage == stage]
        if saved and saved[1]["stage"] > stage:
            return
        self.taught = self.model.stage_samples(stage, self.samples)
        self.updaters = [self._updater(objective) for objective in objectives]
        values = [updater.values for updater in self.updaters]
        self.best = Best(values, self.model.members or 1, options.patience)
        self.watch, self.good, self.recovered = self._watch(objectives), {}, 0
        if saved and saved[1]["stage"] == stage:
            start = self._restore(*saved)
        for epoch in range(start, options.epochs):
            if self._epoch(stage, epoch):
                break
        for updater in self.updaters:
            updater.swap_average()
        if options.patience is not None:
            self.best.bring_back()

    def _updater(self, objective: Objective) -> Updater:
        options = self.options
        return Updater(
            self.model,
            objective,
            lr=options.lr,
            clip=options.clip,
            ema=options.ema,
            precision=options.precision,
        )

    def _watch(self, objectives: list[Objective]) -> Watch | None:
        """Return what looks at samples, if these objectives train a generator of them."""
        makers = {id(p) for module in self.model.generators() for p in module.parameters()}
        if makers.isdisjoint(id(p) for objective in objectives for p in objective.parameters()):
            return None
        updates = -(-len(self.samples) // self.options.batch_size)
        return Watch(self.model, self.samples, self.options.epochs, updates)

    def _epoch(self, stage: int, epoch: int) -> bool:
        """Train for one epoch, and return whether the stage ends with it."""
        started = time.perf_counter()
        self.model.train()
        batches = torch.split(self.model.order(self.taught), self.options.batch_size, -1)
        for number, indices in enumerate(batches):
            samples = batch(self.taught, indices)
            progress = (epoch + number / len(batches)) / self.options.epochs
            for updater in self.updaters:
                updater.progress = progress
                for _ in range(updater.objective.steps):
                    updater.step(*samples)
        self.model.eval()
        terms = self._terms(epoch)
        norms = {updater.objective.name: updater.gradient_norm() for updater in self.updaters}
        with self._average():
            validation = self._validate()
            variety = self.watch.look(epoch) if self.watch else None
        seconds = time.perf_counter() - started
        record = Epoch(stage, epoch, terms, validation, seconds, variety, norms)
        self.history.epochs.append(record)
        self._guard(epoch, variety)
        over = self.best.over()
        # First the snapshot: an interrupt in a callback must not lose the epoch.
        self._close(stage, epoch, over=over)
        asked = [callback.on_epoch(record) for callback in self.callbacks]
        if any(asked) and not over:
            over = True
            self._close(stage, epoch, over=over)
        return over

    def _close(self, stage: int, epoch: int, *, over: bool) -> None:
        """Keep the state at the end of an epoch, which may end the stage early."""
        if over:
            self.history.stopped = f"stopped early after {epoch + 1} epochs"
        self._snapshot(stage, self.options.epochs if over else epoch + 1)

    def _terms(self, epoch: int) -> dict[str, float]:
        """Return the epoch's mean of every loss term, all finite."""
        terms = {
            f"{updater.objective.name}.{name}": mean
            for updater in self.updaters
            for name, mean in updater.means().items()
        }
        for name, mean in terms.items():
            if not math.isfinite(mean):
                raise TrainingDiverged(
                    f"The loss {name!r} became {mean} in epoch {epoch + 1}; lower lr "
                    f"(now {self.options.lr:g}), set clip=1.0, or scale the data differently."
                )
        return terms

    @contextmanager
    def _average(self) -> Iterator[None]:
        """Put the weights that would be kept in the place of the last ones."""
        for updater in self.updaters:
            updater.swap_average()
        yield
        for updater in self.updaters:
            updater.swap_average()

    def _validate(self) -> float | None:
        """Return the held-out loss, noting whether it is best."""
        if len(self.held_out) == 0:
            return None
        classes = self.held_classes if isinstance(self.taught, Labelled) else ()
        with torch.no_grad(), arithmetic(self.options.precision, self.samples.device):
            losses = self.model.validation(self._judges(), *classes)
        loss = None
        if losses is not None:
            means = losses.double().view(self.model.members or 1, -1).mean(1)
            self.best.consider(means)
            loss = float(means.mean())
        return loss

    def _judges(self) -> Tensor:
        """Return the held-out samples; of several members, for each its own."""
        members, n = self.model.members, len(self.held_out)
        if members is None:
            return self.held_out
        if self.options.patience is not None:
            return self.held_out.expand(members, *self.held_out.shape)
        # Nothing hangs on the curve, so the members share the samples out: it costs as for one.
        places = torch.arange(members * -(-n // members), device=self.held_out.device) % n
        return self.held_out[places.view(members, -1)]

    def _guard(self, epoch: int, variety: float | None) -> None:
        """Keep a state whose samples are varied, and go back to it once they have collapsed."""
        if self.watch is None or variety is None:
            return
        if variety >= GOOD:
            self.good = self._state() | {"epoch": torch.tensor(epoch)}
        if not self.watch.collapsed:
            return
        note = (
            f"The samples of epoch {epoch + 1} vary only {variety:.2f} times as much as the "
            "training data: the generator has collapsed"
        )
        if self.good and self.recovered < self.options.recoveries:
            self._recover()
            self.history.notes.append(
                f"{note}, so training went on from epoch {int(self.good['epoch']) + 1} with "
                "half the learning rate."
            )
            return
        note += "; lower lr, or train for fewer epochs."
        self.history.notes.append(note)
        warnings.warn(note, CollapseWarning, stacklevel=2)

    def _state(self) -> dict[str, Tensor]:
        """Return copies of everything that this stage changes."""
        buffers = self.model.buffers()
        state = {f"buffer.{number}": buffer.clone() for number, buffer in enumerate(buffers)}
        for number, updater in enumerate(self.updaters):
            state |= {f"{number}.{name}": tensor for name, tensor in updater.state().items()}
        return state

    def _recover(self) -> None:
        """Go back to the last good state, and on from there in smaller steps."""
        rates = [updater.adam.lr for updater in self.updaters]
        for number, buffer in enumerate(self.model.buffers()):
            buffer.copy_(self.good[f"buffer.{number}"])
        for number, (updater, rate) in enumerate(zip(self.updaters, rates, strict=True)):
            updater.load_state(_section(self.good, f"{number}."))
            updater.adam.lr = rate / 2
        self.recovered += 1

    def _snapshot(self, stage: int, epoch: int) -> None:
        """Keep the state from which `epoch` would go on, and write it down now and then."""
        if self.checkpoint is None:
            return
        tensors = {f"model.{name}": t.clone() for name, t in self.model.state_dict().items()}
        tensors |= random_state_of(self.samples.device)
        for number, updater in enumerate(self.updaters):
            tensors |= {f"{number}.{name}": tensor for name, tensor in updater.state().items()}
        kept, waiting = self.best.state()
        tensors |= {f"{number}.best": weights.clone() for number, weights in enumerate(kept)}
        tensors |= {f"good.{name}": tensor for name, tensor in self.good.items()}
        facts = {
            "stage": stage,
            "epoch": epoch,
            "recovered": self.recovered,
            "below": self.watch.below if self.watch else 0,
            "history": self.history.to_config(),
        }
        self.snapshot = tensors, facts | waiting
        if time.monotonic() - self.written > _CHECKPOINT_SECONDS:
            self.write()

    def write(self) -> None:
        """Write the last snapshot to the checkpoint's file."""
        if self.checkpoint is not None and self.snapshot is not None:
            self.checkpoint.write(*self.snapshot)
            self.written = time.monotonic()

    def _restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> int:
        """Take over a checkpoint's state, and return the epoch to go on with."""
        self.model.load_state_dict(_section(tensors, "model."))
        for number, updater in enumerate(self.updaters):
            updater.load_state(_section(tensors, f"{number}."))
        self.best.load_state([tensors[f"{n}.best"] for n in range(len(self.updaters))], facts)
        self.history = History.from_config(facts["history"])
        self.good, self.recovered = _section(tensors, "good."), facts["recovered"]
        if self.watch is not None:
            self.watch.below = facts["below"]
        set_random_state(tensors, self.samples.device)
        return int(facts["epoch"])


def _section(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}
