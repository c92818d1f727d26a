"""What the page about images shows: samples, classes, pixels, and all images as points."""

import shlex
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.files import Watch
from genad.files.source import unwatched
from genad.profiles import ImagesProfile
from genad.report.about import Fact
from genad.report.charts import Histogram
from genad.report.distributions import distribution
from genad.report.explore import Head, Map, Next, mapped
from genad.report.formats import clip, count, number, percent
from genad.report.pictures import Picture, pictures
from genad.report.projections import pca, tsne
from genad.report.scatter import Key, colours

_MOST_CLASSES = 20  # shown with samples
_LISTED = 100  # in the table of classes
_FEWEST, _MOST = 3, 2000  # images to draw as points
_BY_PCA = "by the two directions in which they differ most"
_BY_TSNE = "with neighbours kept together; distances between clusters and their sizes mean nothing"
_TYPES = {1: "grey", 3: "in colour", 4: "in colour, with opacity"}


@dataclass(frozen=True)
class Sampled:
    """Some images of a class."""

    name: str
    note: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class ClassRow:
    """A class in the table: how many images it has in each part, and its share of all."""

    name: str
    counts: tuple[str, ...]
    share: float
    percent: str


@dataclass(frozen=True, eq=False)
class ImagesContent:
    """All that the page about images shows, in its order."""

    head: Head
    samples: tuple[Sampled, ...]
    parts: tuple[str, ...]
    classes: tuple[ClassRow, ...]
    left_out: str
    facts: tuple[Fact, ...]
    values: Histogram | None
    means: tuple[Picture, ...]
    keys: tuple[Key, ...]
    maps: tuple[Map, ...]
    next: tuple[Next, ...]


def images_content(
    profile: ImagesProfile, data: str, *, random_state: int = 0, watch: Watch = unwatched
) -> ImagesContent:
    """Return what to show of images.

    Parameters
    ----------
    profile : what they are like.
    data : how they were named on the command line.
    random_state : seed of what is drawn.
    watch : told of the progress.
    """
    several = bool(profile.class_names)
    names = profile.class_names or ("all",)
    span = _span(profile)
    shown = range(min(_MOST_CLASSES, len(names)))
    groups, keys = colours(profile.classes, names)
    keys = keys if several else ()
    rows = _class_rows(profile) if several else ()
    return ImagesContent(
        head=_head(profile, data),
        samples=tuple(_sampled(profile, number, names, span) for number in shown),
        parts=tuple(_short(part.name) for part in profile.parts),
        classes=rows[:_LISTED],
        left_out=_left_out(len(names), len(rows)),
        facts=_facts(profile),
        values=distribution(profile.values, "Values of pixels", "value", height=200),
        means=_means(profile, names, span),
        keys=keys,
        maps=_maps(profile, groups, keys, random_state, watch),
        next=(Next("Find the images that do not fit", f"genad detect {shlex.quote(data)}"),),
    )


def _head(profile: ImagesProfile, data: str) -> Head:
    total = sum(part.total for part in profile.parts)
    classes = f" of {count(len(profile.class_names), 'class', 'classes')}"
    headline = f"{count(total, 'image')}{classes if profile.class_names else ''}"
    return Head(
        title=f"{profile.name}: {headline}",
        headline=headline,
        lede=f"What is in {data}, before anything is trained.",
        key_facts=_key_facts(profile, total),
        notes=profile.findings,
    )


def _key_facts(profile: ImagesProfile, total: int) -> tuple[Fact, ...]:
    channels, height, width = profile.shape
    form = _TYPES.get(channels, f"{channels} channels")
    parts = " + ".join(f"{part.total:,} {_short(part.name)}" for part in profile.parts)
    pixels = profile.pixels
    mean, deviation = (number(float(m.mean()), 3) for m in (pixels.means, pixels.deviations))
    facts = [
        Fact("images", f"{total:,}", parts if len(profile.parts) > 1 else ""),
        Fact("size", f"{height} x {width}", f"{form}, {profile.dtype}"),
        Fact(
            "values",
            f"{number(pixels.low)} to {number(pixels.high)}",
            f"mean {mean}, deviation {deviation}",
        ),
    ]
    if profile.class_names:
        largest, smallest = max(profile.counts), min(profile.counts)
        balance = f"{largest / smallest:.3g} to 1" if smallest else "one is empty"
        ends = f"largest {percent(largest / total)}, smallest {percent(smallest / total)}"
        facts.insert(2, Fact("balance of classes", balance, ends))
    return tuple(facts)


def _short(name: str) -> str:
    """Return "train" for "mnist (train)"."""
    return name.rpartition("(")[2].rstrip(")")


def _span(profile: ImagesProfile) -> tuple[float, float] | None:
    """Return the values shown as black and white: the same for every picture of the page."""
    if profile.dtype == "uint8":
        return None
    low, high = profile.pixels.low, profile.pixels.high
    shares = profile.dtype.startswith("float") and 0 <= low <= high <= 1
    return (0.0, 1.0) if shares else (low, high)


def _sampled(
    profile: ImagesProfile, number_of: int, names: tuple[str, ...], span: tuple[float, float] | None
) -> Sampled:
    images = profile.samples[number_of]
    shown = pictures(images, span=span) if len(images) else ()
    total = profile.counts[number_of]
    note = f"{len(images)} of {total:,}" if profile.class_names else f"of {total:,}"
    return Sampled(clip(names[number_of], 32), note, shown)


def _class_rows(profile: ImagesProfile) -> tuple[ClassRow, ...]:
    total = sum(profile.counts)
    largest = max(profile.counts)
    return tuple(
        ClassRow(
            clip(name),
            tuple(f"{part.counts[j]:,}" for part in profile.parts),
            profile.counts[j] / largest,
            percent(profile.counts[j] / total),
        )
        for j, name in enumerate(profile.class_names)
    )


def _left_out(names: int, rows: int) -> str:
    left = []
    if names > _MOST_CLASSES:
        left.append(f"samples of {names - _MOST_CLASSES} more classes")
    if rows > _LISTED:
        left.append(f"counts of {rows - _LISTED} more")
    return f"Not shown: {', '.join(left)}." if left else ""


def _facts(profile: ImagesProfile) -> tuple[Fact, ...]:
    pixels = profile.pixels
    share = pixels.constant / pixels.values
    facts = [
        Fact("looked at", count(pixels.images, "image"), f"of {_short(profile.parts[0].name)}"),
        Fact("range", f"{number(pixels.low)} to {number(pixels.high)}", profile.dtype),
        Fact("constant", f"{pixels.constant:,}", f"of {pixels.values:,} values, {percent(share)}"),
        Fact("exact copies", f"{pixels.copies:,}"),
    ]
    colour = ("red", "green", "blue", "opacity")
    several = len(pixels.means) > 1
    for j, (mean, deviation) in enumerate(zip(pixels.means, pixels.deviations, strict=True)):
        name = colour[j] if len(pixels.means) in (3, 4) else f"channel {j + 1}"
        spread = f"deviation {number(float(deviation))}"
        facts.append(Fact(f"mean of {name}" if several else "mean", number(float(mean)), spread))
    return tuple(facts)


def _means(
    profile: ImagesProfile, names: tuple[str, ...], span: tuple[float, float] | None
) -> tuple[Picture, ...]:
    shown = min(_MOST_CLASSES, len(names))
    means = profile.pixels.class_means[:shown]
    if profile.dtype == "uint8":
        means = means.round().astype(np.uint8)
    return pictures(means, [clip(name, 24) for name in names[:shown]], span=span)


def _maps(
    profile: ImagesProfile, groups: NDArray[np.intp], keys: tuple[Key, ...], seed: int, watch: Watch
) -> tuple[Map, ...]:
    if profile.pixels.images < _FEWEST:
        return ()
    maps = []
    for project, how in ((pca, _BY_PCA), (tsne, _BY_TSNE)):
        watch("mapping", 0, 2)
        found = project(profile.pixels.shrunk, random_state=seed, most=_MOST)
        maps.append(mapped(found, groups[found.rows], keys, "image", how))
        watch("mapping", 1, 2)
    return tuple(maps)
