"""Which view suits the data."""

from typing import Any, Literal

import numpy as np

from genad.data.image_folder import ImageFolder
from genad.data.images import ImageArray, Images
from genad.data.scaling import ScalerName
from genad.data.views import Rows, View
from genad.data.windows import Windows


def kind_of(data: Any, window: int | Literal["auto"] | None) -> str:
    """Return the kind of data: "series" where a window is asked for, else "table" or "image".

    Examples
    --------
    >>> kind_of([[1.0, 2.0]], None), kind_of([1.0, 2.0], 2), kind_of(np.zeros((5, 8, 8)), None)
    ('table', 'series', 'image')
    """
    if window is not None:
        return "series"
    images = isinstance(data, ImageFolder | ImageArray)
    images = images or (isinstance(data, np.ndarray) and data.ndim in (3, 4))
    return "image" if images else "table"


def make_view(
    kind: str, scaler: ScalerName, window: int | Literal["auto"] | None, stride: int
) -> View[Any]:
    """Return an unfitted view of a kind of data."""
    if kind == "series":
        return Windows(scaler, window or 1, stride)
    return Images(scaler) if kind == "image" else Rows(scaler)
