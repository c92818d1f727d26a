"""The job that the options of `genad detect` ask for: on a table, on series or on images."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from genad.cli import image_inputs, inputs, series_inputs
from genad.cli.settings import make_detector
from genad.detection import Detection
from genad.detector import Detector
from genad.files import (
    ImageTask,
    Kept,
    Roles,
    SeriesTask,
    Task,
    Watch,
    detect,
    detect_images,
    detect_series,
)


@dataclass(frozen=True)
class DataOptions:
    """What to read, and how; the fields are the options of that name."""

    data: str
    train: str | None
    time: str | None
    window: int | None
    roles: Roles
    normal_only: bool
    train_rows: int
    top: float | None
    images: image_inputs.Reading = field(default_factory=image_inputs.Reading)


class Job(Protocol):
    """A detector, not yet fitted, and what to do with it."""

    detector: Detector

    def run(
        self, folder: Path, suffix: str, *, command: str, watch: Watch, kept: Kept | None
    ) -> Detection:
        """Fit, score into files in the folder, and return what was found."""


def make_job(options: DataOptions, model: str, settings: Sequence[str] | None, **given: Any) -> Job:
    """Return the job, its data opened and its detector made.

    Parameters
    ----------
    options : of the data.
    model, settings, given : as in `genad.cli.settings.make_detector`.

    Examples
    --------
    >>> given = DataOptions("breast_cancer", None, None, None, Roles(), False, 100, None)
    >>> make_job(given, "zscore", None).detector
    ZScore(random_state=0)
    """
    if image_inputs.is_images(options.data):
        task_of_images = image_inputs.open_image_task(
            options.data,
            options.train,
            options.roles,
            normal_only=options.normal_only,
            reading=options.images,
        )
        images = replace(task_of_images, train_rows=options.train_rows, top_share=options.top)
        return _ImageJob(make_detector(model, settings, **given), images)
    options.images.refuse(f"images, but {options.data} holds none")
    if series_inputs.is_series(options.data, options.time, options.window):
        task = series_inputs.open_series_task(
            options.data,
            options.train,
            options.time,
            options.roles,
            normal_only=options.normal_only,
        )
        window = series_inputs.window_for(model, options.window)
        detector = make_detector(model, settings, **given, window=window)
        return _SeriesJob(detector, replace(task, top_share=options.top))
    rows = replace(
        inputs.open_task(options.data, options.train, options.roles),
        normal_only=options.normal_only,
        train_rows=options.train_rows,
        top_share=options.top,
    )
    return _TableJob(make_detector(model, settings, **given), rows)


@dataclass
class _TableJob:
    detector: Detector
    task: Task

    def run(
        self, folder: Path, suffix: str, *, command: str, watch: Watch, kept: Kept | None
    ) -> Detection:
        path = folder / f"scores.{suffix}"
        return detect(self.detector, self.task, path, command=command, watch=watch, kept=kept)


@dataclass
class _ImageJob:
    detector: Detector
    task: ImageTask

    def run(
        self, folder: Path, suffix: str, *, command: str, watch: Watch, kept: Kept | None
    ) -> Detection:
        path = folder / f"scores.{suffix}"
        return detect_images(self.detector, self.task, path, command=command, watch=watch)


@dataclass
class _SeriesJob:
    detector: Detector
    task: SeriesTask

    def run(
        self, folder: Path, suffix: str, *, command: str, watch: Watch, kept: Kept | None
    ) -> Detection:
        return detect_series(
            self.detector, self.task, folder, suffix=suffix, command=command, watch=watch
        )
