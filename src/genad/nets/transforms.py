"""Affine transforms of images: turned by quarters, moved, sheared and zoomed."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample

_QUARTERS = [0.0, 1.0, 2.0, 3.0]


class Transforms(nn.Module):
    """Affine transforms of images: every factor of each at one of a few levels.

    Parameters
    ----------
    channels : of an image.
    n : how many transforms are chosen for good, in `chosen`.
    shift : how far images are moved, in halves of their width; 0 for not at all, as in the others.
    shear : how far the upper edge is pushed aside, in the same unit.
    zoom : the factor that they are enlarged by, and made smaller by; 1 for not at all.
    padding : what comes into sight beside a moved image: "background", the median of the border, or
        "reflection"; "auto" takes the background where most of the border is of its colour.

    Examples
    --------
    >>> transforms = Transforms(1, 12, shift=0.25, shear=0.0, zoom=1.0)
    >>> transforms.factors["right"]
    [-0.25, 0.0, 0.25]
    >>> transforms(torch.zeros(2, 1, 8, 8), transforms.drawn(2)).shape
    torch.Size([2, 1, 8, 8])
    """

    chosen: Tensor
    background: Tensor
    reflects: Tensor

    def __init__(
        self,
        channels: int,
        n: int,
        *,
        shift: float = 0.25,
        shear: float = 0.4,
        zoom: float = 1.3,
        padding: str = "auto",
    ) -> None:
        super().__init__()
        self.padding = padding
        self.factors = _factors(shift, shear, zoom)
        self.sizes = [len(factor) for factor in self.factors.values()]
        # Every level of every factor as often as can be, in random company.
        columns = [torch.arange(n)[torch.randperm(n)] % size for size in self.sizes]
        self.register_buffer("chosen", torch.stack(columns, 1))
        self.register_buffer("background", torch.zeros(channels, 1, 1))
        self.register_buffer("reflects", torch.tensor(padding == "reflection"))

    def fit(self, images: Tensor) -> None:
        """Learn what is beside an image from the border of some, of shape (n, channels, h, w)."""
        border = torch.cat([images[..., [0, -1], :].flatten(2), images[..., [0, -1]].flatten(2)], 2)
        border = border.transpose(0, 1).flatten(1)  # (channels, pixels)
        background = border.median(1, keepdim=True).values
        self.background.copy_(background[..., None])
        if self.padding == "auto":
            self.reflects.fill_((border == background).all(0).float().mean() < 0.5)

    def drawn(self, n: int) -> Tensor:
        """Return levels at random, of shape (n, factors)."""
        device = self.chosen.device
        return torch.stack([torch.randint(size, (n,), device=device) for size in self.sizes], 1)

    def forward(self, x: Tensor, levels: Tensor) -> Tensor:
        """Return images of shape (n, channels, h, w), each transformed by levels (n, factors)."""
        grid = affine_grid(self.matrices(levels), list(x.shape), align_corners=False)
        if self.reflects:
            return grid_sample(x, grid, padding_mode="reflection", align_corners=False)
        moved = grid_sample(x - self.background, grid, align_corners=False)
        return moved + self.background

    def each(self, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images under each of the chosen transforms, and before them its levels."""
        for level in self.chosen:
            levels = level.expand(len(x), -1)
            yield levels, self(x, levels)

    def matrices(self, levels: Tensor) -> Tensor:
        """Return the affine maps, of shape (n, 2, 3), from places in the result to the image."""
        value = {"right": 0.0, "down": 0.0, "shear": 0.0, "zoom": 1.0}
        chosen = {
            name: torch.tensor(values, device=levels.device)[level]
            for (name, values), level in zip(self.factors.items(), levels.unbind(1), strict=True)
        }
        quarter = chosen["rotation"]
        right, down, shear, zoom = (
            chosen.get(name, torch.full_like(quarter, default)) for name, default in value.items()
        )
        angle = quarter * (math.pi / 2)
        cosine, sine = angle.cos().round() / zoom, angle.sin().round() / zoom
        upper = torch.stack([cosine, shear * cosine - sine, right], 1)
        lower = torch.stack([sine, shear * sine + cosine, down], 1)
        return torch.stack([upper, lower], 1)


def _factors(shift: float, shear: float, zoom: float) -> dict[str, list[float]]:
    """Return the levels of every factor that there is more than one level of."""
    levels = {
        "rotation": _QUARTERS,
        "right": [-shift, 0.0, shift],
        "down": [-shift, 0.0, shift],
        "shear": [-shear, 0.0, shear],
        "zoom": [1 / zoom, 1.0, zoom],
    }
    return {name: values for name, values in levels.items() if len(set(values)) > 1}
