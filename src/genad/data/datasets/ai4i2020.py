"""AI4I 2020: synthetic readings of a milling machine, with the times it failed."""

from __future__ import annotations

from pathlib import Path

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split
from genad.data.datasets.fetch import Home, fetch_files
from genad.data.readers import open_table

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="ai4i2020",
    title="AI4I 2020 Predictive Maintenance",
    domain="manufacturing",
    kind="table",
    rows=10_000,
    columns=6,
    licence="CC BY 4.0",
    source="https://archive.ics.uci.edu/dataset/601/ai4i+2020+predictive+maintenance+dataset",
    anomaly="a reading at which the machine failed",
    citation="S. Matzka (2020), Explainable artificial intelligence for predictive maintenance "
    "applications, AI4I",
)
_HOME = Home(
    folder="ai4i2020",
    files=("ai4i2020.csv",),
    urls=(
        "https://archive.ics.uci.edu/static/public/601/"
        "ai4i+2020+predictive+maintenance+dataset.zip",
    ),
)
_IDENTIFIERS = ("UDI", "Product ID")
# The failure modes say that there was a failure, so they may not be among the features.
_LABELS = ("Machine failure", "TWF", "HDF", "PWF", "OSF", "RNF")


def _fetch() -> Path:
    return fetch_files(_HOME) / _HOME.files[0]


def _load(random_state: int) -> Dataset:
    table = open_table(_fetch()).read()
    failed = table["Machine failure"].to_numpy() == 1
    features = table.drop_columns([*_IDENTIFIERS, *_LABELS])
    return one_class_split(_INFO.name, features, failed, random_state)


SOURCE = Source(_INFO, _fetch, _load)
