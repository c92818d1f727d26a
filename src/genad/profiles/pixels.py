"""Pixels counted block by block: range, mean, deviation, what never changes, what comes twice."""

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.images import ImageSource
from genad.files.source import Watch, unwatched

Array = NDArray[np.float64]

_BLOCK_VALUES = 2**22  # looked at in one go
_SIDE = 32  # for a picture of all images each is shrunk to at most so many pixels a side


@dataclass(frozen=True, eq=False)
class Pixels:
    """What the pixels of some images are like.

    Parameters
    ----------
    images : how many were looked at.
    low, high : the smallest and the largest value.
    means, deviations : of each channel, over all its pixels, of shape (channels,).
    constant : how many of the values of an image are the same in all images.
    values : how many values an image has.
    copies : how many images are exactly like one before.
    class_means : the mean image of each class, of shape (classes, channels, h, w); of one class
        where there are none.
    shrunk : the images, at most 32 pixels a side, of shape (images, ...) and float32.
    """

    images: int
    low: float
    high: float
    means: Array
    deviations: Array
    constant: int
    values: int
    copies: int
    class_means: Array
    shrunk: NDArray[np.float32]


@dataclass
class _Sums:
    """Sums over images, of the values of each pixel."""

    shape: tuple[int, ...]
    classes: int
    count: int = 0
    seen: set[bytes] = field(default_factory=set)
    shrunk: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.low, self.high = np.full(self.shape, np.inf), np.full(self.shape, -np.inf)
        self.mean, self.squares = np.zeros(self.shape[0]), np.zeros(self.shape[0])
        self.by_class = np.zeros((self.classes, *self.shape))
        self.class_counts = np.zeros(self.classes)

    def add(self, block: NDArray[Any], classes: NDArray[np.int64]) -> None:
        """Take in images of shape (n, channels, h, w), each with its class."""
        self.seen |= {hashlib.blake2b(image.tobytes(), digest_size=12).digest() for image in block}
        self.shrunk.append(_shrink(block))
        self.low = np.minimum(self.low, block.min(0))
        self.high = np.maximum(self.high, block.max(0))
        for name in np.unique(classes):
            self.by_class[name] += block[classes == name].sum(0, dtype=np.float64)
        self.class_counts += np.bincount(classes, minlength=self.classes)
        self._merge(block.astype(np.float64))

    def _merge(self, block: Array) -> None:
        """Merge means and squares, without loss to large means (Chan et al., 1979)."""
        n = len(block)
        apart = (mean := block.mean((0, 2, 3))) - self.mean
        weight = self.count * n / (self.count + n)
        self.squares += block.var((0, 2, 3)) * n + apart**2 * weight
        self.mean = self.mean + apart * n / (self.count + n) if self.count else mean
        self.count += n


def look_at_pixels(
    images: ImageSource,
    rows: NDArray[np.intp],
    classes: NDArray[np.int64],
    several: int,
    watch: Watch = unwatched,
) -> Pixels:
    """Return what the pixels of the images with the given numbers are like.

    Parameters
    ----------
    images : all of them.
    rows : numbers of those to look at.
    classes : of each of those, from 0, of shape (rows,).
    several : how many classes there are.
    watch : told of the progress.

    Examples
    --------
    >>> from genad.data.images import ImageArray
    >>> images = ImageArray(np.array([[[0, 9]], [[0, 3]], [[0, 3]]], np.uint8))
    >>> found = look_at_pixels(images, np.arange(3), np.zeros(3, np.int64), 1)
    >>> found.high, found.constant, found.copies, found.means.tolist()
    (9.0, 1, 1, [2.5])
    """
    sums = _Sums(images.shape, several)
    step = max(1, _BLOCK_VALUES // math.prod(images.shape))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        sums.add(images.pixels(rows[part]), classes[part])
        watch("looking", len(rows[part]), len(rows))
    counts = np.maximum(sums.class_counts, 1)[:, None, None, None]
    return Pixels(
        images=sums.count,
        low=float(sums.low.min()),
        high=float(sums.high.max()),
        means=sums.mean,
        deviations=np.sqrt(sums.squares / sums.count),
        constant=int((sums.low == sums.high).sum()),
        values=math.prod(images.shape),
        copies=sums.count - len(sums.seen),
        class_means=sums.by_class / counts,
        shrunk=np.concatenate(sums.shrunk),
    )


def _shrink(block: NDArray[Any]) -> NDArray[np.float32]:
    """Return images at most so many pixels a side, each the mean of a square of theirs."""
    n, channels, height, width = block.shape
    factor = -(-max(height, width) // _SIDE)
    high, wide = max(1, height // factor), max(1, width // factor)
    cut = block[:, :, : high * factor, : wide * factor].astype(np.float32)
    squares = cut.reshape(n, channels, high, -1, wide, cut.shape[3] // wide)
    return np.asarray(squares.mean((3, 5)), np.float32)
