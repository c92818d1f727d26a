"""Series drawn over time: lines that keep their peaks, stretches behind them, a level across."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genad.report import svg
from genad.report.axes import Axis

_BUCKETS = 500  # a line is drawn through the extremes of so many stretches of time
_SPAN = Markup(
    '<rect class="{kind}" x="{x}" y="0" width="{width}" height="100"><title>{label}</title></rect>'
)
_LINE = Markup('<path class="line c{number}" d="{path}"/>')
_LEVEL = Markup('<line class="mark" x2="100%" y1="{0}%" y2="{0}%"/>')


@dataclass(frozen=True)
class Span:
    """A stretch of steps, from `start` to before `end`, of a kind that has a colour."""

    start: int
    end: int
    kind: str
    label: str


@dataclass(frozen=True, eq=False)
class Trace:
    """Lines over the steps of a series.

    Parameters
    ----------
    title, description : for readers who do not see the chart.
    lines : values of shape (time,) each, all of one length; NaN leaves a gap.
    spans : stretches drawn behind the lines.
    level : a level across the chart, or None.
    times : what to write under the chart at equal distances.
    height : in pixels.
    """

    title: str
    description: str
    lines: tuple[NDArray[np.float64], ...]
    spans: tuple[Span, ...] = ()
    level: float | None = None
    times: tuple[str, ...] = ()
    height: int = 120


def trace(chart: Trace) -> Markup:
    """Return a chart of lines over time as SVG.

    Examples
    --------
    >>> chart = Trace("Flow", "", (np.array([0.0, 1.0, 0.0]),), (Span(1, 2, "event", "step 2"),))
    >>> drawn = trace(chart)
    >>> drawn.count("<path"), drawn.count("<rect")
    (1, 1)
    """
    n = len(chart.lines[0])
    y = _heights(chart)
    shapes = [_span(span, n) for span in chart.spans]
    shapes += [
        _LINE.format(number=number, path=_path(line, y)) for number, line in enumerate(chart.lines)
    ]
    level = [] if chart.level is None else svg.down(y, [chart.level])
    return svg.frame(
        "trace",
        chart.height,
        chart.title,
        chart.description,
        shapes,
        svg.rows(y, 3) + svg.captions(chart.times),
        [_LEVEL.format(svg.short(place)) for place in level],
        overflow="hidden",
    )


def envelope(values: NDArray[np.float64], buckets: int) -> tuple[NDArray[np.intp], Sequence[float]]:
    """Return steps and values of a line through the extremes of each stretch of time.

    Drawn, it looks as the line through all values does, however many there are.

    Examples
    --------
    >>> steps, kept = envelope(np.array([0.0, 9.0, 1.0, 2.0]), 1)
    >>> steps.tolist(), list(kept)
    ([0, 1], [0.0, 9.0])
    """
    if len(values) <= 2 * buckets:
        return np.arange(len(values)), values.tolist()
    steps: list[int] = []
    for part in np.array_split(np.arange(len(values)), buckets):
        known = part[~np.isnan(values[part])]
        if len(known) == 0:
            steps.append(int(part[0]))
            continue
        ends = {int(known[values[known].argmin()]), int(known[values[known].argmax()])}
        steps += sorted(ends)
    chosen = np.array(steps)
    return chosen, values[chosen].tolist()


def _heights(chart: Trace) -> Axis:
    """Return an axis over all lines and the level, with a little room."""
    every = np.concatenate([line[np.isfinite(line)] for line in chart.lines])
    ends = [*every[[every.argmin(), every.argmax()]].tolist()] if len(every) else [0.0, 1.0]
    if chart.level is not None and np.isfinite(chart.level):
        ends.append(chart.level)
    low, high = min(ends), max(ends)
    room = 0.05 * (high - low) or 0.5 * abs(high) or 1.0
    return Axis(low - room, high + room)


def _path(line: NDArray[np.float64], y: Axis) -> str:
    steps, values = envelope(line, _BUCKETS)
    across = steps / max(1, len(line) - 1) * 100
    down = 100 - 100 * y.place(values)
    path, pen = "", "M"
    for x, height in zip(across.tolist(), down.tolist(), strict=True):
        if np.isnan(height):
            pen = "M"
            continue
        path += f"{pen}{svg.short(x)},{svg.short(height)}"
        pen = "L"
    return path


def _span(span: Span, n: int) -> Markup:
    scale = 100 / max(1, n - 1)
    left, right = max(0.0, (span.start - 0.5) * scale), min(100.0, (span.end - 0.5) * scale)
    width = max(right - left, 0.25)  # a short one must still be seen
    return _SPAN.format(kind=span.kind, x=svg.short(left), width=svg.short(width), label=span.label)
