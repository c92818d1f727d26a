"""What DATA on the command line means where it is series: a file, a folder, or a data set."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from genad.cli.errors import Misuse
from genad.cli.inputs import kind_of_dataset
from genad.data import load_series, open_table
from genad.detector import Detector
from genad.files import (
    Roles,
    Scored,
    SeriesTable,
    SeriesTask,
    Watch,
    as_series_tables,
    open_series,
    score_series,
)
from genad.files.series import each_series, series_files
from genad.registry import find_detector


def is_series(data: str, time: str | None, window: int | None) -> bool:
    """Return whether DATA is to be read as series: it was said so, or it can be nothing else.

    Examples
    --------
    >>> is_series("metrics.csv", "timestamp", None), is_series("breast_cancer", None, None)
    (True, False)
    """
    if time is not None or window is not None or Path(data).is_dir():
        return True
    return not Path(data).exists() and kind_of_dataset(data) == "series"


def open_series_task(
    data: str, train: str | None, time: str | None, roles: Roles, *, normal_only: bool
) -> SeriesTask:
    """Open what is scored and what is learnt from, by default the same.

    Of a data set's series, what precedes the end of their training part is learnt from, or, with
    `normal_only`, every stretch without a labelled anomaly.

    Examples
    --------
    >>> open_series_task("nowhere.csv", None, "at", Roles(), normal_only=False)
    Traceback (most recent call last):
    ...
    genad.cli.errors.Misuse: nowhere.csv is neither a file or folder here nor a data set of \
`genad data list`.
    """
    if Path(data).exists():
        scored = open_series(data, time, roles)
        learnt = scored if train is None else open_series(train, time, _unlabelled(train, roles))
        return SeriesTask(learnt, scored, normal_only=normal_only)
    _check_dataset(data, time, roles)
    series = load_series(data)
    scored = as_series_tables(series)
    if train is not None:
        return SeriesTask(open_series(train, time, roles), scored, normal_only=normal_only)
    if normal_only:
        return SeriesTask(scored, scored, normal_only=True)
    first = [table.part(0, each.train_end) for table, each in zip(scored, series, strict=True)]
    return SeriesTask(first, scored, first=True)


def each_series_of(data: str, time: str | None, roles: Roles) -> tuple[int, Iterator[SeriesTable]]:
    """Return how many series DATA holds, and a way to read them one after the other, alike or not.

    Examples
    --------
    >>> each_series_of("breast_cancer", "at", Roles())
    Traceback (most recent call last):
    ...
    genad.cli.errors.Misuse: breast_cancer is no data set of series: leave out --time and --window.
    """
    if Path(data).exists():
        return len(series_files(Path(data))), each_series(data, time, roles)
    _check_dataset(data, time, roles)
    tables = as_series_tables(load_series(data))
    return len(tables), iter(tables)


def _check_dataset(data: str, time: str | None, roles: Roles) -> None:
    """Raise Misuse unless there is a data set of series of that name, and no option for a file."""
    if kind_of_dataset(data) != "series":
        raise Misuse(
            f"{data} is neither a file or folder here nor a data set of `genad data list`."
            if kind_of_dataset(data) is None
            else f"{data} is no data set of series: leave out --time and --window."
        )
    if roles.label is not None or time is not None:
        raise Misuse(f"{data} brings its own labels and time stamps: leave out --label and --time.")


def _unlabelled(train: str, roles: Roles) -> Roles:
    """Return the roles for a file to learn from, which may lack the label."""
    names = {name for table in open_series(train, None, Roles()) for name in table.channels}
    return roles if roles.label in names else Roles(ignore=roles.ignore)


def scorer_of(
    data: str, time: str | None, roles: Roles
) -> Callable[[Detector, Path, Watch], Scored]:
    """Return what scores the series in a file into another one, as a whole.

    Columns that the detector does not know are kept, and no channels.
    """
    if not Path(data).is_file():
        raise Misuse(
            f"The model is of series, and {data} is no file of one; for several series take genad "
            "detect FOLDER --train."
        )

    def score(detector: Detector, path: Path, watch: Watch) -> Scored:
        known = [str(name) for name in getattr(detector, "feature_names_in_", [])]
        names = open_table(data).columns
        others = [n for n in names if known and n not in (*known, time, roles.label)]
        dated = [] if time is not None else [n for n in others if _holds_dates(data, n)]
        ignored = tuple(name for name in others if name not in dated)
        (table,) = open_series(data, time, replace(roles, ignore=ignored))
        return score_series(detector, table, path, watch)

    return score


def _holds_dates(data: str, name: str) -> bool:
    first = next(open_table(data).chunks(1), None)
    return first is not None and pa.types.is_temporal(first[name].type)


def window_for(model: str, window: int | None) -> int | Literal["auto"] | None:
    """Return the steps in a window: as asked for, the detector's own, or a period of the series.

    Examples
    --------
    >>> window_for("vae", None), window_for("vae", 50), window_for("forecaster", None)
    ('auto', 50, None)
    """
    if window is not None:
        return window
    return "auto" if getattr(find_detector(model), "window", None) is None else None
