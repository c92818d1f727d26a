"""What DATA on the command line means: a file, or a data set by its name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from genad.cli.errors import Misuse
from genad.data import list_datasets, load_dataset
from genad.data.readers import WRITABLE
from genad.detector import Detector
from genad.files import (
    Roles,
    Scored,
    Source,
    Task,
    Watch,
    file_source,
    score_source,
    table_source,
)

_OTHER_FORMATS = ("parquet", "tsv")


def make_roles(
    label: str | None,
    anomaly: Sequence[str] | None,
    ignore: Sequence[str] | None = None,
    *,
    normal_only: bool = False,
    classes: bool = False,
) -> Roles:
    """Return the roles of columns that the options give, where these make sense.

    Images may have `classes`, which are labels without a column.

    Examples
    --------
    >>> make_roles("fault", ["yes"], None)
    Roles(label='fault', anomaly=('yes',), ignore=())
    """
    for option, given in (("--anomaly", anomaly), ("--normal-only", normal_only)):
        if given and label is None and not classes:
            raise Misuse(f"{option} says how to use labels: name their column with --label.")
    return Roles(label, tuple(anomaly or ()), tuple(ignore or ()))


def open_task(data: str, train: str | None, roles: Roles) -> Task:
    """Open what is scored and what is learnt from, by default the same.

    A file is both; a data set is split, and brings its labels.

    Examples
    --------
    >>> task = open_task("breast_cancer", None, Roles())
    >>> task.train.name, task.scored.name, task.roles.label
    ('breast_cancer (train)', 'breast_cancer (test)', 'label')
    """
    scored = _open(data, roles)
    return scored if train is None else replace(scored, train=_open(train, Roles()).train)


def _open(name: str, roles: Roles) -> Task:
    kind = None if Path(name).is_file() else kind_of_dataset(name)
    if kind is None:
        if not Path(name).exists():
            raise Misuse(f"{name} is neither a file here nor a data set of `genad data list`.")
        source = file_source(name)
        return Task(source, source, roles)
    if kind != "table":
        raise Misuse(f"{name} is a data set of {kind}, but only tables can be given here.")
    if roles.label is not None:
        raise Misuse(f"{name} brings its own labels: leave out --label.")
    dataset = load_dataset(name)
    test: Any = dataset.test
    label = "label"
    while label in test.column_names:
        label += "_"
    test = test.append_column(label, pa.array(dataset.test_labels))
    train = table_source(f"{dataset.name} (train)", dataset.train)
    scored = table_source(f"{dataset.name} (test)", test)
    return Task(train, scored, replace(roles, label=label))


def scorer_of(data: str, roles: Roles) -> Callable[[Detector, Path, Watch], Scored]:
    """Open the rows of a file or a data set, and return what scores them into a file."""
    task = open_task(data, None, roles)

    def score(detector: Detector, path: Path, watch: Watch) -> Scored:
        return score_source(detector, task.scored, path, task.roles, watch=watch)

    return score


def open_whole(data: str, roles: Roles) -> tuple[Source, Roles]:
    """Open all rows of a file or of a data set, and say which column is the label.

    Examples
    --------
    >>> source, roles = open_whole("breast_cancer", Roles())
    >>> sum(chunk.num_rows for _, chunk in source.chunks()), roles.label
    (569, 'label')
    """
    task = _open(data, roles)
    if task.train is task.scored:
        return task.scored, roles
    label = task.roles.label

    def pieces(rows: int) -> Iterator[pa.Table]:
        for chunk in task.train.pieces(rows):
            yield chunk.append_column(label, pa.array(np.zeros(chunk.num_rows, bool)))
        yield from task.scored.pieces(rows)

    return Source(data, task.scored.columns, pieces), task.roles


def kind_of_dataset(name: str) -> str | None:
    """Return what a data set of that name, or of its collection, holds; None if there is none."""
    collection = name.lower().replace("-", "_").partition("/")[0]
    kinds = {info.name.partition("/")[0]: info.kind for info in list_datasets()}
    return kinds.get(collection)


def check_threshold(
    threshold: str | None, contamination: float | None, top: float | None = None
) -> None:
    """Raise Misuse if more than one option decides what is flagged.

    Examples
    --------
    >>> check_threshold("mad", None, top=0.1)
    Traceback (most recent call last):
    ...
    genad.cli.errors.Misuse: --threshold and --top both decide what is flagged: give one of them.
    """
    options = {"--threshold": threshold, "--contamination": contamination, "--top": top}
    given = [name for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise Misuse(f"{' and '.join(given)} both decide what is flagged: give one of them.")
    if top is not None and not 0 < top < 1:
        raise Misuse(f"--top is a share between 0 and 1, as in 0.05, not {top:g}.")


def scores_suffix(data: str, wanted: str | None) -> str:
    """Return the suffix of the scored file: as asked for, or else as the input's.

    Examples
    --------
    >>> scores_suffix("pump.parquet", None), scores_suffix("pump.npz", None)
    ('parquet', 'csv')
    """
    if wanted is not None and wanted not in ("csv", *_OTHER_FORMATS):
        raise Misuse(f"--scores-format is csv, tsv or parquet, not {wanted!r}.")
    suffixes = [suffix.lstrip(".").lower() for suffix in Path(data).suffixes]
    return wanted or next((suffix for suffix in _OTHER_FORMATS if suffix in suffixes), "csv")


def check_table_name(out: Path) -> None:
    """Raise Misuse if no table can be written under that name.

    Examples
    --------
    >>> check_table_name(Path("s.txt"))
    Traceback (most recent call last):
    ...
    genad.cli.errors.Misuse: --out s.txt has to end in .csv, .tsv, .csv.gz, .tsv.gz or .parquet.
    """
    if not out.name.lower().endswith(WRITABLE):
        *others, last = WRITABLE
        raise Misuse(f"--out {out} has to end in {', '.join(others)} or {last}.")


def model_folder(path: Path) -> Path:
    """Return the folder of the model, which may be in the one that `genad detect` made.

    Examples
    --------
    >>> model_folder(Path("out")).name  # where there is no out/model
    'out'
    """
    inner = path / "model"
    return inner if inner.is_dir() and not (path / "config.json").exists() else path
