"""Folders of images: listed at once, decoded when they are asked for."""

import struct
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from genad.errors import DataError, ParameterError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Channels", "Form", "ImageFolder", "OnError", "form_of", "is_image"]

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_FORMATS = ("PNG", "JPEG", "WEBP")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_GREY = ("1", "L", "LA", "La")
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, struct.error)
_NAMED = 5  # damaged files in a warning
_ORIENTATION, _ON_THE_SIDE = 0x0112, (5, 6, 7, 8)  # of EXIF

OnError = Literal["raise", "warn", "skip"]
Channels = Literal[1, 3, 4]  # grey; red, green, blue; and opacity


class ImageFolder:
    """A folder of PNG, JPEG and WebP files, which may hold more than fits in memory.

    A sub-folder is a class of the images in it, however deep; images beside it are of a class with
    the name of the folder itself. Files of other kinds are passed over, and so is what begins with
    a dot. An image is turned as its EXIF tag says; a palette is replaced by its colours, opacity
    is dropped unless `channels` is 4, and of an animation the first picture counts.

    Parameters
    ----------
    path : the folder.
    size : height and width, or one number for both, that all images are scaled to, bilinearly and
        without aliasing. By default they stay as they are, and must all be as large as the first.
    resize : how to scale: "stretch" keeps the whole image and changes the ratio of its sides where
        need be; "crop" keeps the ratio and cuts away what is left over at two sides.
    channels : 1 (grey), 3 (red, green, blue) or 4 (and opacity) that all images are converted to.
        By default 1 if the first image is grey and 3 if it is not, and all must be alike.
    on_error : what to do about a file that is damaged or no image: "raise" an error when it is
        read; or "warn", with its name, or just "skip": then all files are read once at the start,
        and those are left out.

    Attributes
    ----------
    paths : of the images, sorted, class by class.
    class_names : the names of the classes, sorted.
    classes : the class of each image, of shape (n,), as a position in `class_names`.
    broken : why files were left out, by path.

    Raises
    ------
    DataError
        If there is no image, a class without one, or (later) an image that cannot be read or is
        unlike the first.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("good", "scratched"):
    ...         (Path(folder) / name).mkdir()
    ...         Image.new("RGB", (40, 30)).save(Path(folder) / name / "1.png")
    ...     images = ImageFolder(folder, size=16)
    ...     images.class_names, images.of("good").classes.tolist(), images[0].shape
    (('good', 'scratched'), [0], (16, 16, 3))
    """

    def __init__(
        self,
        path: str | Path,
        *,
        size: int | tuple[int, int] | None = None,
        resize: Literal["stretch", "crop"] = "stretch",
        channels: Channels | None = None,
        on_error: OnError = "raise",
    ) -> None:
        _check("resize", resize, ("stretch", "crop"))
        _check("channels", channels, (None, *_MODES))
        _check("on_error", on_error, ("raise", "warn", "skip"))
        self.root, self.size, self.resize = Path(path), _size(size), resize
        self.channels = channels
        found = _find(self.root)
        self.broken = {} if on_error == "raise" else _broken(path for path, _ in found)
        kept = [(path, name) for path, name in found if path not in self.broken]
        if on_error == "warn" and self.broken:
            warnings.warn(_said(self.broken), stacklevel=2)
        names = sorted({name for _, name in found})
        for name in sorted({name for _, name in found} - {name for _, name in kept}):
            raise DataError(f"Every image of the class {name!r} in {path} is damaged.")
        self.paths = [path for path, _ in kept]
        self.class_names: tuple[str, ...] = tuple(names)
        self.classes = np.array([names.index(name) for _, name in kept], dtype=np.int64)
        self.labels: NDArray[np.int64] | None = None  # what a detector makes of labels
        self._like: tuple[tuple[int, int, int], np.dtype[Any]] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        classes = ", ".join(self.class_names)
        return f"ImageFolder({str(self.root)!r}: {len(self)} images of {classes})"

    @overload
    def __getitem__(self, key: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: slice | NDArray[Any]) -> "ImageFolder": ...
    def __getitem__(self, key: int | slice | NDArray[Any]) -> "NDArray[Any] | ImageFolder":
        """Return one image, of shape (h, w) or (h, w, channels), or a folder of some of them."""
        if isinstance(key, int | np.integer):
            image: NDArray[Any] = self.pixels(np.array([key]))[0]
            return image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        return self._with(
            _like=(self.shape, self.dtype),
            paths=[self.paths[i] for i in np.arange(len(self))[key]],
            classes=self.classes[key],
            labels=None if self.labels is None else self.labels[key],
        )

    def labelled(self, labels: NDArray[np.int64]) -> "ImageFolder":
        """Return the same images with the number of each one's class among a detector's."""
        return self._with(labels=labels)

    def _with(self, **changes: Any) -> "ImageFolder":
        other = object.__new__(ImageFolder)
        other.__dict__.update(self.__dict__, **changes)
        return other

    def of(self, *names: str) -> "ImageFolder":
        """Return the images of some of the classes."""
        for name in names:
            _check("class", name, self.class_names)
        return self[np.isin(self.classes, [self.class_names.index(name) for name in names])]

    def scaled(self, size: tuple[int, int] | None, channels: Channels | None) -> "ImageFolder":
        """Return the same images, scaled and converted as the parameters of these names say."""
        return self._with(size=size, channels=channels, _like=None)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of each image: channels, height, width."""
        return self._first[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the pixels: uint8, or uint16 where a grey image has 16 bits."""
        return self._first[1]

    @property
    def layout(self) -> str:
        """The axes of an image as `folder[0]` gives it."""
        return "hw" if self.shape[0] == 1 else "hwc"

    @property
    def _first(self) -> tuple[tuple[int, int, int], np.dtype[Any]]:
        if self._like is None:
            image = _open(self.paths[0])
            _depth(image, self.paths[0])
            channels = self.channels or (1 if _is_grey(image) else 3)
            height, width = self.size or (image.height, image.width)
            deep = np.dtype(np.uint16 if _is_deep(image) else np.uint8)
            self._like = (channels, height, width), deep
        return self._like

    def pixels(self, key: slice | NDArray[Any]) -> NDArray[Any]:
        """Return decoded images, of shape (n, channels, height, width)."""
        paths = [self.paths[i] for i in np.arange(len(self))[key]]
        result = np.empty((len(paths), *self.shape), self.dtype)
        with ThreadPoolExecutor(4) as pool:  # decoding leaves the interpreter to others
            for i, image in enumerate(pool.map(self._decode, paths)):
                result[i] = image
        return result

    def _decode(self, path: Path) -> NDArray[Any]:
        image = _open(path)
        self._match(image, path)
        if image.mode != "F":
            image = image.convert(_MODES[self.shape[0]])
        _, height, width = self.shape
        if (image.height, image.width) != (height, width):
            image = _fit(image, (width, height), crop=self.resize == "crop")
        pixels = np.asarray(image)
        if image.mode == "F":
            pixels = pixels.round().clip(0, 65535).astype(np.uint16)
        return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)

    def _match(self, image: "Image", path: Path) -> None:
        """Raise an error unless an image is like the first, or may be made so."""
        (channels, height, width), dtype = self._first
        depth, first = _depth(image, path), self.root
        if depth != 8 * dtype.itemsize:
            raise DataError(
                f"{path} has {depth} bits per pixel, but the first image of {first} has "
                f"{8 * dtype.itemsize}; convert them to one depth."
            )
        if self.size is None and (image.height, image.width) != (height, width):
            raise DataError(
                f"{path} is {image.height} x {image.width} pixels, but the first image of {first} "
                f"is {height} x {width}; give size=({height}, {width}), --size {height}x{width}, "
                "to scale all."
            )
        natural = 1 if _is_grey(image) else 3
        if self.channels is None and natural != channels:
            is_, was = ("grey", "in colour") if natural == 1 else ("in colour", "grey")
            raise DataError(
                f"{path} is {is_}, but the first image of {first} is {was}; give channels=1 or "
                "channels=3 (--channels 1 or 3) to convert all."
            )


def _check(name: str, value: Any, allowed: Iterable[Any]) -> None:
    if value not in (known := list(allowed)):
        choices = ", ".join(repr(choice) for choice in known)
        raise ParameterError(f"There is no {name} {value!r}; take one of {choices}.")


def _size(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or not all(isinstance(side, int) and side >= 1 for side in pair):
        raise ParameterError(f"size is a height and a width of at least 1 pixel, not {size!r}.")
    return pair[0], pair[1]


def _find(root: Path) -> list[tuple[Path, str]]:
    """Return the images below a folder, each with its class."""
    if not root.is_dir():
        raise DataError(f"{root} is not a folder; give one that holds PNG, JPEG or WebP files.")
    found = [(path, root.resolve().name) for path in _images(root, deep=False)]
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if folder.name.startswith("."):
            continue
        images = [(path, folder.name) for path in _images(folder, deep=True)]
        if not images:
            raise DataError(
                f"The class folder {folder} holds no PNG, JPEG or WebP file; fill or remove it."
            )
        found += images
    if not found:
        raise DataError(f"{root} holds no PNG, JPEG or WebP file.")
    return found


@dataclass(frozen=True)
class Form:
    """Height and width of an image and how many channels it has, 1 if grey and 3 in colour."""

    size: tuple[int, int]
    channels: int


def form_of(path: Path) -> Form:
    """Return the form of an image, as its head says it.

    Raises
    ------
    DataError
        If the file is damaged or no image.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scan.png"
    ...     Image.new("L", (40, 30)).save(path)
    ...     form_of(path)
    Form(size=(30, 40), channels=1)
    """
    from PIL import Image

    try:
        with Image.open(path, formats=_FORMATS) as image:
            turned = image.getexif().get(_ORIENTATION, 1) in _ON_THE_SIDE
            sides = image.height, image.width
            return Form(sides[::-1] if turned else sides, 1 if _is_grey(image) else 3)
    except (*_DAMAGE, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error


def is_image(path: Path) -> bool:
    """Return whether a file is called as images are.

    Examples
    --------
    >>> is_image(Path("scan.PNG")), is_image(Path("scan.txt"))
    (True, False)
    """
    return path.suffix.lower() in _SUFFIXES


def _images(folder: Path, *, deep: bool) -> list[Path]:
    paths: Iterator[Path] = folder.rglob("*") if deep else folder.iterdir()
    return sorted(
        path
        for path in paths
        if is_image(path)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _open(path: Path) -> "Image":
    """Return a decoded image, turned as its EXIF tag says; mode "F" if it has 16 bits."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=_FORMATS) as image:
            image.load()
            turned = ImageOps.exif_transpose(image)
    except (*_DAMAGE, Image.DecompressionBombError) as error:
        raise _damaged(path, error) from error
    if _is_deep(turned):
        return Image.fromarray(np.asarray(turned).astype(np.float32))
    return turned.convert("RGBA") if turned.mode in ("P", "PA") else turned


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} is damaged or no image ({error}); mend or remove it, or leave such files out "
        "(on_error='skip', --on-error skip)."
    )


def _is_deep(image: "Image") -> bool:
    return image.mode.startswith("I;16") or image.mode == "F"


def _is_grey(image: "Image") -> bool:
    return image.mode in _GREY or _is_deep(image)


def _depth(image: "Image", path: Path) -> int:
    if image.mode == "I":
        raise DataError(f"{path} has 32 bits per pixel; save it with 8 or 16.")
    return 16 if _is_deep(image) else 8


def _fit(image: "Image", size: tuple[int, int], *, crop: bool) -> "Image":
    """Scale an image to a width and a height."""
    from PIL import Image, ImageOps

    bilinear = Image.Resampling.BILINEAR
    return ImageOps.fit(image, size, bilinear) if crop else image.resize(size, bilinear)


def _broken(paths: Iterable[Path]) -> dict[Path, str]:
    """Read all files, and return why those that cannot be read cannot."""
    result = {}
    for path in paths:
        try:
            _open(path)
        except DataError as error:
            result[path] = str(error.__cause__)
    return result


def _said(broken: dict[Path, str]) -> str:
    named = ", ".join(str(path) for path in list(broken)[:_NAMED])
    more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    return f"{len(broken)} damaged image(s) are left out: {named}{more}."
