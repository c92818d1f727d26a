"""Transforms of images, and a network that tells which was applied: the harder, the stranger."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from genad.data.samples import Samples, spread
from genad.detector import TrainedDetector
from genad.nets.memory import Memory
from genad.nets.residual import residual_trunk
from genad.nets.tails import Tail
from genad.nets.transforms import Transforms
from genad.parameters import NaturalFloat, PositiveFloat, PositiveInt, Sizes
from genad.training import Model, Objective, Terms, attribute
from genad.training.schedule import one_cycle

# Images at a time: as many as a processor's cache holds, and as many as memory does with the
# graph of their derivatives.
_BLOCK, _DIFFERENTIATED = 256, 32
# More images than this teach nothing about a distribution of scores, or about the background.
_REFERENCE = 5000
WEIGHT_DECAY = 0.01


class TransformDetector(TrainedDetector):
    """Base of the detectors whose network tells what was done to an image.

    Parameters
    ----------
    score : "prediction" (how badly it tells), "neighbours" (how far its features are from those of
        training images) or "combined".
    shift : how far images are moved, in halves of their width; 0 for not at all, as in the others.
    shear : how far the upper edge is pushed aside, in the same unit.
    zoom : the factor that they are enlarged by, and made smaller by; 1 for not at all.
    flip : whether a mirrored image is as normal as the image: so with photographs, but not digits.
    padding : what comes into sight beside a moved image: "background", the median of the border, or
        "reflection"; "auto" takes the background where most of the border is of its colour.
    transforms : how many transforms an image is scored with.
    memory : training images to keep for their features.
    hidden : channels of the residual blocks.
    """

    kinds = ("image",)
    default_updates = 165

    score: Literal["combined", "prediction", "neighbours"] = "combined"
    shift: NaturalFloat = 0.25
    shear: NaturalFloat = 0.4
    zoom: PositiveFloat = 1.3
    flip: bool = False
    padding: Literal["auto", "background", "reflection"] = "auto"
    transforms: PositiveInt = 12
    memory: PositiveInt = 3000
    hidden: Sizes = (32, 64, 128)
    batch_size: PositiveInt = 256
    lr: PositiveFloat = 3e-3

    @property
    def _scores_tails(self) -> bool:
        return self.scored_by == "combined"


class TransformModel(Model):
    """The model of `TransformPrediction`, which others build on.

    Parameters
    ----------
    shape : of an image.
    options : the detector.
    """

    mean: Tensor
    expected: Tensor

    def __init__(self, shape: tuple[int, ...], options: TransformDetector) -> None:
        super().__init__()
        self.kind, self.flip = options.scored_by, options.flip
        self.remembered = options.memory
        n, width = options.transforms, options.hidden[-1]
        self.transforms = Transforms(
            shape[0],
            n,
            shift=options.shift,
            shear=options.shear,
            zoom=options.zoom,
            padding=options.padding,
        )
        self.factors, self.sizes = self.transforms.factors, self.transforms.sizes
        self.trunk = residual_trunk(shape[0], options.hidden)
        self.heads = nn.Linear(width, sum(self.sizes))
        self.memory = Memory(n * width, p=2)
        self.prediction, self.neighbours = Tail(), Tail()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("expected", torch.ones(n, len(self.sizes)))

    def objectives(self) -> list[Objective]:  # noqa: D102
        nets, decay = (self.trunk, self.heads), WEIGHT_DECAY
        return [Objective("transforms", nets, self.loss, weight_decay=decay, schedule=one_cycle)]

    def prepare(self, samples: Samples) -> None:  # noqa: D102
        self.transforms.fit(samples[spread(samples, _REFERENCE)])

    # Training.

    def losses(self, features: Tensor, levels: Tensor) -> Tensor:
        """Return the cross-entropy of each factor, of shape (n, factors)."""
        logits = self.heads(features).float().split(self.sizes, 1)
        pairs = zip(logits, levels.unbind(1), strict=True)
        each = [cross_entropy(logit, level, reduction="none") for logit, level in pairs]
        return torch.stack(each, 1)

    def loss(self, x: Tensor) -> Terms:  # noqa: D102
        levels = self.transforms.drawn(len(x))
        losses = self.losses(self.trunk(self.transforms(self.flipped(x), levels)), levels)
        return dict(zip(self.factors, losses.unbind(1), strict=True))

    def flipped(self, x: Tensor) -> Tensor:
        """Return images, half of them mirrored if that is as normal."""
        if not self.flip:
            return x
        mirrored = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
        return torch.where(mirrored, x.flip(3), x)

    def validation(self, x: Tensor) -> Tensor:  # noqa: D102
        chosen = self.transforms.chosen
        levels = chosen[torch.arange(len(x), device=x.device) % len(chosen)]
        pairs = zip(torch.split(x, _BLOCK), torch.split(levels, _BLOCK), strict=True)
        losses = [self.losses(self.trunk(self.transforms(u, at)), at) for u, at in pairs]
        return torch.cat(losses).sum(1)

    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        aside = held_out if len(held_out) else samples
        kept = torch.split(spread(samples, self.remembered), _BLOCK)
        tested = torch.split(spread(aside, _REFERENCE), _BLOCK)
        with torch.no_grad():
            self.memory.keep(torch.cat([self.read(samples[rows])[1] for rows in kept]))
            sums = torch.stack([samples[rows].sum(0) for rows in kept])
            self.mean.copy_(sums.sum(0) / len(self.memory.rows))
            read = [self.read(aside[rows]) for rows in tested]
            losses = torch.cat([losses for losses, _ in read])
            self.expected.copy_(losses.mean(0).clamp(min=1e-6))
            prediction, near = self.parts(losses, torch.cat([features for _, features in read]))
            self.prediction.fit(prediction)
            self.neighbours.fit(near)

    # Scores.

    def read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return losses of shape (n, transforms, factors) and features (n, transforms x width)."""
        losses, features = [], []
        for levels, seen in self.transforms.each(x):
            feature = self.trunk(seen).float()
            losses.append(self.losses(feature, levels))
            features.append(normalize(feature))
        return torch.stack(losses, 1), torch.cat(features, 1)

    def parts(self, losses: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return both parts of the score, of shape (n,) each."""
        ratio = (losses / self.expected).clamp(min=1e-12)
        return ratio.sqrt().mean((1, 2)), self.memory.distances(features, 1)[:, 0]

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        return torch.cat([self._score(block) for block in torch.split(x, _BLOCK)])

    def _score(self, x: Tensor) -> Tensor:
        prediction, near = self.parts(*self.read(x))
        if self.kind == "combined":
            both: Tensor = self.prediction(prediction) + self.neighbours(near)
            return both
        return prediction if self.kind == "prediction" else near

    def contributions(self, x: Tensor) -> Tensor:
        """Return the share of every pixel, on the way from the mean image to the image."""
        blocks = torch.split(x, _DIFFERENTIATED)
        return torch.cat([attribute(self._score, u, self.mean.expand_as(u)) for u in blocks])
