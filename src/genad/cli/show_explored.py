"""What `genad explore` found, as a short text for people or as one JSON object for machines."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genad.cli import printed
from genad.cli.explorations import Explored
from genad.report.explore_images import ImagesContent
from genad.report.explore_series import SeriesContent
from genad.report.explore_table import TableContent
from genad.report.formats import clip

_CLASSES, _COLUMNS = 12, 15


def explored(found: Explored, page: Path, *, as_json: bool, quiet: bool) -> None:
    """Show what was found, and where the page is."""
    if as_json:
        printed.as_json(found.plain() | {"files": {"page": str(page)}})
    elif not quiet:
        head = found.content.head
        printed.summary(
            found.profile.name,
            head.headline,
            head.key_facts,
            _table(found.content),
            printed.listed(head.notes),
            printed.file_table({"page": page}),
        )


def _table(content: ImagesContent | SeriesContent | TableContent) -> RenderableType | None:
    if isinstance(content, TableContent):
        return _column_table(content)
    if isinstance(content, SeriesContent):
        return _drawn_table(content)
    return _class_table(content)


def _column_table(content: TableContent) -> RenderableType:
    """Show the first columns with their ranges."""
    table = Table(box=None, pad_edge=False)
    table.add_column("column", max_width=26)
    table.add_column("kind", no_wrap=True)
    for name in ("missing", "distinct", "lowest", "highest"):
        table.add_column(name, justify="right", max_width=10)
    for row in content.columns[:_COLUMNS]:
        cells = [clip(row.name, 26), row.kind, row.missing, row.distinct, row.low, row.high]
        table.add_row(*map(Text, cells))
    more = len(content.columns) - _COLUMNS
    rest = [Text(f"and {more} more on the page", style="dim")] if more > 0 else []
    return Group(Text("Columns", style="bold"), table, *rest)


def _drawn_table(content: SeriesContent) -> RenderableType:
    """Show the series that were drawn, with their strongest periods."""
    table = Table(box=None, pad_edge=False)
    table.add_column("drawn" if content.chosen else "series", max_width=36)
    table.add_column("what", max_width=42)
    for each in content.drawn:
        periods = [v.reading for v in each.views if v.name.startswith("autocorrelation")]
        table.add_row(Text(each.name), Text("; ".join([each.summary, *periods])))
    return Group(Text("Series", style="bold"), table)


def _class_table(content: ImagesContent) -> RenderableType | None:
    """Show the classes with their counts."""
    if not content.classes:
        return None
    table = Table(box=None, pad_edge=False)
    table.add_column("class", max_width=32)
    for name in (*content.parts, "share"):
        table.add_column(
            name if len(content.parts) > 1 or name == "share" else "images", justify="right"
        )
    for row in content.classes[:_CLASSES]:
        table.add_row(*map(Text, [row.name, *row.counts, row.percent]))
    return Group(Text("Classes", style="bold"), table)
