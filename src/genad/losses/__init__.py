"""Losses: pure functions that keep one value per sample, so that the loss is also the score."""

from genad.losses.adversarial import fake_loss, gradient_penalty, real_loss
from genad.losses.divergence import (
    bernoulli_nll,
    gaussian_kl,
    gaussian_nll,
    standard_normal_log_density,
)
from genad.losses.reconstruction import absolute_error, per_sample, squared_error

__all__ = [
    "absolute_error",
    "bernoulli_nll",
    "fake_loss",
    "gaussian_kl",
    "gaussian_nll",
    "gradient_penalty",
    "per_sample",
    "real_loss",
    "squared_error",
    "standard_normal_log_density",
]
