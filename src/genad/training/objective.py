"""What a model minimises: named losses, each over parameters of its own."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from genad.data.samples import Samples
from genad.losses import per_sample
from genad.training.schedule import Schedule, constant

Terms = dict[str, Tensor]
"""Named loss terms, each of shape (n,) or a scalar, weights already applied."""


@dataclass(frozen=True, eq=False)
class Objective:
    """One loss, and the modules whose parameters minimise it.

    An autoencoder has one objective, a GAN two; f-AnoGAN's encoder is a second stage. One loop
    (`genad.training.train`) serves them all.

    Parameters
    ----------
    name : the name in the history.
    modules : the modules whose parameters this objective updates, and no others.
    loss : maps a batch of samples, and their classes if these are known, to named terms; the loop
        minimises the sum of their means.
    steps : updates per batch.
    stage : stages run one after the other, each for all epochs.
    lr_scale : multiplies the learning rate (two time scales).
    betas : Adam's decay rates.
    weight_decay : share of itself, times the learning rate, that a parameter loses per update.
    schedule : maps the progress of the stage, from 0 to 1, to a factor of the learning rate.
    members : how many models of one make it is of; their parameters come one model after the other.
    joint : the loss of all these models at once: maps their parameters, of shape (members, p), and
        a batch for each, of shape (members, n, *shape), to terms of shape (members, ...).
    """

    name: str
    modules: tuple[nn.Module, ...]
    loss: Callable[..., Terms]
    steps: int = 1
    stage: int = 0
    lr_scale: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    schedule: Schedule = constant
    members: int = 1
    joint: Callable[..., Terms] | None = None

    def parameters(self) -> list[nn.Parameter]:
        """Return the parameters that this objective updates."""
        return [parameter for module in self.modules for parameter in module.parameters()]


class Model(nn.Module):
    """What a detector fits: samples in, one anomaly score each out.

    A model without objectives learns in `prepare` alone, as the statistical detectors do.
    """

    additive: bool = True
    """Whether `contributions` sum to `score`."""

    members: int | None = None
    """How many models of one make it is that are trained side by side; None if it is one itself."""

    def prepare(self, samples: Samples) -> None:
        """Look once at the training samples, of shape (n, *shape), before training."""

    def finish(self, samples: Samples, held_out: Samples) -> None:
        """Look once at the samples after training: those trained on, and those held out."""

    def objectives(self) -> list[Objective]:
        """Return what is minimised, in the order of the updates."""
        return []

    def order(self, samples: Samples) -> Tensor:
        """Return the order of the samples in the next epoch, of shape (n,).

        Where there are several members, each has an order of its own, a row of (members, n).
        """
        return torch.randperm(len(samples), device=samples.device)

    def stage_samples(self, stage: int, samples: Samples) -> Samples:
        """Return what a stage learns from, when it begins; by default all training samples."""
        return samples

    @abstractmethod
    def score(self, x: Tensor) -> Tensor:
        """Return the anomaly score of each sample, of shape (n,); higher is more anomalous."""

    @abstractmethod
    def contributions(self, x: Tensor) -> Tensor:
        """Return the share of every element of `x` in its score, of the shape of `x`."""

    def reference(self, x: Tensor) -> Tensor:
        """Return the scores of samples that `finish` has seen, as if it had not, of shape (n,)."""
        return self.score(x)

    def step_scores(self, x: Tensor) -> Tensor:
        """Return the share of every step of windows in their scores, of shape (n, window).

        What belongs to no step in particular is shared out evenly.
        """
        if self.additive:
            return self.contributions(x).flatten(2).sum(2)
        return self.window_scores(x)

    def window_scores(self, x: Tensor) -> Tensor:
        """Return a step's share in the score of its window, all alike, of shape (n, window)."""
        return (self.score(x) / x.shape[1])[:, None].expand(x.shape[:2])

    def window_shares(self, x: Tensor) -> Tensor:
        """Return the share of every channel in `window_scores`, of the shape of `x`."""
        shares = self.contributions(x)
        return shares.mean(1, keepdim=True).expand_as(shares)

    def see(self, x: Tensor) -> Tensor:
        """Return features of each sample, of shape (n, width): the latents, if nothing better."""
        return self.latents(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return what the model would have expected in the place of `x`, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} has no reconstruction")

    def latents(self, x: Tensor) -> Tensor:
        """Return where samples lie in the latent space, of shape (n, latent)."""
        raise NotImplementedError(f"{type(self).__name__} has no encoder")

    @property
    def encodes(self) -> bool:
        """Whether there are latents."""
        return type(self).latents is not Model.latents

    def sample(self, n: int) -> Tensor:
        """Return n samples drawn from what the model has learnt, of shape (n, *shape)."""
        raise NotImplementedError(f"{type(self).__name__} has no prior to draw from")

    @property
    def generates(self) -> bool:
        """Whether samples can be drawn from it."""
        return type(self).sample is not Model.sample

    def generators(self) -> list[nn.Module]:
        """Return the modules that make samples and are trained against an adversary, if any."""
        return []

    def validation(self, x: Tensor) -> Tensor | None:
        """Return the held-out loss of each sample, or None where no loss tells of progress.

        Where there are several members, each has samples of its own, (members, n, *shape), and a
        row of losses.
        """
        return self.score(x)


class ReconstructionModel(Model):
    r"""A model that scores a sample against its reconstruction, in data and in feature space.

    .. math:: A(x) = (1 - w) \sum_j r_j(x, \hat x) + w \, d(x, \hat x)

    Parameters
    ----------
    score : "reconstruction" (w is 0), "combined" (w is `weight`), or any other name for the
        distance alone (w is 1).
    weight : w of the combined score, from 0 to 1.
    """

    def __init__(self, score: str, weight: float) -> None:
        super().__init__()
        self.weight = {"reconstruction": 0.0, "combined": weight}.get(score, 1.0)

    @abstractmethod
    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the reconstruction error of every element, of the shape of `x`."""

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the distance in the discriminator's eyes, of shape (n,)."""
        raise NotImplementedError(f"{type(self).__name__} has no feature space")

    def pair_score(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the anomaly score of each sample given its reconstruction, of shape (n,)."""
        if self.weight == 0:
            return per_sample(self.residual(x, x_hat))
        score = self.weight * self.distance(x, x_hat)
        return (
            score
            if self.weight == 1
            else score + (1 - self.weight) * per_sample(self.residual(x, x_hat))
        )

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.pair_score(x, self.reconstruct(x))

    def step_scores(self, x: Tensor) -> Tensor:  # noqa: D102
        x_hat = self.reconstruct(x)
        residual = self.residual(x, x_hat).flatten(2).sum(2)
        if self.weight == 0:
            return residual
        distance = (self.distance(x, x_hat) / x.shape[1])[:, None]
        return (1 - self.weight) * residual + self.weight * distance

    def contributions(self, x: Tensor) -> Tensor:
        """Return the share of every element of `x` in its score, of the shape of `x`.

        The residual is a sum already. The feature distance is shared out by integrated gradients
        along the straight line from the reconstruction to the sample.
        """
        x_hat = self.reconstruct(x).detach()
        shares = (1 - self.weight) * self.residual(x, x_hat)
        if self.weight > 0:
            distance = attribute(lambda u: self.distance(u, x_hat), x, x_hat)
            shares = shares + self.weight * distance
        return shares.detach()


class GeneratorModel(ReconstructionModel):
    """A reconstruction model with a generator that makes samples of normal latents."""

    generator: nn.Module
    latent: int

    def prior(self, n: int) -> Tensor:
        """Return n latents from the standard normal distribution, of shape (n, latent)."""
        like = next(self.generator.parameters())
        return torch.randn(n, self.latent, dtype=like.dtype, device=like.device)

    def generators(self) -> list[nn.Module]:  # noqa: D102
        return [self.generator]

    def sample(self, n: int) -> Tensor:  # noqa: D102
        samples: Tensor = self.generator(self.prior(n))
        return samples


def attribute(
    distance: Callable[[Tensor], Tensor], x: Tensor, start: Tensor, steps: int = 16
) -> Tensor:
    """Share a distance out over the elements of `x` by integrated gradients.

    Parameters
    ----------
    distance : maps samples of shape (n, *shape) to shape (n,).
    x, start : the two ends of the straight path, of shape (n, *shape).
    steps : points of the midpoint rule. What is left, the distance at `start` and the rule's
        error, is shared out in proportion to the mean slope, so that all sums to ``distance(x)``.

    References
    ----------
    Axiomatic Attribution for Deep Networks (Sundararajan et al., 2017), equation 1.

    Examples
    --------
    >>> x = torch.tensor([[3.0, 1.0]])
    >>> attribute(lambda u: u.square().sum(1), x, torch.zeros_like(x))
    tensor([[9., 1.]])
    """
    slope = torch.zeros_like(x)
    with torch.enable_grad():
        for step in range(steps):
            point = (start + (step + 0.5) / steps * (x - start)).detach().requires_grad_()
            (gradient,) = torch.autograd.grad(distance(point).sum(), point)
            slope += gradient / steps
    shares = slope * (x - start)
    missed = distance(x).detach() - per_sample(shares)
    weights = slope.abs() + 1e-12
    extra = [-1, *[1] * (x.dim() - 1)]
    return shares + weights * (missed / per_sample(weights)).reshape(extra)
