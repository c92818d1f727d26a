"""Points of several classes in the plane, each class in a colour of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from genad.report import svg
from genad.report.axes import Axis

COLOURS = 10  # as many as `templates/style.css` has
_DOTS = Markup('<path class="dots g{group}" d="{points}"><title>{name}</title></path>')
_ROOM = 0.03


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a name and the number of its colour."""

    name: str
    group: int


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points in the plane.

    Parameters
    ----------
    title, description : for readers who do not see the chart.
    x, y : the axes.
    points : of shape (n, 2).
    groups : the colour of each point, of shape (n,).
    keys : what the colours mean, in the order in which they are drawn; may be none.
    ticks : whether distances along the axes mean something, so that they are marked.
    height : in pixels.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    points: NDArray[np.float64]
    groups: NDArray[np.intp]
    keys: tuple[Key, ...] = ()
    ticks: bool = True
    height: int = 380


def colours(classes: ArrayLike, names: Sequence[str]) -> tuple[NDArray[np.intp], tuple[Key, ...]]:
    """Return a colour for each sample by its class, and what the colours mean.

    Where there are more classes than colours, the rarest ones share the last.

    Parameters
    ----------
    classes : positions in `names`, of shape (n,).
    names : of the classes.

    Examples
    --------
    >>> colours([0, 1, 1], ["cat", "dog"])
    (array([0, 1, 1]), (Key(name='cat', group=0), Key(name='dog', group=1)))
    """
    codes = np.asarray(classes, dtype=np.intp)
    if len(names) <= COLOURS:
        return codes, tuple(Key(name, j) for j, name in enumerate(names))
    counts = np.bincount(codes, minlength=len(names))
    kept = np.sort(np.argsort(-counts, kind="stable")[: COLOURS - 1])
    table = np.full(len(names), COLOURS - 1)
    table[kept] = np.arange(COLOURS - 1)
    rest = Key(f"{len(names) - COLOURS + 1} other classes", COLOURS - 1)
    return table[codes], (*(Key(names[j], g) for g, j in enumerate(kept)), rest)


def scatter_chart(
    title: str,
    description: str,
    points: ArrayLike,
    groups: ArrayLike | None = None,
    keys: Sequence[Key] = (),
    *,
    ticks: bool = True,
    height: int = 380,
) -> Scatter:
    """Return a chart of points, its axes as wide as they lie.

    Parameters
    ----------
    title, description, points, groups, keys, ticks, height : as in `Scatter`; without `groups`
        all points have one colour.

    Examples
    --------
    >>> scatter_chart("PCA", "", [[0.0, 1.0], [100.0, 3.0]]).x
    Axis(low=-3.0, high=103.0, width=0.0, centre=0.0, step=0.0)
    """
    places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    codes = np.zeros(len(places)) if groups is None else np.asarray(groups)
    x, y = (_axis(places[:, j]) for j in (0, 1))
    return Scatter(
        title, description, x, y, places, codes.astype(np.intp), tuple(keys), ticks, height
    )


def scatter(chart: Scatter) -> Markup:
    """Return points as SVG: a path for each colour, so that thousands stay small.

    Examples
    --------
    >>> chart = scatter_chart("PCA", "", [[0.0, 0.0], [1.0, 1.0]], [0, 1])
    >>> print(scatter(chart).partition("</desc>")[2].count("h0"))
    2
    """
    across = (1000 * chart.x.place(chart.points[:, 0])).round() / 10
    down = (1000 - 1000 * chart.y.place(chart.points[:, 1])).round() / 10
    names = {key.group: key.name for key in chart.keys}
    shapes = []
    for group in sorted(set(chart.groups.tolist())):
        chosen = chart.groups == group
        places = zip(across[chosen].tolist(), down[chosen].tolist(), strict=True)
        points = "".join(f"M{x:g},{y:g}h0" for x, y in places)
        shapes.append(_DOTS.format(group=group, points=points, name=names.get(group, "")))
    grid = svg.rows(chart.y, 6) + svg.columns(chart.x, 6) if chart.ticks else []
    return svg.frame("scatter", chart.height, chart.title, chart.description, shapes, grid)


def _axis(values: NDArray[np.float64]) -> Axis:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = _ROOM * (high - low) or 1.0
    return Axis(low - room, high + room)
