"""What images are like before anything is trained: classes, sizes, pixels, samples."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.image_folder import Channels, ImageFolder, OnError, form_of
from genad.data.images import ImageSource
from genad.files import ImageTable, Watch, open_images
from genad.files.source import unwatched
from genad.profiles.pixels import Pixels, look_at_pixels

# Pixels are counted in as many images as have so many values together, which takes seconds.
_MOST_VALUES = 2**26
_LEAST = 200  # images to look at, however large they are
_VALUES = 100_000  # for the histogram
_NAMED = 3


@dataclass(frozen=True)
class Part:
    """Images that belong together, as those to train on: their name and how many of each class."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many images there are."""
        return sum(self.counts)


@dataclass(frozen=True, eq=False)
class ImagesProfile:
    """What images are like.

    Parameters
    ----------
    name : of the data.
    parts : the images as they came, with their counts.
    class_names : what the classes are called; empty where there are none.
    shape : of each image: channels, height, width.
    dtype : of the pixels.
    pixels : of those images of the first part that were looked at.
    rows : their numbers.
    classes : and their classes, of shape (rows,).
    samples : for each class, some images at random, of shape (k, channels, h, w).
    values : some values of pixels at random.
    findings : what is odd, a sentence each.
    """

    name: str
    parts: tuple[Part, ...]
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    dtype: str
    pixels: Pixels
    rows: NDArray[np.intp]
    classes: NDArray[np.int64]
    samples: tuple[NDArray[Any], ...]
    values: NDArray[Any]
    findings: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> tuple[int, ...]:
        """How many images each class has in all parts together."""
        return tuple(map(sum, zip(*(part.counts for part in self.parts), strict=True)))

    def plain(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them, without images."""
        pixels = self.pixels
        return {
            "name": self.name,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "class_names": list(self.class_names),
            "parts": [asdict(part) for part in self.parts],
            "pixels": {
                "images": pixels.images,
                "low": pixels.low,
                "high": pixels.high,
                "means": pixels.means.tolist(),
                "deviations": pixels.deviations.tolist(),
                "constant": pixels.constant,
                "values": pixels.values,
                "copies": pixels.copies,
            },
            "findings": list(self.findings),
        }


def open_any_images(
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    channels: Channels | None = None,
    on_error: OnError = "raise",
) -> ImageTable:
    """Return images as `open_images` does, but those of a folder of mixed sizes too.

    Unless told otherwise they are scaled to the most common size, and turned into colour if some
    are; it is said which forms there are.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number, side in enumerate([8, 8, 9]):
    ...         Image.new("L", (side, side)).save(Path(folder) / f"{number}.png")
    ...     open_any_images(folder).images.shape
    (1, 8, 8)
    """
    table = open_images(path, size=size, channels=channels, on_error=on_error)
    if not isinstance(folder := table.images, ImageFolder):
        return table
    forms = Counter(map(form_of, folder.paths))
    sizes: Counter[tuple[int, int]] = Counter()
    depths: Counter[int] = Counter()
    for form, count in forms.items():
        sizes[form.size] += count
        depths[form.channels] += count
    if len(forms) == 1 and size is None and channels is None:
        return table
    usual = sizes.most_common(1)[0][0]
    scaled = folder.scaled(
        size or (usual if len(sizes) > 1 else None), channels or (3 if len(depths) > 1 else None)
    )
    notes = _mixed(sizes, depths, scaled, asked=size is not None)
    return replace(table, images=scaled, notes=[*table.notes, *notes])


def profile_images(
    tables: Sequence[ImageTable],
    name: str,
    *,
    each: int = 10,
    random_state: int = 0,
    watch: Watch = unwatched,
) -> ImagesProfile:
    """Return what images are like.

    Parameters
    ----------
    tables : the parts they come in, with the same classes; the first is looked at in detail.
    name : what to call them together.
    each : how many samples of each class to take.
    random_state : seed of what is drawn.
    watch : told of the progress.

    Examples
    --------
    >>> from genad.data.images import ImageArray
    >>> images = ImageArray(np.arange(48, dtype=np.uint8).reshape(3, 4, 4))
    >>> table = ImageTable("toy", images, np.array([0, 1, 1]), ("cat", "dog"))
    >>> found = profile_images([table], "toy")
    >>> found.counts, [len(samples) for samples in found.samples]
    ((1, 2), [1, 2])
    """
    rng = np.random.default_rng(random_state)
    first = tables[0]
    classes = _classes(first)
    several = max(1, len(first.class_names))
    rows = _drawn(first.images, rng)
    pixels = look_at_pixels(first.images, rows, classes[rows], several, watch)
    samples = tuple(
        first.images.pixels(_some(np.flatnonzero(classes == number), each, rng))
        for number in range(several)
    )
    values = first.images.pixels(_some(rows, max(1, _VALUES // pixels.values), rng))
    parts = tuple(
        Part(table.name, tuple(np.bincount(_classes(table), minlength=several).tolist()))
        for table in tables
    )
    return ImagesProfile(
        name=name,
        parts=parts,
        class_names=first.class_names,
        shape=first.images.shape,
        dtype=first.images.dtype.name,
        pixels=pixels,
        rows=rows,
        classes=classes[rows],
        samples=samples,
        values=rng.permutation(values.ravel())[:_VALUES],
        findings=(*first.notes, *_findings(first, pixels, parts)),
    )


def _classes(table: ImageTable) -> NDArray[np.int64]:
    return np.zeros(len(table), np.int64) if table.classes is None else table.classes


def _drawn(images: ImageSource, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the numbers of the images to look at: all, or as many as take little time."""
    most = max(_LEAST, _MOST_VALUES // math.prod(images.shape))
    return _some(np.arange(len(images)), most, rng)


def _some(rows: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _mixed(
    sizes: Counter[tuple[int, int]],
    depths: Counter[int],
    shown: ImageFolder,
    *,
    asked: bool,
) -> list[str]:
    found = []
    if len(sizes) > 1:
        listed = ", ".join(f"{h} x {w} ({count:,})" for (h, w), count in sizes.most_common(_NAMED))
        more = f" and {len(sizes) - _NAMED} more" if len(sizes) > _NAMED else ""
        height, width = shown.shape[1:]
        found.append(
            f"The images are of {len(sizes)} sizes, {listed}{more}; here all are scaled to "
            f"{height} x {width}" + (" as asked for." if asked else ", the most common.")
        )
    if len(depths) > 1:
        tone = "grey" if shown.shape[0] == 1 else "colour"
        found.append(
            f"{depths[1]:,} images are grey and {depths[3]:,} in colour; here all are in {tone}."
        )
    return found


def _findings(table: ImageTable, pixels: Pixels, parts: tuple[Part, ...]) -> list[str]:
    found = []
    total = len(table)
    if pixels.images < total:
        found.append(f"Pixels were counted in a random sample of {pixels.images:,} images.")
    if pixels.copies:
        found.append(
            f"{pixels.copies:,} of {pixels.images:,} images are exact copies of another one."
        )
    if pixels.low == pixels.high:
        found.append(f"All pixels of all images have one value, {pixels.low:g}.")
    elif pixels.constant:
        found.append(
            f"{pixels.constant:,} of the {pixels.values:,} values of an image are the same in all."
        )
    for part in parts:
        absent = [n for n, count in zip(table.class_names, part.counts, strict=False) if not count]
        if absent:
            found.append(f"{part.name} has no image of {', '.join(absent)}.")
    return found
