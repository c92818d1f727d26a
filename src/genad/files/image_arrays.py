"""Images in NPY and NPZ files, told from tables by their axes, read without running any code."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from genad.errors import DataError

SUFFIXES = (".npy", ".npz")
_AXES = (3, 4)  # of n images: height and width, and perhaps channels
_IMAGES, _LABELS = "X", "y"


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays in a file by name, read from their heads alone.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.npz"
    ...     np.savez(path, X=np.zeros((5, 8, 8)), y=np.zeros(5))
    ...     shapes(path)
    {'X': (5, 8, 8), 'y': (5,)}
    """
    with _explained(path):
        if path.suffix.lower() == ".npy":
            with path.open("rb") as stream:
                return {path.stem: _shape(stream)}
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            found = {}
            for name in names:
                with archive.open(name) as stream:
                    found[name.removesuffix(".npy")] = _shape(stream)
            return found


def holds_image_array(path: Path) -> bool:
    """Return whether a file is an NPY or NPZ file of images, not of a table.

    Examples
    --------
    >>> holds_image_array(Path("pump.csv"))
    False
    """
    if path.suffix.lower() not in SUFFIXES:
        return False
    return len(_chosen(shapes(path), path, of_images=False)) in _AXES


def read_image_array(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Return the images in a file, and their labels if it holds any.

    An NPY file is mapped, not read, so that it may be larger than memory.

    Parameters
    ----------
    path : an NPY file of images, or an NPZ file that holds them as `X`, perhaps with labels `y` of
        shape (n,), or alone under any name.

    Raises
    ------
    DataError
        If the file is damaged or holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.npz"
    ...     np.savez(path, X=np.zeros((5, 8, 8)), y=np.arange(5))
    ...     images, labels = read_image_array(path)
    >>> images.shape, labels.tolist()
    ((5, 8, 8), [0, 1, 2, 3, 4])
    """
    found = shapes(path)
    shape = _chosen(found, path, of_images=True)
    with _explained(path):
        if path.suffix.lower() == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False), None
        with np.load(path, allow_pickle=False) as file:
            images = file[_IMAGES if _IMAGES in found else next(iter(found))]
            labelled = _IMAGES in found and _LABELS in found
            labels = file[_LABELS] if labelled else None
    if labels is not None and labels.shape != shape[:1]:
        raise DataError(
            f"{path} holds {shape[0]} images, but labels y of shape {labels.shape}; give one label "
            "for each image."
        )
    return images, labels


def _chosen(found: dict[str, tuple[int, ...]], path: Path, *, of_images: bool) -> tuple[int, ...]:
    """Return the shape of the array that counts; () if none does and none has to."""
    shape = found.get(_IMAGES, next(iter(found.values())) if len(found) == 1 else ())
    if of_images and len(shape) not in _AXES:
        held = ", ".join(f"{name} {size}" for name, size in found.items()) or "nothing"
        raise DataError(
            f"{path} holds {held}: give images as X of shape (n, height, width) or with a fourth "
            "axis of channels, and perhaps labels y of shape (n,)."
        )
    return shape


def _shape(stream: IO[bytes]) -> tuple[int, ...]:
    version = np.lib.format.read_magic(stream)
    first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise DataError(
            "holds Python objects, which are never loaded: save plain arrays of numbers"
        )
    return tuple(shape)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what NumPy and the operating system say into one sentence."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path} {error}.") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} cannot be read: it is not an {path.suffix[1:].upper()} file, or is damaged."
        ) from error
