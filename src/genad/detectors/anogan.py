"""AnoGAN: the nearest thing a GAN can generate, found by a search in its latent space."""

import math
from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import absolute_error, fake_loss, real_loss
from genad.nets import PRIOR_BULK, Discriminator, Networks, latent_size
from genad.parameters import PositiveFloat, PositiveInt, Share
from genad.training import Adam, GeneratorModel, Model, Objective, Terms

_BANK = 256
# A row's search ends when this many steps have not lowered its loss by a relative 1e-3.
_PATIENCE = 20


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
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    weight : lambda of the combined score.
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

    def validation(self, x: Tensor) -> Tensor | None:
        return None  # neither loss of a GAN tells how good it is

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        features, features_hat = (self.discriminator.features(u) for u in (x, x_hat))
        verdict = real_loss(self.discriminator.head(features).squeeze(1)) - math.log(2)
        return absolute_error(features, features_hat).mean(1) + verdict.clamp(min=0)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the best of the samples that the searches of each row end at."""
        samples = self.generator(self.bank)
        apart = torch.cdist(x.flatten(1), samples.flatten(1), p=1)
        starts = apart.topk(self.restarts, largest=False).indices  # (n, restarts)
        found = [self.search(x, self.bank[start]) for start in starts.unbind(1)]
        losses = torch.stack([self.pair_score(x, x_hat) for x_hat in found])
        best = losses.argmin(0)
        return torch.stack(found)[best, torch.arange(len(x), device=x.device)]

    def search(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the nearest samples on the way from the latents `z`, of shape (n, latent)."""
        z, best_z = z.clone(), z.clone()
        best = torch.full((len(x),), torch.inf, device=x.device)
        stale = torch.zeros_like(best)
        adam = Adam(z, lr=self.step_size)
        for _ in range(self.steps):
            with torch.enable_grad():
                z.requires_grad_()
                losses = self.pair_score(x, self.generator(z))
                (gradient,) = torch.autograd.grad(losses.sum(), z)
            z = z.requires_grad_(False)
            going = stale < _PATIENCE
            stale = torch.where(losses < best * (1 - 1e-3), 0.0, stale + 1)
            better = going & (losses < best)
            best = torch.where(better, losses, best)
            best_z = torch.where(better[:, None], z, best_z)
            if not going.any():
                break
            adam.step(gradient)
            z.clamp_(-PRIOR_BULK, PRIOR_BULK)
        x_hat: Tensor = self.generator(best_z)
        return x_hat.detach()
