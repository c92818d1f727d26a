"""The files of a suite: results as Parquet, and from them the page and its plots."""

import shlex
from collections import defaultdict
from pathlib import Path

import pyarrow as pa

from genad.benchmark.diagram import diagram
from genad.benchmark.page import ranking, suite_page
from genad.benchmark.results import read_results, told, write_results
from genad.benchmark.tables import HEADLINES, headlines

_FEWEST = 5  # data sets that a diagram of ranks needs


def write_suite(table: pa.Table, folder: Path) -> dict[str, Path]:
    """Write the results of a suite, its page and its diagrams; return the files by their kind.

    Parameters
    ----------
    table : results.
    folder : where; files of an earlier run of the same suite are replaced.
    """
    name = told(table)["name"]
    files = {"results": folder / f"{name}.parquet", "page": folder / f"{name}.md"}
    write_results(table, files["results"])
    plots = write_plots(table, folder)
    page = suite_page(table, images=[plot.name for plot in plots])
    files["page"].write_text(f"#{page[2:]}", encoding="utf-8")
    return files | {f"plot of {plot.stem}": plot for plot in plots}


def write_plots(table: pa.Table, folder: Path) -> list[Path]:
    """Write a critical-difference diagram of each headline metric, where there are enough data."""
    if len(set(table["dataset"].to_pylist())) < _FEWEST:
        return []
    suite, plots = told(table), []
    for metric in headlines(table):
        found = ranking(table, metric)
        title = f"{suite['title']}: mean rank by {HEADLINES[metric]}; under one bar: no difference"
        plots.append(folder / f"{suite['name']}-{metric.replace('_', '-')}.svg")
        plots[-1].write_text(diagram(found, title), encoding="utf-8")
    return plots


def benchmark_page(folder: Path, images: str = "images") -> str:
    """Return the documentation page of all results in a folder.

    Parameters
    ----------
    folder : holds what `write_results` wrote, one file per suite.
    images : where the page finds the diagrams.
    """
    tables = [read_results(path) for path in sorted(folder.glob("*.parquet"))]
    parts = [_HEAD]
    for table in tables:
        name = told(table)["name"]
        drawn = len(set(table["dataset"].to_pylist())) >= _FEWEST
        plots = [f"{images}/{name}-{m.replace('_', '-')}.svg" for m in headlines(table) if drawn]
        parts.append(suite_page(table, images=plots) + f"\n```\n{commands(table)}\n```\n")
    return "\n".join(parts)


def commands(table: pa.Table) -> str:
    """Return the commands that compute the results again, a line for each number of seeds."""
    suite, seeds = told(table), defaultdict[str, set[int]](set)
    variants = suite.get("variants", [])
    for record in table.to_pylist():
        if record["kind"] == "detector":
            label = record["detector"]
            seeds[label if label in variants else record["model"]].add(record["seed"])
    lines = defaultdict[int, list[str]](list)
    for model, repeats in seeds.items():
        lines[len(repeats)].append(model)
    return "\n".join(
        f"genad bench {suite['name']} --seeds {repeats} --models {shlex.quote(','.join(models))}"
        for repeats, models in sorted(lines.items(), reverse=True)
    )


_HEAD = """\
# Benchmark

Every figure here is made from the tables in `benchmarks/results/` by `python benchmarks/page.py`,
and those by the command under each section. A run that was stopped goes on where it was.

- **Labels serve for the metrics alone.** The runner gives a detector training and test data without
  them, and reads them from the files when the scores are there: a detector that searched all frames
  above it would find none.
- **Fixed before the results**: splits, seeds, preparation and metrics. Detectors run with their
  defaults, the same for all data sets; defaults were chosen in sight of public data such as this.
- **A failed cell is shown**, with its reason, and counts as chance: failing on what is hard must
  not pay.
- **A detector of yours** takes part as `--models package.module:Class`, if it has `fit`,
  `anomaly_score` and `threshold_`; one of PyOD as `--models pyod.knn`; any other by its scores:

```
genad bench adbench --seeds 1 --export data/             # training and test rows, without labels
genad bench adbench --seeds 1 --adopt theirs=scores.csv  # dataset,seed,row,score, perhaps flag
```
"""
