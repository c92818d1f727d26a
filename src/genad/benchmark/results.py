"""The results: one typed table with a row per detector, data set and seed."""

import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from genad.benchmark.cells import Result
from genad.benchmark.code import LIBRARIES
from genad.benchmark.runner import Finished
from genad.benchmark.suite import Suite
from genad.errors import DataError

FIGURES = (
    "prevalence",
    "roc_auc",
    "average_precision",
    "f1",
    "precision",
    "recall",
    "flagged",
    "informed_f1",
    "oracle_f1",
    "top_f1",
    "top_precision",
    "top_recall",
    "hit",
    "vus_pr",
    "vus_roc",
    "nab_standard",
    "nab_reward_low_fp",
    "nab_reward_low_fn",
    "nab_own_standard",
    "nab_own_reward_low_fp",
    "nab_own_reward_low_fn",
)
"""The metrics that a task may give; null where it does not.

`f1`, `precision`, `recall` and `flagged` (a share) are those of the detector's own threshold.
`informed_f1` knows the number of anomalies, `oracle_f1` the best threshold: both from the labels.
Those that begin with `top` flag the share of the rows that published figures of the data flag.
`hit` is 1 where the highest score of a series is at its one anomaly, else 0. The figures of NAB are
at the best threshold for the corpus, found with the labels as on the published board, and `nab_own`
at thresholds that no label was used for.
"""

MEASURES = (
    "train_rows",
    "test_rows",
    "fit_seconds",
    "score_seconds",
    "rows_per_second",
    "peak_mib",
)

SCHEMA = pa.schema(
    [
        pa.field("suite", pa.string(), nullable=False),
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("detector", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("parameters", pa.string(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("protocol", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("limit", pa.float64(), nullable=False),
        *(pa.field(name, pa.float64()) for name in (*FIGURES, *MEASURES)),
        pa.field("genad", pa.string(), nullable=False),
        pa.field("cell", pa.string(), nullable=False),
    ]
)


def as_table(rows: Iterable[Finished], suite: Suite) -> pa.Table:
    """Return the typed table of results, with the protocol in its metadata.

    Examples
    --------
    >>> from genad.benchmark.cells import Cell, Result
    >>> from genad.benchmark.specs import Spec
    >>> from genad.benchmark.suites import find_suite
    >>> suite = find_suite("adbench").only(("wine",))
    >>> cell = Cell("adbench", Spec("VAE", "vae"), suite.tasks[0], seed=0)
    >>> as_table([Finished("", cell, Result("error", "no"))], suite)["status"].to_pylist()
    ['error']
    """
    found = list(rows)
    cells = {row.cell.task: row.cell for row in found}  # so that files are read once
    protocols = {task: cell.protocol() for task, cell in cells.items()}
    records = [_record(row, protocols[row.cell.task]) for row in found]
    told = {
        "name": suite.name,
        "title": suite.title,
        "sentences": list(suite.sentences),
        "headlines": list(suite.headlines),
        "variants": list(suite.variants),
        "made_by": _made_by(),
    }
    schema = SCHEMA.with_metadata({"suite": json.dumps(told, ensure_ascii=False)})
    return pa.Table.from_pylist(records, schema=schema)


def write_results(table: pa.Table, path: Path) -> None:
    """Write the table as Parquet; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{id(table)}")
    try:
        parquet.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_results(path: Path) -> pa.Table:
    """Return a table that `write_results` wrote; figures that came later are null in it.

    Raises
    ------
    DataError
        If the file holds something else.
    """
    try:
        table = parquet.read_table(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no Parquet file: give one that `genad bench` wrote.") from error
    known = set(table.column_names)
    needed = {name for name in SCHEMA.names if name not in FIGURES}
    if not needed <= known <= set(SCHEMA.names) or b"suite" not in (table.schema.metadata or {}):
        raise DataError(
            f"{path} does not hold the columns of a benchmark's results: give one that this "
            "version of `genad bench` wrote."
        )
    for name in SCHEMA.names:
        if name not in known:
            table = table.append_column(name, pa.nulls(len(table), pa.float64()))
    return table.select(SCHEMA.names).cast(SCHEMA.with_metadata(table.schema.metadata))


def earlier_results(path: Path) -> pa.Table:
    """Return the results of earlier runs; none if there is no such file.

    Raises
    ------
    DataError
        If the file holds something else.
    """
    return read_results(path) if path.exists() else SCHEMA.empty_table()


def by_cell(table: pa.Table) -> dict[str, Result]:
    """Return the result of every cell under its hash."""
    return {record["cell"]: _result(record) for record in table.to_pylist() if record["cell"]}


def merged(new: pa.Table, earlier: pa.Table) -> pa.Table:
    """Return new results with the earlier ones beside them, so that a table is made in pieces.

    An earlier result stays if the new ones have none of that detector, data set and seed, and if it
    is of the same suite, data and protocol as the new ones of its data set, where there are any.

    Parameters
    ----------
    new, earlier : results; the facts about the suite are those of the new ones.
    """
    fresh = new.to_pylist()
    done = {_place(record) for record in fresh}
    protocols = {record["dataset"]: record["protocol"] for record in fresh}
    suite = told(new)["name"]
    kept = [
        record
        for record in earlier.to_pylist()
        if record["suite"] == suite
        and _place(record) not in done
        and protocols.get(record["dataset"], record["protocol"]) == record["protocol"]
    ]
    return pa.Table.from_pylist([*fresh, *kept], schema=new.schema)


def told(table: pa.Table) -> dict[str, Any]:
    """Return name, title and protocol of the suite that the results are of."""
    content: dict[str, Any] = json.loads(table.schema.metadata[b"suite"])
    return content


def _made_by() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("genad", *LIBRARIES))
    machine = f"{platform.machine()} with {os.cpu_count()} processors"
    return f"{packages}, Python {platform.python_version()}, on {machine}"


def _place(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["detector"], record["dataset"], record["seed"]


def _result(record: dict[str, Any]) -> Result:
    """Return what a row tells of the outcome of its cell."""
    figures, measures = (
        {name: record[name] for name in names if record[name] is not None}
        for names in (FIGURES, MEASURES)
    )
    return Result(record["status"], record["reason"], record["limit"], figures, measures)


def _record(row: Finished, protocol: str) -> dict[str, Any]:
    cell, result, spec = row.cell, row.result, row.cell.spec
    known = {name: result.figures.get(name) for name in FIGURES}
    measured = {name: result.measures.get(name) for name in MEASURES}
    return {
        "suite": cell.suite,
        "dataset": cell.task.name,
        "detector": spec.label,
        "kind": spec.kind,
        "model": spec.model,
        "parameters": json.dumps(dict(spec.parameters), default=repr),
        "seed": cell.seed,
        "protocol": protocol,
        "status": result.status,
        "reason": result.reason,
        "limit": result.limit,
        **known,
        **measured,
        "genad": version("genad"),
        "cell": row.key,
    }
