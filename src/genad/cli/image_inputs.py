"""What DATA on the command line means where it is images: a folder, an array, or a data set."""

import re
from pathlib import Path
from typing import cast, get_args

from genad.cli.errors import Misuse
from genad.cli.inputs import kind_of_dataset
from genad.data.image_folder import OnError
from genad.files import holds_images

_CHOICES = tuple(choice for choice in get_args(OnError) if choice != "warn")


def is_images(data: str) -> bool:
    """Return whether DATA is images.

    Examples
    --------
    >>> is_images("fashion-mnist"), is_images("nab"), is_images("nowhere.npz")
    (True, False, False)
    """
    if Path(data).exists():
        return holds_images(data)
    return kind_of_dataset(data) == "images"


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return height and width, as "28" or "28x32" says.

    Examples
    --------
    >>> parse_size("28"), parse_size("28x32"), parse_size(None)
    ((28, 28), (28, 32), None)
    """
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*(?:[x×,]\s*(\d+)\s*)?", text.lower())
    height, width = (int(side or found[1]) for side in found.groups()) if found else (0, 0)
    if not height or not width:
        raise Misuse(f"--size is a number of pixels or HEIGHTxWIDTH, as in 28x32, not {text!r}.")
    return height, width


def parse_on_error(text: str) -> OnError:
    """Return what to do about a damaged image.

    Examples
    --------
    >>> parse_on_error("skip")
    'skip'
    """
    if text not in _CHOICES:
        raise Misuse(f"--on-error is {' or '.join(_CHOICES)}, not {text!r}.")
    return cast("OnError", text)
