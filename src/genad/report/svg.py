"""The frame of every chart: SVG that stretches to any width while its text keeps its size.

Shapes are drawn in a box of 100 x 100 that is stretched over the plot; texts are placed by
percentages over it. Colours come from the classes in `templates/style.css`.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup
from numpy.typing import ArrayLike

from genad.report.axes import Axis
from genad.report.formats import tick

EMPTY = Markup()
_FRAME = Markup(
    '<svg class="chart {kind}" role="img" width="100%" height="{height}">'
    "<title>{title}</title><desc>{description}</desc>{grid}"
    '<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" '
    'overflow="{overflow}">{shapes}</svg>{marks}</svg>'
)
_ROW = Markup(
    '<line class="grid" x2="100%" y1="{0}%" y2="{0}%"/>'
    '<text class="tick" x="-8" y="{0}%" dy="0.32em" text-anchor="end">{1}</text>'
)
_COLUMN = Markup(
    '<text class="tick" x="{0}%" y="100%" dy="1.5em" text-anchor="{1}">{2}</text>'
    '<line class="grid" x1="{0}%" x2="{0}%" y1="100%" y2="100%" transform="translate(0 4)"/>'
)


def frame(
    kind: str,
    height: int,
    title: str,
    description: str,
    shapes: Iterable[Markup],
    grid: Iterable[Markup] = (),
    marks: Iterable[Markup] = (),
    overflow: str = "visible",
) -> Markup:
    """Return a chart.

    Parameters
    ----------
    kind : its class in the style.
    height : in pixels.
    title, description : for readers who do not see the chart.
    shapes : in the box of 100 x 100.
    grid, marks : behind and over the shapes.
    overflow : "hidden" cuts shapes off at the edges.

    Examples
    --------
    >>> print(frame("curve", 90, "Loss", "Falls.", [Markup('<path d="M0,0"/>')])[:50])
    <svg class="chart curve" role="img" width="100%" h
    """
    return _FRAME.format(
        kind=kind,
        height=height,
        title=title,
        description=description,
        grid=EMPTY.join(grid),
        shapes=EMPTY.join(shapes),
        marks=EMPTY.join(marks),
        overflow=overflow,
    )


def rows(axis: Axis, most: int) -> list[Markup]:
    """Return lines across at about so many round values of an upright axis.

    Examples
    --------
    >>> len(rows(Axis(0, 10), 5))
    6
    """
    ticks = axis.ticks(most)
    return [_ROW.format(short(p), tick(v)) for v, p in zip(ticks, down(axis, ticks), strict=True)]


def columns(axis: Axis, most: int) -> list[Markup]:
    """Return ticks below a chart at about so many round values of a level axis.

    Examples
    --------
    >>> len(columns(Axis(0, 10), 5))
    6
    """
    ticks = axis.ticks(most)
    places = (100 * axis.place(ticks)).tolist()
    return [
        _COLUMN.format(short(p), anchor(p, 4), tick(v)) for v, p in zip(ticks, places, strict=True)
    ]


def captions(texts: Sequence[str]) -> list[Markup]:
    """Return texts below a chart, at equal distances from its left to its right end.

    Examples
    --------
    >>> [text.count("end") for text in captions(["first", "last"])]
    [0, 1]
    """
    last = max(1, len(texts) - 1)
    places = [100 * i / last for i in range(len(texts))]
    return [
        _COLUMN.format(short(p), anchor(p, 4), text) for p, text in zip(places, texts, strict=True)
    ]


def down(axis: Axis, values: ArrayLike) -> list[float]:
    """Return percentages from the top, as SVG counts them.

    Examples
    --------
    >>> down(Axis(0, 4), [4.0, 1.0])
    [0.0, 75.0]
    """
    places: list[float] = (100 - 100 * axis.place(values)).tolist()
    return places


def anchor(place: float, margin: float) -> str:
    """Return on which side of its place a text goes, so that it stays on the page.

    Examples
    --------
    >>> anchor(1, 4), anchor(50, 4), anchor(99, 4)
    ('start', 'middle', 'end')
    """
    return "start" if place < margin else "end" if place > 100 - margin else "middle"


def short(value: float) -> str:
    """Return a coordinate of two decimals at most, and never "-0".

    Examples
    --------
    >>> short(12.3456), short(-0.001)
    ('12.35', '0')
    """
    return f"{round(float(value), 2) + 0.0:g}"
