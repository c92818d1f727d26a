"""`genad data`: the named data sets, listed and fetched."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from genad.cli import options

app = typer.Typer(help="List the public data sets, or fetch one.")


@app.command("list")
def show(as_json: options.Json = False) -> None:
    """List the data sets; with --json also their licence, home and what is anomalous."""
    from rich.table import Table
    from rich.text import Text

    from genad.cli.console import console
    from genad.data import list_datasets

    infos = list_datasets()
    if as_json:
        typer.echo(json.dumps({"datasets": [asdict(info) for info in infos]}, ensure_ascii=False))
        return
    table = Table("name", "kind", "from", box=None, pad_edge=False)
    table.add_column("rows x columns", justify="right")
    for info in infos:
        size = f"{info.rows:,} x {info.columns:,}"
        table.add_row(Text(info.name, style="bold"), info.kind, info.domain, size)
    console().print(table)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name of `genad data list`.")],
    as_json: options.Json = False,
) -> None:
    """Make sure that a data set is here and unchanged, and say where."""
    from genad.data import fetch_dataset

    path = fetch_dataset(name)
    typer.echo(json.dumps({"name": name, "path": str(path)}) if as_json else path)
