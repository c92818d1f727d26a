"""MAD-GAN: a recurrent GAN, and the nearest series it can generate, found by a latent search."""

from typing import ClassVar, Literal, final

import torch
from torch import Tensor, nn

from genad.detector import LatentDetector
from genad.errors import ParameterError
from genad.losses import absolute_error, fake_loss, per_sample, real_loss
from genad.nets import PRIOR_BULK
from genad.nets.recurrent import CELLS, Cell, Cells
from genad.parameters import PositiveFloat, PositiveInt, Share, Sizes, SizesOrNone
from genad.training import GeneratorModel, Model, Objective, Terms
from genad.training.search import search_latents

_BANK = 256


@final
class MADGAN(LatentDetector):
    r"""Distance of every step from the nearest series that can be generated, and a verdict on it.

    .. math:: A(x_t) = (1 - \lambda) \lVert x_t - G(z^*)_t \rVert_1 - \lambda \log D(x)_t, \qquad
              z^* = \arg\min_z \sum_t \lVert x_t - G(z)_t \rVert_1

    Generator and discriminator are recurrent: a latent is a sequence, a value per step goes in and
    a step of the series comes out; and every step is judged. Every window searches its latent, all
    of a chunk at once. That is slow: take a `stride` of a third of the window, as in the paper.

    Parameters
    ----------
    latent : values per step of the latent sequence.
    net : "lstm" (as "auto"), "gru" or "rnn".
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    weight : lambda of the combined score.
    steps : steps of a window's search at most.
    step_size : learning rate of the search.

    References
    ----------
    MAD-GAN: Multivariate Anomaly Detection for Time Series Data with Generative Adversarial
    Networks (Li et al., 2019), section III, the "DR-score". Deviations: the search minimises the
    residual and not a measure of correlation, starts from the nearest of 256 fixed latents so
    that a score is deterministic, and stays within the prior's bulk.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.sin(np.arange(600) / 4)
    >>> detector = MADGAN(window=16, stride=4, epochs=60, steps=50, random_state=0).fit(X)
    >>> X[300] = 4.0
    >>> int(detector.anomaly_score(X).argmax())
    300
    """

    family = "GAN"
    kinds: ClassVar[tuple[str, ...]] = ("series",)
    default_updates = 1500

    latent: PositiveInt | None = 4
    hidden: SizesOrNone | None = (32,)
    net: Literal["auto", "rnn", "lstm", "gru"] = "lstm"
    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    weight: Share = 0.5
    steps: PositiveInt = 100
    step_size: PositiveFloat = 0.05

    def _build(self, shape: tuple[int, ...]) -> Model:
        cell = CELLS["lstm" if self.net == "auto" else self.net]
        if not self.hidden or self.latent is None:
            raise ParameterError(
                f"MADGAN needs cells and a latent, but got hidden={self.hidden!r} and "
                f"latent={self.latent!r}; take at least one width, and a number."
            )
        return _MADGANModel(shape, self, cell, tuple(self.hidden))


class Sequencer(nn.Module):
    """Map sequences of shape (n, time, channels) to others of shape (n, time, out).

    Examples
    --------
    >>> Sequencer(CELLS["gru"], 3, (8,), 1)(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 1])
    """

    def __init__(self, cell: Cell, channels: int, hidden: Sizes, out: int) -> None:
        super().__init__()
        self.cells = Cells(cell, (channels, *hidden))
        self.head = nn.Linear(hidden[-1], out)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y: Tensor = self.head(self.cells(x))
        return y


class _MADGANModel(GeneratorModel):
    bank: Tensor

    def __init__(self, shape: tuple[int, ...], options: MADGAN, cell: Cell, hidden: Sizes) -> None:
        super().__init__(options.scored_by, options.weight)
        self.window, channels = shape
        self.latent = options.latent or 1
        self.steps, self.step_size = options.steps, options.step_size
        self.generator = Sequencer(cell, self.latent, hidden, channels)
        self.discriminator = Sequencer(cell, channels, hidden, 1)
        self.register_buffer("bank", torch.zeros(_BANK, self.window, self.latent))
        self.bank.copy_(self.prior(_BANK).clamp(-PRIOR_BULK, PRIOR_BULK))

    def objectives(self) -> list[Objective]:
        betas = (0.5, 0.999)
        return [
            Objective("discriminator", (self.discriminator,), self.discriminator_loss, betas=betas),
            Objective("generator", (self.generator,), self.generator_loss, betas=betas),
        ]

    def prior(self, n: int) -> Tensor:
        return super().prior(n * self.window).view(n, self.window, self.latent)

    def logits(self, x: Tensor) -> Tensor:
        """Return the discriminator's logit of every step, of shape (n, window)."""
        logits: Tensor = self.discriminator(x)
        return logits.squeeze(2)

    def discriminator_loss(self, x: Tensor) -> Terms:
        with torch.no_grad():
            fake = self.sample(len(x))
        real_logit, fake_logit = self.logits(torch.cat([x, fake])).chunk(2)
        return {"real": real_loss(real_logit).mean(1), "fake": fake_loss(fake_logit).mean(1)}

    def generator_loss(self, x: Tensor) -> Terms:
        return {"adversarial": real_loss(self.logits(self.sample(len(x)))).mean(1)}

    def validation(self, x: Tensor) -> Tensor | None:
        return None  # neither loss of a GAN tells how good it is

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return real_loss(self.logits(x)).sum(1)

    def contributions(self, x: Tensor) -> Tensor:
        """Return the residual's share and, evenly over the channels, the verdict's."""
        shares = self.weight * real_loss(self.logits(x))[:, :, None].expand_as(x) / x.shape[2]
        if self.weight == 1:  # no search is needed
            return shares
        return shares + (1 - self.weight) * self.residual(x, self.reconstruct(x))

    def step_scores(self, x: Tensor) -> Tensor:
        return self.contributions(x).sum(2)

    def score(self, x: Tensor) -> Tensor:
        return self.step_scores(x).sum(1)

    def see(self, x: Tensor) -> Tensor:
        return self.logits(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the nearest series that the search in the latent space comes by."""
        apart = torch.cdist(x.flatten(1), self.generator(self.bank).flatten(1), p=1)
        z = search_latents(
            lambda z: per_sample(self.residual(x, self.generator(z))),
            self.bank[apart.argmin(1)],
            steps=self.steps,
            step_size=self.step_size,
            bound=PRIOR_BULK,
        )
        x_hat: Tensor = self.generator(z)
        return x_hat
