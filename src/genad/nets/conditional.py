"""Networks that are also told the class of a sample."""

import math

import torch
from torch import Tensor, nn

from genad.nets.adversaries import Discriminator
from genad.nets.mlp import mlp
from genad.nets.networks import Bounded, Networks, Shape
from genad.nets.spectral import SpectralLinear

# A product with a matrix of so many columns, or a multiple, gives a row the same bits at any place
# in a block; with others, MKL does not where the result is narrow.
_COLUMNS = 4


class WithClass(nn.Module):
    """Append to vectors of shape (n, width) their classes (n,), each a one in a place of its own.

    Parameters
    ----------
    width : of the vectors.
    classes : how many there are.
    size : of the one.

    Attributes
    ----------
    width : of the longer vectors, in which a few places at the end may stay empty.

    Examples
    --------
    >>> WithClass(1, 3)(torch.tensor([[0.7], [0.8]]), torch.tensor([2, 0]))
    tensor([[0.7000, 0.0000, 0.0000, 1.0000],
            [0.8000, 1.0000, 0.0000, 0.0000]])
    """

    ones: Tensor

    def __init__(self, width: int, classes: int, size: float = 1.0) -> None:
        super().__init__()
        self.width = -(-(width + classes) // _COLUMNS) * _COLUMNS
        ones = size * torch.eye(classes, self.width - width)
        self.register_buffer("ones", ones, persistent=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # noqa: D102
        return torch.cat([x, self.ones[y]], 1)


class ConditionalEncoder(nn.Module):
    """Map samples (n, *shape) and their classes (n,) to vectors of shape (n, out).

    Samples pass through a branch of their own before they meet the class.

    Examples
    --------
    >>> from genad.nets import networks
    >>> net = ConditionalEncoder(networks((3,), hidden=(8, 4)), 10, 2)
    >>> net(torch.zeros(5, 3), torch.arange(5)).shape
    torch.Size([5, 2])
    """

    def __init__(self, nets: Networks, classes: int, out: int, bound: float | None = None) -> None:
        super().__init__()
        self.branch, width = nets.branch()
        self.meet = WithClass(width, classes)
        self.body = mlp([self.meet.width, *nets.joint(width), out])
        self.bend = nn.Identity() if bound is None else Bounded(bound)

    def features(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the last hidden layer, of shape (n, width)."""
        features: Tensor = self.body[:-1](self.meet(self.branch(x), y))
        return features

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # noqa: D102
        z: Tensor = self.bend(self.body[-1](self.features(x, y)))
        return z


class ConditionalDecoder(nn.Module):
    """Map latents (n, latent) and classes (n,) to samples of shape (n, *shape).

    At first a class has as much influence as all of a latent, which is normal: with a tenth of it,
    a generator took several times as long to mind what class it was asked for.

    Examples
    --------
    >>> from genad.nets import networks
    >>> net = ConditionalDecoder(networks((3,), hidden=(8, 4)), 10, 2)
    >>> net(torch.zeros(5, 2), torch.arange(5)).shape
    torch.Size([5, 3])
    """

    def __init__(self, nets: Networks, classes: int, latent: int) -> None:
        super().__init__()
        self.meet = WithClass(latent, classes, math.sqrt(latent))
        self.decoder = nets.decoder(self.meet.width)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:  # noqa: D102
        x: Tensor = self.decoder(self.meet(z, y))
        return x


class ProjectionDiscriminator(Discriminator):
    r"""Map samples (n, *shape) and their classes (n,) to one logit each, of shape (n,).

    .. math:: D(x, y) = w^\top f(x) + v_y^\top f(x)

    References
    ----------
    cGANs with Projection Discriminator (Miyato and Koyama, 2018), equation 3.

    Examples
    --------
    >>> from genad.nets import networks
    >>> net = ProjectionDiscriminator(networks((3,), hidden=(8, 4)), 10)
    >>> net(torch.zeros(5, 3), torch.arange(5)).shape
    torch.Size([5])
    """

    ones: Tensor

    def __init__(self, nets: Networks, classes: int, *, spectral: bool = False) -> None:
        super().__init__(nets, spectral=spectral)
        self.register_buffer("ones", torch.eye(classes), persistent=False)
        self.classes = (SpectralLinear if spectral else nn.Linear)(classes, self.width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]  # noqa: D102
        features = self.features(x)
        projection = (self.classes(self.ones[y]) * features).sum(1)
        logit: Tensor = self.head(features).squeeze(1) + projection
        return logit


class ConditionalNetworks:
    """Makes networks for samples of one shape that come in classes.

    Parameters
    ----------
    nets : makes networks for such samples without classes.
    classes : how many there are.

    Examples
    --------
    >>> from genad.nets import networks
    >>> nets = ConditionalNetworks(networks((3,)), 10)
    >>> nets.decoder(2)(torch.zeros(5, 2), torch.arange(5)).shape
    torch.Size([5, 3])
    """

    def __init__(self, nets: Networks, classes: int) -> None:
        self.nets, self.classes = nets, classes

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self.nets.shape

    def encoder(self, out: int, *, bound: float | None = None) -> ConditionalEncoder:  # noqa: D102
        return ConditionalEncoder(self.nets, self.classes, out, bound)

    def decoder(self, latent: int) -> ConditionalDecoder:  # noqa: D102
        return ConditionalDecoder(self.nets, self.classes, latent)

    def discriminator(self, *, spectral: bool = False) -> ProjectionDiscriminator:  # noqa: D102
        return ProjectionDiscriminator(self.nets, self.classes, spectral=spectral)


class Classes(nn.Module):
    """How frequent each class is, and draws of classes at that frequency.

    Parameters
    ----------
    classes : how many there are; equally frequent, unless `count` sees others.

    Examples
    --------
    >>> classes = Classes(3)
    >>> classes.count(torch.tensor([2, 2, 0, 2]))
    >>> classes.shares
    tensor([0.2500, 0.0000, 0.7500])
    >>> sorted(set(classes.draw(100).tolist()))
    [0, 2]
    """

    shares: Tensor

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.full((classes,), 1 / classes))

    def __len__(self) -> int:
        return len(self.shares)

    def count(self, labels: Tensor) -> None:
        """Take over the frequencies of some labels."""
        self.shares.copy_(torch.bincount(labels, minlength=len(self)) / len(labels))

    def draw(self, n: int) -> Tensor:
        """Return the numbers of n classes."""
        return torch.multinomial(self.shares, n, replacement=True)

    def each(self, n: int) -> list[Tensor]:
        """Return each class's number, n times over."""
        return [torch.full((n,), number, device=self.shares.device) for number in range(len(self))]
