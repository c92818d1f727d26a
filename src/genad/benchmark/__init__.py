"""The benchmark: suites say what is run, the runner how; tables come from the results alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genad.benchmark.cells import Cell, Result, Store, make_cells
    from genad.benchmark.ranks import Ranking, holm, rank, signed_rank
    from genad.benchmark.results import as_table, read_results, write_results
    from genad.benchmark.runner import Finished, Limits, run
    from genad.benchmark.specs import BASELINES, Spec, choose
    from genad.benchmark.suite import Suite
    from genad.benchmark.suites import SUITES, find_suite
    from genad.benchmark.tables import Comparison, Standing, compare, grid, standings
    from genad.benchmark.tabular import Protocol, TableTask
    from genad.benchmark.task import Answer, Inputs, Scorer, Task

# A worker process starts in the time that it takes to import what it needs.
_HOMES = {
    "cells": ("Cell", "Result", "Store", "make_cells"),
    "ranks": ("Ranking", "holm", "rank", "signed_rank"),
    "results": ("as_table", "read_results", "write_results"),
    "runner": ("Finished", "Limits", "run"),
    "specs": ("BASELINES", "Spec", "choose"),
    "suite": ("Suite",),
    "suites": ("SUITES", "find_suite"),
    "tables": ("Comparison", "Standing", "compare", "grid", "standings"),
    "tabular": ("Protocol", "TableTask"),
    "task": ("Answer", "Inputs", "Scorer", "Task"),
}

__all__ = [
    "BASELINES",
    "SUITES",
    "Answer",
    "Cell",
    "Comparison",
    "Finished",
    "Inputs",
    "Limits",
    "Protocol",
    "Ranking",
    "Result",
    "Scorer",
    "Spec",
    "Standing",
    "Store",
    "Suite",
    "TableTask",
    "Task",
    "as_table",
    "choose",
    "compare",
    "find_suite",
    "grid",
    "holm",
    "make_cells",
    "rank",
    "read_results",
    "run",
    "signed_rank",
    "standings",
    "write_results",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
