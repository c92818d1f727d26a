"""Spectral normalisation: a weight divided by its largest singular value."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize


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
        return _norm(self._right(self.u.clone()))

    def _right(self, u: Tensor) -> Tensor:
        """Return W'u; a product and a sum, for `torch.mv` rounds as its threads share the work."""
        return (self.weight * u[:, None]).sum(0)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        if self.training:
            with torch.no_grad():
                u = (self.weight * self._right(self.u)).sum(1)
                self.u.copy_(u / _norm(u))
        return linear(x, self.weight / self.sigma(), self.bias)


def _norm(vector: Tensor) -> Tensor:
    return (vector.square().sum() + 1e-12).sqrt()
