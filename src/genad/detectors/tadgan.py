"""TadGAN: windows of a series through an encoder and a generator, under two critics."""

from typing import Any, ClassVar, Literal, cast, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genad.data.series import Recordings
from genad.data.windows import Windows
from genad.detector import LatentDetector
from genad.errors import ParameterError
from genad.losses import absolute_error, gradient_penalty, per_sample, squared_error
from genad.losses.alignment import area_error, dtw_error, point_error
from genad.nets import Discriminator, Networks, latent_size, networks
from genad.parameters import NaturalFloat, PositiveInt, Share
from genad.training import GeneratorModel, Model, Objective, Terms

Steps = NDArray[np.float64]

# Deviations are at least this, so that a series without any can be scored.
_LEAST = 1e-9


@final
class TadGAN(LatentDetector):
    r"""How badly a series is reconstructed, times how unusual a critic finds it.

    .. math:: A(x) = (1 + Z_r)(1 + Z_c) - 1 \quad \text{or} \quad (1 - \lambda) Z_r + \lambda Z_c

    An encoder takes windows to latents and a generator takes latents to windows; one critic tells
    real windows from generated ones, the other encoded latents from random ones, and the
    reconstruction must close the cycle. Z_r is how many standard deviations the reconstruction
    error of a step is above its mean over held-out series, Z_c how many the critic's value is
    away from its mean on either side: for what is far out a critic may say anything.

    Parameters
    ----------
    score : "reconstruction" (Z_r), "discriminator" (Z_c) or "combined".
    error : what Z_r measures: the "point", the "area" or the "dtw" (dynamic time warping) error;
        the last two are over the `reach` steps to either side.
    combination : "product" or "sum", the first and the second formula.
    weight : lambda of the sum.
    reach : see `error`.
    penalty : weight of the gradient penalty.
    cycle : weight of the cycle's squared error, which is a mean over the window.
    critic_steps : updates of the critics for each of encoder and generator.
    batch_size : windows for these updates together: each takes a random share of as many as fit,
        64 by default.

    References
    ----------
    TadGAN: Time Series Anomaly Detection Using Generative Adversarial Networks (Geiger et al.,
    2020), equations 1-6. Deviations: overlapping reconstructions are averaged, not their median
    taken; and means and deviations are those of held-out series, so that a step's score does
    not depend on the series it is scored with.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.sin(np.arange(600) / 4)
    >>> detector = TadGAN(window=16, net="conv", epochs=40, random_state=0).fit(X)
    >>> X[300:310] = 0.0
    >>> int(abs(detector.anomaly_score(X).argmax() - 305)) < 12
    True
    """

    family = "GAN"
    kinds: ClassVar[tuple[str, ...]] = ("series",)
    default_updates = 1000

    latent: PositiveInt | None = 20
    net: Literal["auto", "mlp", "conv", "rnn", "lstm", "gru"] = "lstm"
    lr: float = 5e-4
    score: Literal["reconstruction", "discriminator", "combined"] = "combined"
    error: Literal["point", "area", "dtw"] = "point"
    combination: Literal["product", "sum"] = "product"
    weight: Share = 0.5
    reach: PositiveInt = 5
    penalty: NaturalFloat = 10.0
    cycle: NaturalFloat = 10.0
    critic_steps: PositiveInt = 5
    batch_size: PositiveInt = 320

    def _build(self, shape: tuple[int, ...]) -> Model:
        if self.features != "none":
            raise ParameterError(
                f"TadGAN scores the steps of whole series, not windows, so features="
                f"{self.features!r} has no meaning; take features='none', or MADGAN."
            )
        if self._by_windows:
            raise ParameterError(
                "TadGAN scores the steps of whole series, not windows; leave out step_score."
            )
        return _TadGANModel(self._networks(shape), self)

    def _scores(self, source: Recordings, *, reference: bool) -> Any:
        """Return one score per step of each series; reference series tell what is usual first."""
        model = cast(_TadGANModel, self.model_)
        errors, values = self._errors(source), _listed(self._over(source, model.values), source)
        if reference:
            model.take_moments(np.concatenate(errors), np.concatenate(values))
        scores = [
            self._combined(*model.standardise(*pair)) for pair in zip(errors, values, strict=True)
        ]
        return scores if source.many else scores[0]

    def _errors(self, source: Recordings) -> list[Steps]:
        """Return the reconstruction error at every step of each series."""
        view, errors = cast(Windows, self.view_), []
        x_hats = _listed(self._over(source, self.model_.reconstruct), source)
        for recording, x_hat in zip(source.each, x_hats, strict=True):
            pair = view.scaled(recording.values), x_hat.reshape(len(recording), -1)
            if self.error == "point":
                errors.append(point_error(*pair))
            elif self.error == "area":
                errors.append(area_error(*pair, self.reach))
            else:
                errors.append(dtw_error(*pair, self.reach))
        return errors

    def _combined(self, z_r: Steps, z_c: Steps) -> Steps:
        if self.scored_by != "combined":
            return z_r if self.scored_by == "reconstruction" else z_c
        if self.combination == "sum":
            return (1 - self.weight) * z_r + self.weight * z_c
        return (1 + z_r) * (1 + z_c) - 1


def _listed(results: Any, source: Recordings) -> list[Steps]:
    return list(results) if source.many else [results]


class _TadGANModel(GeneratorModel):
    moments: Tensor

    def __init__(self, nets: Networks, options: TadGAN) -> None:
        super().__init__("reconstruction", weight=0.0)
        self.additive = False
        self.latent = latent_size(nets.shape, options.latent)
        self.penalty, self.cycle = options.penalty, options.cycle
        self.critic_steps = options.critic_steps
        self.encoder, self.generator = nets.encoder(self.latent), nets.decoder(self.latent)
        # Convolutional as in the paper; and the slope of a recurrent net's slope is slow.
        kind = "conv" if options.net in ("rnn", "lstm", "gru") else options.net
        self.critic_x = Discriminator(networks(nets.shape, kind))
        self.critic_z = Discriminator(nets.for_latents(self.latent))
        self.register_buffer("moments", torch.ones(4, dtype=torch.float64))

    def objectives(self) -> list[Objective]:
        critics = (self.critic_x, self.critic_z)
        return [
            Objective("critics", critics, self.critic_loss, steps=self.critic_steps),
            Objective("generator", (self.encoder, self.generator), self.generator_loss),
        ]

    def share(self, x: Tensor) -> Tensor:
        """Return the windows of one update, a random share of the batch."""
        return x[torch.randperm(len(x), device=x.device)[: max(2, len(x) // self.critic_steps)]]

    def critic_loss(self, x: Tensor) -> Terms:
        x = self.share(x)
        with torch.no_grad():
            z = self.prior(len(x))
            fake_x, fake_z = self.generator(z), self.encoder(x)
        terms = {}
        for name, critic, real, fake in (
            ("x", self.critic_x, x, fake_x),
            ("z", self.critic_z, z, fake_z),
        ):
            real_value, fake_value = critic(torch.cat([real, fake])).chunk(2)
            terms[f"wasserstein_{name}"] = fake_value - real_value
            terms[f"gradient_penalty_{name}"] = self.penalty * gradient_penalty(critic, real, fake)
        return terms

    def generator_loss(self, x: Tensor) -> Terms:
        x = self.share(x)
        z_x = self.encoder(x)
        # One pass of the generator for both, for a recurrent one takes as long for half as many.
        fake, x_hat = self.generator(torch.cat([self.prior(len(x)), z_x])).chunk(2)
        return {
            "adversarial_x": -self.critic_x(fake),
            "adversarial_z": -self.critic_z(z_x),
            "cycle_consistency": self.cycle * squared_error(x, x_hat).flatten(1).mean(1),
        }

    def residual(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return absolute_error(x, x_hat)

    def latents(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        x_hat: Tensor = self.generator(self.latents(x))
        return x_hat

    def values(self, x: Tensor) -> Tensor:
        """Return the critic's value of each window at every step of it, of shape (n, window)."""
        value: Tensor = self.critic_x(x)
        return value[:, None].expand(x.shape[:2])

    def validation(self, x: Tensor) -> Tensor | None:
        return per_sample(squared_error(x, self.reconstruct(x)))

    def take_moments(self, errors: Steps, values: Steps) -> None:
        """Keep means and deviations of errors and critic's values at usual steps."""
        moments = [errors.mean(), errors.std(), values.mean(), values.std()]
        self.moments.copy_(torch.tensor(moments))

    def standardise(self, errors: Steps, values: Steps) -> tuple[Steps, Steps]:
        """Return Z_r and Z_c, each of shape (time,)."""
        mean_r, deviation_r, mean_c, deviation_c = self.moments.tolist()
        z_r = np.maximum(errors - mean_r, 0) / max(deviation_r, _LEAST)
        return z_r, np.abs(values - mean_c) / max(deviation_c, _LEAST)
