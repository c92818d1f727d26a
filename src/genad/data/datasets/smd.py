"""Server Machine Dataset: 3 of its 28 machines, 38 channels a minute for five weeks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genad.data.datasets.base import DatasetInfo, Series, Source
from genad.data.datasets.digests import read_numbers
from genad.data.datasets.fetch import Home, fetch_files, pinned_files

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="smd",
    title="Server Machine Dataset",
    domain="operations",
    kind="series",
    rows=142_180,
    columns=38,
    licence="MIT",
    source="https://github.com/NetManAIOps/OmniAnomaly",
    anomaly="a minute that operators labelled",
    citation="Y. Su, Y. Zhao, C. Niu, R. Liu, W. Sun, D. Pei (2019), Robust anomaly detection for "
    "multivariate time series through stochastic recurrent neural network",
)
_HOME = Home(
    folder="smd",
    files=pinned_files("smd"),
    urls=("https://raw.githubusercontent.com/NetManAIOps/OmniAnomaly/master/",),
)


def _fetch() -> Path:
    return fetch_files(_HOME)


def _load() -> list[Series]:
    folder = _fetch() / "ServerMachineDataset"
    return [_read(folder, path.name) for path in sorted((folder / "test").glob("machine-*.txt"))]


def _read(folder: Path, file: str) -> Series:
    """Join the training and the test part of a machine into one series."""
    train = read_numbers(folder / "train" / file)
    test = read_numbers(folder / "test" / file)
    labels = read_numbers(folder / "test_label" / file).ravel() == 1
    return Series(
        name=file.removesuffix(".txt"),
        values=np.concatenate([train, test]),
        windows=_runs(np.concatenate([np.zeros(len(train), dtype=bool), labels])),
        train_end=len(train),
    )


def _runs(labels: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    edges = np.flatnonzero(np.diff(labels, prepend=False, append=False))
    return tuple((int(start), int(end)) for start, end in edges.reshape(-1, 2))


SOURCE = Source(_INFO, _fetch, _load)
