"""ECG5000: 5,000 heart beats of one patient, 140 time steps each.

The split of the archive is made for classification; here both parts are pooled, and half of the
normal beats is what is learnt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split
from genad.data.datasets.digests import read_numbers
from genad.data.datasets.fetch import Home, data_folder, fetch_files
from genad.errors import DatasetError

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="ecg5000",
    title="ECG5000",
    domain="healthcare",
    kind="table",  # a beat is a row, its steps are the columns
    rows=5_000,
    columns=140,
    licence="not stated",
    source="https://www.timeseriesclassification.com/description.php?Dataset=ECG5000",
    anomaly="a beat of any class but 1, the normal beat",
    citation="Y. Chen, Y. Hao, T. Rakthanmanon, J. Zakaria, B. Hu, E. Keogh (2015), A general "
    "framework for never-ending learning from time series streams",
)
_HOME = Home(
    folder="ecg5000",
    files=("ECG5000_TRAIN.txt", "ECG5000_TEST.txt"),
    urls=("https://www.timeseriesclassification.com/aeon-toolkit/ECG5000.zip",),
)
_ARRAYS = Home(folder="ecg5000", files=("ecg5000.npz",), urls=())
_NORMAL = 1
_RARE = {2: 1_767, 3: 96, 4: 194, 5: 24}  # beats of the other classes, train and test together


def _fetch() -> Path:
    """Prefer the archive's text files; a folder may hold them as one NPZ file instead."""
    folder = data_folder(_HOME.folder)
    if (folder / _ARRAYS.files[0]).is_file():
        return fetch_files(_ARRAYS) / _ARRAYS.files[0]
    return fetch_files(_HOME)


def _load(random_state: int) -> Dataset:
    path = _fetch()
    beats, classes = _read_arrays(path) if path.suffix == ".npz" else _read_text(path)
    found = {label: int((classes == label).sum()) for label in _RARE}
    if beats.shape[1:] != (_INFO.columns,) or found != _RARE:
        raise DatasetError(
            f"{path} holds beats of shape {beats.shape[1:]} and class sizes {found}, expected "
            f"({_INFO.columns},) and {_RARE}: delete it and fetch it again."
        )
    table = pa.table({f"step_{number}": steps for number, steps in enumerate(beats.T)})
    return one_class_split(_INFO.name, table, classes != _NORMAL, random_state)


def _read_arrays(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    with np.load(path, allow_pickle=False) as file:
        beats = np.concatenate([file["x_train"], file["x_test"]])
        return beats, np.concatenate([file["y_train"], file["y_test"]])


def _read_text(folder: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    rows = np.concatenate([read_numbers(folder / file) for file in _HOME.files])
    return rows[:, 1:].astype(np.float32), rows[:, 0].astype(np.int8)


SOURCE = Source(_INFO, _fetch, _load)
