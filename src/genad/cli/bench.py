"""`genad bench`: detectors beside each other on public data, in a protocol that is written down."""

from pathlib import Path

from genad.cli import bench_options as of
from genad.cli.errors import Misuse
from genad.cli.options import Json, Quiet


def bench(
    suite: of.Suite,
    models: of.Models = None,
    seeds: of.Seeds = None,
    data: of.Data = None,
    adopt: of.Adopt = None,
    export: of.Export = None,
    results: of.Results = None,
    jobs: of.Jobs = None,
    threads: of.Threads = 1,
    timeout: of.Timeout = None,
    memory: of.Memory = None,
    retry: of.Retry = False,
    out: of.OutFolder = Path("bench"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run detectors and baselines over a suite of data sets, and compare them.

    What was computed before is not computed again: a run that was stopped goes on where it was.
    Writes the results (SUITE.parquet), and from them a page (SUITE.md) and plots. Results that are
    there already, of detectors, data sets or seeds that are not asked for now, stay beside them.
    """
    if results is not None and suite.lower() != "nab":
        raise Misuse("--results is for nab: the other suites take --adopt NAME=FILE.")
    if results is not None and not results.is_dir():
        raise Misuse(f"--results {results} is no folder.")
    from genad.benchmark import Limits, Store, as_table, choose, find_suite, make_cells, run
    from genad.benchmark import adopt as strangers
    from genad.benchmark.pages import write_suite
    from genad.benchmark.results import by_cell, earlier_results, merged
    from genad.benchmark.runner import available_processors
    from genad.cli import bench_show as show

    chosen = find_suite(suite).only(tuple(data or ()))
    repeats = seeds or chosen.seeds
    if export is not None:
        files = strangers.export(chosen, repeats, export)
        show.exported(files, export, as_json=as_json, quiet=quiet)
        return
    adopted = strangers.adopt_all(adopt or (), chosen)
    if results is not None:
        from genad.benchmark.nab_suite import adopt_nab

        adopted.append(adopt_nab(results))
        models = models or ""  # a folder to be judged is all that was asked for
    names = None if models is None else [name for name in map(str.strip, models.split(",")) if name]
    cells = make_cells(chosen, choose(chosen, names), repeats)
    before = earlier_results(out / f"{chosen.name}.parquet")
    limits = Limits(
        timeout=timeout or chosen.timeout,
        memory=memory or chosen.memory,
        jobs=jobs or max(1, available_processors() // threads),
        threads=threads,
    )
    with show.Bar(len(cells), quiet=quiet) as bar:
        store = Store(out / "cells", by_cell(before))
        finished = run(cells, store, limits, retry=retry, watch=bar.finished)
    table = merged(as_table([*finished, *adopted], chosen), before)
    show.standings(table, write_suite(table, out), as_json=as_json, quiet=quiet)
