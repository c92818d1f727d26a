"""A worker process: one cell after the other, within its threads, each result kept at once."""

import os
import signal
import time
import warnings
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from genad.benchmark.cells import Cell, Result, Store
from genad.benchmark.memory import Peak
from genad.benchmark.task import Answer, Figures, Inputs, Scorer


def work(connection: Connection, store: Store, threads: int) -> None:
    """Compute cells as they come, until None or the end of the connection.

    Parameters
    ----------
    connection : brings (key, cell), and takes the word "ready" and results.
    store : where results are kept, before they are sent.
    threads : how many each library may use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner decides when to stop
    warnings.simplefilter("ignore")  # hundreds of fits would repeat the same ones
    os.environ["OMP_NUM_THREADS"] = str(threads)  # for libraries that are loaded from here on
    connection.send("ready")
    while (job := _next(connection)) is not None:
        key, cell = job
        with threadpool_limits(threads):  # for those that are loaded
            result = attempt(cell)
        store.write(key, cell, result)
        connection.send(result)


def _next(connection: Connection) -> tuple[str, Cell] | None:
    try:
        job: tuple[str, Cell] | None = connection.recv()
    except EOFError:  # the runner is gone
        return None
    return job


def attempt(cell: Cell) -> Result:
    """Compute one cell; whatever its detector raises is its result.

    Examples
    --------
    >>> from genad.benchmark.specs import Spec
    >>> from genad.benchmark.tabular import Protocol, TableTask
    >>> task = TableTask("breast_cancer", Protocol("half of the benign rows"))
    >>> attempt(Cell("toy", Spec("z", "zscore"), task, seed=0)).figures["roc_auc"] > 0.9
    True
    >>> attempt(Cell("toy", Spec("z", "zscore", (("scaler", "big"),)), task, seed=0)).status
    'error'
    """
    try:
        answer, measures = measure(cell.spec.build(cell.seed), cell.task.inputs(cell.seed))
        return Result("done", "", 0.0, cell.task.judge(cell.seed, answer), measures)
    except MemoryError as error:
        return Result("memory", _sentence(error))
    except Exception as error:
        return Result("error", _sentence(error))


def measure(scorer: Scorer, inputs: Inputs) -> tuple[Answer, Figures]:
    """Fit and score, with times and memory. There are no labels in sight: see `Inputs`.

    Examples
    --------
    >>> from genad import ZScore
    >>> rows = np.arange(40.0).reshape(20, 2)
    >>> answer, measures = measure(ZScore(), Inputs(rows, rows[:5]))
    >>> answer.scores.shape, measures["train_rows"]
    ((5,), 20)
    """
    peak = Peak()
    started = time.perf_counter()
    scorer.fit(inputs.train)
    fitted = time.perf_counter()
    given = scorer.anomaly_score(inputs.test)
    ended = time.perf_counter()
    # A list of series has a list of scores: one after the other, in their order.
    scores = np.concatenate(given) if isinstance(given, list) else np.asarray(given)
    return Answer(scores.astype(np.float64), scores > scorer.threshold_), {
        "train_rows": _count(inputs.train),
        "test_rows": len(scores),
        "fit_seconds": fitted - started,
        "score_seconds": ended - fitted,
        "rows_per_second": len(scores) / (ended - fitted),
        "peak_mib": peak.mib(),
    }


def _count(data: Any) -> int:
    """Return the number of rows, images or, in all series of a list, time steps."""
    return sum(map(len, data)) if isinstance(data, list) else len(data)


def _sentence(error: BaseException) -> str:
    text = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
