"""ALAD: a bidirectional GAN with two more discriminators that close both cycles."""

from functools import partial
from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import absolute_error, fake_loss, per_sample, real_loss
from genad.nets import PRIOR_BULK, JointDiscriminator, Networks, latent_size
from genad.parameters import Share
from genad.training import GeneratorModel, Model, Objective, Terms
from genad.training.schedule import held_then_linear


@final
class ALAD(LatentDetector):
    r"""Distance between a row and its reconstruction in the features of a discriminator of pairs.

    .. math:: A(x) = \lVert f_{xx}(x, x) - f_{xx}(x, G(E(x))) \rVert_1

    D_xz tells (x, E(x)) from (G(z), z); D_xx tells (x, x) from (x, G(E(x))) and D_zz tells (z, z)
    from (z, E(G(z))), so that encoder and generator become each other's inverse.

    Parameters
    ----------
    score : "discriminator" (the paper's, above), "reconstruction" (the residual's L1 norm) or
        "combined".
    weight : share of the discriminator's part in the combined score.

    References
    ----------
    Adversarially Learned Anomaly Detection (Zenati et al., 2018), equations 3-4 and algorithm 1;
    spectral normalisation on the three discriminators and the encoder. Deviations: the encoder
    stays within three standard deviations of the prior, beyond which the generator never learnt
    anything; and the learning rate falls in the second half.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = ALAD(latent=2, hidden=(16,), epochs=100, random_state=0).fit(X)
    >>> detector.is_anomaly([[0.0, 0.0], [6.0, -6.0]])
    array([False,  True])
    """

    family = "GAN"

    score: Literal["reconstruction", "discriminator", "combined"] = "discriminator"
    weight: Share = 0.5

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _ALADModel(self._networks(shape), self)


class _ALADModel(GeneratorModel):
    def __init__(self, nets: Networks, options: ALAD) -> None:
        super().__init__(options.scored_by, options.weight)
        self.latent = latent_size(nets.shape, options.latent)
        latents = nets.for_latents(self.latent)
        self.encoder = nets.encoder(self.latent, spectral=True, bound=PRIOR_BULK)
        self.generator = nets.decoder(self.latent)
        self.d_xz = JointDiscriminator(nets, latents, spectral=True)
        self.d_xx = JointDiscriminator(nets, nets, spectral=True)
        self.d_zz = JointDiscriminator(latents, latents, spectral=True)

    def objectives(self) -> list[Objective]:
        player = partial(Objective, betas=(0.5, 0.999), schedule=held_then_linear)
        judges = (self.d_xz, self.d_xx, self.d_zz)
        makers = (self.encoder, self.generator)
        return [
            player("discriminator", judges, self.discriminator_loss),
            player("generator", makers, self.generator_loss),
        ]

    def logits(self, x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Return the logits of the real and the fake pairs under each discriminator."""
        z = self.prior(len(x))
        x_z, z_x = self.generator(z), self.encoder(x)  # G(z), E(x)
        x_hat, z_hat = self.generator(z_x), self.encoder(x_z)  # G(E(x)), E(G(z))
        pairs = {
            "xz": (self.d_xz, (x, z_x), (x_z, z)),
            "xx": (self.d_xx, (x, x), (x, x_hat)),
            "zz": (self.d_zz, (z, z), (z, z_hat)),
        }
        result = {}
        for name, (judge, real, fake) in pairs.items():
            stacked = [torch.cat(parts) for parts in zip(real, fake, strict=True)]
            real_logit, fake_logit = judge(*stacked).chunk(2)
            result[name] = real_logit, fake_logit
        return result

    def discriminator_loss(self, x: Tensor) -> Terms:
        logits = self.logits(x).items()
        return {name: real_loss(real) + fake_loss(fake) for name, (real, fake) in logits}

    def generator_loss(self, x: Tensor) -> Terms:
        logits = self.logits(x).items()
        return {name: fake_loss(real) + real_loss(fake) for name, (real, fake) in logits}

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        features = self.d_xx.features
        return per_sample(absolute_error(features(x, x), features(x, x_hat)))

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def see(self, x: Tensor) -> Tensor:
        return self.d_xx.features(x, x)

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.generator(self.latents(x))
        return x_hat
