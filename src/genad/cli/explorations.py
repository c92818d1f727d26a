"""The exploration that the options of `genad explore` ask for: of images, series or a table."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genad.cli import image_inputs, inputs, series_inputs
from genad.cli.errors import Misuse
from genad.data import load_images
from genad.files import Roles, Watch, as_image_tables
from genad.profiles import (
    ImagesProfile,
    SeriesProfile,
    TableProfile,
    open_any_images,
    profile_images,
    profile_series,
    profile_table,
)
from genad.report.explore_images import ImagesContent, images_content
from genad.report.explore_series import SeriesContent, series_content
from genad.report.explore_table import TableContent, table_content


@dataclass(frozen=True)
class ExploreOptions:
    """What to explore, and how; the fields are the options of that name."""

    data: str
    time: str | None
    roles: Roles
    number: int | None
    seed: int
    images: image_inputs.Reading = field(default_factory=image_inputs.Reading)


@dataclass(frozen=True, eq=False)
class Explored:
    """What data is like, and the page that shows it."""

    kind: str
    profile: ImagesProfile | SeriesProfile | TableProfile
    content: ImagesContent | SeriesContent | TableContent

    def plain(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        return {"kind": self.kind} | self.profile.plain()


def explore(options: ExploreOptions, watch: Watch) -> Explored:
    """Open the data, look at it, and decide what to show."""
    if image_inputs.is_images(options.data):
        return _images(options, watch)
    options.images.refuse(f"images, but {options.data} holds none")
    if series_inputs.is_series(options.data, options.time, None):
        return _series(options, watch)
    return _table(options, watch)


def _images(options: ExploreOptions, watch: Watch) -> Explored:
    data = options.data
    for option, given in (("--time", options.time), ("--label", options.roles.label)):
        if given is not None:
            raise Misuse(
                f"{data} holds images, whose folders are their classes: leave out {option}."
            )
    options.images.check(data)
    if Path(data).exists():
        tables = [open_any_images(data, **options.images.asked)]
    else:
        tables = list(as_image_tables(load_images(data)))
    profile = profile_images(
        tables, data, each=options.number or 10, random_state=options.seed, watch=watch
    )
    content = images_content(profile, data, random_state=options.seed, watch=watch)
    return Explored("images", profile, content)


def _series(options: ExploreOptions, watch: Watch) -> Explored:
    total, series = series_inputs.each_series_of(options.data, options.time, options.roles)
    profile = profile_series(
        series,
        options.data,
        most=options.number or 5,
        random_state=options.seed,
        total=total,
        watch=watch,
    )
    content = series_content(profile, options.data, options.roles, time=options.time)
    return Explored("series", profile, content)


def _table(options: ExploreOptions, watch: Watch) -> Explored:
    source, roles = inputs.open_whole(options.data, options.roles)
    profile = profile_table(source, roles, random_state=options.seed, watch=watch)
    content = table_content(
        profile,
        options.data,
        options.roles,
        rows=options.number or 10,
        random_state=options.seed,
    )
    return Explored("table", profile, content)
