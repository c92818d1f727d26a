"""What series are like before anything is trained: lengths, clocks, channels, a few in full."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.period import autocorrelation
from genad.files import SeriesTable, Watch
from genad.files.source import unwatched
from genad.profiles.clock import Clock, read_clock, span
from genad.profiles.seasons import Cycle, Season, cycles, seasons

Values = NDArray[np.float64]

_SHOWN = 4  # channels of a series that are drawn
_RATES = 1.5  # steps that differ by more than this factor are of different sampling rates
_SHORT = 16  # steps
_NAMED = 4


@dataclass(frozen=True)
class Channel:
    """One channel of a series in figures; all are NaN where nothing is known."""

    name: str
    missing: int
    infinite: int
    low: float
    mean: float
    high: float
    deviation: float

    @property
    def constant(self) -> bool:
        """Whether all its known values are one."""
        return not self.low < self.high


@dataclass(frozen=True)
class SeriesFacts:
    """One series in figures.

    Parameters
    ----------
    name : of the series.
    steps : how many time steps it has.
    clock : what its time stamps say, or None without any.
    channels : in order.
    period : the strongest period of its first channel that changes, in steps, or None.
    labelled : how many steps are labelled anomalies, or None without labels.
    """

    name: str
    steps: int
    clock: Clock | None
    channels: tuple[Channel, ...]
    period: int | None
    labelled: int | None


@dataclass(frozen=True, eq=False)
class ChannelView:
    """A channel of a series that was drawn: its values, what repeats in it, and when."""

    name: str
    values: Values
    correlation: Values
    seasons: tuple[Season, ...]
    cycles: tuple[Cycle, ...]


@dataclass(frozen=True, eq=False)
class DrawnSeries:
    """A series that was drawn, with some of its channels in full."""

    facts: SeriesFacts
    stamps: NDArray[np.datetime64] | None
    labels: NDArray[np.bool_] | None
    channels: tuple[ChannelView, ...]


@dataclass(frozen=True, eq=False)
class SeriesProfile:
    """What series are like: all in figures, some drawn at random, and what is odd."""

    name: str
    series: tuple[SeriesFacts, ...]
    drawn: tuple[DrawnSeries, ...]
    findings: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them, without values."""
        return {
            "name": self.name,
            "series": [_plain(asdict(facts)) for facts in self.series],
            "drawn": [
                {
                    "name": each.facts.name,
                    "channels": [
                        {
                            "name": view.name,
                            "seasons": [asdict(season) for season in view.seasons],
                            "explained": {cycle.name: cycle.share for cycle in view.cycles},
                        }
                        for view in each.channels
                    ],
                }
                for each in self.drawn
            ],
            "findings": list(self.findings),
        }


def profile_series(
    series: Iterable[SeriesTable],
    name: str,
    *,
    most: int = 5,
    random_state: int = 0,
    total: int | None = None,
    watch: Watch = unwatched,
) -> SeriesProfile:
    """Return what series are like; only those that are drawn stay in memory.

    Parameters
    ----------
    series : read one after the other.
    name : what to call them together.
    most : how many to draw.
    random_state : seed of what is drawn.
    total : how many there are, for the progress.
    watch : told of the progress.

    Examples
    --------
    >>> import pyarrow as pa
    >>> values = pa.table({"bar": np.sin(np.arange(200) * 2 * np.pi / 20)})
    >>> found = profile_series([SeriesTable("pump", values, ["bar"], None, None)], "pump")
    >>> found.series[0].period, found.drawn[0].channels[0].seasons[0].period
    (20, 20)
    """
    rng = np.random.default_rng(random_state)
    facts: list[SeriesFacts] = []
    kept: dict[int, tuple[float, SeriesTable]] = {}
    for number, table in enumerate(series):
        facts.append(_facts(table))
        kept[number] = float(rng.random()), table
        if len(kept) > most:
            del kept[max(kept, key=lambda key: kept[key][0])]
        watch("reading", 1, total or number + 1)
    drawn = tuple(_drawn(facts[number], table) for number, (_, table) in sorted(kept.items()))
    return SeriesProfile(name, tuple(facts), drawn, tuple(_findings(facts)))


def _values(table: SeriesTable, name: str) -> Values:
    return np.asarray(table.table[name].to_numpy(), dtype=np.float64)


def _facts(table: SeriesTable) -> SeriesFacts:
    channels, period = [], None
    for name in table.channels:
        values = _values(table, name)
        channels.append(_channel(name, values))
        if period is None and not channels[-1].constant:
            period = max(
                seasons(autocorrelation(values)), key=lambda s: s.correlation, default=None
            )
    return SeriesFacts(
        name=table.name,
        steps=len(table),
        clock=read_clock(table.stamps),
        channels=tuple(channels),
        period=None if period is None else period.period,
        labelled=None if table.labels is None else int((table.labels == 1).sum()),
    )


def _channel(name: str, values: Values) -> Channel:
    known = values[np.isfinite(values)]
    infinite = int(np.isinf(values).sum())
    missing = len(values) - len(known) - infinite
    if not len(known):
        return Channel(name, missing, infinite, *[float("nan")] * 4)
    low, mean, high = float(known.min()), float(known.mean()), float(known.max())
    return Channel(name, missing, infinite, low, mean, high, float(known.std()))


def _drawn(facts: SeriesFacts, table: SeriesTable) -> DrawnSeries:
    changing = [channel.name for channel in facts.channels if not channel.constant]
    shown = (changing or table.channels)[:_SHOWN]
    labels = None if table.labels is None else table.labels == 1
    views = tuple(_view(name, _values(table, name), table) for name in shown)
    return DrawnSeries(facts, table.stamps, labels, views)


def _view(name: str, values: Values, table: SeriesTable) -> ChannelView:
    correlation = autocorrelation(values)
    return ChannelView(
        name, values, correlation, seasons(correlation), cycles(values, table.stamps)
    )


def _plain(value: Any) -> Any:
    """Return nested dictionaries with None for what is not a number."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


# What is odd.


def _findings(every: Sequence[SeriesFacts]) -> list[str]:
    clocks = {facts.name: facts.clock for facts in every if facts.clock is not None}
    found = [_mixed_rates(clocks), _other_channels(every)]
    of_clocks: list[tuple[str, str, Callable[[Clock], int]]] = [
        ("gap", "of more than twice the usual step", lambda clock: clock.gaps),
        ("step", "with the time stamp of the one before", lambda clock: clock.twice),
        ("step", "back in time: sort by time first", lambda clock: clock.back),
        ("time", "the clock was put back by up to an hour", lambda clock: clock.put_back),
    ]
    for noun, what, counted in of_clocks:
        found.append(_told({name: counted(clock) for name, clock in clocks.items()}, noun, what))
    of_channels: list[tuple[str, str, Callable[[Channel], int]]] = [
        ("missing value", "", lambda channel: channel.missing),
        ("infinite value", "to be replaced", lambda channel: channel.infinite),
        ("constant channel", "", lambda channel: int(channel.constant)),
    ]
    for noun, what, of in of_channels:
        found.append(_told({f.name: sum(map(of, f.channels)) for f in every}, noun, what))
    short = [facts.name for facts in every if facts.steps < _SHORT]
    found.append(f"Fewer than {_SHORT} time steps: {_some(short)}." if short else "")
    return [sentence for sentence in found if sentence]


def _told(counts: dict[str, int], noun: str, what: str) -> str:
    """Return how many there are of something, and in which series."""
    where = sorted((name for name, count in counts.items() if count), key=lambda n: -counts[n])
    if not where:
        return ""
    total = sum(counts.values())
    words = [f"{total:,}", noun if total == 1 else f"{noun}s", what]
    named = "" if len(counts) == 1 else f", in {_some(where)}"
    return f"{' '.join(word for word in words if word)}{named}."


def _mixed_rates(clocks: dict[str, Clock]) -> str:
    """Name the series whose sampling rate is not that of most."""
    steps = {name: clock.step for name, clock in clocks.items() if clock.step > 0}
    groups: list[list[str]] = []
    for name in sorted(steps, key=lambda name: steps[name]):
        if groups and steps[name] <= _RATES * steps[groups[-1][0]]:
            groups[-1].append(name)
        else:
            groups.append([name])
    if len(groups) < 2:
        return ""
    usual = max(groups, key=len)
    named = [
        f"{span(steps[g[0]])} in {f'{len(g):,} series' if g is usual and len(g) > 1 else _some(g)}"
        for g in groups
    ]
    return f"Sampling rates are mixed, so one model cannot take all: every {'; '.join(named)}."


def _other_channels(every: Sequence[SeriesFacts]) -> str:
    first = [channel.name for channel in every[0].channels] if every else []
    others = [f.name for f in every if {c.name for c in f.channels} != set(first)]
    if not others:
        return ""
    return f"Other channels than {every[0].name} has: {_some(others)}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
