"""EGBAD: a bidirectional GAN, whose encoder is trained along with it."""

from functools import partial
from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import absolute_error, fake_loss, per_sample, real_loss, squared_error
from genad.nets import PRIOR_BULK, JointDiscriminator, Networks, latent_size
from genad.parameters import NaturalFloat, Share
from genad.training import GeneratorModel, Model, Objective, Terms
from genad.training.schedule import held_then_linear


@final
class EGBAD(LatentDetector):
    r"""Reconstruction error and discriminator's surprise of a bidirectional GAN (BiGAN).

    .. math:: A(x) = (1 - \lambda) \lVert x - G(E(x)) \rVert_1
              + \lambda \lVert f(x, E(x)) - f(G(E(x)), E(x)) \rVert_1

    The discriminator tells pairs (x, E(x)) from pairs (G(z), z), which makes the encoder the
    inverse of the generator.

    Parameters
    ----------
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    weight : lambda of the combined score; 0.1 is the paper's 1 - alpha.
    cycle_consistency : weight of the mean squared reconstruction error in the loss of encoder and
        generator; 0 is the paper's loss.

    References
    ----------
    Efficient GAN-Based Anomaly Detection (Zenati et al., 2018), section 3 with the feature-matching
    loss. Deviations: the generator minimises the non-saturating loss, as the authors' code does
    too; the encoder stays within three standard deviations of the prior, beyond which the
    generator never learnt anything; the learning rate falls in the second half, without which the
    last steps decide; and both are also asked to be each other's inverse. The
    adversarial loss alone leaves them free to pair rows and latents in many ways (ALICE, Li et
    al., 2017), so that what is reconstructed, and with it the score, varies from seed to seed.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = EGBAD(latent=2, hidden=(16,), epochs=100, random_state=0).fit(X)
    >>> detector.is_anomaly([[0.0, 0.0], [6.0, -6.0]])
    array([False,  True])
    """

    family = "GAN"

    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    weight: Share = 0.1
    cycle_consistency: NaturalFloat = 50.0

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _EGBADModel(self._networks(shape), self)


class _EGBADModel(GeneratorModel):
    def __init__(self, nets: Networks, options: EGBAD) -> None:
        super().__init__(options.scored_by, options.weight)
        self.latent = latent_size(nets.shape, options.latent)
        self.cycle_consistency = options.cycle_consistency
        self.encoder = nets.encoder(self.latent, bound=PRIOR_BULK)
        self.generator = nets.decoder(self.latent)
        self.discriminator = JointDiscriminator(nets, nets.for_latents(self.latent))

    def objectives(self) -> list[Objective]:
        both = self.encoder, self.generator
        player = partial(Objective, betas=(0.5, 0.999), schedule=held_then_linear)
        return [
            player("discriminator", (self.discriminator,), self.discriminator_loss),
            player("generator", both, self.generator_loss),
        ]

    def logits(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the pairs (x, E(x)) and of as many pairs (G(z), z)."""
        z = self.prior(len(x))
        pairs = torch.cat([x, self.generator(z)]), torch.cat([self.encoder(x), z])
        encoded, generated = self.discriminator(*pairs).chunk(2)
        return encoded, generated

    def discriminator_loss(self, x: Tensor) -> Terms:
        encoded, generated = self.logits(x)
        return {"real": real_loss(encoded), "fake": fake_loss(generated)}

    def generator_loss(self, x: Tensor) -> Terms:
        encoded, generated = self.logits(x)
        terms = {"encoder": fake_loss(encoded), "generator": real_loss(generated)}
        if self.cycle_consistency:
            error = squared_error(x, self.reconstruct(x)).flatten(1).mean(1)
            terms["cycle_consistency"] = self.cycle_consistency * error
        return terms

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        z, features = self.encoder(x), self.discriminator.features
        return per_sample(absolute_error(features(x, z), features(x_hat, z)))

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def see(self, x: Tensor) -> Tensor:
        return self.discriminator.features(x, self.encoder(x))

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.generator(self.latents(x))
        return x_hat
