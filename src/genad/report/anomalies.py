"""The most anomalous rows, each with the columns that made it so."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from genad.detection import Detection, TopAnomaly
from genad.report.formats import MISSING, cell, clip, count, number, percent, probability

_MOST_ROWS = 30
_MOST_CELLS = 900  # in the folds of all rows together, so that a page stays small enough to mail
_MOST_DRIVERS = 12
_FEWEST, _MOST, _ENOUGH = 3, 5, 0.8  # reasons given for a row, and the share they should reach


@dataclass(frozen=True)
class Value:
    """One value of a row: its column, the value, and what the model would have expected."""

    column: str
    value: str
    expected: str


@dataclass(frozen=True)
class Reason:
    """A column that made a row anomalous; `share` is its part, in [0, 1], `percent` as text."""

    value: Value
    share: float
    percent: str


@dataclass(frozen=True)
class Anomaly:
    """One row of the table of anomalies; `left_out` says how many values its fold does without."""

    row: str
    score: str
    probability: str
    flagged: bool
    label: str
    reasons: tuple[Reason, ...]
    values: tuple[Value, ...]
    left_out: str


@dataclass(frozen=True)
class Driver:
    """A column by its mean share over rows, and in how many of them its share is the largest."""

    column: str
    share: float
    percent: str
    first_in: str


def shares(excess: Mapping[str, float]) -> dict[str, float]:
    """Return what is above zero as shares of its sum; all are 0 where nothing is.

    A column that adds less to the score than it does in an ordinary row makes the row more normal.

    Examples
    --------
    >>> shares({"a": 3.0, "b": 1.0, "c": -2.0}), shares({"a": -1.0})
    ({'a': 0.75, 'b': 0.25, 'c': 0.0}, {'a': 0.0})
    """
    parts = np.maximum(np.nan_to_num(np.array(list(excess.values()), dtype=np.float64)), 0)
    parts = parts / (parts.max(initial=0.0) or 1.0)  # or a sum of huge values could overflow
    return dict(zip(excess, (parts / (parts.sum() or 1.0)).tolist(), strict=True))


def expectation(row: TopAnomaly, name: str) -> str:
    """Return what was expected in a column as text, a dash where nothing is known of it."""
    expected = cell(row.expected.get(name), 4)
    return "–" if expected == MISSING else expected


def anomalies(detection: Detection) -> tuple[Anomaly, ...]:
    """Return the rows to show, the highest score first."""
    top = detection.top[:_MOST_ROWS]
    most = max(_MOST, _MOST_CELLS // max(1, len(top)))
    return tuple(_anomaly(row, most) for row in top)


def drivers(detection: Detection) -> tuple[tuple[Driver, ...], str]:
    """Return the columns with the largest shares, and which rows that is the mean of.

    These are the flagged rows among those shown, or all shown where none is flagged.
    """
    top = detection.top[:_MOST_ROWS]
    chosen = [row for row in top if row.flagged] or top
    all_shares = [shares(row.excess) for row in chosen]
    if not any(sum(row.values()) for row in all_shares):
        return (), ""
    names = list(all_shares[0])
    means = np.mean([[row[name] for name in names] for row in all_shares], axis=0)
    firsts = [max(row, key=lambda name: row[name]) for row in all_shares]
    best = np.argsort(-means, kind="stable")[:_MOST_DRIVERS]
    kind = "flagged row" if chosen[0].flagged else "row"
    listed = tuple(_driver(names[j], float(means[j]), firsts) for j in best if means[j] > 0)
    return listed, f"the {count(len(chosen), kind)} listed above"


def _driver(name: str, mean: float, firsts: list[str]) -> Driver:
    return Driver(clip(name), mean, percent(mean), f"{firsts.count(name)} of {len(firsts)}")


def _anomaly(row: TopAnomaly, most: int) -> Anomaly:
    by_share = shares(row.excess)
    left_out = len(row.values) - most
    return Anomaly(
        row=f"{row.row:,}",
        score=number(row.score, 5),
        probability=probability(row.probability),
        flagged=row.flagged,
        label={None: "", True: "anomaly", False: "normal"}[row.label],
        reasons=_reasons(row, by_share),
        values=tuple(_value(row, name) for name in _kept(row, by_share, most)),
        left_out=f"{count(left_out, 'column')} with smaller shares" if left_out > 0 else "",
    )


def _reasons(row: TopAnomaly, by_share: dict[str, float]) -> tuple[Reason, ...]:
    """Return three to five columns: as many as it takes to reach most of the score."""
    names = sorted(by_share, key=lambda name: -by_share[name])[:_MOST]
    reached = np.cumsum([by_share[name] for name in names])
    needed = max(_FEWEST, int(np.searchsorted(reached, _ENOUGH)) + 1)
    return tuple(
        Reason(_value(row, name), by_share[name], percent(by_share[name]))
        for name in names[:needed]
        if by_share[name] > 0
    )


def _kept(row: TopAnomaly, by_share: dict[str, float], most: int) -> list[str]:
    """Return the columns to show in the fold, in the order of the data."""
    largest = sorted(row.values, key=lambda name: -by_share.get(name, 0.0))[:most]
    return [name for name in row.values if name in set(largest)]


def _value(row: TopAnomaly, name: str) -> Value:
    return Value(clip(name), cell(row.values.get(name)), expectation(row, name))
