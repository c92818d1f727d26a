"""Samples of any kind as plain vectors, with nothing learnt: what models are to improve on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.comparison.subject import Subject
from genad.data.encoding import TableEncoder
from genad.data.images import read_images
from genad.data.table import Table


class Vectors:
    """Maps samples to vectors: pixels in [0, 1], or columns standardised as a detector sees them.

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
        table = None if subject.kind == "image" else Table(subject.train)
        self.encoder = None if table is None else TableEncoder("standard").fit(table)

    def __call__(self, data: Any) -> NDArray[np.float64]:
        """Return vectors of shape (n, d)."""
        if self.encoder is not None:
            return self.encoder.transform(Table(data)).astype(np.float64)
        pixels = read_images(data).pixels(slice(None))
        largest = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
        return pixels.reshape(len(pixels), -1) / largest
