"""Likelihoods and divergences of the variational models."""

import math

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

_LOG_2_PI = math.log(2 * math.pi)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""Return the divergence of a diagonal Gaussian from the standard normal, of shape (n,).

    .. math:: \tfrac12 \sum_j \left(\mu_j^2 + \sigma_j^2 - \log \sigma_j^2 - 1\right)

    Parameters
    ----------
    mean, log_variance : both of shape (n, latent).

    References
    ----------
    Auto-Encoding Variational Bayes (Kingma and Welling, 2013), appendix B.

    Examples
    --------
    >>> import torch
    >>> gaussian_kl(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2))
    tensor([0.5000])
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(-1)


def gaussian_nll(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the negative log density of independent Gaussians, element by element.

    Examples
    --------
    >>> import torch
    >>> gaussian_nll(torch.zeros(1, 1), torch.zeros(1, 1), torch.zeros(1))
    tensor([[0.9189]])
    """
    return 0.5 * ((x - mean).square() * (-log_variance).exp() + log_variance + _LOG_2_PI)


def bernoulli_nll(x: Tensor, logits: Tensor) -> Tensor:
    """Return the cross-entropy of values in [0, 1] under Bernoulli logits, element by element.

    Examples
    --------
    >>> import torch
    >>> bernoulli_nll(torch.ones(1, 1), torch.zeros(1, 1))
    tensor([[0.6931]])
    """
    return binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")


def standard_normal_log_density(z: Tensor) -> Tensor:
    """Return log N(z; 0, I), summed over the last axis.

    Examples
    --------
    >>> import torch
    >>> standard_normal_log_density(torch.zeros(1, 2))
    tensor([-1.8379])
    """
    return -0.5 * (z.square() + _LOG_2_PI).sum(-1)
