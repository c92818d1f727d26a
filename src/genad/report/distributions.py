"""Histograms of the values of a column, a channel or an image: whole numbers get a bar each."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genad.report.axes import Axis, axis_across, axis_of_counts
from genad.report.charts import Bar, Histogram
from genad.report.formats import count, number

Array = NDArray[np.float64]

_FEWEST, _MOST = 8, 40  # bars


def distribution(
    values: ArrayLike,
    title: str,
    item: str = "value",
    *,
    beside: ArrayLike = (),
    beside_name: str = "",
    height: int = 110,
) -> Histogram | None:
    """Return the histogram of some values, or None where none is finite.

    Parameters
    ----------
    values : any number of them; those that are missing or infinite are left out.
    title : for readers who do not see the chart.
    item : what one value is, as in "row".
    beside : values to compare with: drawn as an outline, scaled to as many.
    beside_name : what those are.
    height : in pixels.

    Examples
    --------
    >>> chart = distribution([1, 2, 2, 3], "Visits", "day")
    >>> [bar.label for bar in chart.bars]
    ['1: 1 day', '2: 2 days', '3: 1 day']
    """
    known, others = _finite(values), _finite(beside)
    if not len(known):
        return None
    axis, edges, whole = _bins(np.concatenate([known, others]))
    heights = np.histogram(known, edges)[0].astype(np.float64)
    scale = len(known) / max(1, len(others))
    outline = np.histogram(others, edges)[0] * scale
    sides = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    low, middle, high = (number(value) for value in np.quantile(known, [0, 0.5, 1]).tolist())
    return Histogram(
        title=title,
        description=f"From {low} to {high}, with a median of {middle}.",
        x=axis,
        y=axis_of_counts([*heights, outline.max()], typical=0.5),
        bars=tuple(
            Bar(left, right, top, False, f"{_between(left, right, whole)}: {count(int(top), item)}")
            for (left, right), top in zip(sides, heights.tolist(), strict=True)
        ),
        outline=tuple(outline.tolist()) if len(others) else (),
        height=height,
    )


def _finite(values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]


def _bins(values: Array) -> tuple[Axis, Array, bool]:
    """Return an axis, the edges of bins on it, and whether each bin is one whole number."""
    low, high = float(values.min()), float(values.max())
    whole = bool(np.array_equal(values, values.round())) and high - low < _MOST
    if whole:
        edges = np.arange(low - 0.5, high + 1)
        return Axis(low - 0.5, high + 0.5, step=1.0), edges, True
    if not np.nextafter(low, high) < high:  # one value, or two that no number lies between
        room = 0.5 * abs(low) or 1.0
        return Axis(low - room, high + room), np.array([low - room, high + room]), False
    axis = axis_across(low, high, values)
    start, end = axis.bend([low, high]).tolist()
    bars = int(np.clip(2 * np.sqrt(len(values)), _FEWEST, _MOST))
    edges = axis.unbend(np.linspace(start, end, bars + 1))
    edges[0], edges[-1] = low, high  # or rounding could leave the extremes out
    return axis, np.unique(edges), False


def _between(left: float, right: float, whole: bool) -> str:
    return number((left + right) / 2) if whole else f"{number(left)} to {number(right)}"
