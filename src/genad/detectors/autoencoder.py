"""AutoEncoder: what a narrow network cannot reproduce is anomalous."""

from typing import final

import torch
from torch import Tensor

from genad.detector import LatentDetector
from genad.losses import squared_error
from genad.nets import Networks, latent_size
from genad.parameters import NaturalFloat
from genad.training import Model, Objective, ReconstructionModel, Terms


@final
class AutoEncoder(LatentDetector):
    r"""Squared reconstruction error of a plain or denoising autoencoder.

    .. math:: A(x) = \lVert x - D(E(x)) \rVert_2^2

    Robust and quick; an anomaly that the bottleneck happens to pass is missed.

    Parameters
    ----------
    noise : standard deviation of the Gaussian noise added to the inputs in training, in scaled
        units; above 0 it is a denoising autoencoder.

    References
    ----------
    Extracting and Composing Robust Features with Denoising Autoencoders (Vincent et al., 2008).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = AutoEncoder(latent=1, epochs=60, lr=1e-2, random_state=0).fit(X)
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "autoencoder"

    noise: NaturalFloat = 0.0

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _AutoEncoderModel(self._networks(shape), self)


class _AutoEncoderModel(ReconstructionModel):
    def __init__(self, nets: Networks, options: AutoEncoder) -> None:
        super().__init__("reconstruction", weight=0.0)
        self.noise = options.noise
        latent = latent_size(nets.shape, options.latent)
        self.encoder, self.decoder = nets.encoder(latent), nets.decoder(latent)

    def objectives(self) -> list[Objective]:
        return [Objective("autoencoder", (self.encoder, self.decoder), self.loss)]

    def loss(self, x: Tensor) -> Terms:
        noised = x + self.noise * torch.randn_like(x) if self.noise else x
        return {"reconstruction": self.residual(x, self.reconstruct(noised)).flatten(1).sum(1)}

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def see(self, x: Tensor) -> Tensor:
        return self.encoder.features(x)

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.decoder(self.latents(x))
        return x_hat

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return squared_error(x, x_hat)
