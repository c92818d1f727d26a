"""Electrical grid stability: a simulated four-node grid, stable or not under given reactions.

Unstable grids are the anomaly although they are 64 % of the simulations: instability is what an
operator wants to be told, and the simulations sample the reaction times and prices evenly, not as
often as grids are met. So train on stable grids, and expect more anomalies than normal rows in
test: rank by ROC AUC, and hold average precision against its floor, the share of anomalies.
"""

from __future__ import annotations

from pathlib import Path

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split
from genad.data.datasets.fetch import Home, fetch_files
from genad.data.readers import open_table

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="grid_stability",
    title="Electrical Grid Stability (simulated)",
    domain="energy",
    kind="table",
    rows=10_000,
    columns=12,
    licence="CC BY 4.0",
    source="https://archive.ics.uci.edu/dataset/471/electrical+grid+stability+simulated+data",
    anomaly="an unstable grid",
    citation="V. Arzamasov, K. Boehm, P. Jochem (2018), Towards concise models of grid stability",
)
_HOME = Home(
    folder="grid-stability",
    files=("Data_for_UCI_named.csv",),
    urls=(
        "https://archive.ics.uci.edu/static/public/471/"
        "electrical+grid+stability+simulated+data.zip",
    ),
)


def _fetch() -> Path:
    return fetch_files(_HOME) / _HOME.files[0]


def _load(random_state: int) -> Dataset:
    table = open_table(_fetch()).read()
    is_unstable = table["stabf"].to_numpy(zero_copy_only=False) == "unstable"
    features = table.drop_columns(["stab", "stabf"])  # `stab` is the number behind the label
    return one_class_split(_INFO.name, features, is_unstable, random_state)


SOURCE = Source(_INFO, _fetch, _load)
