"""What `genad bench` shows: a bar while it runs, and the table of the detectors."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pyarrow as pa
import typer
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from genad.benchmark.results import told
from genad.benchmark.runner import Finished
from genad.benchmark.tables import F1S, HEADLINES, Standing, shown_f1s, with_spread
from genad.benchmark.tables import standings as all_standings
from genad.cli.console import console

Column = tuple[str, list[str]]

# Between columns; and a name that is longer than this takes two lines.
_GAP, _LONGEST = 2, 27
_STYLES = {"detector": "bold", "baseline": "italic", "untrained": "dim"}


class Bar:
    """One bar over all cells, on stderr; silent where that is no terminal.

    Parameters
    ----------
    total : number of cells.
    quiet : show nothing.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        screen = Console(stderr=True)
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("cells"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}"),
        )
        disable = quiet or not screen.is_terminal
        self._progress = Progress(*columns, console=screen, transient=True, disable=disable)
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def move(self, name: str) -> None:
        """Move on by one, and say which it was."""
        self._progress.update(self._task, advance=1, description=name)

    def finished(self, found: Finished) -> None:
        """Move on by a cell, and say so where one failed."""
        self._progress.update(self._task, advance=1, description=str(found.cell))
        if found.result.failed and not found.cached:
            self._progress.console.print(Text(f"failed: {found.cell}: {found.result.reason}"))


def standings(table: pa.Table, files: Mapping[str, Path], *, as_json: bool, quiet: bool) -> None:
    """Show how the detectors stand, and where it is kept."""
    found, suite = all_standings(table), told(table)
    if as_json:
        content = {
            "suite": suite["name"],
            "protocol": suite["sentences"],
            "datasets": sorted(set(table["dataset"].to_pylist())),
            "seeds": sorted(set(table["seed"].to_pylist())),
            "detectors": [_plain(asdict(standing)) for standing in found],
            "files": {kind: str(path) for kind, path in files.items()},
        }
        typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))
    elif not quiet:
        head = Text(str(suite["title"]), style="bold")
        screen = console()
        table = _table(found, screen.width)
        screen.print(Group(head, Text(), table, Text(), *_failed(found), _files(files)))


def exported(files: Sequence[Path], folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Say where the data for others is."""
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in files]}))
    elif not quiet:
        typer.echo(f"Wrote {len(files)} files below {folder}; hand in scores with --adopt.")


def _table(found: Sequence[Standing], width: int) -> Table:
    """Return a table no wider than the terminal; the page has all columns."""
    table = Table(box=None, pad_edge=False)
    columns = _columns(found, width)
    for number, (head, cells) in enumerate(columns):
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(head, justify=justify, width=_wide(head, cells))
    rows = zip(*(cells for _, cells in columns), strict=True)
    for standing, row in zip(found, rows, strict=True):
        table.add_row(*row, style=_STYLES.get(standing.kind))
    return table


def _columns(found: Sequence[Standing], width: int) -> list[Column]:
    """Return name, headlines with their ranks as far as there is room, F1, time and failures."""
    first = ("detector", [standing.detector for standing in found])
    last = [
        (F1S[name], [_number(standing.f1s[name], 3) for standing in found])
        for name in shown_f1s(found)
        if name == "f1"
    ]
    last.append(("fit, s", [_number(standing.fit_seconds, 1) for standing in found]))
    if any(standing.failures for standing in found):
        last.append(("failed", [str(len(standing.failures) or "") for standing in found]))
    room = width - sum(_GAP + _wide(*column) for column in [first, *last])
    shown: list[Column] = []
    for name in found[0].means:
        columns = [(HEADLINES[name], [with_spread(standing, name) for standing in found])]
        if name in found[0].ranks:
            columns.append(("rank", [f"{standing.ranks[name]:.1f}" for standing in found]))
        room -= sum(_GAP + _wide(*column) for column in columns)
        if room < 0 and shown:
            break
        shown += columns
    return [first, *shown, *last]


def _wide(head: str, cells: Sequence[str]) -> int:
    """Return how wide a column has to be; heads and long names may break between words."""
    return max(*map(len, head.split()), min(_LONGEST, max(map(len, cells))))


def _failed(found: Sequence[Standing]) -> list[Text]:
    lines = [f"{s.detector} on {failure}" for s in found for failure in s.failures]
    if not lines:
        return []
    head = Text("Failed, which counts as chance", style="bold")
    return [head, *(Text(f"- {line}") for line in lines), Text()]


def _files(files: Mapping[str, Path]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for kind, path in files.items():
        table.add_row(Text(kind, style="dim"), Text(str(path), overflow="fold"))
    return table


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _plain(value: Any) -> Any:
    """Return NaN as None all the way down: JSON has none."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
