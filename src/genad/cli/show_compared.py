"""What `genad compare` found, as a short text for people or as one JSON object for machines."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genad.cli import printed
from genad.comparison import Comparison, Contender, LatentSpace
from genad.report.about import Fact
from genad.report.compare_tables import detection_table, quality_table, space_table
from genad.report.formats import count
from genad.report.grids import Grid


def compared(found: Comparison, page: Path, *, as_json: bool, quiet: bool) -> None:
    """Show what was found, and where the page is."""
    if as_json:
        printed.as_json(_finite(plain(found)) | {"files": {"page": str(page)}})
    elif not quiet:
        names = " and ".join(each.name for each in found.contenders)
        facts = [
            Fact(each.name, "collapsed", each.warning) for each in found.contenders if each.warning
        ]
        printed.summary(
            names,
            f"compared on {found.subject.name}, {count(found.compared, 'sample')} each",
            facts,
            _table("Quality of the samples", quality_table(found)),
            _table("Latent space", space_table(found)),
            _table("Detection", detection_table(found)),
            printed.listed(found.subject.notes),
            printed.file_table({"page": page}),
        )


def plain(found: Comparison) -> dict[str, Any]:
    """Return the figures as JSON can hold them, without samples."""
    return {
        "data": found.subject.name,
        "kind": found.subject.kind,
        "samples": found.compared,
        "seed": found.random_state,
        "judge": {"features": found.judge, "accuracy": found.accuracy},
        "real": asdict(found.real),
        "raw": _space(found.raw),
        "nearest": found.nearest and asdict(found.nearest),
        "models": [_contender(each) for each in found.contenders],
        "notes": list(found.subject.notes),
    }


def _contender(each: Contender) -> dict[str, Any]:
    return {
        "name": each.name,
        "detector": type(each.detector).__name__,
        "quality": asdict(each.quality),
        "asked": each.asked and {"accuracy": each.asked.accuracy, "by_class": each.asked.by_class},
        "latent": _space(each.latent),
        "ranking": each.ranking and asdict(each.ranking),
        "untrained": {
            "quality": asdict(each.untrained),
            "latent": _space(each.untrained_latent),
            "ranking": each.untrained_ranking and asdict(each.untrained_ranking),
        },
        "looks": [asdict(look) for look in each.looks],
        "warning": each.warning,
        "costs": asdict(each.costs),
    }


def _space(space: LatentSpace | None) -> Mapping[str, float] | None:
    if space is None:
        return None
    return {"silhouette": space.silhouette, "neighbour_accuracy": space.neighbour_accuracy}


def _finite(content: Any) -> Any:
    """Return content with null for what JSON has no number for."""
    if isinstance(content, dict):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _table(title: str, grid: Grid | None) -> RenderableType | None:
    """Show a table of figures; the references of untrained networks are for the page alone."""
    if grid is None:
        return None
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for column in grid.columns:
        table.add_column(column.name.removesuffix(" distance"), justify="right")
    for row in grid.rows:
        if row.note != "untrained":
            style = "dim" if row.reference else ""
            cells = [Text(cell.text, style="bold" if cell.best else "") for cell in row.cells]
            table.add_row(Text(row.name), *cells, style=style)
    return Group(Text(title, style="bold"), table)
