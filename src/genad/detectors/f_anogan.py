"""f-AnoGAN: AnoGAN with an encoder in the place of the search."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import gradient_penalty, per_sample, squared_error
from genad.nets import PRIOR_BULK, Discriminator, Networks, latent_size
from genad.parameters import NaturalFloat, PositiveInt
from genad.training import GeneratorModel, Model, Objective, Terms


@final
class FAnoGAN(LatentDetector):
    r"""Residual and feature distance between a row and its image through encoder and generator.

    .. math:: A(x) = \tfrac1n \lVert x - G(E(x)) \rVert_2^2
              + \tfrac{\kappa}{n_f} \lVert f(x) - f(G(E(x))) \rVert_2^2

    First a Wasserstein GAN with gradient penalty is trained, then, with it fixed, the encoder on
    the very score above (the paper's izi_f).

    Parameters
    ----------
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    kappa : weight of the feature distance.
    penalty : weight of the gradient penalty.
    critic_steps : updates of the critic for each of the generator.

    References
    ----------
    f-AnoGAN: Fast Unsupervised Anomaly Detection with Generative Adversarial Networks (Schlegl et
    al., 2019), equations 3-5. Deviation: the encoder stays within three standard deviations of
    the prior, beyond which the generator never learnt anything.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = FAnoGAN(latent=2, hidden=(16,), epochs=50, random_state=0).fit(X)
    >>> detector.is_anomaly([[0.0, 0.0], [6.0, -6.0]])
    array([False,  True])
    """

    family = "GAN"

    default_updates = 2000

    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    kappa: NaturalFloat = 1.0
    penalty: NaturalFloat = 10.0
    critic_steps: PositiveInt = 5

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _FAnoGANModel(self._networks(shape), self)


class _FAnoGANModel(GeneratorModel):
    def __init__(self, nets: Networks, options: FAnoGAN) -> None:
        # A(x) has the weights 1 and kappa: the same up to a factor as 1 - w and w.
        super().__init__(options.scored_by, options.kappa / (1 + options.kappa))
        self.latent = latent_size(nets.shape, options.latent)
        self.kappa, self.penalty = options.kappa, options.penalty
        self.critic_steps = options.critic_steps
        self.generator = nets.decoder(self.latent)
        self.critic = Discriminator(nets)
        self.encoder = nets.encoder(self.latent, bound=PRIOR_BULK)

    def objectives(self) -> list[Objective]:
        betas = (0.0, 0.9)
        return [
            Objective(
                "critic", (self.critic,), self.critic_loss, steps=self.critic_steps, betas=betas
            ),
            Objective("generator", (self.generator,), self.generator_loss, betas=betas),
            Objective("encoder", (self.encoder,), self.encoder_loss, stage=1),
        ]

    def critic_loss(self, x: Tensor) -> Terms:
        with torch.no_grad():
            fake = self.sample(len(x))
        real_value, fake_value = self.critic(torch.cat([x, fake])).chunk(2)
        return {
            "wasserstein": fake_value - real_value,
            "gradient_penalty": self.penalty * gradient_penalty(self.critic, x, fake),
        }

    def generator_loss(self, x: Tensor) -> Terms:
        return {"adversarial": -self.critic(self.sample(len(x)))}

    def encoder_loss(self, x: Tensor) -> Terms:
        x_hat = self.reconstruct(x)
        return {
            "residual": per_sample(self.residual(x, x_hat)),
            "feature_matching": self.kappa * self.distance(x, x_hat),
        }

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return squared_error(x, x_hat) / x[0].numel()

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return squared_error(self.critic.features(x), self.critic.features(x_hat)).mean(1)

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def see(self, x: Tensor) -> Tensor:
        return self.critic.features(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.generator(self.latents(x))
        return x_hat
