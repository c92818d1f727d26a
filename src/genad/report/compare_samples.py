"""Samples side by side: pictures of images, a few rows of tables, windows of series as lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.comparison import Comparison, Contender
from genad.detector import LatentDetector
from genad.report.axes import Axis, axis_for
from genad.report.formats import cell, clip
from genad.report.lines import Lines, line, lines_chart
from genad.report.pictures import Picture, pictures
from genad.report.scatter import COLOURS

_PICTURES, _ROWS, _COLUMNS, _WINDOWS = 20, 5, 8, 8
_UNSEEN = "that no model has seen"


@dataclass(frozen=True, eq=False)
class Shown:
    """Samples of one model, or real ones.

    Parameters
    ----------
    name : of the model.
    note : what they are.
    pictures : of images.
    header, rows : of a table.
    charts : of windows.
    """

    name: str
    note: str
    pictures: tuple[Picture, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    charts: tuple[Lines, ...] = ()


def shown_samples(found: Comparison) -> tuple[Shown, ...]:
    """Return real samples first, then those of each model."""
    if found.subject.kind == "series":
        return _windows(found)
    return (_real(found), *(_made(each, found) for each in found.contenders))


def losses(detector: LatentDetector) -> str:
    """Return what a fitted detector was trained on, in a few words.

    Examples
    --------
    >>> from genad import VAE
    >>> losses(VAE(epochs=1, random_state=0).fit([[0.0], [1.0], [2.0]]))
    'Gaussian likelihood and KL divergence'
    """
    terms = {term.partition(".")[2] for term in detector.history_.names()}
    if likelihood := detector.get_params().get("likelihood"):
        named = "Bernoulli cross-entropy" if likelihood == "bernoulli" else "Gaussian likelihood"
        return f"{named} and KL divergence"
    if any("gradient_penalty" in term for term in terms):
        return "Wasserstein distance with gradient penalty"
    if detector.family == "GAN":
        return "binary cross-entropy"
    return ", ".join(sorted(terms)).replace("_", " ")


def _real(found: Comparison) -> Shown:
    subject = found.subject
    note = _UNSEEN
    if subject.kind == "table":
        return _table("real", note, subject.unseen)
    places = subject.places
    if places is None:
        return Shown("real", note, pictures(subject.unseen[:_PICTURES]))
    rows = _of_each(places.classes)
    names = [clip(places.names[places.classes[row]], 16) for row in rows]
    return Shown("real", note, pictures(places.data[rows], names))


def _made(each: Contender, found: Comparison) -> Shown:
    note = losses(each.detector)
    if found.subject.kind == "table":
        return _table(each.name, note, each.samples)
    if each.asked is None:
        return Shown(each.name, note, pictures(each.samples[:_PICTURES]))
    rows = _of_each(each.asked.classes)
    names = [clip(found.subject.class_names[each.asked.classes[row]], 16) for row in rows]
    return Shown(
        each.name,
        f"{note}; as asked for, class by class",
        pictures(each.asked.samples[rows], names),
    )


def _of_each(classes: Any) -> list[int]:
    """Return the numbers of samples that show each class about equally often, class by class."""
    labels = np.unique(classes)[:_PICTURES].tolist()
    most = max(1, _PICTURES // len(labels))
    return [row for label in labels for row in np.flatnonzero(classes == label)[:most].tolist()]


def _windows(found: Comparison) -> tuple[Shown, ...]:
    """Return windows of a series, all on the same axes."""
    given = [("real", _UNSEEN, _few(found.subject.unseen))]
    given += [(each.name, losses(each.detector), _few(each.samples)) for each in found.contenders]
    heights = axis_for(np.concatenate([windows.ravel() for _, _, windows in given]))
    return tuple(
        Shown(name, note, charts=tuple(_chart(window, heights) for window in windows))
        for name, note, windows in given
    )


def _few(windows: Any) -> NDArray[np.float64]:
    """Return a few windows, spread over those given."""
    rows = np.linspace(0, len(windows) - 1, min(_WINDOWS, len(windows))).round().astype(int)
    chosen: NDArray[np.float64] = np.asarray(windows, dtype=np.float64)[rows]
    return chosen


def _chart(window: NDArray[np.float64], heights: Axis) -> Lines:
    channels = window.T[:COLOURS]
    drawn = tuple(line(f"channel {j + 1}", values, j) for j, values in enumerate(channels))
    chart = lines_chart("window", f"{len(window)} steps", drawn, 90)
    return replace(chart, y=heights, mark_ends=False)


def _table(name: str, note: str, data: Any) -> Shown:
    header, rows = _cells(data)
    return Shown(name, note, header=tuple(clip(str(title), 16) for title in header), rows=rows)


def _cells(data: Any) -> tuple[Sequence[str], tuple[tuple[str, ...], ...]]:
    """Return the names of the first columns, and the first rows as texts."""
    if isinstance(data, np.ndarray):
        names = [str(j) for j in range(data.shape[1])][:_COLUMNS]
        first = [row[:_COLUMNS].tolist() for row in data[:_ROWS]]
    else:
        names = data.column_names[:_COLUMNS]
        first = [list(row.values()) for row in data.select(names).slice(0, _ROWS).to_pylist()]
    return names, tuple(tuple(cell(value, 4, 16) for value in row) for row in first)
