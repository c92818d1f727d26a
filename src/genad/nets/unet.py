"""U-Nets: convolutions down and up again, with a bridge at every size."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from genad.nets.conv import ChannelsLast, Convolutions, double, halve


class UNet(nn.Module):
    """Map images to images of the same shape; what each halving saw helps to double back.

    Parameters
    ----------
    nets : whose channels and sizes it takes.

    References
    ----------
    U-Net: Convolutional Networks for Biomedical Image Segmentation (Ronneberger et al., 2015).

    Examples
    --------
    >>> UNet(Convolutions((1, 28, 30), (8, 16)))(torch.zeros(2, 1, 28, 30)).shape
    torch.Size([2, 1, 28, 30])
    """

    def __init__(self, nets: Convolutions) -> None:
        super().__init__()
        steps = list(pairwise(zip(nets.widths, nets.sides, strict=True)))
        self.downs = nn.ModuleList(halve(width, out) for (width, _), (out, _) in steps)
        # All but the lowest also get the features of the same size on the way down.
        self.ups = nn.ModuleList(
            double(out * (1 if depth == 0 else 2), width, side)
            for depth, ((width, side), (out, _)) in enumerate(reversed(steps))
        )
        self.channels_last, self.bend = ChannelsLast(), nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        seen = []
        for down in self.downs:
            x = self.bend(down(self.channels_last(x)))
            seen.append(x)
        x = seen.pop()
        for up in self.ups:
            x = up(self.channels_last(x))
            if seen:
                x = torch.cat([self.bend(x), seen.pop()], 1)
        return x
