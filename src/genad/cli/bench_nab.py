"""`genad bench nab`: the Numenta benchmark, on results in its layout or on detectors of ours."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from genad.cli.bench_show import Bar
from genad.cli.console import console
from genad.cli.errors import Misuse

if TYPE_CHECKING:
    from genad.benchmark.nab import NabRow
    from genad.benchmark.nab_scorers import StreamScorer

# In every table, for scale.
_BASELINES = ("WindowedGaussian", "random")


def bench_nab(
    results: Path | None,
    models: str | None,
    seeds: int,
    *,
    jobs: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the three scores of each detector, and of the baselines beside them.

    Parameters
    ----------
    results : a folder in the benchmark's layout, `<category>/<detector>_<file>.csv`.
    models : names of detectors, parted by commas; "streamingnovelty" if neither is given.
    seeds : repetitions of detectors that are random.
    jobs : processes.
    """
    from genad.benchmark.nab import load_nab, nab_row, score_nab_results
    from genad.benchmark.nab_scorers import NAB_SCORERS, random_scores

    if results is not None and not results.is_dir():
        raise Misuse(f"--results {results} is no folder.")
    scorers: dict[str, Sequence[StreamScorer]] = {}
    if models is not None or results is None:
        scorers |= _scorers(models or "streamingnovelty", seeds)
    scorers |= {name: [NAB_SCORERS[name]] for name in _BASELINES if name not in scorers}
    scorers["random"] = [partial(random_scores, seed=seed) for seed in range(max(seeds, 3))]
    rows: list[NabRow] = []
    with Bar(len(scorers) + (results is not None), quiet=quiet) as bar:
        if results is not None:
            rows.append(score_nab_results(results))
            bar.move(results.name)
        streams = load_nab()
        for name, repeats in scorers.items():
            rows.append(nab_row(name, repeats, streams, processes=jobs))
            bar.move(name)
    if as_json:
        shown = [{k: v for k, v in asdict(row).items() if k != "reports"} for row in rows]
        typer.echo(json.dumps({"suite": "nab", "detectors": shown}, allow_nan=False))
    elif not quiet:
        console().print(_table(rows))


def _scorers(models: str, seeds: int) -> dict[str, "Sequence[StreamScorer]"]:
    from genad.benchmark.nab_models import DetectorScorer
    from genad.benchmark.nab_scorers import NAB_SCORERS

    known = {name.lower(): name for name in NAB_SCORERS}
    found: dict[str, Sequence[StreamScorer]] = {}
    for model in filter(None, map(str.strip, models.split(","))):
        key = model.lower().replace("-", "").replace("_", "")
        if key in known:
            found[known[key]] = [NAB_SCORERS[known[key]]]
            continue
        for normalised in (False, True):
            repeats = [DetectorScorer(model, seed, normalised) for seed in range(seeds)]
            found[repeats[0].name] = repeats
    return found


def _table(rows: Sequence["NabRow"]) -> Table:
    table = Table(
        title=Text("Numenta benchmark: standard, low FP, low FN"), title_justify="left", box=None
    )
    table.add_column("detector")
    table.add_column("threshold by the labels", justify="right")
    table.add_column("its own", justify="right")
    for row in rows:
        cells = [
            f"{one.standard:.2f} / {one.reward_low_fp:.2f} / {one.reward_low_fn:.2f}"
            for one in (row.optimised, row.own)
        ]
        table.add_row(Text(row.name), *cells)
    return table
