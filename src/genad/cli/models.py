"""`genad models`: what detectors there are, and what one of them takes."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from genad.cli import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from genad.cli.catalogue import Entry

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Say all about this detector alone.")
]


def models(name: Name = None, as_json: options.Json = False) -> None:
    """List the detectors: for which data, from which paper; or one, with its parameters."""
    from genad.cli.catalogue import describe
    from genad.cli.console import console
    from genad.registry import detector_classes, find_detector

    if name is None:
        entries = [describe(key, cls) for key, cls in sorted(detector_classes().items())]
    else:
        cls = find_detector(name)
        entries = [describe(name.lower() if "." in name else cls.__name__.lower(), cls)]
    if as_json:
        typer.echo(json.dumps({"models": entries}, ensure_ascii=False))
    else:
        console().print(_table(entries) if name is None else _detail(entries[0]))


def _table(entries: "list[Entry]") -> "RenderableType":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "family", "for", "from", box=None, pad_edge=False)
    for entry in entries:
        data = entry["data"].replace("table, series, image", "all")
        table.add_row(Text(entry["name"], style="bold"), entry["family"], data, entry["authors"])
    return Group(table, Text("\ngenad models NAME: what it measures, and its parameters", "dim"))


def _detail(entry: "Entry") -> "RenderableType":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    facts = [f"for {entry['data']}", entry["paper"]]
    table = Table("parameter", "default", box=None, pad_edge=False)
    for parameter, default in entry["parameters"].items():
        table.add_row(Text(parameter, style="bold"), Text(default, overflow="fold"))
    head = [Text(entry["summary"]), *(Text(fact, "dim") for fact in facts if fact), Text()]
    return Group(*head, table)
