"""Credit-card fraud (ULB): 284,807 payments of two days in 2013, 492 of them frauds.

A folder that holds only ``creditcard_ulb_subset.csv.gz``, a sample of 8,879 payments that is rich
in frauds and biased, gives that sample under the name ``creditcard-subset``: good for trying
things, not for figures to publish. ``Time``, the seconds since the first payment, is left out: it
says nothing about a payment, and in the sample it tells the frauds.
"""

from __future__ import annotations

from pathlib import Path

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split
from genad.data.datasets.fetch import Home, data_folder, fetch_files
from genad.data.readers import open_table

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="creditcard",
    title="Credit Card Fraud Detection (ULB)",
    domain="finance",
    kind="table",
    rows=284_807,
    columns=29,
    licence="DbCL 1.0",
    source="https://www.openml.org/d/1597",
    anomaly="a fraudulent payment",
    citation="A. Dal Pozzolo, O. Caelen, R. A. Johnson, G. Bontempi (2015), Calibrating "
    "probability with undersampling for unbalanced classification",
)
_HOME = Home(
    folder="creditcard",
    files=("creditcard.csv",),
    urls=("https://storage.googleapis.com/download.tensorflow.org/data/",),
)
_SUBSET = Home(folder="creditcard", files=("creditcard_ulb_subset.csv.gz",), urls=())
_NOT_FEATURES = ("Time", "Class", "source")


def _home() -> Home:
    folder = data_folder(_HOME.folder)
    has_subset_only = (folder / _SUBSET.files[0]).is_file() and not (
        folder / _HOME.files[0]
    ).is_file()
    return _SUBSET if has_subset_only else _HOME


def _fetch() -> Path:
    home = _home()
    return fetch_files(home) / home.files[0]


def _load(random_state: int) -> Dataset:
    path = _fetch()
    table = open_table(path).read()
    is_fraud = table["Class"].to_numpy() == 1
    features = table.select([name for name in table.column_names if name not in _NOT_FEATURES])
    name = _INFO.name if path.name == _HOME.files[0] else f"{_INFO.name}-subset"
    return one_class_split(name, features, is_fraud, random_state)


SOURCE = Source(_INFO, _fetch, _load)
