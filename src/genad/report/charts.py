"""Charts as SVG that stretches to any width while its text keeps its size.

Shapes are drawn in a box of 100 x 100 that is stretched over the plot; texts are placed by
percentages over it. Colours come from the classes in `templates/style.css`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from genad.report.axes import Axis
from genad.report.formats import tick

_EMPTY = Markup()
_CHART = Markup(
    '<svg class="chart {kind}" role="img" width="100%" height="{height}">'
    "<title>{title}</title><desc>{description}</desc>{grid}"
    '<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" '
    'overflow="visible">{shapes}</svg>{marks}</svg>'
)
_ROW = Markup(
    '<line class="grid" x2="100%" y1="{0}%" y2="{0}%"/>'
    '<text class="tick" x="-8" y="{0}%" dy="0.32em" text-anchor="end">{1}</text>'
)
_COLUMN = Markup(
    '<text class="tick" x="{0}%" y="100%" dy="1.5em" text-anchor="{1}">{2}</text>'
    '<line class="grid" x1="{0}%" x2="{0}%" y1="100%" y2="100%" transform="translate(0 4)"/>'
)
_BAR = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')
_MARK = Markup(
    '<line class="mark" x1="{0}%" x2="{0}%" y2="100%"/>'
    '<text class="mark" x="{0}%" y="-8" text-anchor="{1}">{2}</text>'
)


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram, from `left` to `right`, in one of two colours."""

    left: float
    right: float
    height: float
    flagged: bool
    label: str


@dataclass(frozen=True)
class Histogram:
    """Bars, an outline to compare them with, and a line where the colour changes.

    Parameters
    ----------
    title, description : for readers who do not see the chart.
    x, y : the axes; `y` starts at 0.
    bars : side by side, from left to right.
    outline : heights over the same bars.
    mark, mark_label : where the line is and what it says.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    bars: tuple[Bar, ...]
    outline: tuple[float, ...]
    mark: float
    mark_label: str


@dataclass(frozen=True)
class Curve:
    """One line over equally spaced steps, `x` giving their numbers."""

    title: str
    description: str
    x: Axis
    y: Axis
    values: tuple[float, ...]


def histogram(chart: Histogram) -> Markup:
    """Return a histogram as SVG.

    Examples
    --------
    >>> bars = (Bar(0.0, 1.0, 3.0, False, "3 rows"), Bar(1.0, 2.0, 1.0, True, "1 row"))
    >>> chart = Histogram("Scores", "", Axis(0, 2), Axis(0, 4), bars, (2.0, 0.5), 1.0, "limit")
    >>> histogram(chart).count("<rect")
    2
    """
    shapes = _EMPTY.join([*(_bar(chart, bar) for bar in chart.bars if bar.height), _outline(chart)])
    place = float(100 * chart.x.place(chart.mark))
    mark = _MARK.format(_short(place), _anchor(place, 30), chart.mark_label)
    return _CHART.format(
        kind="histogram",
        height=240,
        title=chart.title,
        description=chart.description,
        grid=_grid(chart.x, chart.y, 6, 5),
        shapes=shapes,
        marks=mark,
    )


def curve(chart: Curve) -> Markup:
    """Return a line as SVG, its end marked.

    Examples
    --------
    >>> chart = Curve("Loss", "Falls.", Axis(1, 3), Axis(0, 4), (4.0, 2.0, 0.0))
    >>> 'd="M0,0L50,50L100,100"' in curve(chart)
    True
    """
    spread = np.linspace(0, 100, len(chart.values)) if len(chart.values) > 1 else [50.0]
    points = [
        f"{_short(x)},{_short(y)}"
        for x, y in zip(spread, _down(chart.y, chart.values), strict=True)
    ]
    shapes = Markup('<path class="line" d="M{}"/><path class="end" d="M{}h0"/>')
    return _CHART.format(
        kind="curve",
        height=110,
        title=chart.title,
        description=chart.description,
        grid=_grid(chart.x, chart.y, 3, 3),
        shapes=shapes.format("L".join(points), points[-1]),
        marks="",
    )


def _grid(x: Axis, y: Axis, across: int, up: int) -> Markup:
    rows, columns = y.ticks(up), x.ticks(across)
    return _EMPTY.join(
        [_ROW.format(_short(p), tick(v)) for v, p in zip(rows, _down(y, rows), strict=True)]
        + [_COLUMN.format(_short(p), _anchor(p, 4), tick(v)) for v, p in _across(x, columns)]
    )


def _bar(chart: Histogram, bar: Bar) -> Markup:
    left, right = 100 * chart.x.place([bar.left, bar.right])
    top = _down(chart.y, [bar.height])[0]
    kind = "flagged" if bar.flagged else "kept"
    sides = (_short(v) for v in (left, top, right - left, 100 - top))
    return _BAR.format(kind, *sides, bar.label)


def _outline(chart: Histogram) -> Markup:
    tops = _down(chart.y, chart.outline)
    sides = [p for bar in chart.bars for p in 100 * chart.x.place([bar.left, bar.right])]
    steps = "".join(
        f"V{_short(top)}H{_short(right)}" for top, right in zip(tops, sides[1::2], strict=True)
    )
    path = Markup('<path class="outline" d="M{},100{}V100"/>')
    return path.format(_short(sides[0]), steps)


def _across(axis: Axis, values: Sequence[float]) -> Iterable[tuple[float, float]]:
    return zip(values, (100 * axis.place(values)).tolist(), strict=True)


def _down(axis: Axis, values: Sequence[float]) -> list[float]:
    """Return percentages from the top, as SVG counts them."""
    places: list[float] = (100 - 100 * axis.place(values)).tolist()
    return places


def _anchor(place: float, margin: float) -> str:
    """Return on which side of its place a text goes, so that it stays on the page."""
    return "start" if place < margin else "end" if place > 100 - margin else "middle"


def _short(value: float) -> str:
    """Return a coordinate of two decimals at most, and never "-0"."""
    return f"{round(value, 2) + 0.0:g}"
