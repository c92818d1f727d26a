"""Results as a short text for people, or as one JSON object for machines."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genad.cli import printed
from genad.detection import Detection, TopAnomaly
from genad.detector import Detector
from genad.files import Fitted, Scored, false_alarm_rate
from genad.parameters import plain_parameters
from genad.report.about import Fact
from genad.report.anomalies import expectation, shares
from genad.report.content import Figure, detect_content, label_figures
from genad.report.formats import cell, clip, count, duration, number, percent, probability
from genad.report.series import SeriesContent

_ROWS, _EVENTS, _REASONS, _LEAST_SHARE = 5, 10, 3, 0.1
_VALUE = 12  # a time takes two lines of it
_NO_USE = "which served for nothing else"
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


def detection(found: Detection, files: Mapping[str, Path], *, as_json: bool, quiet: bool) -> None:
    """Show what `genad detect` found, and where it is kept."""
    if as_json:
        learnt = _fitted_json(found.detector, found.train, found.train_rows, found.fit_seconds)
        result = _scored_json(found.detector, found.scored, found, files)
        if found.series:
            result["events"] = [
                {"series": each.name} | asdict(event)
                for each in found.series
                for event in each.events
            ]
        printed.as_json(learnt | result | {"command": found.command})
    elif not quiet:
        content = detect_content(found, str(files["model"]) if "model" in files else None)
        printed.summary(
            content.title,
            content.verdict,
            content.key_facts,
            _found(found, content.series),
            _figure_table(content.figures, _label_use(found)),
            printed.listed(content.notes),
            printed.file_table(files),
        )


def scored(detector: Detector, result: Scored, out: Path, *, as_json: bool, quiet: bool) -> None:
    """Show what `genad score` found, and where it is kept."""
    if as_json:
        printed.as_json(_scored_json(detector, result.name, result, {"scores": out}))
    elif not quiet:
        rows = len(result.scores)
        printed.summary(
            f"{type(detector).__name__} on {result.name}",
            f"{result.flagged:,} of {count(rows, result.item)} flagged",
            _score_facts(detector, result),
            _tops(result),
            _figure_table(label_figures(result.ranking, result.flags, result.item)),
            printed.listed(result.notes),
            printed.file_table({"scores": out}),
        )


def fit(detector: Detector, fitted: Fitted, out: Path, *, as_json: bool, quiet: bool) -> None:
    """Show what `genad fit` learnt from, and where the model is."""
    name = type(detector).__name__
    if as_json:
        content = _fitted_json(detector, fitted.name, fitted.rows, fitted.seconds)
        printed.as_json(content | {"notes": fitted.notes, "files": {"model": str(out)}})
    elif not quiet:
        item, size = "row", count(detector.n_features_in_, "column")
        if detector.view_.kind == "image":
            item, size = "image", "{1} x {2} pixels".format(*detector.view_.shape)
        learnt = f"of {size}, in {duration(fitted.seconds)}"
        facts = (
            Fact("learnt from", count(fitted.rows, item), learnt),
            Fact("threshold", number(detector.threshold_), _false_alarms(detector, item)),
        )
        title = f"{name} on {fitted.name}"
        printed.summary(
            title, "fitted", facts, printed.listed(fitted.notes), printed.file_table({"model": out})
        )


def _found(found: Detection, series: SeriesContent | None) -> RenderableType | None:
    if series is not None:
        return _event_table(series)
    return _image_table(found.top) if found.images else _top_table(found.top)


def _image_table(top: Sequence[TopAnomaly]) -> RenderableType:
    """Show the first few images by name."""
    table = Table(box=None, pad_edge=False)
    table.add_column("image", max_width=36)
    for name in ("score", "probability"):
        table.add_column(name, justify="right", no_wrap=True)
    classes, labels = "class" in top[0].values, top[0].label is not None
    for name in ["class"] * classes + ["label"] * labels:
        table.add_column(name, max_width=16)
    for row in top[:_EVENTS]:
        cells = [clip(cell(row.values["image"]), 36), number(row.score)]
        cells.append(probability(row.probability))
        cells += [cell(row.values["class"])] if classes else []
        cells += [{True: "anomaly", False: "normal", None: ""}[row.label]] if labels else []
        table.add_row(*map(Text, cells))
    return Group(Text("Most anomalous images", style="bold"), table)


def _top_table(top: Sequence[TopAnomaly]) -> RenderableType:
    """Show the first few rows, each with the columns that made it anomalous."""
    table = Table(box=None, pad_edge=False)
    labelled = any(row.label is not None for row in top)
    for name in ("row", "score", "probability"):
        table.add_column(name, justify="right", no_wrap=True)
    if labelled:
        table.add_column("label", no_wrap=True)
    table.add_column("because of", max_width=26)
    for name in ("value", "expected"):
        table.add_column(name, justify="right", max_width=_VALUE)
    for row in top[:_ROWS]:
        label = {None: "", True: "anomaly", False: "normal"}[row.label]
        ends = [f"{row.row:,}", number(row.score), probability(row.probability)]
        ends += [label] if labelled else []
        for reason in _reasons(row):
            table.add_row(*map(Text, [*ends, *reason]))
            ends = [""] * len(ends)
    return Group(Text("Most anomalous rows", style="bold"), table)


def _event_table(series: SeriesContent) -> RenderableType | None:
    """Show the events with the highest scores."""
    if not series.events:
        return None
    several, several_channels = len(series.panels) > 1, bool(series.events[0].channels)
    table = Table(box=None, pad_edge=False)
    if several:
        table.add_column("series", no_wrap=True, max_width=24)
    table.add_column("when", max_width=42)
    for name in ("length", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    if several_channels:
        table.add_column("because of", max_width=26)
    if series.labelled:
        table.add_column("label", no_wrap=True)
    for event in series.events[:_EVENTS]:
        cells = [event.series] * several + [event.when, event.length, event.score]
        cells += [event.channels] * several_channels + [event.label] * series.labelled
        table.add_row(*map(Text, cells))
    return Group(Text("Events", style="bold"), table)


def _reasons(row: TopAnomaly) -> list[tuple[str, str, str]]:
    """Return column, value and expected value of the reasons; a value as expected is none."""
    by_share = shares(row.excess)
    names = sorted(by_share, key=lambda name: -by_share[name])[:_REASONS]
    reasons = [
        (clip(name, 26), _short(cell(row.values[name], 4)), _short(expectation(row, name)))
        for name in names
        if by_share[name] >= _LEAST_SHARE or 0 < by_share[name] == by_share[names[0]]
    ]
    distinct = [reason for reason in reasons if reason[1] != reason[2]]
    return distinct or reasons[:1] or [("no column stands out", "", "")]


def _short(text: str) -> str:
    return text if _TIME.match(text) else clip(text, _VALUE)


def _tops(result: Scored) -> RenderableType | None:
    if not result.top:
        return None
    return _image_table(result.top) if result.item == "image" else _top_table(result.top)


def _label_use(found: Detection) -> str:
    if found.taught:
        return "other than those that it learnt from"
    return "which also chose what was learnt from" if found.normal_only else _NO_USE


def _figure_table(shown: Sequence[Figure], use: str = _NO_USE) -> RenderableType | None:
    if not shown:
        return None
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("here", "at random"):
        table.add_column(name, justify="right")
    for figure in shown:
        table.add_row(figure.name, figure.value, Text(figure.random, style="dim"))
    return Group(Text(f"Against the labels, {use}", style="bold"), table)


def _score_facts(detector: Detector, result: Scored) -> tuple[Fact, ...]:
    rows = len(result.scores)
    return (
        Fact("flagged", percent(result.flagged / rows), f"of {count(rows, result.item)}"),
        Fact("threshold", number(result.threshold), _false_alarms(detector, result.item)),
        Fact("scoring", duration(result.seconds)),
    )


def _false_alarms(detector: Detector, item: str = "row") -> str:
    rate = percent(false_alarm_rate(detector, detector.threshold_))
    clean = detector.contamination == "auto"
    which = f"normal {item}s" if clean else f"{item}s like the training data's"
    return f"about {rate} of {which} are expected above"


def _fitted_json(detector: Detector, train: str, rows: int, seconds: float) -> dict[str, Any]:
    return {
        "detector": type(detector).__name__,
        "parameters": plain_parameters(detector.get_params(deep=False)),
        "train": train,
        "train_rows": rows,
        "fit_seconds": seconds,
        "threshold": detector.threshold_,
        "false_alarm_rate": false_alarm_rate(detector, detector.threshold_),
    }


def _scored_json(
    detector: Detector, name: str, result: Detection | Scored, files: Mapping[str, Path]
) -> dict[str, Any]:
    return {
        "scored": name,
        "rows": len(result.scores),
        "threshold": result.threshold,
        "false_alarm_rate": false_alarm_rate(detector, result.threshold),
        "flagged": result.flagged,
        "top": [asdict(row) for row in result.top],
        "ranking": result.ranking and asdict(result.ranking),
        "flags": result.flags and asdict(result.flags),
        "notes": result.notes,
        "files": {kind: str(path) for kind, path in files.items()},
    }
