"""A stranger's results in our protocol: the data goes out without labels, the scores come in.

`export` writes the training and test rows of every data set and seed. Whoever has scored them hands
in one CSV or Parquet file with the columns

- `dataset` : the name of the data set, as in "adbench/45_wine",
- `seed` : 0, 1, ...,
- `row` : the number of the test row, from 0, in the order of the exported file,
- `score` : higher is more anomalous,
- `flag` : optional, 1 where the detector says anomaly and 0 where not.

A data set and seed is scored whole or not at all; those left out count as chance, as failed ones.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

from genad.benchmark.cells import Cell, Result
from genad.benchmark.runner import Finished
from genad.benchmark.specs import Spec
from genad.benchmark.suite import Suite
from genad.benchmark.task import Answer, Task
from genad.data.readers import open_table
from genad.errors import DataError, ParameterError

_NEEDED = ("dataset", "seed", "row", "score")


def parse_adoption(text: str) -> tuple[str, Path]:
    """Return name and file of "NAME=path".

    Examples
    --------
    >>> parse_adoption("theirs=scores.csv")
    ('theirs', PosixPath('scores.csv'))
    """
    name, equals, path = (part.strip() for part in text.partition("="))
    if not (name and equals and path):
        raise ParameterError(f"{text!r} does not say what to adopt: write NAME=scores.csv.")
    return name, Path(path)


def adopt(name: str, path: Path, suite: Suite) -> list[Finished]:
    """Judge the scores of a file as those of a detector of ours.

    Parameters
    ----------
    name : of the detector in tables.
    path : CSV, TSV or Parquet with the columns above.
    suite : what was scored.

    Raises
    ------
    DataError
        If the file does not hold one finite score for each test row of a data set and seed.
    """
    spec, table = Spec(name, str(path.name), kind="adopted"), _read(path)
    tasks = {task.name: task for task in suite.tasks}
    return [
        Finished(
            "",
            Cell(suite.name, spec, tasks[dataset], seed),
            _judge(tasks[dataset], seed, part, path),
        )
        for dataset, seed, part in _parts(table, path, tasks)
    ]


def adopt_all(texts: Iterable[str], suite: Suite) -> list[Finished]:
    """Judge all files of texts such as "NAME=path"."""
    return [row for text in texts for row in adopt(*parse_adoption(text), suite)]


def export(suite: Suite, seeds: int, folder: Path) -> list[Path]:
    """Write training and test rows of a suite, without labels, and return the files.

    They are `DATASET/seed-SEED/train.parquet` and `test.parquet` below the folder, with the columns
    encoded as our detectors get them.
    """
    files = []
    for task in suite.tasks:
        for seed in range(seeds):
            inputs = task.inputs(seed)
            for kind, rows in (("train", inputs.train), ("test", inputs.test)):
                path = folder / task.name.replace("/", "-") / f"seed-{seed}" / f"{kind}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                parquet.write_table(_columns(task, rows), path)
                files.append(path)
    return files


def _columns(task: Task, rows: NDArray[np.float32]) -> pa.Table:
    if not isinstance(rows, np.ndarray) or rows.ndim != 2:
        raise ParameterError(f"{task.name} is no table, and only tables can be exported.")
    return pa.table({f"x{j}": column for j, column in enumerate(rows.T)})


def _read(path: Path) -> pa.Table:
    table = open_table(path).read()
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise DataError(
            f"{path} lacks the column {missing[0]!r}: it needs dataset, seed, row and score, and "
            "may have flag."
        )
    return table


def _parts(
    table: pa.Table, path: Path, tasks: dict[str, Task]
) -> Iterator[tuple[str, int, pa.Table]]:
    pairs = table.group_by(["dataset", "seed"], use_threads=False).aggregate([])
    for dataset, seed in zip(
        *(pairs[name].to_pylist() for name in ("dataset", "seed")), strict=True
    ):
        if dataset not in tasks:
            known = ", ".join(tasks)
            raise DataError(f"{path} scores {dataset!r}, which is not one of {known}.")
        if not isinstance(seed, int) or seed < 0:
            raise DataError(f"{path} has the seed {seed!r} for {dataset}: seeds are 0, 1, ...")
        chosen = pc.and_(pc.equal(table["dataset"], dataset), pc.equal(table["seed"], seed))
        yield dataset, seed, table.filter(chosen)


def _judge(task: Task, seed: int, part: pa.Table, path: Path) -> Result:
    """Return the figures of the scores of one data set and seed."""
    where = f"{path}, {task.name}, seed {seed}"
    n = len(task.inputs(seed).test)
    rows = part["row"].to_numpy()
    if not np.array_equal(np.sort(rows), np.arange(n)):
        raise DataError(f"{where}: {_fault(rows, n)}; give every row from 0 to {n - 1} once.")
    order = np.argsort(rows)
    scores = _numbers(part, "score", where)[order]
    flags = None
    if "flag" in part.column_names:
        flags = _numbers(part, "flag", where)[order] != 0
    return Result("done", figures=task.judge(seed, Answer(scores, flags)))


def _fault(rows: NDArray[np.generic], n: int) -> str:
    known = set(rows.tolist())
    missing = next((row for row in range(n) if row not in known), None)
    if missing is not None:
        return f"there are {n} test rows, but row {missing} has no score"
    return f"there are {n} test rows, but {len(rows)} scores"


def _numbers(part: pa.Table, name: str, where: str) -> NDArray[np.float64]:
    try:
        values = np.asarray(part[name].cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid as error:
        raise DataError(f"{where}: the {name}s are no numbers ({error}).") from error
    if not np.isfinite(values).all():
        row = part["row"].to_numpy()[~np.isfinite(values)][0]
        raise DataError(f"{where}: the {name} of row {row} is no finite number.")
    return values
