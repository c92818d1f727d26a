"""What `genad compare` is to compare: models by name, and data split for their comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from genad.cli import image_inputs, inputs, series_inputs
from genad.cli.errors import Misuse
from genad.cli.settings import make_detector
from genad.comparison import (
    Subject,
    image_subject,
    series_subject,
    table_subject,
    unlabelled_subject,
)
from genad.data import load_dataset, load_images, load_series
from genad.data.datasets import Dataset, ImageSet, Series
from genad.data.datasets.base import one_class_split
from genad.data.readers import open_table
from genad.detector import LatentDetector
from genad.files import ImageTable
from genad.files.labels import as_labels
from genad.metrics import find_events
from genad.profiles import open_any_images

# The plain pair of generator and critic: nothing else takes part in their game.
_ALIASES = {"gan": "fanogan"}
_TRAIN = 0.8  # of a folder's images


@dataclass(frozen=True)
class CompareOptions:
    """What to compare on; the fields are the options of that name."""

    data: str
    normal: str | None = None
    time: str | None = None
    window: int | None = None
    label: str | None = None
    anomaly: Sequence[str] | None = None
    ignore: Sequence[str] | None = None
    images: image_inputs.Reading = field(default_factory=image_inputs.Reading)
    train_rows: int = 10_000
    samples: int = 2000
    seed: int = 0

    @property
    def draws(self) -> dict[str, int]:
        """How much of the data to use."""
        return {"most": self.train_rows, "samples": self.samples, "random_state": self.seed}


def parse_models(
    text: str, *, epochs: int | None, seed: int, device: str | None
) -> dict[str, LatentDetector]:
    """Return the models that a list of names means.

    Examples
    --------
    >>> parse_models("gan,vae", epochs=3, seed=0, device=None)
    {'gan': FAnoGAN(epochs=3, random_state=0), 'vae': VAE(epochs=3, random_state=0)}
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names:
        raise Misuse("--models names no model: give some, as in --models gan,vae.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise Misuse(f"--models names {twice[0]} twice: give each once.")
    made = {}
    for name in names:
        known = _ALIASES.get(name, name)
        model = make_detector(known, None, epochs=epochs, random_state=seed, device=device)
        if not isinstance(model, LatentDetector):
            raise Misuse(
                f"{name} generates nothing that could be compared: take a VAE or a GAN of `genad "
                "models`, such as vae, fanogan or conditionalgan."
            )
        made[name] = model
    return made


def open_subject(options: CompareOptions) -> Subject:
    """Open the data, and split it."""
    if image_inputs.is_images(options.data):
        return _images(options)
    options.images.refuse(f"images, but {options.data} holds none")
    if options.normal is not None:
        raise Misuse(f"--normal is a class of images, and {options.data} holds none: leave it out.")
    if series_inputs.is_series(options.data, options.time, options.window):
        return _series(options)
    if Path(options.data).exists() or inputs.kind_of_dataset(options.data) is None:
        return _file(options)
    if options.label is not None:
        raise Misuse(f"{options.data} brings its own labels: leave out --label.")
    return table_subject(load_dataset(options.data, random_state=options.seed), **options.draws)


def _images(options: CompareOptions) -> Subject:
    if options.label is not None:
        raise Misuse(
            f"{options.data} holds images, whose folders are their classes: leave out --label."
        )
    if options.normal is not None and options.anomaly:
        raise Misuse("--normal and --anomaly both say what is normal: give one of them.")
    options.images.check(options.data)
    if not Path(options.data).exists():
        images = load_images(options.data)
    else:
        table = open_any_images(options.data, **options.images.asked)
        if table.classes is None:
            most = options.train_rows + options.samples
            return unlabelled_subject(
                table.name, _pixels(table, most, options.seed)[0], **options.draws
            )
        images = _split(table, options)
    normal = None if options.normal is None else _class(images, "--normal", options.normal)
    anomaly = None
    if options.anomaly:
        if len(options.anomaly) > 1:
            raise Misuse("--anomaly is one class of images here: give it once.")
        anomaly = _class(images, "--anomaly", options.anomaly[0])
    return image_subject(images, normal=normal, anomaly=anomaly, **options.draws)


def _series(options: CompareOptions) -> Subject:
    """Return one series; of a file, the first half is learnt from."""
    roles = inputs.make_roles(options.label, options.anomaly, options.ignore)
    total, tables = series_inputs.each_series_of(options.data, options.time, roles)
    if total != 1:
        raise Misuse(
            f"{options.data} holds {total} series, but models are compared on one: name it, as in "
            "nab/nyc_taxi, or give its file."
        )
    if Path(options.data).exists():
        table = next(tables)
        values = np.stack([table.table[name].to_numpy() for name in table.channels], 1)
        labels = np.zeros(len(table), bool) if table.labels is None else table.labels == 1
        windows = tuple((start, stop) for start, stop in find_events(labels).tolist())
        series = Series(table.name, values.astype(np.float64), windows, len(table) // 2)
    else:
        (series,) = load_series(options.data)
    return series_subject(
        series, window=options.window, samples=options.samples, random_state=options.seed
    )


def _split(table: ImageTable, options: CompareOptions) -> ImageSet:
    """Return the images of a folder or a file as a data set, four fifths to learn from."""
    most = round((options.train_rows + options.samples) / _TRAIN)
    pixels, classes = _pixels(table, most, options.seed)
    cut = round(_TRAIN * len(pixels))
    return ImageSet(
        table.name, pixels[:cut], classes[:cut], pixels[cut:], classes[cut:], table.class_names
    )


def _pixels(table: ImageTable, most: int, seed: int) -> tuple[Any, Any]:
    """Return some images in random order, and their classes."""
    rows = np.random.default_rng(seed).permutation(len(table))[:most]
    pixels = table.images.pixels(rows)
    shown = pixels[:, 0] if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1)
    return shown, None if table.classes is None else table.classes[rows]


def _class(images: ImageSet, option: str, text: str) -> int:
    """Return the number of a class, which may be named."""
    names = [name.casefold() for name in images.class_names]
    if text.casefold() in names:
        return names.index(text.casefold())
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    raise Misuse(
        f"{images.name} has no class {text!r}: {option} is one of {', '.join(images.class_names)}."
    )


def _file(options: CompareOptions) -> Subject:
    """Return the rows of a file, with their labels if a column has them."""
    if not Path(options.data).is_file():
        raise Misuse(f"{options.data} is neither a file here nor a data set of `genad data list`.")
    roles = inputs.make_roles(options.label, options.anomaly, options.ignore)
    file = open_table(options.data)
    for name in filter(None, (roles.label, *roles.ignore)):
        if name not in file.columns:
            raise Misuse(
                f"{options.data} has no column {name!r}: there are "
                f"{', '.join(map(str, file.columns))}."
            )
    table = pa.concat_tables(file.chunks(65_536))
    rows = table.drop_columns([name for name in (roles.label, *roles.ignore) if name])
    if roles.label is None:
        return unlabelled_subject(options.data, rows, **options.draws)
    labels = as_labels(table[roles.label], roles.label, roles.anomaly)
    known = labels >= 0
    split: Dataset = one_class_split(
        options.data, rows.filter(pa.array(known)), labels[known] == 1, options.seed
    )
    return table_subject(split, **options.draws)
