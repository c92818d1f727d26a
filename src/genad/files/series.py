"""Series in files: one a file, with a column of time stamps, or a folder of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data import Series, open_table
from genad.data.series import named
from genad.errors import DataError, ParameterError
from genad.files.labels import as_labels
from genad.files.stamps import read_stamps
from genad.files.survey import Roles

_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".npz")
# Files whose usual steps differ by more than this factor are not of one make.
_RATES = 1.5


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """One series, as the table it came in.

    Parameters
    ----------
    name : of the file or the series.
    table : all columns as read, a row per time step.
    channels : the columns to score.
    stamps : time stamps of shape (time,), or None.
    labels : 1 for an anomaly, 0 for normal, -1 for unknown, of shape (time,); or None.

    Examples
    --------
    >>> series = SeriesTable("pump", pa.table({"bar": [1.0, 2.0]}), ["bar"], None, None)
    >>> len(series), series.frame().column_names
    (2, ['bar'])
    """

    name: str
    table: pa.Table
    channels: list[str]
    stamps: NDArray[np.datetime64] | None
    labels: NDArray[np.int8] | None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def part(self, start: int, stop: int) -> "SeriesTable":
        """Return the steps from `start` to before `stop`."""
        return SeriesTable(
            f"{self.name}, steps {start + 1:,} to {stop:,}",
            self.table.slice(start, stop - start),
            self.channels,
            None if self.stamps is None else self.stamps[start:stop],
            None if self.labels is None else self.labels[start:stop],
        )

    def frame(self, start: int = 0, stop: int | None = None) -> pa.Table:
        """Return the steps from `start` to before `stop` as the data frame that detectors take."""
        stop = len(self) if stop is None else stop
        frame = self.table.select(self.channels).slice(start, stop - start)
        frame = named(frame, self.name)
        if self.stamps is None:
            return frame
        name = "time"
        while name in self.channels:
            name += "_"
        return frame.append_column(name, pa.array(self.stamps[start:stop]))

    def normal_stretches(self, shortest: int) -> list[tuple[int, int]]:
        """Return where runs of steps not labelled anomalies begin and end, if long enough."""
        anomalous = np.zeros(len(self), bool) if self.labels is None else self.labels == 1
        edges = np.flatnonzero(np.diff(np.r_[True, anomalous, True].astype(np.int8)))
        pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [(start, stop) for start, stop in pairs if stop - start >= shortest]


def open_series(path: str | Path, time: str | None, roles: Roles) -> list[SeriesTable]:
    r"""Return the series in a file, or in every file of a folder, sorted by name.

    Parameters
    ----------
    path : a table file, or a folder of them.
    time : the column of time stamps; by default the only column that holds dates, if there is one.
    roles : the columns that are no channels.

    Raises
    ------
    DataError
        If a file holds no series, a time stamp cannot be read, or the files of a folder do not
        have the same channels and sampling rate.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pump.csv"
    ...     _ = path.write_text("at,bar\n2024-01-01,1.5\n2024-01-02,1.6\n")
    ...     series = open_series(path, "at", Roles())
    >>> series[0].channels, series[0].stamps[0]
    (['bar'], np.datetime64('2024-01-01T00:00:00.000000'))
    """
    every = list(each_series(path, time, roles))
    _check_alike(every)
    return every


def each_series(path: str | Path, time: str | None, roles: Roles) -> Iterator[SeriesTable]:
    """Yield the series that `open_series` returns, one in memory at a time, alike or not.

    Examples
    --------
    >>> list(each_series("nowhere.csv", None, Roles()))
    Traceback (most recent call last):
    ...
    genad.errors.DataError: nowhere.csv does not exist: check the path.
    """
    path = Path(path)
    for file in series_files(path):
        name = file.relative_to(path).as_posix() if path.is_dir() else path.name
        yield _open(file, name, time, roles)


def series_files(path: Path) -> list[Path]:
    """Return the files that hold the series of a file or a folder, sorted.

    Raises
    ------
    DataError
        If a folder holds none.

    Examples
    --------
    >>> series_files(Path("pump.csv"))
    [PosixPath('pump.csv')]
    """
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.name.endswith(_SUFFIXES))
    if not files:
        raise DataError(f"The folder {path} holds no {', '.join(_SUFFIXES)} file to read.")
    return files


def as_series_tables(series: Sequence[Series]) -> list[SeriesTable]:
    """Return the series of a data set, labelled.

    Examples
    --------
    >>> series = Series("pump", np.zeros((3, 1)), windows=((1, 2),), train_end=1)
    >>> as_series_tables([series])[0].labels
    array([0, 1, 0], dtype=int8)
    """
    return [
        SeriesTable(
            name=each.name,
            table=pa.table({f"x{j}": column for j, column in enumerate(each.values.T)}),
            channels=[f"x{j}" for j in range(each.values.shape[1])],
            stamps=each.timestamps,
            labels=each.labels.astype(np.int8),
        )
        for each in series
    ]


def _open(path: Path, name: str, time: str | None, roles: Roles) -> SeriesTable:
    table = open_table(path).read()
    time = _time_column(table, name, time)
    if roles.label is not None and roles.label not in table.column_names:
        raise ParameterError(
            f"{name} has no column {roles.label!r} to take labels from; it has "
            f"{', '.join(table.column_names)}."
        )
    labels = None
    if roles.label is not None:
        labels = as_labels(table[roles.label], roles.label, roles.anomaly)
    channels = [column for column in roles.features(table.column_names) if column != time]
    texts = [column for column in channels if not _is_number(table[column].type)]
    if texts or not channels:
        raise DataError(
            f"{name} needs numeric columns beside its time stamps, but "
            + (f"{texts[0]!r} holds text; leave it out (--ignore)." if texts else "has none.")
        )
    stamps = None if time is None else read_stamps(table[time], name, time)
    return SeriesTable(name, table, channels, stamps, labels)


def _time_column(table: pa.Table, name: str, time: str | None) -> str | None:
    dated = [column for column in table.column_names if pa.types.is_temporal(table[column].type)]
    if time is None:
        return dated[0] if len(dated) == 1 else None
    if time not in table.column_names:
        raise ParameterError(
            f"{name} has no column {time!r} of time stamps; it has {', '.join(table.column_names)}."
        )
    return time


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
    )


def _check_alike(every: list[SeriesTable]) -> None:
    first = every[0]
    for other in every[1:]:
        if set(other.channels) != set(first.channels):
            raise DataError(
                f"{first.name} has the columns {', '.join(first.channels)}, but {other.name} has "
                f"{', '.join(other.channels)}; one folder holds series with the same columns."
            )
    steps = {
        series.name: float(np.median(np.diff(series.stamps.astype(np.int64))))
        for series in every
        if series.stamps is not None and len(series) > 1
    }
    usual = {name: step for name, step in steps.items() if step > 0}
    if usual and max(usual.values()) > _RATES * min(usual.values()):
        slow, quick = max(usual, key=usual.__getitem__), min(usual, key=usual.__getitem__)
        raise DataError(
            f"{slow} has a step every {usual[slow] / 1e6:g} s, but {quick} every "
            f"{usual[quick] / 1e6:g} s; put series of one sampling rate in a folder."
        )
