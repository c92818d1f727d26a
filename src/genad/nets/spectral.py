"""Spectral normalisation: a weight divided by its largest singular value."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from genad.nets.linear import linear_in_parts


class SpectralLinear(nn.Linear):
    """A linear layer of Lipschitz constant about one.

    The largest singular value is taken as the norm of W'u, where u moves towards the first left
    singular vector by one step of power iteration per training call; in evaluation u stays as it
    is, so the layer is a fixed map.

    References
    ----------
    Spectral Normalization for Generative Adversarial Networks (Miyato et al., 2018),
    algorithm 1.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> layer = SpectralLinear(4, 3)
    >>> for _ in range(50):
    ...     _ = layer(torch.zeros(1, 4))
    >>> bool(torch.linalg.matrix_norm(layer.weight / layer.sigma(), 2) < 1.001)
    True
    """

    u: Tensor

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.register_buffer("u", normalize(torch.randn(out_features), dim=0))

    def sigma(self) -> Tensor:
        """Return the estimate of the largest singular value, a scalar."""
        return _sigma(self.weight, self.u)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        if self.training:
            _advance(self.u, self.weight)
        return linear_in_parts(x, self.weight / self.sigma(), self.bias)


class SpectralConv(nn.Conv2d):
    """A convolution whose weight, as a matrix with a row per output channel, has norm one.

    So does `SpectralLinear`; as an operator on whole images the convolution may stretch by up to
    the number of places where it looks at a pixel, as in the paper.

    References
    ----------
    Spectral Normalization for Generative Adversarial Networks (Miyato et al., 2018), section 2.1.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> layer = SpectralConv(2, 3, 4, stride=2, padding=1)
    >>> for _ in range(50):
    ...     _ = layer(torch.zeros(1, 2, 8, 8))
    >>> matrix = layer.weight.flatten(1) / layer.sigma()
    >>> bool(torch.linalg.matrix_norm(matrix, 2) < 1.001)
    True
    """

    u: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int, padding: int
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, padding=padding)
        self.register_buffer("u", normalize(torch.randn(out_channels), dim=0))

    def sigma(self) -> Tensor:
        """Return the estimate of the largest singular value, a scalar."""
        return _sigma(self.weight.flatten(1), self.u)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        if self.training:
            _advance(self.u, self.weight.flatten(1))
        y: Tensor = self._conv_forward(x, self.weight / self.sigma(), self.bias)
        return y


def _sigma(weight: Tensor, u: Tensor) -> Tensor:
    return _norm(_right(weight, u.clone()))


@torch.no_grad()
def _advance(u: Tensor, weight: Tensor) -> None:
    """Move u by one step of power iteration."""
    moved = (weight * _right(weight, u)).sum(1)
    u.copy_(moved / _norm(moved))


def _right(weight: Tensor, u: Tensor) -> Tensor:
    """Return W'u; a product and a sum, for `torch.mv` rounds as its threads share the work."""
    return (weight * u[:, None]).sum(0)


def _norm(vector: Tensor) -> Tensor:
    return (vector.square().sum() + 1e-12).sqrt()
