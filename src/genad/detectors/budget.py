"""A time budget for a fit: how many updates it allows, and what is quick enough for it."""

import time
from copy import deepcopy
from dataclasses import dataclass

import torch

from genad.data.samples import Samples
from genad.detector import Detector, TrainedDetector
from genad.training import Model, Options, train

# The share of the time that is left which training may take: memories, thresholds and held-out
# scores need the rest.
_TRAINING = 0.6
# With a smaller share of the updates that it wants, a quicker detector is the better one.
_LEAST = 0.2
# Updates to measure with, after one to warm up; samples to score for the detectors without any.
_MEASURED, _SCORED = 4, 64


def now() -> float:
    """Return the time in seconds, of a clock that only moves on."""
    return time.perf_counter()


@dataclass(frozen=True)
class Plan:
    """How long to train.

    Parameters
    ----------
    epochs : passes over the samples.
    samples : how many of them to train on.
    wanted : updates without a budget.
    updates : updates with it.
    """

    epochs: int
    samples: int
    wanted: int
    updates: int

    @property
    def enough(self) -> bool:
        """Whether so short a training is worth it."""
        return self.updates >= _LEAST * self.wanted


def plan(detector: TrainedDetector, model: Model, samples: Samples, end: float) -> Plan:
    """Return how long a detector can be trained until a time, by a few updates that are timed.

    Parameters
    ----------
    detector : not fitted; says the batch size and the epochs without a budget.
    model : its model, prepared; it stays as it is.
    samples : to train on.
    end : when the whole fit should be over, by `now`.
    """
    n, batch = len(samples), detector.batch_size
    per_epoch = -(-n // batch)
    default = -(-detector.default_updates // per_epoch)
    epochs = default if detector.epochs is None else detector.epochs
    stages = len({objective.stage for objective in model.objectives()}) or 1
    each = stages * _seconds_per_update(detector, model, samples)
    wanted, left = epochs * per_epoch, max(0.0, end - now())
    updates = int(_TRAINING * left / each) if each > 0 else wanted
    if updates >= wanted:
        return Plan(epochs, n, wanted, wanted)
    if updates >= per_epoch:
        fewer = updates // per_epoch
        return Plan(fewer, n, wanted, fewer * per_epoch)
    return Plan(1, min(n, max(1, updates) * batch), wanted, updates)


def _seconds_per_update(detector: TrainedDetector, model: Model, samples: Samples) -> float:
    trial, options = deepcopy(model), Options(1, detector.batch_size, detector.lr)
    with torch.random.fork_rng([]):
        train(trial, samples[: detector.batch_size], samples[:0], options)
        part = samples[: _MEASURED * detector.batch_size]
        started = now()
        train(trial, part, samples[:0], options)
        return (now() - started) / -(-len(part) // detector.batch_size)


def seconds_to_fit(detector: Detector, model: Model, samples: Samples, held_out: Samples) -> float:
    """Return about how long a detector takes that is not trained, by a few scores that are timed.

    Parameters
    ----------
    detector : not fitted.
    model : its model; it stays as it is.
    samples, held_out : what it is fitted on, and what sets its threshold.
    """
    trial, some = deepcopy(model), samples[:_SCORED]
    with torch.random.fork_rng([]), torch.no_grad():
        started = now()
        trial.prepare(samples)
        trial.finish(samples, held_out)
        trial.score(some)
        elapsed = now() - started
    return elapsed * max(1.0, len(held_out) / len(some))
