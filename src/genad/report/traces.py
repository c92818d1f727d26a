"""Series drawn over time: lines that keep their peaks, stretches behind them, a level across."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genad.report.axes import Axis
from genad.report.formats import tick

_BUCKETS = 500  # a line is drawn through the extremes of so many stretches of time
_CHART = Markup(
    '<svg class="chart trace" role="img" width="100%" height="{height}">'
    "<title>{title}</title><desc>{description}</desc>{grid}"
    '<svg width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none" '
    'overflow="hidden">{shapes}</svg>{marks}</svg>'
)
_SPAN = Markup(
    '<rect class="{kind}" x="{x}" y="0" width="{width}" height="100"><title>{label}</title></rect>'
)
_LINE = Markup('<path class="line c{number}" d="{path}"/>')
_LEVEL = Markup('<line class="mark" x2="100%" y1="{0}%" y2="{0}%"/>')
_ROW = Markup(
    '<line class="grid" x2="100%" y1="{0}%" y2="{0}%"/>'
    '<text class="tick" x="-8" y="{0}%" dy="0.32em" text-anchor="end">{1}</text>'
)
_COLUMN = Markup('<text class="tick" x="{0}%" y="100%" dy="1.5em" text-anchor="{1}">{2}</text>')


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
    >>> svg = trace(chart)
    >>> svg.count("<path"), svg.count("<rect")
    (1, 1)
    """
    n = len(chart.lines[0])
    y = _heights(chart)
    shapes = [_span(span, n) for span in chart.spans]
    shapes += [
        _LINE.format(number=number, path=_path(line, y)) for number, line in enumerate(chart.lines)
    ]
    ticks = y.ticks(3)
    rows = [
        _ROW.format(_short(100 - 100 * p), tick(v))
        for v, p in zip(ticks, y.place(ticks), strict=True)
    ]
    return _CHART.format(
        height=chart.height,
        title=chart.title,
        description=chart.description,
        grid=Markup().join(rows + _times(chart.times)),
        shapes=Markup().join(shapes),
        marks=""
        if chart.level is None
        else _LEVEL.format(_short(100 - 100 * y.place([chart.level])[0])),
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
        path += f"{pen}{_short(x)},{_short(height)}"
        pen = "L"
    return path


def _span(span: Span, n: int) -> Markup:
    scale = 100 / max(1, n - 1)
    left, right = max(0.0, (span.start - 0.5) * scale), min(100.0, (span.end - 0.5) * scale)
    width = max(right - left, 0.25)  # a short one must still be seen
    return _SPAN.format(kind=span.kind, x=_short(left), width=_short(width), label=span.label)


def _times(times: tuple[str, ...]) -> list[Markup]:
    places = np.linspace(0, 100, len(times)) if len(times) > 1 else [0.0] * len(times)
    anchors = ["start" if p == 0 else "end" if p == 100 else "middle" for p in places]
    return [
        _COLUMN.format(_short(float(place)), anchor, time)
        for place, anchor, time in zip(places, anchors, times, strict=True)
    ]


def _short(value: float) -> str:
    return f"{round(float(value), 2) + 0.0:g}"
