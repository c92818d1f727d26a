"""Fitting on images of a folder, a file or a data set, with their classes if these are learnt."""

import time
from collections.abc import Sequence

import numpy as np

from genad.detector import ConditionalDetector, Detector
from genad.errors import ParameterError
from genad.files.fitting import MOST_ROWS, Fitted, seed_of
from genad.files.images import ImageTable


def fit_images(
    detector: Detector, table: ImageTable, *, only: Sequence[str] = (), most: int = MOST_ROWS
) -> Fitted:
    """Fit a detector in place on images; a `ConditionalDetector` learns their classes too.

    Parameters
    ----------
    detector : not yet fitted.
    table : the images.
    only : the names of the classes to learn from; by default all.
    most : take a random sample of so many images if there are more.

    Raises
    ------
    ParameterError
        If there is no class of such a name.

    Examples
    --------
    >>> from genad import ZScore, AutoEncoder
    >>> from genad.data.images import ImageArray
    >>> pixels, classes = np.zeros((6, 8, 8), np.uint8), np.array([0, 0, 0, 0, 1, 1])
    >>> table = ImageTable("toy", ImageArray(pixels), classes, ("cat", "dog"))
    >>> fit_images(AutoEncoder(epochs=1, random_state=0), table, only=["cat"]).rows
    4
    """
    rows, notes = np.arange(len(table)), list(table.notes)
    if only:
        rows = rows[np.isin(_names(table), known_classes(table, only))]
        notes.append(f"Fitted only on images of {', '.join(only)}.")
    if (count := len(rows)) > most:
        chosen = np.random.default_rng(seed_of(detector)).choice(count, most, replace=False)
        rows = rows[np.sort(chosen)]
        notes.append(f"Fitted on a random sample of {most:,} of {count:,} images.")
    labelled = isinstance(detector, ConditionalDetector) and table.classes is not None
    started = time.perf_counter()
    detector.fit(table.images[rows], _names(table)[rows] if labelled else None)
    seconds = time.perf_counter() - started
    return Fitted(table.name, len(rows), seconds, notes + detector.history_.notes)


def _names(table: ImageTable) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    """Return the name of each image's class; without classes there is none to choose."""
    if table.classes is None:
        raise ParameterError(f"The images of {table.name} have no classes to choose from.")
    return np.array(table.class_names)[table.classes]


def known_classes(table: ImageTable, only: Sequence[str]) -> list[str]:
    """Return the names of classes as they are spelt in the data.

    Raises
    ------
    ParameterError
        If there is no class of such a name.

    Examples
    --------
    >>> from genad.data.images import ImageArray
    >>> table = ImageTable("toy", ImageArray(np.zeros((1, 2, 2))), np.zeros(1, int), ("Bag",))
    >>> known_classes(table, ["bag"])
    ['Bag']
    """
    spelt = {name.casefold(): name for name in table.class_names}
    for name in only:
        if name.casefold() not in spelt and name not in table.class_names:
            raise ParameterError(
                f"{table.name} has no class {name!r}: choose from {', '.join(table.class_names)}."
            )
    return [name if name in table.class_names else spelt[name.casefold()] for name in only]
