"""Hooks that watch training from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from genad.training.history import Epoch, History
from genad.training.objective import Model


class Callback:
    """Override what is needed; every hook does nothing by default.

    Examples
    --------
    >>> class Tally(Callback):
    ...     seen = 0
    ...     def on_epoch(self, epoch):
    ...         self.seen += 1
    """

    def on_model(self, model: Model) -> None:
        """Take note of the model that is about to be trained."""

    def on_start(self, epochs: int) -> None:
        """Take note of how many epochs there will be at most, all stages together."""

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Look at an epoch that has just ended; return True to end this stage of training."""

    def on_end(self, history: History) -> None:
        """Look at the whole history."""


@dataclass(frozen=True)
class Look:
    """What samples were like after so many epochs of all stages together; 0 is before training."""

    epochs: int
    figures: dict[str, float]


class SampleWatch(Callback):
    """Draw samples now and then during training, and keep what is said of them.

    The training goes on as if nobody had looked: the draws have random numbers of their own, the
    same each time, so that only the model differs between two looks. The last look is at the model
    that comes out: with early stopping or a running average that is not the last one trained.

    Parameters
    ----------
    judge : maps samples of shape (n, *shape) to figures by name.
    samples : how many to draw.
    times : how many looks, spread evenly over the epochs, besides that before the training.
    seed : of the draws.

    Examples
    --------
    >>> from genad import VAE
    >>> watch = SampleWatch(lambda x: {"spread": float(x.std())}, samples=50, times=2)
    >>> detector = VAE(epochs=4, callbacks=(watch,), random_state=0)
    >>> _ = detector.fit([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> [look.epochs for look in watch.looks]
    [0, 2, 4]
    """

    def __init__(
        self,
        judge: Callable[[Tensor], Mapping[str, float]],
        *,
        samples: int = 500,
        times: int = 10,
        seed: int = 0,
    ) -> None:
        self.judge, self.samples, self.times, self.seed = judge, samples, times, seed
        self.looks: list[Look] = []

    def on_model(self, model: Model) -> None:  # noqa: D102
        self.model, self.looks = model, []

    def on_start(self, epochs: int) -> None:  # noqa: D102
        self.done, times = 0, max(1, self.times)
        self.due = {-(-epochs * time // times) for time in range(times + 1)}
        self._look()

    def on_epoch(self, epoch: Epoch) -> None:  # noqa: D102
        self.done += 1
        if self.done in self.due:
            self._look()

    def on_end(self, history: History) -> None:  # noqa: D102
        if self.looks[-1].epochs == self.done > 0:
            del self.looks[-1]
        self._look()

    def _look(self) -> None:
        model = self.model
        device, training = next(model.parameters()).device, model.training
        model.eval()
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            torch.no_grad(),
        ):
            torch.manual_seed(self.seed)
            figures = dict(self.judge(model.sample(self.samples)))
        model.train(training)
        self.looks.append(Look(self.done, figures))
