"""Training: objectives, the one loop, its history, callbacks and checkpoints. Knows no model."""

from genad.training.batched import BatchedModel
from genad.training.callbacks import Callback, Look, SampleWatch
from genad.training.checkpoint import Checkpoint
from genad.training.collapse import CollapseWarning, variety
from genad.training.device import resolve_device
from genad.training.history import Epoch, History
from genad.training.loop import Options, train
from genad.training.objective import (
    GeneratorModel,
    Model,
    Objective,
    ReconstructionModel,
    Terms,
    attribute,
)
from genad.training.optimiser import Adam
from genad.training.precision import Precision, arithmetic, resolve_precision
from genad.training.replay import Recording, Unrecordable

__all__ = [
    "Adam",
    "BatchedModel",
    "Callback",
    "Checkpoint",
    "CollapseWarning",
    "Epoch",
    "GeneratorModel",
    "History",
    "Look",
    "Model",
    "Objective",
    "Options",
    "Precision",
    "ReconstructionModel",
    "Recording",
    "SampleWatch",
    "Terms",
    "Unrecordable",
    "arithmetic",
    "attribute",
    "resolve_device",
    "resolve_precision",
    "train",
    "variety",
]
