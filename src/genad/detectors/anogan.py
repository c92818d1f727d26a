"""AnoGAN: the nearest thing a GAN can generate, found by a search in its latent space."""

import math
from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import absolute_error, fake_loss, per_sample, real_loss
from genad.nets import PRIOR_BULK, Discriminator, Networks, latent_size
from genad.parameters import PositiveFloat, PositiveInt, Share
from genad.training import GeneratorModel, Model, Objective, Terms
from genad.training.search import search_latents

_BANK = 256
# Samples that search at once: as many as keep the layers' results in a processor's cache, and as
# many as a product needs to be quick.
_BLOCK, _FEWEST = 2**17, 64


@final
class AnoGAN(LatentDetector):
    r"""Distance from a row to the nearest row that the generator can make.

    .. math:: A(x) = (1 - \lambda) \lVert x - G(z^*) \rVert_1 + \lambda \left(
              \tfrac{1}{n_f} \lVert f(x) - f(G(z^*)) \rVert_1
              + \left[-\log D(x) - \log 2\right]_+ \right), \qquad z^* = \arg\min_z A(x)

    where f is the last hidden layer, n_f wide, of the discriminator D. Every row has a search of
    its own, by Adam on z alone; all rows of a chunk search at once. `FAnoGAN` and `EGBAD` learn an
    encoder in the place of the search and score hundreds of times faster.

    Parameters
    ----------
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined". The first
        grows with the number of columns or pixels: of an image it leaves the second no say, which
        tells digits better apart.
    weight : lambda of the combined score, and of the search.
    steps : steps of a row's search at most.
    step_size : learning rate of the search.
    restarts : searches per row, of which the best counts.

    References
    ----------
    Unsupervised Anomaly Detection with Generative Adversarial Networks to Guide Marker Discovery
    (Schlegl et al., 2017), equations 2-5. Deviations: the search starts from those of 256 fixed
    latents whose samples are nearest, not from a random one, so that a score is deterministic and
    fewer steps do; z is kept within the prior's bulk, three standard deviations, where the
    generator was trained; a row that no longer improves stops; and the discriminator's own
    verdict counts (the last term: how much surer than a coin it is that x was generated). Without
    it, what a generator passes through on its way between two clusters would look normal.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = AnoGAN(latent=2, hidden=(16,), steps=50, epochs=50, random_state=0).fit(X)
    >>> detector.is_anomaly([[0.0, 0.0], [6.0, -6.0]])
    array([False,  True])
    """

    family = "GAN"

    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    weight: Share = 0.5
    steps: PositiveInt = 200
    step_size: PositiveFloat = 0.05
    restarts: PositiveInt = 2

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _AnoGANModel(self._networks(shape), self)


class _AnoGANModel(GeneratorModel):
    bank: Tensor

    def __init__(self, nets: Networks, options: AnoGAN) -> None:
        super().__init__(options.scored_by, options.weight)
        self.latent = latent_size(nets.shape, options.latent, least=2)
        self.steps = options.steps
        self.step_size, self.restarts = options.step_size, options.restarts
        self.generator = nets.decoder(self.latent)
        self.discriminator = Discriminator(nets)
        self.register_buffer("bank", torch.randn(_BANK, self.latent).clamp(-PRIOR_BULK, PRIOR_BULK))

    def objectives(self) -> list[Objective]:
        betas = (0.5, 0.999)
        return [
            Objective("discriminator", (self.discriminator,), self.discriminator_loss, betas=betas),
            Objective("generator", (self.generator,), self.generator_loss, betas=betas),
        ]

    def discriminator_loss(self, x: Tensor) -> Terms:
        with torch.no_grad():
            fake = self.sample(len(x))
        real_logit, fake_logit = self.discriminator(torch.cat([x, fake])).chunk(2)
        return {"real": real_loss(real_logit), "fake": fake_loss(fake_logit)}

    def generator_loss(self, x: Tensor) -> Terms:
        return {"adversarial": real_loss(self.discriminator(self.sample(len(x))))}

    def see(self, x: Tensor) -> Tensor:
        return self.discriminator.features(x)

    def validation(self, x: Tensor) -> Tensor | None:
        return None  # neither loss of a GAN tells how good it is

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return self.apart(self.judged(x), x_hat)

    def judged(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the discriminator's features of each sample, and how sure it is of a fake."""
        features = self.discriminator.features(x)
        verdict = real_loss(self.discriminator.head(features).squeeze(1)) - math.log(2)
        return features, verdict.clamp(min=0)

    def apart(self, judged: tuple[Tensor, Tensor], x_hat: Tensor) -> Tensor:
        """Return the distance of `x_hat` from samples that have been judged."""
        features, verdict = judged
        return absolute_error(features, self.discriminator.features(x_hat)).mean(1) + verdict

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the best of the samples that the searches of each row end at."""
        samples = self.generator(self.bank).to(x.dtype)
        size = max(_FEWEST, _BLOCK // x[0].numel())
        blocks = torch.split(x, 1 << (size.bit_length() - 1))  # powers of two, as `x` is
        return torch.cat([self._reconstruct(block, samples) for block in blocks])

    def _reconstruct(self, x: Tensor, samples: Tensor) -> Tensor:
        apart = torch.cdist(x.flatten(1), samples.flatten(1), p=1)
        starts = apart.topk(self.restarts, largest=False).indices  # (n, restarts)
        judged = self.judged(x) if self.weight > 0 else None

        def loss(z: Tensor) -> Tensor:
            return self._loss(x, judged, z)

        def search(z: Tensor) -> Tensor:
            return search_latents(
                loss, z, steps=self.steps, step_size=self.step_size, bound=PRIOR_BULK
            )

        found = [search(self.bank[start]) for start in starts.unbind(1)]
        best = torch.stack([loss(z) for z in found]).argmin(0)
        z = torch.stack(found)[best, torch.arange(len(x), device=x.device)]
        x_hat: Tensor = self.generator(z)
        return x_hat.detach()

    def _loss(self, x: Tensor, judged: tuple[Tensor, Tensor] | None, z: Tensor) -> Tensor:
        """Return the score that the samples of latents would give; what is of x alone is known."""
        x_hat = self.generator(z)
        loss = (1 - self.weight) * per_sample(self.residual(x, x_hat))
        return loss if judged is None else loss + self.weight * self.apart(judged, x_hat)
