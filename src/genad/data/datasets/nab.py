"""Numenta Anomaly Benchmark v1.1: 58 series, one channel each, with labelled anomaly windows."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genad.data.datasets.base import DatasetInfo, Series, Source
from genad.data.datasets.fetch import Home, fetch_files, pinned_files
from genad.data.readers import open_table

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="nab",
    title="Numenta Anomaly Benchmark v1.1",
    domain="operations",
    kind="series",
    rows=365_558,
    columns=1,
    licence="MIT",
    source="https://github.com/numenta/NAB",
    anomaly="a time step inside a labelled window",
    citation="A. Lavin, S. Ahmad (2015), Evaluating real-time anomaly detection algorithms: the "
    "Numenta anomaly benchmark",
)
_WINDOWS = "labels/combined_windows.json"
_HOME = Home(
    folder="nab",
    files=pinned_files("nab"),
    urls=(
        "https://raw.githubusercontent.com/numenta/NAB/v1.1/",
        "https://raw.githubusercontent.com/numenta/NAB/master/",
    ),
)


def _fetch() -> Path:
    return fetch_files(_HOME)


def _load() -> list[Series]:
    folder = _fetch()
    windows = json.loads((folder / _WINDOWS).read_text(encoding="utf-8"))
    return [_read(folder / "data" / file, file, windows[file]) for file in sorted(windows)]


def _read(path: Path, file: str, windows: list[list[str]]) -> Series:
    table = open_table(path).read()
    timestamps = table["timestamp"].to_numpy()
    return Series(
        name=file.removesuffix(".csv"),
        values=table["value"].to_numpy().astype(np.float64).reshape(-1, 1),
        windows=tuple(_positions(timestamps, *window) for window in windows),
        train_end=_probationary_period(len(timestamps)),
        timestamps=timestamps,
    )


def _positions(timestamps: NDArray[np.datetime64], start: str, end: str) -> tuple[int, int]:
    inside = (timestamps >= np.datetime64(start)) & (timestamps <= np.datetime64(end))
    positions = np.flatnonzero(inside)
    return int(positions[0]), int(positions[-1]) + 1


def _probationary_period(length: int) -> int:
    """Return NAB's count of first time steps that are never scored: 15 %, of at most 5,000."""
    return math.floor(0.15 * min(length, 5_000))


SOURCE = Source(_INFO, _fetch, _load)
