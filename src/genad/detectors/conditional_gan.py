"""ConditionalGAN: a generator and a discriminator that are told the class of a sample."""

from typing import Literal, final

import torch
from torch import Tensor

from genad.data.samples import Labelled, Samples
from genad.detector import ConditionalDetector
from genad.losses import (
    fake_loss,
    gradient_penalty,
    per_sample,
    real_loss,
    squared_error,
)
from genad.nets import PRIOR_BULK, Classes, ConditionalNetworks, latent_size
from genad.parameters import NaturalFloat, PositiveFloat, PositiveInt, Share
from genad.training import GeneratorModel, Model, Objective, Terms

# Adam's decay rates, as in Gulrajani et al. (2017) and Miyato and Koyama (2018).
_BETAS = (0.0, 0.9)


@final
class ConditionalGAN(ConditionalDetector):
    r"""Residual and feature distance between a sample and its image, for the class it fits best.

    .. math:: A(x) = \min_y \; (1 - \lambda) \tfrac1n \lVert x - G(E(x, y), y) \rVert_2^2
              + \lambda \tfrac{1}{n_f} \lVert f(x) - f(G(E(x, y), y)) \rVert_2^2

    `fit(X, y)` trains a generator G(z, y) against a discriminator D(x, y) that is told the class
    too, and `sample(n, label=...)` makes samples of one class. For detection an encoder E is
    trained afterwards, as in `FAnoGAN`; f is the discriminator's last hidden layer. Scoring needs
    no label and takes as many passes as there are classes.

    Parameters
    ----------
    loss : "cross_entropy" (non-saturating; with spectral normalisation of the discriminator) or
        "wasserstein" (a critic with gradient penalty).
    penalty : weight of the gradient penalty.
    critic_steps : updates of discriminator or critic for each of the generator.
    lr_ratio : its learning rate over the generator's, which is `lr`.
    score : "reconstruction" (the first term), "discriminator" (the second) or "combined".
    weight : lambda of the combined score.

    References
    ----------
    Conditional Generative Adversarial Nets (Mirza and Osindero, 2014), equation 2. Deviations: the
    discriminator gets the class by projection (Miyato and Koyama, 2018), not as another input; its
    weights have spectral norm one (Miyato et al., 2018); and it learns faster than the generator,
    on a time scale of its own (Heusel et al., 2017).

    Examples
    --------
    >>> import numpy as np
    >>> y = np.repeat(["low", "high"], 200)
    >>> X = np.random.default_rng(0).normal(size=(400, 2)) + 10 * (y == "high")[:, None]
    >>> detector = ConditionalGAN(hidden=(32,), epochs=100, random_state=0).fit(X, y)
    >>> detector.sample(100, label="high", random_state=0).mean().round(-1)
    np.float64(10.0)
    """

    family = "GAN"

    loss: Literal["cross_entropy", "wasserstein"] = "cross_entropy"
    penalty: NaturalFloat = 10.0
    critic_steps: PositiveInt = 1
    lr_ratio: PositiveFloat = 2.0
    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    weight: Share = 0.5

    def _build_for(self, nets: ConditionalNetworks) -> Model:
        return _ConditionalGANModel(nets, self)


class _ConditionalGANModel(GeneratorModel):
    def __init__(self, nets: ConditionalNetworks, options: ConditionalGAN) -> None:
        super().__init__(options.scored_by, options.weight)
        self.latent = latent_size(nets.shape, options.latent)
        self.wasserstein, self.penalty = options.loss == "wasserstein", options.penalty
        self.critic_steps, self.lr_ratio = options.critic_steps, options.lr_ratio
        self.known = Classes(nets.classes)
        self.generator = nets.decoder(self.latent)
        self.critic = nets.discriminator(spectral=not self.wasserstein)
        self.encoder = nets.encoder(self.latent, bound=PRIOR_BULK)

    def prepare(self, samples: Samples) -> None:
        if isinstance(samples, Labelled):
            self.known.count(samples.labels)

    def objectives(self) -> list[Objective]:
        return [
            Objective(
                "critic" if self.wasserstein else "discriminator",
                (self.critic,),
                self.critic_loss if self.wasserstein else self.discriminator_loss,
                steps=self.critic_steps,
                betas=_BETAS,
                lr_scale=self.lr_ratio,
            ),
            Objective("generator", (self.generator,), self.generator_loss, betas=_BETAS),
            Objective("encoder", (self.encoder,), self.encoder_loss, stage=1),
        ]

    def discriminator_loss(self, x: Tensor, y: Tensor) -> Terms:
        real, fake, _ = self.judged(x, y)
        return {"real": real_loss(real), "fake": fake_loss(fake)}

    def critic_loss(self, x: Tensor, y: Tensor) -> Terms:
        real, fake, made = self.judged(x, y)
        penalty = gradient_penalty(lambda u: self.critic(u, y), x, made)
        return {"wasserstein": fake - real, "gradient_penalty": self.penalty * penalty}

    def judged(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the verdicts on samples and on made ones of the same classes, and the latter."""
        with torch.no_grad():
            made = self.sample(len(x), y)
        real, fake = self.critic(torch.cat([x, made]), torch.cat([y, y])).chunk(2)
        return real, fake, made

    def generator_loss(self, x: Tensor, y: Tensor) -> Terms:
        value = self.critic(self.sample(len(x), y), y)
        return {"adversarial": -value if self.wasserstein else real_loss(value)}

    def encoder_loss(self, x: Tensor, y: Tensor) -> Terms:
        x_hat = self.image(x, y)
        terms = {"residual": per_sample(self.residual(x, x_hat))}
        if self.weight:  # the score counts the features
            terms["feature_matching"] = self.distance(x, x_hat)
        return terms

    def validation(self, x: Tensor, *y: Tensor) -> Tensor:
        """Return the score as of the true class."""
        return self.pair_score(x, self.image(x, *y))

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return squared_error(x, x_hat) / x[0].numel()

    def distance(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return squared_error(self.critic.features(x), self.critic.features(x_hat)).mean(1)

    def classes(self, x: Tensor) -> Tensor:
        """Return the number of the class as which each sample's image is nearest."""
        found = [self.image(x, y) for y in self.known.each(len(x))]
        return torch.stack([self.pair_score(x, x_hat) for x_hat in found]).argmin(0)

    def image(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the image of samples of given classes through encoder and generator."""
        x_hat: Tensor = self.generator(self.encoder(x, y), y)
        return x_hat

    def see(self, x: Tensor) -> Tensor:
        return self.critic.features(x)

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x, self.classes(x))
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.image(x, self.classes(x))

    def sample(self, n: int, y: Tensor | None = None) -> Tensor:
        """Return n samples of the given classes, or of classes as frequent as in training."""
        y = self.known.draw(n) if y is None else y
        samples: Tensor = self.generator(self.prior(n), y)
        return samples
