"""CIFAR-10: 60,000 small photographs, 32 x 32 pixels, in colour.

Read from the binary version: a record is one byte for the class and 3,072 for the pixels, as a
red, a green and a blue plane. A folder may hold lossless WebP mosaics of 50 x 50 photographs
instead, four for each batch, with the classes beside them; the records made of them are checked
against the same digests.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.datasets.base import DatasetInfo, ImageSet, Source
from genad.data.datasets.fetch import Home, check_digest, data_folder, fetch_files
from genad.errors import DatasetError

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="cifar10",
    title="CIFAR-10",
    domain="images",
    kind="images",
    rows=60_000,
    columns=3_072,
    licence="not stated",
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
    anomaly="a photograph of another class than the normal one, or of the anomalous one",
    citation="A. Krizhevsky (2009), Learning multiple layers of features from tiny images",
)
_BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
_BINARY = "cifar-10-batches-bin"
_HOME = Home(
    folder="cifar10",
    files=tuple(f"{_BINARY}/{batch}.bin" for batch in _BATCHES),
    urls=("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
)
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def _has_mosaics(folder: Path) -> bool:
    return (folder / f"{_BATCHES[0]}.labels").is_file() and not (folder / _BINARY).is_dir()


def _fetch() -> Path:
    folder = data_folder(_HOME.folder)
    return folder if _has_mosaics(folder) else fetch_files(_HOME)


def _load() -> ImageSet:
    folder = _fetch()
    read = _read_mosaics if _has_mosaics(folder) else _read_binary
    records = np.concatenate([read(folder, batch) for batch in _BATCHES])
    classes = records[:, 0].astype(np.int64)
    planes = records[:, 1:].reshape(-1, 3, 32, 32)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    cut = 50_000
    return ImageSet(_INFO.name, images[:cut], classes[:cut], images[cut:], classes[cut:], CLASSES)


def _read_binary(folder: Path, batch: str) -> NDArray[np.uint8]:
    return np.fromfile(folder / _BINARY / f"{batch}.bin", np.uint8).reshape(-1, 3073)


def _read_mosaics(folder: Path, batch: str) -> NDArray[np.uint8]:
    try:
        labels = np.fromfile(folder / f"{batch}.labels", np.uint8)
        tiles = [_tiles(folder / f"{batch}.{k}.webp") for k in range(4)]
        records = np.column_stack([labels, np.concatenate(tiles)])
    except (OSError, ValueError) as error:
        raise DatasetError(f"The mosaics of {batch} in {folder} are damaged: {error}.") from error
    digest = hashlib.sha256(records.tobytes()).hexdigest()
    check_digest(folder / f"{batch}.*.webp", f"{_HOME.folder}/{_BINARY}/{batch}.bin", digest)
    return records


def _tiles(path: Path) -> NDArray[Any]:
    """Cut a mosaic into photographs, each as its planes of red, green and blue."""
    from PIL import Image

    with Image.open(path) as image:
        mosaic = np.asarray(image)
    photographs = mosaic.reshape(50, 32, 50, 32, 3).transpose(0, 2, 4, 1, 3)
    return photographs.reshape(-1, 3072)


SOURCE = Source(_INFO, _fetch, _load)
