"""Several curves in one chart, each with a name and a colour."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from genad.report import svg
from genad.report.axes import Axis, axis_for

_LOW = 160  # pixels: a chart of less has room for few ticks
_MOST_POINTS = 400  # a longer line is drawn through the means of so many pieces
_LINE = Markup('<path class="line g{group}" d="M{points}"><title>{name}</title></path>')
_END = Markup('<path class="end g{group}" d="M{point}h0"/>')


@dataclass(frozen=True, eq=False)
class Line:
    """A named line.

    Parameters
    ----------
    name : in the legend.
    x, y : where it goes through, of shape (n,) each.
    group : the number of its colour; lines of one group look the same.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    group: int = 0


@dataclass(frozen=True)
class Lines:
    """Lines over common axes.

    Parameters
    ----------
    title, description : for readers who do not see the chart.
    x, y : the axes.
    lines : drawn in this order.
    height : in pixels.
    mark_ends : draw a dot at the end of each line, as curves of a training have.
    captions : what to write under the chart at equal distances, in the place of numbers.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    height: int = 240
    mark_ends: bool = True
    captions: tuple[str, ...] = ()


def line(name: str, values: ArrayLike, group: int = 0, start: float = 1.0) -> Line:
    """Return a line over the steps start, start + 1, ..., without what is not finite.

    Long ones are drawn through the means of equal pieces.

    Examples
    --------
    >>> drawn = line("loss", [3.0, float("nan"), 1.0])
    >>> drawn.x.tolist(), drawn.y.tolist()
    ([1.0, 3.0], [3.0, 1.0])
    """
    y = np.asarray(values, dtype=np.float64)
    x = start + np.arange(len(y), dtype=np.float64)
    known = np.isfinite(y)
    x, y = x[known], y[known]
    if len(y) > _MOST_POINTS:
        x, y = (
            np.array([piece.mean() for piece in np.array_split(each, _MOST_POINTS)])
            for each in (x, y)
        )
    return Line(name, x, y, group)


def lines_chart(title: str, description: str, drawn: tuple[Line, ...], height: int = 240) -> Lines:
    """Return a chart of lines, its axes as wide as they are.

    Examples
    --------
    >>> chart = lines_chart("Loss", "", (line("gan", [3.0, 2.0]), line("vae", [1.0, 0.5], 1)))
    >>> chart.x
    Axis(low=1.0, high=2.0, width=0.0, centre=0.0, step=0.0)
    """
    across = np.concatenate([each.x for each in drawn]) if drawn else np.zeros(0)
    up = np.concatenate([each.y for each in drawn]) if drawn else np.zeros(0)
    x, y = _across(across), axis_for(up)
    return Lines(title, description, x, y, drawn, height)


def lines(chart: Lines) -> Markup:
    """Return lines as SVG.

    Examples
    --------
    >>> drawn = (line("gan", [3.0, 2.0]), line("vae", [1.0, 0.5], group=1))
    >>> lines(lines_chart("Loss", "", drawn)).count('class="line g1"')
    1
    """
    shapes = [_line(chart, each) for each in chart.lines if len(each.x)]
    if chart.mark_ends:
        shapes += [_end(chart, each) for each in chart.lines if len(each.x)]
    few = chart.height < _LOW
    grid = svg.rows(chart.y, 3 if few else 5)
    grid += svg.captions(chart.captions) or svg.columns(chart.x, 4 if few else 6)
    return svg.frame("lines", chart.height, chart.title, chart.description, shapes, grid)


def _across(values: NDArray[np.float64]) -> Axis:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return Axis(low, high) if high > low else Axis(low - 1, high + 1)


def _points(chart: Lines, each: Line) -> list[str]:
    places = zip((100 * chart.x.place(each.x)).tolist(), svg.down(chart.y, each.y), strict=True)
    return [f"{svg.short(x)},{svg.short(y)}" for x, y in places]


def _line(chart: Lines, each: Line) -> Markup:
    points = "L".join(_points(chart, each))
    return _LINE.format(group=each.group, points=points, name=each.name)


def _end(chart: Lines, each: Line) -> Markup:
    return _END.format(group=each.group, point=_points(chart, each)[-1])
