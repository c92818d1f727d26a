"""What DATA on the command line means where it is images: a folder, an array, or a data set."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from genad.cli.errors import Misuse
from genad.cli.inputs import kind_of_dataset
from genad.data import load_images
from genad.data.image_folder import Channels, OnError
from genad.detector import Detector
from genad.files import (
    ImageTable,
    ImageTask,
    Roles,
    Scored,
    Watch,
    as_image_tables,
    holds_images,
    open_images,
    score_images,
)

_CHOICES = tuple(choice for choice in get_args(OnError) if choice != "warn")


@dataclass(frozen=True)
class Reading:
    """How the images of a folder are read; the fields are the options of that name.

    Examples
    --------
    >>> Reading(size="28").asked
    {'size': (28, 28), 'channels': None, 'on_error': 'raise'}
    """

    size: str | None = None
    channels: int | None = None
    on_error: str = "raise"

    @property
    def asked(self) -> dict[str, Any]:
        """The arguments of `genad.files.open_images`.

        Raises
        ------
        Misuse
            If one of them makes no sense.
        """
        if self.channels is not None and self.channels not in get_args(Channels):
            raise Misuse(f"--channels is 1 (grey), 3 (colour) or 4, not {self.channels}.")
        size, on_error = parse_size(self.size), parse_on_error(self.on_error)
        return {"size": size, "channels": self.channels, "on_error": on_error}

    def check(self, *data: str) -> None:
        """Raise a `Misuse` if an option makes no sense, or no DATA is a folder that it is for."""
        _ = self.asked
        if not any(Path(each).exists() for each in data):
            self.refuse(f"a folder of images, but {data[0]} is a data set")

    def refuse(self, wanted: str) -> None:
        """Raise a `Misuse` that says what is wanted, if images are to be scaled or converted."""
        for option, given in (("--size", self.size), ("--channels", self.channels)):
            if given is not None:
                raise Misuse(f"{option} is for {wanted}: leave it out.")


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


def open_any(data: str, reading: Reading) -> ImageTable:
    """Open images to score: those of a folder or a file, or the test images of a data set."""
    if Path(data).exists():
        return open_images(data, **reading.asked)
    return as_image_tables(load_images(data))[1]


def open_image_task(
    data: str,
    train: str | None,
    roles: Roles,
    *,
    normal_only: bool,
    reading: Reading,
) -> ImageTask:
    """Open what is scored and what is learnt from, by default the same.

    Of a data set, the training images are learnt from, all but the classes that are anomalies, and
    the test images are scored.
    """
    if roles.label is not None or roles.ignore:
        raise Misuse(
            f"{data} holds images, whose folders are their classes: leave out --label and --ignore."
        )
    reading.check(data, train or data)
    if Path(data).exists() or train is not None:
        scored = open_any(data, reading)
        learnt = scored if train is None else open_any(train, reading)
        return ImageTask(learnt, scored, roles.anomaly, normal_only)
    learnt, scored = as_image_tables(load_images(data))
    return ImageTask(learnt, scored, roles.anomaly, normal_only or bool(roles.anomaly))


def scorer_of(
    data: str, roles: Roles, reading: Reading
) -> Callable[[Detector, Path, Watch], Scored]:
    """Open images, and return what scores them into a file."""
    if roles.label is not None:
        raise Misuse(f"{data} holds images, whose folders are their classes: leave out --label.")
    reading.check(data)
    table = open_any(data, reading)

    def score(detector: Detector, path: Path, watch: Watch) -> Scored:
        return score_images(detector, table, path, anomaly=roles.anomaly, watch=watch)

    return score


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
