"""The parts of what a command says: for people a short text of facts and lists, or one JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genad.cli.console import console
from genad.report.about import Fact


def summary(title: str, verdict: str, facts: Sequence[Fact], *parts: RenderableType | None) -> None:
    """Print what came out: a line that says it, the facts, and further parts with space between."""
    head = Text(title, style="bold").append(f": {verdict}")
    shown = [head, fact_table(facts), *(part for part in parts if part is not None)]
    spaced = [piece for part in shown for piece in (part, Text())]
    console().print(Group(*spaced[:-1]))


def as_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False, default=str))


def fact_table(facts: Iterable[Fact]) -> RenderableType:
    """Return facts, one a line."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for fact in facts:
        table.add_row(Text(fact.name, style="dim"), fact.value, Text(fact.note, style="dim"))
    return table


def listed(notes: Sequence[str]) -> RenderableType | None:
    """Return sentences as a list, or nothing without any."""
    if not notes:
        return None
    table = Table.grid(padding=(0, 1, 0, 0))
    for note in notes:
        table.add_row("-", Text(note))
    return table


def file_table(files: Mapping[str, Path]) -> RenderableType:
    """Return what was written, and where."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, path in files.items():
        table.add_row(Text(name, style="dim"), Text(str(path), overflow="fold"))
    return table
