"""A cell is one detector on one data set with one seed, its result kept under a hash.

The hash covers everything that determines the result: the detector's class, parameters and source
code, the data's files, the protocol with its code and metrics, the seed, the versions of libraries.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, Literal

from genad.benchmark.code import code_digest
from genad.benchmark.specs import Spec, find_scorer
from genad.benchmark.suite import Suite
from genad.benchmark.task import Figures, Task

FORMAT = 1
Status = Literal["done", "error", "time", "memory", "died"]


@dataclass(frozen=True)
class Cell:
    """One detector on one data set with one seed.

    Parameters
    ----------
    suite : name of the suite.
    spec : the detector.
    task : the data set in its protocol.
    seed : of the split and of the detector.

    Examples
    --------
    >>> from genad.benchmark.suites import find_suite
    >>> wine = find_suite("adbench").only(("wine",)).tasks[0]
    >>> str(Cell("adbench", Spec("VAE", "vae"), wine, seed=0))
    'VAE on adbench/45_wine, seed 0'
    """

    suite: str
    spec: Spec
    task: Task
    seed: int

    def __str__(self) -> str:
        return f"{self.spec.label} on {self.task.name}, seed {self.seed}"

    def identity(self, data: str | None = None) -> dict[str, Any]:
        """Return everything that determines the result, as JSON can hold it.

        Parameters
        ----------
        data : the digest of the task's files, where it is known already.
        """
        return {
            "format": FORMAT,
            "suite": self.suite,
            "model": self.spec.model,
            **({"within": self._within()} if self.spec.within else {}),
            "parameters": [[name, repr(value)] for name, value in self.spec.parameters],
            "model_code": code_digest(find_scorer(self.spec.model)),
            "task": _described(self.task),
            "task_code": code_digest(type(self.task)),
            "data": self.task.digest() if data is None else data,
            "seed": self.seed,
        }

    def protocol(self, data: str | None = None) -> str:
        """Return the hash of the data and of how it is split, prepared and judged.

        Results of detectors are beside each other only where it is the same.
        """
        return _hash([_described(self.task), self.task.digest() if data is None else data])

    def _within(self) -> list[str]:
        return [self.spec.within, code_digest(find_scorer(self.spec.within))]

    def key(self, data: str | None = None) -> str:
        """Return the hash of `identity`."""
        return _hash(self.identity(data))


@dataclass(frozen=True)
class Result:
    """What came out of a cell.

    Parameters
    ----------
    status : "done", or how it failed: "error" (an exception), "time" or "memory" (beyond the
        limit), "died" (the process ended).
    reason : why it failed, in a sentence; empty if it did not.
    limit : the seconds or GiB that it exceeded, else 0.
    figures : metrics by name.
    measures : sizes, seconds and memory by name.

    Examples
    --------
    >>> Result("time", "took more than 600 s", limit=600.0).failed
    True
    """

    status: Status
    reason: str = ""
    limit: float = 0.0
    figures: Figures = field(default_factory=dict)
    measures: Figures = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether there are no figures."""
        return self.status != "done"


@dataclass(frozen=True)
class Store:
    """A folder with one file per cell.

    Every file is written under another name and renamed, so that it is there whole or not at all,
    however many runs write at once and whenever they are killed.

    Parameters
    ----------
    folder : made when the first result is written.
    earlier : results that are kept elsewhere, as in the table of an earlier run, by hash.

    Examples
    --------
    >>> Store(Path("nowhere")).read("0123") is None
    True
    """

    folder: Path
    earlier: Mapping[str, Result] = field(default_factory=dict, repr=False)

    def read(self, key: str) -> Result | None:
        """Return the result of the cell with that hash, or None if there is none yet."""
        try:
            content = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return self.earlier.get(key)  # a file that a crash of the system cut counts as none
        return Result(**content["result"])

    def write(self, key: str, cell: Cell, result: Result) -> None:
        """Keep a result."""
        content = {"cell": {"detector": cell.spec.label, **cell.identity()}}
        text = json.dumps(content | {"result": asdict(result)}, indent=1, ensure_ascii=False)
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{key}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.folder / f"{key}.json")
        finally:
            temporary.unlink(missing_ok=True)


def make_cells(suite: Suite, specs: list[Spec], seeds: int | None = None) -> list[Cell]:
    """Return all cells of a suite, seed by seed and data set by data set.

    Examples
    --------
    >>> from genad.benchmark.suites import find_suite
    >>> len(make_cells(find_suite("adbench"), [Spec("VAE", "vae")], seeds=2))
    44
    """
    return [
        Cell(suite.name, spec, task, seed)
        for seed in range(suite.seeds if seeds is None else seeds)
        for task in suite.tasks
        for spec in specs
    ]


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _described(task: Task) -> dict[str, Any]:
    fields = asdict(task) if is_dataclass(task) else {"repr": repr(task)}
    return {"class": f"{type(task).__module__}.{type(task).__qualname__}", **fields}
