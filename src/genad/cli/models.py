"""`genad models`: what detectors there are."""

import json

import typer

from genad.cli import options


def models(as_json: options.Json = False) -> None:
    """List the detectors: what each measures, for which data, and from which paper."""
    from rich.table import Table
    from rich.text import Text

    from genad.cli.catalogue import describe
    from genad.cli.console import console
    from genad.registry import detector_classes

    entries = [describe(name, cls) for name, cls in sorted(detector_classes().items())]
    if as_json:
        typer.echo(json.dumps({"models": entries}, ensure_ascii=False))
        return
    table = Table("name", "family", "anomaly score, and where it comes from", box=None)
    table.pad_edge = False
    for entry in entries:
        about = "\n".join(filter(None, [entry["paper"], f"for: {entry['data']}"]))
        text = Text(entry["summary"]).append(f"\n{about}\n", style="dim")
        table.add_row(Text(entry["name"], style="bold"), entry["family"], text)
    console().print(table)
