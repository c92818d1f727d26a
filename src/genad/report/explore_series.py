"""What the page about series shows: some drawn in full, and all of them in a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genad.files import Roles
from genad.profiles import SeriesProfile
from genad.profiles.clock import Clock, span
from genad.profiles.seasons import Cycle
from genad.profiles.series import Channel, ChannelView, DrawnSeries, SeriesFacts
from genad.report.about import Fact
from genad.report.axes import Axis, axis_for
from genad.report.charts import Histogram
from genad.report.distributions import distribution
from genad.report.explore import Head, Next, detect_command
from genad.report.formats import clip, count, number, percent
from genad.report.lines import Line, Lines
from genad.report.scatter import Key
from genad.report.series import label_spans, time_texts
from genad.report.traces import Trace

_LISTED = 100  # series in the table
_CHANNELS = 50  # in the table of a series
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ALIKE = 0.02  # periods that differ by less than this share are one
_MOST_POINTS = 400  # of an autocorrelation


@dataclass(frozen=True, eq=False)
class View:
    """A chart of a series that was drawn: what it is, what it says, and the chart of its kind."""

    name: str
    reading: str
    histogram: Histogram | None = None
    lines: Lines | None = None
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class ChannelRow:
    """A channel of a series that was drawn."""

    name: str
    low: str
    mean: str
    high: str
    deviation: str
    missing: str


@dataclass(frozen=True, eq=False)
class Drawn:
    """A series that was drawn."""

    name: str
    summary: str
    traces: tuple[tuple[str, Trace], ...]
    views: tuple[View, ...]
    channels: tuple[ChannelRow, ...]
    left_out: str


@dataclass(frozen=True)
class SeriesRow:
    """A series in the table."""

    name: str
    steps: str
    step: str
    start: str
    end: str
    period: str
    odd: str


@dataclass(frozen=True, eq=False)
class SeriesContent:
    """All that the page about series shows, in its order."""

    head: Head
    chosen: str
    drawn: tuple[Drawn, ...]
    labelled: bool
    series: tuple[SeriesRow, ...]
    left_out: str
    next: tuple[Next, ...]


def series_content(
    profile: SeriesProfile, data: str, roles: Roles | None = None, *, time: str | None = None
) -> SeriesContent:
    """Return what to show of series.

    Parameters
    ----------
    profile : what they are like.
    data : how they were named on the command line.
    roles, time : what the options there said of its columns.
    """
    total, drawn = len(profile.series), len(profile.drawn)
    command = detect_command(data, roles or Roles(), time)
    return SeriesContent(
        head=_head(profile, data),
        chosen=f"A random {drawn} of {total:,}." if drawn < total else "",
        drawn=tuple(_drawn(each) for each in profile.drawn),
        labelled=any(each.labels is not None for each in profile.drawn),
        series=tuple(_row(facts) for facts in profile.series[:_LISTED]) if total > 1 else (),
        left_out=f"{count(total - _LISTED, 'more series', 'more series')} not shown."
        if total > _LISTED
        else "",
        next=(Next("Find the time steps that do not fit", command),),
    )


def _head(profile: SeriesProfile, data: str) -> Head:
    total = len(profile.series)
    steps = sum(facts.steps for facts in profile.series)
    headline = (
        f"{count(total, 'series', 'series')}, {count(steps, 'time step')}"
        if total > 1
        else f"{count(steps, 'time step')} of {count(len(profile.series[0].channels), 'channel')}"
    )
    return Head(
        title=f"{profile.name}: {headline}",
        headline=headline,
        lede=f"What is in {data}, before anything is trained.",
        key_facts=_key_facts(profile.series, steps),
        notes=profile.findings,
    )


def _key_facts(every: Sequence[SeriesFacts], steps: int) -> tuple[Fact, ...]:
    lengths = [facts.steps for facts in every]
    channels = sorted({len(facts.channels) for facts in every})
    values = sum(facts.steps * len(facts.channels) for facts in every)
    missing = sum(channel.missing for facts in every for channel in facts.channels)
    facts = [
        Fact("time steps", f"{steps:,}", _ends(lengths, "a series") if len(every) > 1 else ""),
        Fact("channels", _ends(channels), _constant(every)),
        _sampling([facts.clock for facts in every if facts.clock is not None]),
        Fact("missing", percent(missing / max(1, values)), f"{missing:,} of {values:,} values"),
    ]
    labelled = [facts.labelled for facts in every if facts.labelled is not None]
    if labelled:
        share = percent(sum(labelled) / max(1, steps))
        facts.append(Fact("labelled anomalies", share, f"{sum(labelled):,} time steps"))
    return tuple(facts)


def _ends(values: Sequence[int], what: str = "") -> str:
    low, high = min(values), max(values)
    return " ".join([f"{low:,}" if low == high else f"{low:,} to {high:,}", *([what] * bool(what))])


def _constant(every: Sequence[SeriesFacts]) -> str:
    constant = sum(channel.constant for facts in every for channel in facts.channels)
    return f"{constant:,} constant" if constant else "none constant"


def _sampling(clocks: Sequence[Clock]) -> Fact:
    if not clocks:
        return Fact("sampling", "unknown", "there are no time stamps")
    steps = sorted({clock.step for clock in clocks})
    value = f"every {span(steps[0])}"
    if steps[-1] > steps[0]:
        value += f" to {span(steps[-1])}"
    start, end = min(clock.start for clock in clocks), max(clock.end for clock in clocks)
    return Fact("sampling", value, f"{start[:10]} to {end[:10]}")


# A series that was drawn.


def _drawn(each: DrawnSeries) -> Drawn:
    facts = each.facts
    several = len(each.channels) > 1
    texts = time_texts(each.stamps, facts.steps)
    last = each.channels[-1].name
    spans = tuple(label_spans(each.stamps, each.labels))
    traces = tuple(
        (
            clip(view.name, 40) if several else "",
            Trace(
                title=f"{view.name} of {facts.name}",
                description=_told(facts, view.name),
                lines=(view.values,),
                spans=spans,
                times=texts if view.name == last else (),
                height=70 if several else 150,
            ),
        )
        for view in each.channels
    )
    more = len(facts.channels) - len(each.channels)
    return Drawn(
        name=clip(facts.name, 60),
        summary=_summary(facts),
        traces=traces,
        views=tuple(_views(each)),
        channels=tuple(_channel_row(c) for c in facts.channels[:_CHANNELS]) if several else (),
        left_out=f"{count(more, 'more channel')} not drawn." if more > 0 else "",
    )


def _summary(facts: SeriesFacts) -> str:
    parts = [count(facts.steps, "time step")]
    parts += [f"every {span(facts.clock.step)}"] if facts.clock is not None else []
    parts += [odd] if (odd := _odd(facts)) else []
    return ", ".join(parts)


def _told(facts: SeriesFacts, name: str) -> str:
    channel = next(channel for channel in facts.channels if channel.name == name)
    return f"From {number(channel.low)} to {number(channel.high)}, mean {number(channel.mean)}."


def _views(each: DrawnSeries) -> list[View]:
    views = [
        View(
            f"distribution{f' of {clip(view.name, 24)}' if len(each.channels) > 1 else ''}",
            _spread(each.facts, view.name),
            histogram=distribution(view.values, f"Values of {view.name}", "step", height=120),
        )
        for view in each.channels
    ]
    if any(len(view.correlation) for view in each.channels):
        views.append(_correlations(each))
    if len(each.channels) == 1:
        views += [_cycle(cycle) for cycle in each.channels[0].cycles]
    return views


def _spread(facts: SeriesFacts, name: str) -> str:
    channel = next(channel for channel in facts.channels if channel.name == name)
    return f"mean {number(channel.mean)}, deviation {number(channel.deviation)}"


def _correlations(each: DrawnSeries) -> View:
    """Return the autocorrelation of each channel, as far as four of its longest period."""
    known = [view for view in each.channels if len(view.correlation)]
    longest = max((s.period for view in known for s in view.seasons), default=0)
    most = max(len(view.correlation) for view in known)
    far = min(most, 4 * longest) if longest else most
    drawn = []
    for group, view in enumerate(known):
        lags = np.unique(np.linspace(0, min(far, len(view.correlation)) - 1, _MOST_POINTS).round())
        drawn.append(Line(view.name, lags, view.correlation[lags.astype(np.intp)], group))
    low = min(0.0, *(float(line.y.min()) for line in drawn))
    chart = Lines(
        title=f"Autocorrelation of {each.facts.name}",
        description=_periods(known, each.facts.clock),
        x=Axis(0, max(1, far - 1)),
        y=Axis(low, 1.0),
        lines=tuple(drawn),
        height=120,
        mark_ends=False,
    )
    keys = tuple(Key(clip(view.name, 24), group) for group, view in enumerate(known))
    reading = _periods(known, each.facts.clock)
    return View("autocorrelation by lag", reading, lines=chart, keys=keys if len(keys) > 1 else ())


def _periods(views: Sequence[ChannelView], clock: Clock | None) -> str:
    every = sorted((s for v in views for s in v.seasons), key=lambda s: -s.correlation)
    best: dict[int, float] = {}
    for season in every:  # channels have a period in common, give or take a step
        if all(abs(season.period - other) > _ALIKE * other for other in best):
            best[season.period] = season.correlation
    if not best:
        return "no period stands out"
    told = [f"{_steps(period, clock)}: {best[period]:.2f}" for period in sorted(best)]
    return f"period of {', '.join(told[:4])}"


def _steps(period: int, clock: Clock | None) -> str:
    time = f" ({span(period * clock.step)})" if clock is not None and clock.step else ""
    return f"{period:,} steps{time}"


def _cycle(cycle: Cycle) -> View:
    places = np.arange(cycle.quartiles.shape[1], dtype=np.float64)
    names = ("lower quartile", "median", "upper quartile")
    drawn = tuple(
        Line(name, places[known], row[known], 0 if name == "median" else 9)
        for name, row in zip(names, cycle.quartiles, strict=True)
        for known in [np.isfinite(row)]
    )
    weekly = cycle.name == "weekday"
    chart = Lines(
        title=f"Values by {cycle.name}",
        description=f"Median and quartiles; {percent(cycle.share)} of the variance explained.",
        x=Axis(0, len(places) - 1),
        y=axis_for(cycle.quartiles[np.isfinite(cycle.quartiles)]),
        lines=drawn,
        height=120,
        mark_ends=False,
        captions=_WEEKDAYS if weekly else (),
    )
    reading = f"median and quartiles; explains {percent(cycle.share)} of the variance"
    return View(f"by {cycle.name}", reading, lines=chart)


def _channel_row(channel: Channel) -> ChannelRow:
    low, mean, high, deviation = (
        "–" if np.isnan(value) else number(value)
        for value in (channel.low, channel.mean, channel.high, channel.deviation)
    )
    missing = f"{channel.missing:,}" if channel.missing else ""
    return ChannelRow(clip(channel.name, 32), low, mean, high, deviation, missing)


# All series.


def _row(facts: SeriesFacts) -> SeriesRow:
    clock = facts.clock
    return SeriesRow(
        name=clip(facts.name, 48),
        steps=f"{facts.steps:,}",
        step=span(clock.step) if clock is not None else "",
        start=clock.start[:10] if clock is not None else "",
        end=clock.end[:10] if clock is not None else "",
        period=_steps(facts.period, clock) if facts.period is not None else "",
        odd=_odd(facts),
    )


def _odd(facts: SeriesFacts) -> str:
    """Return what is odd about a series, in a few words."""
    clock = facts.clock
    counts = [
        (clock.gaps if clock else 0, "gap", ""),
        (clock.twice if clock else 0, "doubled stamp", ""),
        (clock.back + clock.put_back if clock else 0, "step back", "steps back"),
        (sum(channel.missing for channel in facts.channels), "missing value", ""),
        (sum(channel.infinite for channel in facts.channels), "infinite value", ""),
        (sum(channel.constant for channel in facts.channels), "constant channel", ""),
    ]
    return ", ".join(count(n, noun, plural) for n, noun, plural in counts if n)
