"""The view of images: each image is a sample, whose pixels become numbers when needed."""

import math
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor

from genad.data.image_folder import ImageFolder
from genad.data.samples import Samples, with_labels
from genad.data.scaling import ScalerName
from genad.data.views import Array, View
from genad.errors import DataError, ParameterError

# Up to this many bytes, decoded images stay on the device while a model trains on them.
_RESIDENT = 2**30
# So many values are looked at in one go.
_BLOCK_VALUES = 2**22
# Pixels end here, so that sums of their squares are finite in float32.
_LARGEST = 1e15


class ImageSource(Protocol):
    """Images of one shape, wherever they are."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of each image: channels, height, width."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the pixels: uint8, uint16 or float32."""

    @property
    def layout(self) -> str:
        """The axes of an image as its owner holds it: "hw", "hwc" or "chw"."""

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """The number of each image's class, of shape (n,), where `labelled` gave them one."""

    def labelled(self, labels: NDArray[np.int64], /) -> Self:
        """Return the same images with the number of each one's class."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice | NDArray[Any], /) -> Self:
        """Return some of the images."""

    def pixels(self, key: slice | NDArray[Any], /) -> NDArray[Any]:
        """Return images of shape (n, channels, height, width)."""


class ImageArray:
    """Images in one array, which may be a memory map.

    Of four axes, the last counts the channels unless the second is shorter.

    Parameters
    ----------
    values : of shape (n, height, width), (n, height, width, channels) or (n, channels, height,
        width); uint8, uint16, boolean or floating point.

    Raises
    ------
    DataError
        If the array is not as described, or holds values that are not finite.

    Examples
    --------
    >>> ImageArray(np.zeros((5, 3, 28, 30))).shape, ImageArray(np.zeros((5, 28, 30))).shape
    ((3, 28, 30), (1, 28, 30))
    """

    def __init__(self, values: Array) -> None:
        if values.ndim not in (3, 4) or 0 in values.shape[1:]:
            raise DataError(
                "Images have shape (n, height, width), (n, height, width, channels) or "
                f"(n, channels, height, width), not {values.shape}; for one image give X[None]."
            )
        native = values.dtype.newbyteorder("=")
        if native not in (np.uint8, np.uint16, np.bool_) and native.kind != "f":
            raise DataError(
                f"Images hold uint8, uint16, boolean or floating-point values, not {values.dtype}; "
                "convert them, as with X.astype('uint8')."
            )
        self.values, self.rows = values, np.arange(len(values))
        self.labels: NDArray[np.int64] | None = None
        self.layout = "hw" if values.ndim == 3 else _layout(values.shape)
        self.dtype = native if native.kind == "u" else np.dtype(np.float32)
        if native.kind == "f":
            self._check()

    @property
    def shape(self) -> tuple[int, int, int]:  # noqa: D102
        sides = dict(zip(self.layout, self.values.shape[1:], strict=True))
        return sides.get("c", 1), sides["h"], sides["w"]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: slice | NDArray[Any]) -> Self:
        labels = None if self.labels is None else self.labels[key]
        return self._with(rows=self.rows[key], labels=labels)

    def labelled(self, labels: NDArray[np.int64]) -> Self:  # noqa: D102
        return self._with(labels=labels)

    def _with(self, **changes: Any) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **changes)
        return other

    def pixels(self, key: slice | NDArray[Any]) -> NDArray[Any]:  # noqa: D102
        values = self.values[self.rows[key]]
        if self.layout == "hwc":
            values = values.transpose(0, 3, 1, 2)
        if values.dtype.kind == "f":
            values = values.clip(-_LARGEST, _LARGEST)
        return np.ascontiguousarray(values.reshape(-1, *self.shape), self.dtype)

    def _check(self) -> None:
        """Raise an error unless all values are finite."""
        for start in range(0, len(self), step := _step(self.shape)):
            block = self.values[start : start + step]
            bad = np.flatnonzero(~np.isfinite(block).all(tuple(range(1, block.ndim))))
            if len(bad):
                raise DataError(
                    f"Image {start + bad[0]} holds NaN or an infinite value; replace it, or leave "
                    "the image out."
                )


def read_images(data: Any) -> ImageSource:
    """Return an array or a folder of images as a source.

    Examples
    --------
    >>> len(read_images(np.zeros((5, 28, 28), np.uint8)))
    5
    """
    is_source = isinstance(data, ImageFolder | ImageArray)
    return data if is_source else ImageArray(np.asarray(data))


class Images(View[ImageSource]):
    """Every image is a sample, of shape (channels, height, width).

    Parameters
    ----------
    scaler : "standard" (each channel has mean 0 and deviation 1 over all training pixels),
        "minmax" (from 0 to 1: whole numbers over the range of their type, others over that of the
        training pixels) or "none" (whole numbers as with "minmax", others as they are).
    """

    kind = "image"

    def __init__(self, scaler: ScalerName = "standard") -> None:
        if scaler not in ("standard", "minmax", "none"):
            raise ParameterError(
                f"scaler={scaler!r} is not for images; take 'standard', 'minmax' or 'none'."
            )
        self.scaler = scaler
        self.centre = self.scale = np.zeros(0)  # of shape (channels,)
        self.layout, self.dtype = "hw", np.dtype(np.uint8)

    def read(self, data: Any, estimator: Any, *, reset: bool) -> ImageSource:  # noqa: D102
        source = read_images(data)
        if len(source) < (least := 2 if reset else 1):
            raise DataError(
                f"Found {len(source)} image(s), but at least {least} are needed "
                f"{'to learn what is normal' if reset else 'to score'}."
            )
        if reset:
            self._note(source, estimator)
        elif source.shape != self.shape or source.dtype != self.dtype:
            raise DataError(
                f"The images are {_described(source.shape, source.dtype)}, but the training images "
                f"were {_described(self.shape, self.dtype)}; give them the same form."
            )
        return source

    def _note(self, source: ImageSource, estimator: BaseEstimator) -> None:
        estimator.n_features_in_ = math.prod(source.shape)
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_

    def fit(self, source: ImageSource) -> Self:  # noqa: D102
        self.shape, self.layout, self.dtype = source.shape, source.layout, source.dtype
        largest = 1.0 if source.dtype.kind == "f" else np.iinfo(source.dtype).max
        ones = np.ones(self.shape[0])
        self.centre, self.scale = 0 * ones, largest * ones
        if self.scaler == "standard":
            self.centre, scale = _moments(source)
            self.scale = np.where(scale > 1e-6 * np.abs(self.centre), scale, largest)
        elif self.scaler == "minmax" and source.dtype.kind == "f":
            low, high = _range(source)
            self.centre, self.scale = low * ones, (high - low or 1.0) * ones
        return self

    def split(  # noqa: D102
        self, source: ImageSource, fraction: float, seed: int
    ) -> tuple[ImageSource, ImageSource | None]:
        n = len(source)
        held = min(round(n * fraction), n - 2)
        if held == 0:
            return source, None
        order = np.random.default_rng(seed).permutation(n)
        return source[np.sort(order[held:])], source[np.sort(order[:held])]

    def item_labels(self, source: ImageSource, y: Any) -> Array:
        """Return a label per image; without any, in a folder of images, the sub-folder's name."""
        if y is None and isinstance(source, ImageFolder):
            y = np.array(source.class_names)[source.classes]
        return super().item_labels(source, y)

    def labelled(self, source: ImageSource, labels: NDArray[np.int64]) -> ImageSource:  # noqa: D102
        return source.labelled(labels)

    def samples(self, source: ImageSource, device: torch.device) -> Samples:  # noqa: D102
        resident = len(source) * math.prod(source.shape) * source.dtype.itemsize <= _RESIDENT
        stored = _tensor(source.pixels(slice(None))).to(device) if resident else source
        return with_labels(Pixels(stored, self.centre, self.scale, device), source.labels)

    def count(self, source: ImageSource) -> int:  # noqa: D102
        return len(source)

    def encode(self, source: ImageSource, start: int, stop: int) -> NDArray[np.float32]:  # noqa: D102
        samples = Pixels(source, self.centre, self.scale, torch.device("cpu"))
        encoded: NDArray[np.float32] = samples[start:stop].numpy()
        return encoded

    def decode(self, samples: Array) -> Any:
        """Return images in the layout, the range and the type of the training images."""
        values = samples * self.scale[:, None, None] + self.centre[:, None, None]
        if self.dtype.kind != "f":
            values = values.round().clip(0, np.iinfo(self.dtype).max)
        return self.spread(values).astype(self.dtype)

    def spread(self, contributions: Array) -> Any:
        """Return contributions of pixels in the layout of the training images."""
        if self.layout == "hwc":
            return contributions.transpose(0, 2, 3, 1)
        return contributions[:, 0] if self.layout == "hw" else contributions

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:  # noqa: D102
        facts = {"shape": list(self.shape), "layout": self.layout, "dtype": self.dtype.name}
        return facts, {"centre": self.centre, "scale": self.scale}

    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> None:  # noqa: D102
        self.shape, self.layout = tuple(config["shape"]), config["layout"]
        self.dtype = np.dtype(config["dtype"])
        self.centre, self.scale = arrays["centre"], arrays["scale"]


class Pixels:
    """Images that are scaled when they are asked for, as `genad.data.samples.Samples`.

    Parameters
    ----------
    stored : the images: a tensor of shape (n, channels, height, width), or a source that they are
        decoded from each time.
    centre, scale : of each channel, of shape (channels,).
    device : where the samples are to be.

    Examples
    --------
    >>> stored = torch.full((4, 1, 2, 2), 7, dtype=torch.uint8)
    >>> Pixels(stored, np.array([5.0]), np.array([2.0]), torch.device("cpu"))[:1]
    tensor([[[[1., 1.],
              [1., 1.]]]])
    """

    def __init__(
        self, stored: Tensor | ImageSource, centre: Array, scale: Array, device: torch.device
    ) -> None:
        self.stored, self.device = stored, device
        self._centre, self._factor = (
            torch.from_numpy(values.astype(np.float32)).to(device)[:, None, None]
            for values in (centre, 1 / scale)
        )

    def __len__(self) -> int:
        return len(self.stored)

    def __getitem__(self, key: Tensor | slice) -> Tensor:
        if isinstance(self.stored, Tensor):
            values = self.stored[key]
        else:
            rows = key if isinstance(key, slice) else key.cpu().numpy()
            values = _tensor(self.stored.pixels(rows)).to(self.device)
        return values.float().sub(self._centre).mul_(self._factor)


def _layout(shape: tuple[int, ...]) -> str:
    return "chw" if shape[1] < shape[3] else "hwc"


def _tensor(pixels: NDArray[Any]) -> Tensor:
    """Return pixels as a tensor; torch can do next to nothing with 16 bits without a sign."""
    return torch.from_numpy(pixels.astype(np.float32) if pixels.dtype == np.uint16 else pixels)


def _step(shape: tuple[int, ...]) -> int:
    return max(1, _BLOCK_VALUES // math.prod(shape))


def _moments(source: ImageSource) -> tuple[Array, Array]:
    """Return mean and deviation of each channel, merged block by block (Chan et al., 1979)."""
    count, mean, squares = 0, np.zeros(source.shape[0]), np.zeros(source.shape[0])
    for start in range(0, len(source), step := _step(source.shape)):
        block = source.pixels(slice(start, start + step)).astype(np.float64)
        n, block_mean = block.size // len(mean), block.mean((0, 2, 3))
        apart = block_mean - mean
        squares += block.var((0, 2, 3)) * n + apart**2 * count * n / (count + n)
        mean += apart * n / (count + n)
        count += n
    return mean, np.sqrt(squares / count)


def _range(source: ImageSource) -> tuple[float, float]:
    """Return the smallest and the largest value of all pixels."""
    step = _step(source.shape)
    blocks = [source.pixels(slice(i, i + step)) for i in range(0, len(source), step)]
    return min(float(block.min()) for block in blocks), max(float(b.max()) for b in blocks)


def _described(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    channels, height, width = shape
    return f"{height} x {width} pixels with {channels} channel(s) of {dtype.name}"
