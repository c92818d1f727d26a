"""Images with their classes: from a folder, an array in a file, or a named data set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data import ImageFolder, ImageSet
from genad.data.image_folder import Channels, OnError, is_image
from genad.data.images import ImageArray, ImageSource
from genad.errors import DataError
from genad.files.image_arrays import holds_image_array, read_image_array


@dataclass(frozen=True, eq=False)
class ImageTable:
    """Images of one shape, with their classes where they have any.

    Parameters
    ----------
    name : of the file, the folder or the data set.
    images : decoded when they are asked for.
    classes : the class of each image as a position in `class_names`, of shape (n,); or None.
    class_names : what the classes are called.
    names : of the images, where they are files.
    notes : sentences that a reader must know.

    Examples
    --------
    >>> table = ImageTable("digits", ImageArray(np.zeros((4, 8, 8))), None, ())
    >>> len(table), table.images.shape
    (4, (1, 8, 8))
    """

    name: str
    images: ImageSource
    classes: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    names: Sequence[Any] | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.images)

    def name_of(self, row: int) -> str:
        """Return what to call an image: its file, or its number from 1.

        Examples
        --------
        >>> ImageTable("digits", ImageArray(np.zeros((4, 8, 8))), None, ()).name_of(0)
        '1'
        """
        return f"{row + 1:,}" if self.names is None else str(self.names[row])


def holds_images(path: str | Path) -> bool:
    """Return whether a file or a folder holds images.

    Examples
    --------
    >>> holds_images("pump.csv")
    False
    """
    path = Path(path)
    if path.is_dir():
        return any(is_image(file) for file in path.rglob("*"))
    return path.is_file() and holds_image_array(path)


def open_images(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    channels: Channels | None = None,
    on_error: OnError = "raise",
) -> ImageTable:
    """Return the images in a folder or in an NPY or NPZ file.

    Parameters
    ----------
    path : where they are; sub-folders of a folder, or `y` in an NPZ file, are their classes.
    size, channels, on_error : as in `genad.data.ImageFolder`, for folders.

    Raises
    ------
    DataError
        If there are none, or they cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.npz"
    ...     np.savez(path, X=np.zeros((3, 8, 8)), y=["one", "two", "one"])
    ...     table = open_images(path)
    >>> table.class_names, table.classes.tolist()
    (('one', 'two'), [0, 1, 0])
    """
    path = Path(path)
    if path.is_dir():
        return _of_folder(ImageFolder(path, size=size, channels=channels, on_error=on_error))
    images, labels = read_image_array(path)
    if size is not None or channels is not None:
        raise DataError(f"{path} is an array, which is not scaled: leave out size and channels.")
    if labels is None:
        return ImageTable(str(path), ImageArray(images), None, ())
    names, classes = np.unique(labels, return_inverse=True)
    return ImageTable(str(path), ImageArray(images), classes, tuple(map(str, names.tolist())))


def as_image_tables(images: ImageSet) -> tuple[ImageTable, ImageTable]:
    """Return the training and the test images of a data set.

    Examples
    --------
    >>> pixels, classes = np.zeros((3, 2, 2), np.uint8), np.array([0, 1, 1])
    >>> images = ImageSet("toy", pixels, classes, pixels[:1], classes[:1], ("cat", "dog"))
    >>> [(table.name, len(table)) for table in as_image_tables(images)]
    [('toy (train)', 3), ('toy (test)', 1)]
    """
    names = images.class_names
    return (
        ImageTable(f"{images.name} (train)", ImageArray(images.train), images.train_classes, names),
        ImageTable(f"{images.name} (test)", ImageArray(images.test), images.test_classes, names),
    )


def _of_folder(folder: ImageFolder) -> ImageTable:
    several = len(folder.class_names) > 1
    notes = [
        f"Left out, as it cannot be read: {path.relative_to(folder.root)} ({reason})."
        for path, reason in folder.broken.items()
    ]
    return ImageTable(
        name=str(folder.root),
        images=folder,
        classes=folder.classes if several else None,
        class_names=folder.class_names if several else (),
        names=[path.relative_to(folder.root) for path in folder.paths],
        notes=notes,
    )
