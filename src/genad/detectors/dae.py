"""DAE: how much a denoiser of all noise levels changes a sample that nobody has noised."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Annotated, ClassVar, final

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor

from genad.blocks import in_blocks
from genad.data.samples import Samples, blocks
from genad.detector import TrainedDetector
from genad.losses import squared_error
from genad.nets.denoiser import Denoiser
from genad.parameters import Each, PositiveFloat, PositiveInt, Sizes
from genad.training import Model, Objective, Terms
from genad.training.schedule import one_cycle

Levels = Annotated[tuple[float, ...], Each(Interval(Real, 0, None, closed="neither"), least=1)]

# Levels to train for are log-normal: most between a tenth of a deviation and one.
_LOG_LEVEL, _LOG_SPREAD = -1.0, 1.3
# A small batch is noised several times over, to at least so many samples per update.
_NOISED = 192
# Of AdamW; the usual one.
_WEIGHT_DECAY = 0.01


@final
class DAE(TrainedDetector):
    r"""Denoising-diffusion autoencoder, scored on the clean sample over several noise levels.

    .. math:: A(x) = \sum_s \sqrt{e_s(x) / \bar e_s}, \quad
              e_s(x) = \lVert D(x, s) - x \rVert_2^2

    D is trained to take noise of level s off a sample; normal samples, which need no change, it
    leaves nearly alone. Every level looks at the data at another scale, and is measured by its
    mean error on held-out samples. The network needs some hundreds of rows; with fewer,
    `NearestNeighbours` is the better choice.

    Parameters
    ----------
    hidden : width of the hidden layer of every residual block; the first is also the width
        between the blocks.
    levels : noise levels to score at, in units of a scaled column.

    References
    ----------
    Extracting and Composing Robust Features with Denoising Autoencoders (Vincent et al., 2008);
    Elucidating the Design Space of Diffusion-Based Generative Models (Karras et al., 2022).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = DAE(hidden=(32,), epochs=100, random_state=0).fit(X)
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "diffusion"
    kinds: ClassVar[tuple[str, ...]] = ("table", "series")
    default_updates = 1200

    hidden: Sizes = (192, 192)
    levels: Levels = (0.2, 0.4, 0.8, 1.6, 3.2)
    batch_size: PositiveInt = 192
    lr: PositiveFloat = 2e-3

    def _build(self, shape: tuple[int, ...]) -> Model:
        return DenoisingModel(shape, self.hidden, self.levels)


class DenoisingModel(Model):
    """The model of `DAE`, which others use as a part.

    Parameters
    ----------
    shape : of a sample; any is read as a vector.
    hidden, levels : as in `DAE`.
    """

    expected: Tensor

    def __init__(
        self, shape: tuple[int, ...], hidden: Sequence[int], levels: Sequence[float]
    ) -> None:
        super().__init__()
        self.denoiser: Denoiser = Denoiser(math.prod(shape), hidden)
        self.levels = tuple(levels)
        self.register_buffer("expected", torch.ones(len(levels)))

    def objectives(self) -> list[Objective]:  # noqa: D102
        net = (self.denoiser,)
        decay = _WEIGHT_DECAY
        return [Objective("denoiser", net, self.loss, weight_decay=decay, schedule=one_cycle)]

    def loss(self, x: Tensor) -> Terms:  # noqa: D102
        x = x.flatten(1)
        x = x.repeat(max(1, _NOISED // len(x)), 1)
        return {"denoising": self._loss(x, torch.randn_like(x[:, :1]), torch.randn_like(x))}

    def validation(self, x: Tensor) -> Tensor:  # noqa: D102
        x = x.flatten(1)
        # The same noise every time, or the curve would show the noise.
        generator = torch.Generator(x.device).manual_seed(0)
        draw = torch.randn(len(x), x.shape[1] + 1, generator=generator, device=x.device)
        return self._loss(x, draw[:, :1], draw[:, 1:])

    def _loss(self, x: Tensor, draw: Tensor, noise: Tensor) -> Tensor:
        """Return the error of the denoised, in units of what the best linear estimate leaves."""
        level = (_LOG_LEVEL + _LOG_SPREAD * draw).exp()
        error = squared_error(self.denoiser(x + level * noise, level), x).mean(1)
        return error * (1 + level[:, 0] ** -2)

    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        unseen = held_out if len(held_out) else samples
        # In blocks as for scoring: an odd number of rows may round otherwise.
        parts = (self._errors(part) for part in blocks(unseen, 4096))
        total = torch.stack([part.sum(0) for part in parts]).sum(0)
        self.expected.copy_((total / len(unseen)).clamp(min=1e-12))

    def _errors(self, x: Tensor) -> Tensor:
        """Return the error of every sample at every level, of shape (n, levels)."""
        errors = in_blocks(lambda part: self._changes(part).sum(2).T, x, x.device, len(x))
        return torch.from_numpy(errors)

    def _changes(self, x: Tensor) -> Tensor:
        """Return the squared change of every element at every level, of shape (levels, n, size)."""
        x = x.flatten(1)
        each = [self.denoise(x, level) for level in self.levels]
        return torch.stack([squared_error(x, x_hat) for x_hat in each])

    def denoise(self, x: Tensor, level: float) -> Tensor:
        """Return what is left of x, of shape (n, size), when noise of one level is taken off."""
        x_hat: Tensor = self.denoiser(x, x.new_full((len(x), 1), level))
        return x_hat

    def features(self, x: Tensor, level: float) -> Tensor:
        """Return the hidden layer that x of shape (n, size) leads to, of shape (n, hidden[0])."""
        return self.denoiser.features(x, x.new_full((len(x), 1), level))

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        return (self._changes(x).sum(2) / self.expected[:, None]).sqrt().sum(0)

    def contributions(self, x: Tensor) -> Tensor:  # noqa: D102
        changes = self._changes(x)
        errors = changes.sum(2, keepdim=True).clamp(min=1e-30)
        shares = changes / (errors * self.expected[:, None, None]).sqrt()
        return shares.sum(0).view_as(x)

    def reconstruct(self, x: Tensor) -> Tensor:  # noqa: D102
        level = self.levels[len(self.levels) // 2]
        return self.denoise(x.flatten(1), level).view_as(x)
