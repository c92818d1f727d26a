"""SkipGANomaly: a U-Net trained against a discriminator to draw normal images again."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.detector import TrainedDetector
from genad.losses import absolute_error, fake_loss, real_loss, squared_error
from genad.nets import Discriminator
from genad.nets.conv import Convolutions
from genad.nets.unet import UNet
from genad.parameters import Share, SizesOrNone, Weights
from genad.training import Model, Objective, ReconstructionModel, Terms


@final
class SkipGANomaly(TrainedDetector):
    r"""Residual and feature distance between an image and what a U-Net makes of it.

    .. math:: A(x) = (1 - \lambda) \tfrac1n \lVert x - G(x) \rVert_1
              + \lambda \tfrac{1}{n_f} \lVert f(x) - f(G(x)) \rVert_2^2

    f are the discriminator's last features. The bridges of the U-Net keep all detail, so that it
    draws sharply, but may learn to copy anomalies as well. For photographs with fine structure.

    Parameters
    ----------
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    weight : lambda of the combined score; 0.1 is the paper's 1 - 0.9.
    weights : of the adversarial, the reconstruction and the feature loss.
    hidden : channels after each halving; see `genad.nets.conv.Convolutions`.

    References
    ----------
    Skip-GANomaly: Skip Connected and Adversarially Trained Encoder-Decoder Anomaly Detection (Akcay
    et al., 2019), equations 1-6. Deviations: no batch normalisation; and scores are not scaled to
    the range that they have among the scored images, which would make one depend on the others.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.zeros((200, 8, 8), np.uint8)
    >>> X[:, 2:6, 2:6] = np.random.default_rng(0).integers(150, 250, (200, 1, 1))
    >>> detector = SkipGANomaly(hidden=(8,), epochs=20, random_state=0).fit(X)
    >>> detector.is_anomaly(np.stack([X[0], 255 - X[0]]))
    array([False,  True])
    """

    family = "GAN"
    kinds = ("image",)
    default_updates = 2000

    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    weight: Share = 0.1
    weights: Weights = (1.0, 40.0, 1.0)
    hidden: SizesOrNone | None = None

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _SkipGANomalyModel(Convolutions(shape, self.hidden), self)


class _SkipGANomalyModel(ReconstructionModel):
    def __init__(self, nets: Convolutions, options: SkipGANomaly) -> None:
        super().__init__(options.scored_by, options.weight)
        self.weights = options.weights
        self.generator, self.discriminator = UNet(nets), Discriminator(nets)

    def objectives(self) -> list[Objective]:
        betas = (0.5, 0.999)
        return [
            Objective("discriminator", (self.discriminator,), self.discriminator_loss, betas=betas),
            Objective("generator", (self.generator,), self.generator_loss, betas=betas),
        ]

    def discriminator_loss(self, x: Tensor) -> Terms:
        with torch.no_grad():
            x_hat = self.reconstruct(x)
        real_logit, fake_logit = self.discriminator(torch.cat([x, x_hat])).chunk(2)
        return {"real": real_loss(real_logit), "fake": fake_loss(fake_logit)}

    def generator_loss(self, x: Tensor) -> Terms:
        x_hat = self.reconstruct(x)
        adversarial, contextual, latent = self.weights
        features, features_hat = (self.discriminator.features(u) for u in (x, x_hat))
        logit = self.discriminator.head(features_hat).squeeze(1)
        return {
            "adversarial": adversarial * real_loss(logit),
            "reconstruction": contextual * absolute_error(x, x_hat).flatten(1).mean(1),
            "feature_matching": latent * squared_error(features, features_hat).mean(1),
        }

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat) / x[0].numel()

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        features = self.discriminator.features
        return squared_error(features(x), features(x_hat)).mean(1)

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.generator(x)
        return x_hat
