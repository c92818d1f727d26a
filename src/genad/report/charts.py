"""Histograms and curves as SVG."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from genad.report import svg
from genad.report.axes import Axis

_LOW = 120  # pixels: a chart of that height has room for few ticks
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
    outline : heights over the same bars; none draws no outline.
    mark, mark_label : where the line is and what it says; None draws no line.
    height : in pixels.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    bars: tuple[Bar, ...]
    outline: tuple[float, ...] = ()
    mark: float | None = None
    mark_label: str = ""
    height: int = 240


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
    shapes = [_bar(chart, bar) for bar in chart.bars if bar.height]
    shapes += [_outline(chart)] if chart.outline else []
    return svg.frame(
        "histogram",
        chart.height,
        chart.title,
        chart.description,
        shapes,
        svg.rows(chart.y, 5 if chart.height > _LOW else 3)
        + svg.columns(chart.x, 6 if chart.height > _LOW else 3),
        [] if chart.mark is None else [_mark(chart.x, chart.mark, chart.mark_label)],
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
        f"{svg.short(x)},{svg.short(y)}"
        for x, y in zip(spread, svg.down(chart.y, chart.values), strict=True)
    ]
    shapes = Markup('<path class="line" d="M{}"/><path class="end" d="M{}h0"/>')
    return svg.frame(
        "curve",
        110,
        chart.title,
        chart.description,
        [shapes.format("L".join(points), points[-1])],
        svg.rows(chart.y, 3) + svg.columns(chart.x, 3),
    )


def _mark(x: Axis, value: float, label: str) -> Markup:
    place = float(100 * x.place(value))
    return _MARK.format(svg.short(place), svg.anchor(place, 30), label)


def _bar(chart: Histogram, bar: Bar) -> Markup:
    left, right = 100 * chart.x.place([bar.left, bar.right])
    top = svg.down(chart.y, [bar.height])[0]
    kind = "flagged" if bar.flagged else "kept"
    sides = (svg.short(v) for v in (left, top, right - left, 100 - top))
    return _BAR.format(kind, *sides, bar.label)


def _outline(chart: Histogram) -> Markup:
    tops = svg.down(chart.y, chart.outline)
    sides = [p for bar in chart.bars for p in 100 * chart.x.place([bar.left, bar.right])]
    steps = "".join(
        f"V{svg.short(top)}H{svg.short(right)}"
        for top, right in zip(tops, sides[1::2], strict=True)
    )
    path = Markup('<path class="outline" d="M{},100{}V100"/>')
    return path.format(svg.short(sides[0]), steps)
