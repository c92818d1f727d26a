"""Samples of any kind as plain vectors, with nothing learnt: what models are to improve on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.comparison.subject import Subject
from genad.data.encoding import TableEncoder
from genad.data.images import read_images
from genad.data.table import Table


class Vectors:
    """Maps samples to vectors: pixels in [0, 1]; columns, or channels of windows, standardised.

    Parameters
    ----------
    subject : the data.

    Examples
    --------
    >>> from genad.comparison.subject import unlabelled_subject
    >>> to_vectors = Vectors(unlabelled_subject("ones", np.ones((4, 2, 2), np.uint8)))
    >>> to_vectors(np.full((1, 2, 2), 255, np.uint8)).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

    def __init__(self, subject: Subject) -> None:
        self.kind = subject.kind
        if self.kind == "table":
            self.encoder = TableEncoder("standard").fit(Table(subject.train))
        if self.kind == "series":
            self.centre, scale = subject.train.mean(0), subject.train.std(0)
            self.scale = np.where(scale > 0, scale, 1.0)

    def __call__(self, data: Any) -> NDArray[np.float64]:
        """Return vectors of shape (n, d)."""
        if self.kind == "table":
            return self.encoder.transform(Table(data)).astype(np.float64)
        if self.kind == "series":
            values: NDArray[np.float64] = np.asarray(data, dtype=np.float64)
            scaled: NDArray[np.float64] = (values - self.centre) / self.scale
            return scaled.reshape(len(scaled), -1)
        pixels = read_images(data).pixels(slice(None))
        largest = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
        return pixels.reshape(len(pixels), -1) / largest
