"""Where we stand: published figures with ours beside them, from the results alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from genad.benchmark.page import markdown
from genad.benchmark.pages import commands
from genad.benchmark.published import PUBLISHED, Published
from genad.benchmark.results import read_results, told
from genad.benchmark.tables import F1S, HEADLINES, Grid, grid

_HEAD = """\
# Where we stand

Published figures beside ours in the same protocol, ours from the tables in `benchmarks/results/` by
`python benchmarks/page.py`. "±" is the standard deviation over seeds. The untrained network and the
random score stand in every row: a figure that is hardly above them shows nothing learnt. Lines
without a published figure are of the same detector in other settings and, in the end, of our best.
Figures of others are copied from the source named, not run again; where their protocol differs, the
line above the table says so. [All tables](benchmark.md), with what failed and how long it took.
"""


def where_page(folder: Path, published: Sequence[Published] = PUBLISHED) -> str:
    """Return the page of all suites that have results in a folder and published figures.

    Parameters
    ----------
    folder : holds what `genad.benchmark.results.write_results` wrote, one file per suite.
    published : what to compare with.
    """
    parts = [_HEAD]
    for path in sorted(folder.glob("*.parquet")):
        table = read_results(path)
        name = told(table)["name"]
        # Fewer test images make a figure less sure, but not another one.
        suite = name.removesuffix("-quick")
        rows = [
            replace(row, dataset=row.dataset.replace(suite, name))
            for row in published
            if row.suite == suite
        ]
        if rows:
            parts.append(_section(table, rows))
    return "\n".join(parts)


def _section(table: pa.Table, rows: Sequence[Published]) -> str:
    suite = told(table)
    body = [f"## {suite['title']}", " ".join(suite["sentences"])]
    for metric in dict.fromkeys(row.metric for row in rows):
        some = [row for row in rows if row.metric == metric]
        body += [f"### {(HEADLINES | F1S)[metric]}", _table(table, metric, some)]
    return "\n\n".join([*body, f"```\n{commands(table)}\n```\n"])


def _table(table: pa.Table, metric: str, rows: Sequence[Published]) -> str:
    found = grid(table, metric)
    head = ["detector", "published", "ours", "untrained", "random"]
    lines = []
    for row in rows:
        place = row.dataset and f", {row.dataset}"
        theirs = f"{row.detector}{place} ({row.source})", _plain(row.value)
        lines.append([*theirs, *_figures(found, row.ours, row.dataset)])
        for label in _variants(found, row.ours):
            lines.append([f"{label}{place}", "", *_figures(found, label, row.dataset)])
    best = _best(found, table)
    lines.append([f"best of ours: {best}", "", *_figures(found, best, "")])
    return markdown(head, lines)


def _variants(found: Grid, label: str) -> list[str]:
    """Return the labels of a detector in other settings, as "VAE (features alone)" is of VAE."""
    starts = f"{label} (", f"{label}+"
    named = [other for other in found.detectors if label and other.startswith(starts)]
    return [other for other in named if not other.endswith(", untrained")]


def _figures(found: Grid, label: str, dataset: str) -> list[str]:
    """Return the figures of a detector, of its untrained network and of the random score."""
    return [_ours(found, each, dataset) for each in (label, f"{label}, untrained", "random")]


def _ours(found: Grid, label: str, dataset: str) -> str:
    """Return mean and spread of a detector, on one data set or all; empty if it was not run."""
    if label not in found.detectors or (dataset and dataset not in found.datasets):
        return ""
    one = found.only([label])
    if dataset:
        one = Grid([label], [dataset], one.values[[one.datasets.index(dataset)]])
    (mean,), (deviation,) = one.spread()
    spread = "" if np.isnan(deviation) else f" ± {_plain(deviation, _digits(mean))}"
    return _plain(mean) + spread


def _best(found: Grid, table: pa.Table) -> str:
    """Return the label of our best detector; baselines and strangers are not ours."""
    ours = {
        str(record["detector"])
        for record in table.to_pylist()
        if record["kind"] == "detector" and "." not in record["model"]
    }
    means, _ = found.spread()
    return max(ours, key=lambda label: float(means[found.detectors.index(label)]))


def _plain(value: float, digits: int | None = None) -> str:
    return f"{value:.{_digits(value) if digits is None else digits}f}"


def _digits(value: float) -> int:
    """Return how many digits say something: NAB's scores go up to 100, all others up to 1."""
    return 4 if abs(value) < 1 else 2
