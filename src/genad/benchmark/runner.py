"""The runner: cells in parallel processes, within time and memory, and none of them twice."""

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

from genad.benchmark.cells import Cell, Result, Store
from genad.benchmark.memory import resident
from genad.benchmark.task import Task
from genad.benchmark.worker import work
from genad.errors import GenadError, ParameterError

_GIB = 1024**3
_TICK = 0.1  # seconds between two looks at the clock and the memory
_START = 300.0  # seconds that a worker may take to import everything


@dataclass(frozen=True)
class Limits:
    """What one cell may take, and how many run at once.

    Parameters
    ----------
    timeout : seconds.
    memory : GiB of the process; on Linux only.
    jobs : processes.
    threads : of every process.

    Examples
    --------
    >>> Limits(timeout=60.0).threads
    1
    """

    timeout: float = 600.0
    memory: float = 8.0
    jobs: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        if min(self.timeout, self.memory, self.jobs, self.threads) <= 0:
            raise ParameterError(f"The limits of a run must be above 0, got {self}.")

    def again(self, result: Result) -> bool:
        """Return whether a failed cell has a better chance now: its limit was raised."""
        now = {"time": self.timeout, "memory": self.memory}.get(result.status, 0.0)
        return 0 < result.limit < now


@dataclass(frozen=True)
class Finished:
    """A cell with its result, as the runner tells of it.

    Parameters
    ----------
    key : the hash of the cell; empty if the result is a stranger's.
    cell, result : which, and what came out.
    cached : whether the result was there already.
    """

    key: str
    cell: Cell
    result: Result
    cached: bool = False


Watch = Callable[[Finished], None]


def run(
    cells: Iterable[Cell],
    store: Store,
    limits: Limits | None = None,
    *,
    retry: bool = False,
    watch: Watch = lambda finished: None,
) -> list[Finished]:
    """Compute cells that have no result yet, and return all in their order.

    Parameters
    ----------
    cells : what to compute.
    store : where results are and will be kept. A run that was killed goes on from there, and two
        runs may share it.
    limits : a cell beyond them fails; a cell that fails stops nothing.
    retry : compute failed cells again; those that now may take more are in any case.
    watch : told of every cell, the cached ones first.

    Raises
    ------
    GenadError
        If a worker process cannot start.
    """
    limits = limits or Limits()
    jobs = list(_keyed(cells))
    found: dict[str, Finished] = {}
    waiting: deque[tuple[str, Cell]] = deque()
    for key, cell in jobs:
        result = store.read(key)
        if result is None or (result.failed and (retry or limits.again(result))):
            waiting.append((key, cell))
        else:
            found[key] = Finished(key, cell, result, cached=True)
            watch(found[key])
    with _Pool(store, limits) as pool:
        for finished in pool.compute(waiting):
            found[finished.key] = finished
            watch(finished)
    return [replace(found[key], cell=cell) for key, cell in jobs]


def _keyed(cells: Iterable[Cell]) -> Iterator[tuple[str, Cell]]:
    """Yield cells with their hashes; the files of a data set are read once."""
    digests: dict[Task, str] = {}
    for cell in cells:
        if cell.task not in digests:
            digests[cell.task] = cell.task.digest()
        yield cell.key(digests[cell.task]), cell


@dataclass(eq=False)
class _Worker:
    """A process, the line to it, and what it does."""

    store: Store
    limits: Limits
    job: tuple[str, Cell] | None = None
    ready: bool = False
    since: float = field(default_factory=time.monotonic)
    line: Connection = field(init=False)
    process: SpawnProcess = field(init=False)

    def __post_init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.line, theirs = spawn.Pipe()
        arguments = (theirs, self.store, self.limits.threads)
        self.process = spawn.Process(target=work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def give(self, job: tuple[str, Cell]) -> None:
        self.job, self.since = job, time.monotonic()
        self.line.send(job)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()

    def beyond(self) -> Result | None:
        """Return the failure if the cell took more than it may."""
        taken = time.monotonic() - self.since
        if not self.ready:
            if taken > _START:
                raise GenadError(
                    f"A worker process is not ready after {_START:.0f} s; stop others."
                )
            return None
        if self.job is not None and taken > self.limits.timeout:
            limit = self.limits.timeout
            return Result("time", f"took more than {limit:g} s", limit)
        if self.job is not None and resident(self.process.pid or 0) > self.limits.memory * _GIB:
            limit = self.limits.memory
            return Result("memory", f"took more than {limit:g} GiB of memory", limit)
        return None


class _Pool:
    """As many workers as there is work for; one that is lost is replaced."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.store, self.limits = store, limits
        self.workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.stop()

    def compute(self, waiting: deque[tuple[str, Cell]]) -> Iterator[Finished]:
        """Yield every cell when it is finished."""
        while waiting or any(worker.job for worker in self.workers):
            self._staff(len(waiting))
            for line in wait([worker.line for worker in self.workers], timeout=_TICK):
                worker = next(worker for worker in self.workers if worker.line is line)
                yield from self._hear(worker)
                yield from self._feed(worker, waiting)
            for worker in list(self.workers):
                if (result := worker.beyond()) is not None:
                    yield self._lose(worker, result)

    def _staff(self, waiting: int) -> None:
        idle = sum(worker.job is None for worker in self.workers)
        room = self.limits.jobs - len(self.workers)
        for _ in range(min(room, waiting - idle)):
            self.workers.append(_Worker(self.store, self.limits))

    def _hear(self, worker: _Worker) -> Iterator[Finished]:
        try:
            heard = worker.line.recv()
        except EOFError:
            yield self._lose(worker, _death(worker))
            return
        worker.ready = True
        if worker.job is not None:
            (key, cell), worker.job = worker.job, None
            yield Finished(key, cell, heard)

    def _feed(self, worker: _Worker, waiting: deque[tuple[str, Cell]]) -> Iterator[Finished]:
        while worker.ready and worker.job is None and waiting:
            key, cell = waiting.popleft()
            result = self.store.read(key)
            if result is None or result.failed:
                worker.give((key, cell))
            else:  # by another run that shares the folder
                yield Finished(key, cell, result, cached=True)

    def _lose(self, worker: _Worker, result: Result) -> Finished:
        """Let a worker go, and keep why its cell failed."""
        worker.stop()
        worker.ready = False
        self.workers.remove(worker)
        if worker.job is None:
            raise GenadError(f"A worker process ended before its work ({result.reason}).")
        (key, cell), worker.job = worker.job, None
        self.store.write(key, cell, result)
        return Finished(key, cell, result)


def _death(worker: _Worker) -> Result:
    worker.process.join()
    code = worker.process.exitcode or 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Result("died", f"its process ended ({how})")


def available_processors() -> int:
    """Return how many processors this process may use.

    Examples
    --------
    >>> available_processors() >= 1
    True
    """
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1
