"""What `genad fit` learns from: the rows of a table, or images."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genad.cli import image_inputs, inputs
from genad.cli.errors import Misuse
from genad.data import load_images
from genad.detector import Detector
from genad.files import (
    Fitted,
    Roles,
    as_image_tables,
    fit_images,
    fit_source,
    open_images,
)

Learn = Callable[[Detector], Fitted]
"""Fits a detector in place."""


@dataclass(frozen=True)
class TrainOptions:
    """What to learn from, and how; the fields are the options of that name."""

    train: str
    roles: Roles
    normal_only: bool
    train_rows: int
    classes: Sequence[str]
    images: image_inputs.Reading = field(default_factory=image_inputs.Reading)


def open_training(options: TrainOptions) -> Learn:
    """Return what fits a detector on the data that the options name, which is open already.

    Examples
    --------
    >>> from genad import ZScore
    >>> learn = open_training(TrainOptions("breast_cancer", Roles(), False, 100, ()))
    >>> learn(ZScore(random_state=0)).rows
    100
    """
    if image_inputs.is_images(options.train):
        return _images(options)
    if options.classes:
        raise Misuse(f"--class is for images, but {options.train} holds none: leave it out.")
    options.images.refuse(f"images, but {options.train} holds none")
    task = inputs.open_task(options.train, None, options.roles)

    def learn(detector: Detector) -> Fitted:
        return fit_source(
            detector,
            task.train,
            options.roles,
            normal_only=options.normal_only,
            most=options.train_rows,
        )

    return learn


def _images(options: TrainOptions) -> Learn:
    data, roles = options.train, options.roles
    if roles.label is not None or roles.ignore:
        raise Misuse(
            f"{data} holds images, whose folders are their classes: leave out --label and --ignore."
        )
    options.images.check(data)
    if Path(data).exists():
        table = open_images(data, **options.images.asked)
    else:
        table = as_image_tables(load_images(data))[0]

    def learn(detector: Detector) -> Fitted:
        return fit_images(detector, table, only=options.classes, most=options.train_rows)

    return learn
