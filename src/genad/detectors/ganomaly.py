"""GANomaly: an encoder-decoder-encoder trained against a discriminator."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import absolute_error, fake_loss, per_sample, real_loss, squared_error
from genad.nets import Discriminator, Networks, latent_size
from genad.parameters import Share, Weights
from genad.training import Model, Objective, ReconstructionModel, Terms


@final
class GANomaly(LatentDetector):
    r"""Distance between the latents of a row and of its reconstruction.

    .. math:: A(x) = \lVert E_1(x) - E_2(D(E_1(x))) \rVert_1

    Trained on feature matching, reconstruction and latent distance, with the paper's weights.

    Parameters
    ----------
    score : "latent" (the paper's, above), "reconstruction" (the residual's L1 norm),
        "discriminator" (feature distance) or "combined" (of the last two).
    weight : share of the discriminator's part in the combined score.
    weights : of the adversarial, the reconstruction and the latent loss.

    References
    ----------
    GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training (Akcay et al., 2018),
    equations 1-5. The adversarial loss is the feature matching of equation 1, which some
    re-implementations replace by a distance of probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = GANomaly(latent=1, hidden=(16,), epochs=100, random_state=0).fit(X)
    >>> bool(np.diff(detector.anomaly_score([[1.0, 2.0, 3.0], [9.0, -2.0, 3.0]]))[0] > 0)
    True
    """

    family = "GAN"

    score: Literal["latent", "reconstruction", "discriminator", "combined"] = "latent"
    weight: Share = 0.5
    weights: Weights = (1.0, 50.0, 1.0)

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _GANomalyModel(self._networks(shape), self)


class _GANomalyModel(ReconstructionModel):
    def __init__(self, nets: Networks, options: GANomaly) -> None:
        super().__init__(options.scored_by, options.weight)
        self.in_latent, self.weights = options.scored_by == "latent", options.weights
        latent = latent_size(nets.shape, options.latent)
        self.encoder, self.decoder = nets.encoder(latent), nets.decoder(latent)
        self.reencoder = nets.encoder(latent)
        self.discriminator = Discriminator(nets)

    def objectives(self) -> list[Objective]:
        makers, betas = (self.encoder, self.decoder, self.reencoder), (0.5, 0.999)
        return [
            Objective("discriminator", (self.discriminator,), self.discriminator_loss, betas=betas),
            Objective("generator", makers, self.generator_loss, betas=betas),
        ]

    def discriminator_loss(self, x: Tensor) -> Terms:
        with torch.no_grad():
            x_hat = self.reconstruct(x)
        real_logit, fake_logit = self.discriminator(torch.cat([x, x_hat])).chunk(2)
        return {"real": real_loss(real_logit), "fake": fake_loss(fake_logit)}

    def generator_loss(self, x: Tensor) -> Terms:
        z = self.encoder(x)
        x_hat = self.decoder(z)
        adversarial, contextual, latent = self.weights
        features = self.discriminator.features
        return {
            "feature_matching": adversarial * squared_error(features(x), features(x_hat)).mean(1),
            "reconstruction": contextual * absolute_error(x, x_hat).flatten(1).mean(1),
            "latent": latent * squared_error(z, self.reencoder(x_hat)).mean(1),
        }

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        if self.in_latent:
            return per_sample(absolute_error(self.encoder(x), self.reencoder(x_hat)))
        features = self.discriminator.features
        return per_sample(absolute_error(features(x), features(x_hat)))

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def see(self, x: Tensor) -> Tensor:
        return self.discriminator.features(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.decoder(self.latents(x))
        return x_hat
