"""UCR anomaly archive: 40 of its 250 series, each with a clean start and exactly one anomaly."""

from __future__ import annotations

from pathlib import Path

from genad.data.datasets.base import DatasetInfo, Series, Source
from genad.data.datasets.digests import read_numbers
from genad.data.datasets.fetch import Home, fetch_files, pinned_files

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="ucr",
    title="UCR Time Series Anomaly Archive",
    domain="mixed",
    kind="series",
    rows=1_001_223,
    columns=1,
    licence="not stated",
    source="https://www.cs.ucr.edu/~eamonn/time_series_data_2018/",
    anomaly="a time step inside the one labelled window",
    citation="R. Wu, E. Keogh (2021), Current time series anomaly detection benchmarks are flawed "
    "and are creating the illusion of progress",
)
_HOME = Home(
    folder="ucr-anomaly",
    files=pinned_files("ucr-anomaly"),
    urls=(
        "https://www.cs.ucr.edu/~eamonn/time_series_data_2018/"
        "UCR_TimeSeriesAnomalyDatasets2021.zip",
    ),
)


def _fetch() -> Path:
    return fetch_files(_HOME)


def _load() -> list[Series]:
    folder = _fetch()
    return [_read(folder / file) for file in _HOME.files]


def _read(path: Path) -> Series:
    # The name ends in: end of training, first and last step of the anomaly, counted from 1.
    name, train_end, start, end = path.stem.rsplit("_", 3)
    return Series(
        name=name,
        values=read_numbers(path).reshape(-1, 1),
        windows=((int(start) - 1, int(end)),),
        train_end=int(train_end),
    )


SOURCE = Source(_INFO, _fetch, _load)
