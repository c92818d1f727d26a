"""ConditionalVAE: a variational autoencoder that is told the class of a sample."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.data.samples import Labelled, Samples
from genad.detector import ConditionalDetector
from genad.detectors.vae import VAEModel
from genad.losses import gaussian_kl, per_sample
from genad.nets import Classes, ConditionalNetworks, latent_size
from genad.parameters import NaturalFloat, PositiveInt
from genad.training import Model


@final
class ConditionalVAE(ConditionalDetector):
    r"""Negative evidence lower bound of -log p(x|y), for the class y that a sample fits best.

    .. math:: A(x) = \min_y \; \mathbb{E}_{q(z|x,y)}[-\log p(x|z,y)]
              + \beta \, \mathrm{KL}(q(z|x,y) \,\Vert\, \mathcal{N}(0, I))

    `fit(X, y)` learns what each class looks like, and `sample(n, label=...)` makes samples of one:
    smooth and true to the class, where those of `ConditionalGAN` are sharper and less reliable. As
    a detector it is for normal data of several known kinds. Scoring needs no label: the class is
    chosen by the bound with one latent draw for each class, and the score then takes them all.

    Parameters
    ----------
    beta, likelihood, samples : as in `VAE`.
    score : as in `VAE`, each for the class under which it is lowest.

    References
    ----------
    Learning Structured Output Representation using Deep Conditional Generative Models (Sohn et
    al., 2015), equation 4, with a sample as the output and its class as the input. Deviation: the
    prior p(z) is the same for all classes, as in Semi-supervised Learning with Deep Generative
    Models (Kingma et al., 2014), so that one latent means the same style in each.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.repeat(["low", "high"], 200)
    >>> X = np.random.default_rng(0).normal(size=(400, 2)) + 10 * (y == "high")[:, None]
    >>> detector = ConditionalVAE(latent=1, epochs=40, lr=1e-2, random_state=0).fit(X, y)
    >>> detector.sample(2, label="high", random_state=0).mean().round(-1)
    np.float64(10.0)
    >>> detector.is_anomaly([[0.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
    array([False, False,  True])
    """

    family = "VAE"

    beta: NaturalFloat = 1.0
    likelihood: Literal["gaussian", "bernoulli"] = "gaussian"
    score: Literal["elbo", "reconstruction_probability", "importance_weighted"] = "elbo"
    samples: PositiveInt = 16

    def _build_for(self, nets: ConditionalNetworks) -> Model:
        return _ConditionalVAEModel(nets, latent_size(nets.shape, self.latent), self)


class _ConditionalVAEModel(VAEModel):
    def __init__(self, nets: ConditionalNetworks, latent: int, options: ConditionalVAE) -> None:
        encoder, decoder = nets.encoder(2 * latent), nets.decoder(latent)
        super().__init__(encoder, decoder, nets.shape, latent, options)
        self.known = Classes(nets.classes)

    def prepare(self, samples: Samples) -> None:
        if isinstance(samples, Labelled):
            self.known.count(samples.labels)

    def classes(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the number of the class that each sample fits best."""
        # One draw tells classes apart, for a fraction of the time that all of them take.
        return (torch.stack([self.validation(x, y) for y in self.known.each(len(x))]).argmin(0),)

    def validation(self, x: Tensor, *y: Tensor) -> Tensor:
        """Return the negative lower bound as of a class, with the first draw alone."""
        mean, log_variance = self.posterior(x, *y)
        z = mean + (0.5 * log_variance).exp() * self.noise[0]
        likelihood = per_sample(self.negative_log_likelihood(x, z, *y))
        return likelihood + self.beta * gaussian_kl(mean, log_variance)

    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        """Return the means of p(x|z, y) for n draws of z, and of y where it is not given."""
        y = self.known.draw(n) if y is None else y
        return self._mean(self.prior(n), y)
