"""What the page about a table shows: columns, distributions, correlations, rows, a map of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.files import Roles
from genad.files.cells import as_cells
from genad.profiles import TableProfile
from genad.profiles.columns import Column
from genad.profiles.correlations import Pair
from genad.profiles.tables import identifies, numbers_of
from genad.report.about import Fact
from genad.report.charts import Histogram
from genad.report.distributions import distribution
from genad.report.explore import Head, Map, Next, detect_command, mapped
from genad.report.formats import cell, clip, count, number, percent
from genad.report.projections import pca
from genad.report.scatter import Key

_LISTED = 200  # columns in the table
_DRAWN = 60  # distributions
_VALUES = 6  # of a column of texts
_ROWS, _CELLS = 10, 24
_KEYS = (Key("normal", 0), Key("labelled anomaly", 1))


@dataclass(frozen=True)
class ColumnRow:
    """A column in the table of all."""

    name: str
    kind: str
    missing: str
    distinct: str
    low: str
    mean: str
    high: str
    odd: str


@dataclass(frozen=True)
class Value:
    """A value of a column: its count, its bar beside the commonest one's, its share of all rows."""

    text: str
    count: str
    share: float
    percent: str


@dataclass(frozen=True)
class Spread:
    """How the values of a column are distributed: bars for numbers, shares for texts."""

    name: str
    reading: str
    histogram: Histogram | None
    values: tuple[Value, ...]


@dataclass(frozen=True)
class PairRow:
    """Two columns that go together, `share` being the strength and `correlation` its text."""

    first: str
    second: str
    share: float
    correlation: str


@dataclass(frozen=True, eq=False)
class TableContent:
    """All that the page about a table shows, in its order."""

    head: Head
    label: str
    labels: tuple[Value, ...]
    columns: tuple[ColumnRow, ...]
    columns_left_out: str
    spreads: tuple[Spread, ...]
    spreads_left_out: str
    compared: bool
    pairs: tuple[PairRow, ...]
    keys: tuple[Key, ...]
    map: Map | None
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names_left_out: str
    next: tuple[Next, ...]


def table_content(
    profile: TableProfile,
    data: str,
    roles: Roles | None = None,
    *,
    rows: int = _ROWS,
    random_state: int = 0,
) -> TableContent:
    """Return what to show of a table.

    Parameters
    ----------
    profile : what it is like.
    data : how it was named on the command line.
    roles : what the options there said of its columns.
    rows : how many to show.
    random_state : seed of what is drawn.
    """
    features = [column for column in profile.columns if column.name != profile.label]
    spread = [column for column in features if column.distinct != 1 and column.kind != "nothing"]
    names, shown = _sample_rows(profile, rows, random_state)
    label = next((column for column in profile.columns if column.name == profile.label), None)
    return TableContent(
        head=_head(profile, features, data),
        label=clip(profile.label or ""),
        labels=() if label is None else _values(label, profile.rows, most=len(label.common)),
        columns=tuple(_row(column, profile.rows) for column in features[:_LISTED]),
        columns_left_out=_left_out(len(features) - _LISTED),
        spreads=tuple(_spread(profile, column) for column in spread[:_DRAWN]),
        spreads_left_out=_left_out(len(spread) - _DRAWN),
        compared=profile.anomalous is not None,
        pairs=tuple(map(_pair, profile.pairs)),
        keys=_KEYS if profile.anomalous is not None else (),
        map=_map(profile, spread, random_state),
        names=names,
        rows=shown,
        names_left_out=_left_out(len(profile.columns) - len(names)),
        next=(Next("Find the rows that do not fit", detect_command(data, roles or Roles())),),
    )


def _left_out(columns: int) -> str:
    return f"{count(columns, 'more column')} not shown." if columns > 0 else ""


def _head(profile: TableProfile, features: Sequence[Column], data: str) -> Head:
    headline = f"{count(profile.rows, 'row')}, {count(len(features), 'column')}"
    return Head(
        title=f"{profile.name}: {headline}",
        headline=headline,
        lede=f"What is in {data}, before anything is trained.",
        key_facts=_key_facts(profile, features),
        notes=profile.findings,
    )


def _key_facts(profile: TableProfile, features: Sequence[Column]) -> tuple[Fact, ...]:
    kinds = [column.kind for column in features]
    each = [f"{kinds.count(kind):,} {kind}" for kind in dict.fromkeys(kinds)]
    missing = sum(column.missing for column in features)
    where = sum(column.missing > 0 for column in features)
    share = missing / max(1, profile.rows * len(features))
    facts = [
        Fact("columns", f"{len(features):,}", ", ".join(each)),
        Fact("missing", percent(share), f"{missing:,} values in {count(where, 'column')}"),
        Fact("repeated rows", percent(profile.copies / profile.rows), f"{profile.copies:,} rows"),
    ]
    if profile.anomalous is not None:
        share = float(profile.anomalous.mean())
        n = len(profile.anomalous)
        note = f"of {'a sample of ' if n < profile.rows else ''}{n:,} rows"
        facts.append(Fact("labelled anomalies", percent(share), note))
    return tuple(facts)


# Columns.


def _row(column: Column, rows: int) -> ColumnRow:
    several = column.distinct is None
    return ColumnRow(
        name=clip(column.name),
        kind=column.kind,
        missing=percent(column.missing / rows) if column.missing else "",
        distinct="many" if several else f"{column.distinct:,}",
        low=_shown(column, column.low),
        mean=_shown(column, column.mean),
        high=_shown(column, column.high),
        odd=_odd(column),
    )


def _shown(column: Column, value: float) -> str:
    if np.isnan(value):
        return ""
    if column.kind != "time":
        return number(value)
    if column.type.startswith(("time", "duration")):
        return f"{number(value)} s"
    return str(np.datetime64(round(value), "s")).replace("T", " ")


def _odd(column: Column) -> str:
    odd = [
        f"the same as {clip(column.same_as, 24)}" if column.same_as else "",
        "constant" if column.constant else "",
        f"{column.infinite:,} infinite" if column.infinite else "",
    ]
    return ", ".join(text for text in odd if text)


def _spread(profile: TableProfile, column: Column) -> Spread:
    title = f"Values of {column.name}"
    if column.kind == "text":
        told = f"{column.distinct:,} values" if column.distinct else "too many values to count"
        shown = () if identifies(column, profile.rows) else _values(column, profile.rows, _VALUES)
        return Spread(clip(column.name, 32), told, None, shown)
    values = numbers_of(profile.sample, [column])[:, 0]
    beside = values[profile.anomalous] if profile.anomalous is not None else ()
    chart = distribution(values, title, "row", beside=beside, height=100)
    ends = " to ".join(_shown(column, value) for value in (column.low, column.high))
    return Spread(clip(column.name, 32), ends, chart, ())


def _values(column: Column, rows: int, most: int) -> tuple[Value, ...]:
    shown = column.common[:most]
    largest = shown[0][1] if shown else 1
    values = [
        Value(
            cell(text, length=28), f"{number_of:,}", number_of / largest, percent(number_of / rows)
        )
        for text, number_of in shown
    ]
    rest = rows - sum(number_of for _, number_of in shown) - column.missing
    if rest:
        values.append(
            Value("(others)", f"{rest:,}", min(1.0, rest / largest), percent(rest / rows))
        )
    return tuple(values)


def _pair(pair: Pair) -> PairRow:
    return PairRow(
        clip(pair.first), clip(pair.second), abs(pair.correlation), f"{pair.correlation:+.2f}"
    )


# Rows.


def _sample_rows(
    profile: TableProfile, most: int, seed: int
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the names of the columns shown and some rows of the sample at random, in order."""
    rng = np.random.default_rng(seed)
    n = profile.sample.num_rows
    chosen = np.sort(rng.choice(n, min(most, n), replace=False))
    names = profile.sample.column_names[:_CELLS]
    taken = profile.sample.select(names).take(chosen)
    columns = [[cell(value, 5, 24) for value in as_cells(taken[name])] for name in names]
    return tuple(clip(name, 24) for name in names), tuple(zip(*columns, strict=True))


def _map(profile: TableProfile, columns: Sequence[Column], seed: int) -> Map | None:
    """Return the rows by their principal components, columns counting alike."""
    numeric = [column for column in columns if column.kind in ("number", "boolean")]
    if len(numeric) < 3 or profile.sample.num_rows < 3:
        return None
    found = pca(_scaled(numbers_of(profile.sample, numeric)), random_state=seed, most=3000)
    groups = None
    if profile.anomalous is not None:
        groups = profile.anomalous[found.rows].astype(np.intp)
    keys = _KEYS if groups is not None else ()
    reading = "by the two directions in which they differ most, all columns of numbers alike"
    return mapped(found, groups, keys, "row", reading)


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks of each column from -1 to 1, so that none outweighs others; missing is 0."""
    from scipy.stats import rankdata

    result = np.zeros(values.shape)
    for j, column in enumerate(values.T):
        known = np.isfinite(column)
        if known.any():
            ranks = rankdata(column[known])
            result[known, j] = 2 * (ranks - ranks.mean()) / len(ranks)
    return result
