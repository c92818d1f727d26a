"""The idx format of MNIST and its successors: big-endian sizes, then bytes, gzipped."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.datasets.base import DatasetInfo, ImageSet, Source
from genad.data.datasets.fetch import Home, fetch_files
from genad.errors import DatasetError

__all__ = ["idx_source", "read_idx"]

_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def read_idx(path: Path) -> NDArray[np.uint8]:
    r"""Read a gzipped idx file of bytes.

    The head is two zero bytes, 8 for "unsigned byte", the number of axes, and the length of each
    axis as a big-endian 32-bit integer.

    Parameters
    ----------
    path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels.gz"
    ...     _ = path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x03" + bytes([7, 8, 9])))
    ...     read_idx(path)
    array([7, 8, 9], dtype=uint8)
    """
    with gzip.open(path) as file:
        content = file.read()
    axes = content[3] if content[:3] == b"\0\0\x08" else 0
    shape = np.frombuffer(content, ">u4", axes, offset=4) if axes else np.empty(0)
    pixels = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    if not axes or pixels.size != np.prod(shape):
        raise DatasetError(f"{path} is not an idx file of bytes: fetch it again.")
    return pixels.reshape([int(length) for length in shape])


def idx_source(
    info: DatasetInfo, folder: str, urls: tuple[str, ...], class_names: tuple[str, ...]
) -> Source[ImageSet]:
    """Describe a data set of four idx files.

    Parameters
    ----------
    info
        Its facts.
    folder, urls
        Where the files are, see :class:`~genad.data.datasets.fetch.Home`.
    class_names
        What the classes are called.

    Examples
    --------
    >>> from genad.data.datasets.mnist import SOURCE
    >>> SOURCE.info.columns
    784
    """
    home = Home(folder, _FILES, urls)
    return Source(info, partial(fetch_files, home), partial(_load, info.name, home, class_names))


def _load(name: str, home: Home, class_names: tuple[str, ...]) -> ImageSet:
    folder = fetch_files(home)
    arrays: list[Any] = [read_idx(folder / file) for file in _FILES]
    train, train_classes, test, test_classes = arrays
    return ImageSet(
        name,
        train,
        train_classes.astype(np.int64),
        test,
        test_classes.astype(np.int64),
        class_names,
    )
