"""What every page of an exploration begins with, and the next commands it ends with."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.files import Roles
from genad.report.about import Fact
from genad.report.formats import count, percent
from genad.report.projections import Projection
from genad.report.scatter import Key, Scatter, scatter_chart


@dataclass(frozen=True)
class Head:
    """The top of a page.

    Parameters
    ----------
    title : of the page, as the browser shows it.
    headline : what there is, in a few words.
    lede : a sentence on what the page is about.
    key_facts : the few that matter most.
    notes : what is odd about the data, a sentence each.
    """

    title: str
    headline: str
    lede: str
    key_facts: tuple[Fact, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Next:
    """A command to go on with, and what for."""

    purpose: str
    command: str


def detect_command(data: str, roles: Roles, time: str | None = None) -> str:
    """Return how to find anomalies in data that was explored.

    Examples
    --------
    >>> detect_command("pump data.csv", Roles(label="fault", ignore=("id",)), time="at")
    "genad detect 'pump data.csv' --time at --label fault --ignore id"
    """
    words = ["genad", "detect", data]
    words += ["--time", time] if time else []
    words += ["--label", roles.label] if roles.label else []
    for option, values in (("--anomaly", roles.anomaly), ("--ignore", roles.ignore)):
        words += [word for value in values for word in (option, value)]
    return shlex.join(words)


@dataclass(frozen=True, eq=False)
class Map:
    """Samples as points: what was done, how to read it, the chart."""

    name: str
    reading: str
    chart: Scatter


def mapped(
    found: Projection,
    groups: NDArray[np.intp] | None,
    keys: Sequence[Key],
    item: str,
    how: str,
) -> Map:
    r"""Return samples in the plane as a chart with a sentence that says how to read it.

    Parameters
    ----------
    found : the samples.
    groups, keys : colours of the points and what they mean.
    item : what one sample is.
    how : how they were put there.

    Examples
    --------
    >>> found = Projection("PCA", np.eye(2), np.arange(2), (0.75, 0.25))
    >>> mapped(found, None, (), "row", "by two directions").reading
    '2 rows by two directions; these hold 75\xa0% and 25\xa0% of the variance.'
    """
    drawn = f"{count(len(found.rows), item)} {how}"
    shares = " and ".join(percent(share) for share in found.shares)
    reading = f"{drawn}; these hold {shares} of the variance." if shares else f"{drawn}."
    title = f"{found.name} of the {item}s"
    chart = scatter_chart(title, reading, found.points, groups, keys, ticks=bool(shares))
    return Map(found.name, reading, chart)
