"""VAE: how unlikely a sample is under a variational autoencoder."""

import math
from typing import Literal, Protocol, final

import torch
from torch import Tensor, nn

from genad.detector import LatentDetector
from genad.losses import (
    bernoulli_nll,
    gaussian_kl,
    gaussian_nll,
    per_sample,
    standard_normal_log_density,
)
from genad.nets import latent_size
from genad.nets.conditional import ConditionalEncoder
from genad.nets.networks import Encoder
from genad.parameters import NaturalFloat, PositiveInt
from genad.training import Model, Objective, Terms


@final
class VAE(LatentDetector):
    r"""Negative evidence lower bound, or a sharper estimate of -log p(x).

    .. math:: -\log p(x) \le \mathbb{E}_{q(z|x)}[-\log p(x|z)]
              + \beta \, \mathrm{KL}(q(z|x) \,\Vert\, \mathcal{N}(0, I))

    The steadiest of the generative detectors; start here. Scores may be negative, as densities
    exceed one.

    Parameters
    ----------
    beta : weight of the divergence (Higgins et al., 2017).
    likelihood : "gaussian", with a variance that is learnt, per column, of images per channel; or
        "bernoulli" for values in [0, 1] (take scaler="minmax").
    score : "elbo"; "reconstruction_probability" (An and Cho, 2015), without the divergence;
        or "importance_weighted" (Burda et al., 2016, equation 8), the tightest bound.
    samples : latent draws per row when scoring. They are fixed at fit and the same for every row,
        so that scores are deterministic.

    References
    ----------
    Auto-Encoding Variational Bayes (Kingma and Welling, 2013).

    Variational Autoencoder based Anomaly Detection using Reconstruction Probability (An and Cho,
    2015). Deviation: the decoder's variance does not depend on z, which keeps training from
    collapsing onto single rows (Rybkin et al., 2021).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = VAE(latent=2, epochs=60, lr=1e-2, random_state=0).fit(X)
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "VAE"

    beta: NaturalFloat = 1.0
    likelihood: Literal["gaussian", "bernoulli"] = "gaussian"
    score: Literal["elbo", "reconstruction_probability", "importance_weighted"] = "elbo"
    samples: PositiveInt = 16

    def _build(self, shape: tuple[int, ...]) -> Model:
        nets = self._networks(shape)
        latent = latent_size(shape, self.latent)
        return VAEModel(nets.encoder(2 * latent), nets.decoder(latent), shape, latent, self)


class VAEOptions(Protocol):
    """What a VAE's model asks of its detector: parameters of these names."""

    beta: float
    likelihood: Literal["gaussian", "bernoulli"]
    samples: int

    @property
    def scored_by(self) -> str:
        """The parameter `score`."""


class VAEModel(Model):
    """A variational autoencoder, whose encoder and decoder may also be given the class of a sample.

    Parameters
    ----------
    encoder : maps samples (and classes) to mean and log variance, of shape (n, 2 latent).
    decoder : maps latents (and classes) to samples.
    shape, latent : of a sample, and the size of its latent.
    options : the detector.
    """

    noise: Tensor

    def __init__(
        self,
        encoder: Encoder | ConditionalEncoder,
        decoder: nn.Module,
        shape: tuple[int, ...],
        latent: int,
        options: VAEOptions,
    ) -> None:
        super().__init__()
        self.kind, self.beta = options.scored_by, options.beta
        self.bernoulli = options.likelihood == "bernoulli"
        self.additive = self.kind == "reconstruction_probability"
        self.encoder, self.decoder = encoder, decoder
        # The pixels of an image are of one kind; columns and channels need not be.
        alike = (shape[0], 1, 1) if len(shape) == 3 else shape
        variances = [] if self.bernoulli else [torch.zeros(alike)]
        self.log_variance = nn.ParameterList(variances)
        self.register_buffer("noise", torch.randn(options.samples, 1, latent))

    def objectives(self) -> list[Objective]:  # noqa: D102
        return [Objective("vae", (self.encoder, self.decoder, self.log_variance), self.loss)]

    def loss(self, x: Tensor, *y: Tensor) -> Terms:
        """Return the terms of the negative evidence lower bound."""
        mean, log_variance = self.posterior(x, *y)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return {
            "reconstruction": per_sample(self.negative_log_likelihood(x, z, *y)),
            "kl_divergence": self.beta * gaussian_kl(mean, log_variance),
        }

    def classes(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what encoder and decoder are given beside samples and latents: nothing here."""
        return ()

    def posterior(self, x: Tensor, *y: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of q(z|x), both of shape (n, latent)."""
        mean, log_variance = self.encoder(x, *y).chunk(2, dim=1)
        # Bounded on both sides, so that an extreme row cannot overflow the exponential.
        return mean, 8 * torch.tanh(log_variance / 8)

    def negative_log_likelihood(self, x: Tensor, z: Tensor, *y: Tensor) -> Tensor:
        """Return -log p(x|z) of every element, of the shape of `x`."""
        x_hat = self.decoder(z, *y)
        if self.bernoulli:
            return bernoulli_nll(x.clamp(0, 1), x_hat)
        # A column may be exactly reproducible; its variance must not vanish.
        return gaussian_nll(x, x_hat, self.log_variance[0].clamp(min=-9.0))

    def validation(self, x: Tensor) -> Tensor:
        """Return the negative lower bound with one draw each: enough for a mean, and quick."""
        y = self.classes(x)
        mean, log_variance = self.posterior(x, *y)
        z = mean + (0.5 * log_variance).exp() * self.noise[0]
        likelihood = per_sample(self.negative_log_likelihood(x, z, *y))
        return likelihood + self.beta * gaussian_kl(mean, log_variance)

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.bound(x, *self.classes(x))

    def bound(self, x: Tensor, *y: Tensor) -> Tensor:
        """Return the score of each sample, if it is of that class."""
        mean, log_variance = self.posterior(x, *y)
        if self.kind == "importance_weighted":
            return self._importance_weighted(x, mean, log_variance, *y)
        score = per_sample(self._expected(x, mean, log_variance, *y))
        return score if self.additive else score + self.beta * gaussian_kl(mean, log_variance)

    def contributions(self, x: Tensor) -> Tensor:
        """Return the expected -log p(x|z) of every element; the divergence belongs to none."""
        y = self.classes(x)
        return self._expected(x, *self.posterior(x, *y), *y)

    def _expected(self, x: Tensor, mean: Tensor, log_variance: Tensor, *y: Tensor) -> Tensor:
        deviation = (0.5 * log_variance).exp()
        draws = [self.negative_log_likelihood(x, mean + deviation * e, *y) for e in self.noise]
        return torch.stack(draws).mean(0)

    def step_scores(self, x: Tensor) -> Tensor:
        """Return each step's reconstruction term, and an even share of the divergence."""
        if self.kind == "importance_weighted":
            return super().step_scores(x)
        steps = self.contributions(x).flatten(2).sum(2)
        return steps + (self.score(x) - steps.sum(1))[:, None] / x.shape[1]

    def _importance_weighted(
        self, x: Tensor, mean: Tensor, log_variance: Tensor, *y: Tensor
    ) -> Tensor:
        weights = []
        for noise in self.noise:
            z = mean + (0.5 * log_variance).exp() * noise
            log_joint = standard_normal_log_density(z) - per_sample(
                self.negative_log_likelihood(x, z, *y)
            )
            log_posterior = standard_normal_log_density(noise) - 0.5 * log_variance.sum(1)
            weights.append(log_joint - log_posterior)
        return math.log(len(weights)) - torch.logsumexp(torch.stack(weights), 0)

    def latents(self, x: Tensor) -> Tensor:
        """Return the means of q(z|x)."""
        return self.posterior(x, *self.classes(x))[0]

    def see(self, x: Tensor) -> Tensor:
        """Return the encoder's last hidden layer: the latents keep only what the decoder needs."""
        features: Tensor = self.encoder.features(x, *self.classes(x))
        return features

    def reconstruct(self, x: Tensor) -> Tensor:  # noqa: D102
        y = self.classes(x)
        return self._mean(self.posterior(x, *y)[0], *y)

    def sample(self, n: int) -> Tensor:
        """Return the means of p(x|z) for n draws of z, without the noise around them."""
        return self._mean(self.prior(n))

    def prior(self, n: int) -> Tensor:
        """Return n latents from the standard normal distribution, of shape (n, latent)."""
        return torch.randn(n, self.noise.shape[2], device=self.noise.device)

    def _mean(self, z: Tensor, *y: Tensor) -> Tensor:
        """Return the mean of p(x|z), of the shape of samples."""
        x_hat: Tensor = self.decoder(z, *y)
        return x_hat.sigmoid() if self.bernoulli else x_hat
