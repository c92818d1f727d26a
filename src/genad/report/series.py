"""What the page of a detection says of series: each drawn with its events, and the events told."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genad.detection import Detection, SeriesResult
from genad.events import Event
from genad.report.formats import clip, count, number, percent
from genad.report.traces import Span, Trace

_MOST_SERIES = 12
_MOST_EVENTS = 20
_MOST_CHANNELS = 3
_TICKS = 5


@dataclass(frozen=True)
class EventRow:
    """One event as told in the table."""

    series: str
    when: str
    length: str
    score: str
    channels: str
    label: str


@dataclass(frozen=True)
class SeriesPanel:
    """One series: its values and its scores over time."""

    name: str
    summary: str
    values: Trace
    scores: Trace


@dataclass(frozen=True)
class SeriesContent:
    """All that a page shows of series.

    Parameters
    ----------
    panels : the series with the highest scores, drawn.
    events : the events with the highest scores.
    left_out : what is not shown, as a sentence, or empty.
    labelled : whether labelled stretches are drawn.
    """

    panels: tuple[SeriesPanel, ...]
    events: tuple[EventRow, ...]
    left_out: str
    labelled: bool


def series_content(detection: Detection) -> SeriesContent | None:
    """Return what to show of the series of a detection, or None if it was of a table.

    Examples
    --------
    >>> from genad import ZScore
    >>> series_content(Detection(
    ...     ZScore(), "a", "b", 2, np.zeros(2), 1.0, 0, [], None, None, 0.1, 0.1, [], ""
    ... )) is None
    True
    """
    if not detection.series:
        return None
    order = sorted(detection.series, key=lambda each: -float(each.scores.max()))
    shown = order[:_MOST_SERIES]
    events = [(each, event) for each in detection.series for event in each.events]
    events.sort(key=lambda pair: -pair[1].score)
    left_out = []
    if len(order) > len(shown):
        left_out.append(f"{count(len(order) - len(shown), 'more series', 'more series')}")
    if len(events) > _MOST_EVENTS:
        left_out.append(f"{count(len(events) - _MOST_EVENTS, 'more event')}")
    return SeriesContent(
        panels=tuple(_panel(each, detection.threshold) for each in shown),
        events=tuple(_event(each, event) for each, event in events[:_MOST_EVENTS]),
        left_out=f"Not shown: {' and '.join(left_out)}; all are in the files." if left_out else "",
        labelled=any(each.labels is not None for each in shown),
    )


def _panel(result: SeriesResult, threshold: float) -> SeriesPanel:
    events = count(len(result.events), "event")
    spans = (
        *label_spans(result.stamps, result.labels),
        *(_event_span(result, event) for event in result.events),
    )
    blamed = _blamed(result)
    names = ", ".join(clip(result.channels[j], 24) for j in blamed)
    more = len(result.channels) - len(blamed)
    names += f" and {count(more, 'more channel')}" if more else ""
    return SeriesPanel(
        name=clip(result.name, 60),
        summary=f"{events} in {count(len(result.scores), 'time step')}",
        values=Trace(
            title=f"Values of {result.name}: {names}",
            description=f"{events}, as shaded.",
            lines=tuple(_scaled(result.values[:, j], len(blamed)) for j in blamed),
            spans=spans,
            height=150,
        ),
        scores=Trace(
            title=f"Anomaly scores of {result.name}",
            description=f"Highest {number(float(result.scores.max()))}.",
            lines=(result.scores,),
            level=threshold,
            times=time_texts(result.stamps, len(result.scores)),
            height=90,
        ),
    )


def _blamed(result: SeriesResult) -> list[int]:
    """Return the channels that the events blame most, or the first ones."""
    if len(result.channels) <= _MOST_CHANNELS:
        return list(range(len(result.channels)))
    totals = dict.fromkeys(result.channels, 0.0)
    for event in result.events:
        for name, share in event.channels:
            totals[name] += max(share, 0.0)
    order = sorted(range(len(totals)), key=lambda j: -totals[result.channels[j]])
    return sorted(order[:_MOST_CHANNELS])


def _scaled(values: NDArray[np.float64], lines: int) -> NDArray[np.float64]:
    """Return values as they are, or, beside others, from 0 to 1."""
    if lines == 1:
        return values
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return np.asarray((values - low) / (high - low if high > low else 1.0))


def label_spans(
    stamps: NDArray[np.datetime64] | None, labels: NDArray[np.bool_] | None
) -> list[Span]:
    """Return the labelled stretches of a series, to be drawn behind it.

    Examples
    --------
    >>> label_spans(None, np.array([False, True, True]))
    [Span(start=1, end=3, kind='label', label='labelled: steps 2 – 3')]
    """
    if labels is None:
        return []
    edges = np.flatnonzero(np.diff(np.r_[False, labels, False].astype(np.int8)))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [Span(a, b, "label", f"labelled: {_when(stamps, a, b)}") for a, b in pairs]


def _event_span(result: SeriesResult, event: Event) -> Span:
    when = _when(result.stamps, event.start, event.end)
    return Span(event.start, event.end, "event", f"{when}, score {number(event.score)}")


def _event(result: SeriesResult, event: Event) -> EventRow:
    total = sum(max(share, 0.0) for _, share in event.channels) or 1.0
    blame = [
        f"{clip(name, 24)} {percent(share / total)}"
        for name, share in event.channels[:_MOST_CHANNELS]
        if share > 0.05 * total
    ]
    label = ""
    if result.labels is not None:
        label = "anomaly" if result.labels[event.start : event.end].any() else "no anomaly"
    return EventRow(
        series=clip(result.name, 40),
        when=_when(result.stamps, event.start, event.end),
        length=count(len(event), "step"),
        score=number(event.score),
        channels=", ".join(blame) if len(result.channels) > 1 else "",
        label=label,
    )


def _when(stamps: NDArray[np.datetime64] | None, start: int, end: int) -> str:
    """Return a stretch by its time stamps, or by its steps from 1."""
    if stamps is None:
        return f"step {start + 1:,}" if end == start + 1 else f"steps {start + 1:,} – {end:,}"
    first, last = (stamp_text(stamps[step]) for step in (start, end - 1))
    return first if first == last else f"{first} – {last}"


def stamp_text(stamp: np.datetime64) -> str:
    """Return a time stamp as one would write it.

    Examples
    --------
    >>> stamp_text(np.datetime64("2024-01-31T13:45:00")), stamp_text(np.datetime64("2024-01-31"))
    ('2024-01-31 13:45', '2024-01-31')
    """
    text = str(stamp.astype("datetime64[s]")).replace("T", " ")
    return text.removesuffix(":00").removesuffix(" 00:00")


def time_texts(stamps: NDArray[np.datetime64] | None, n: int) -> tuple[str, ...]:
    """Return what to write under a chart of n steps: stamps, or numbers of steps.

    Examples
    --------
    >>> time_texts(None, 101)
    ('1', '26', '51', '76', '101')
    """
    steps = np.linspace(0, n - 1, _TICKS).round().astype(int)
    if stamps is None:
        return tuple(f"{step + 1:,}" for step in steps)
    return tuple(stamp_text(stamps[step])[:16] for step in steps)
