"""Residual networks for images: features that tell what is in an image, one vector each."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from genad.nets.conv import ChannelsLast


class ResidualBlock(nn.Module):
    """Two convolutions of 3 x 3 pixels beside a short cut, each after a norm and a ReLU.

    Parameters
    ----------
    width, out : channels before and after; where they differ, both sides are halved.

    References
    ----------
    Identity Mappings in Deep Residual Networks (He et al., 2016), figure 1b.

    Examples
    --------
    >>> import torch
    >>> ResidualBlock(8, 16)(torch.zeros(2, 8, 7, 7)).shape
    torch.Size([2, 16, 4, 4])
    """

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        stride = 1 if width == out else 2
        self.enter = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(width, out, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
        )
        self.shortcut = nn.Conv2d(width, out, 1, stride=2, bias=False) if stride == 2 else None

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        entered = self.enter(x)
        beside = x if self.shortcut is None else self.shortcut(entered)
        y: Tensor = beside + self.body(entered)
        return y


def residual_trunk(channels: int, widths: Sequence[int]) -> nn.Sequential:
    """Return a network from images (n, channels, h, w) to features of shape (n, widths[-1]).

    Parameters
    ----------
    channels : of an image.
    widths : of the residual blocks; the first is also that of the convolution, of 4 x 4 pixels with
        stride 2, before them.

    Examples
    --------
    >>> import torch
    >>> residual_trunk(3, (8, 16))(torch.zeros(2, 3, 28, 28)).shape
    torch.Size([2, 16])
    """
    stem = nn.Conv2d(channels, widths[0], 4, stride=2, padding=1, bias=False)
    blocks = [ResidualBlock(width, out) for width, out in pairwise([widths[0], *widths])]
    last = [nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(ChannelsLast(), stem, ChannelsLast(), *blocks, *last)
