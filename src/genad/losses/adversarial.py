"""Losses of discriminators (logits, cross-entropy) and critics (Wasserstein)."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus


def real_loss(logits: Tensor) -> Tensor:
    """Return the cross-entropy of calling each sample real, ``-log sigmoid(logit)``.

    Minimised by a discriminator on real samples, and by a generator on its own samples
    (the non-saturating form of Goodfellow et al., 2014).

    Examples
    --------
    >>> import torch
    >>> real_loss(torch.zeros(1))
    tensor([0.6931])
    """
    return softplus(-logits)


def fake_loss(logits: Tensor) -> Tensor:
    """Return the cross-entropy of calling each sample fake, ``-log(1 - sigmoid(logit))``.

    Examples
    --------
    >>> import torch
    >>> fake_loss(torch.zeros(1))
    tensor([0.6931])
    """
    return softplus(logits)


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    r"""Return the squared excess of the critic's slope over one, of shape (n,).

    .. math:: \left(\lVert \nabla_u C(u) \rVert_2 - 1\right)^2, \quad
              u = \epsilon x + (1 - \epsilon) \tilde x, \; \epsilon \sim U(0, 1)

    References
    ----------
    Improved Training of Wasserstein GANs (Gulrajani et al., 2017), equation 3.

    Examples
    --------
    >>> import torch
    >>> penalty = gradient_penalty(lambda u: 3 * u.sum(1), torch.ones(2, 1), torch.zeros(2, 1))
    >>> penalty.detach()
    tensor([4., 4.])
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), dtype=real.dtype, device=real.device)
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # The small constant keeps the root's own gradient finite where the slope is zero.
    return ((slope.flatten(1).square().sum(1) + 1e-12).sqrt() - 1).square()
