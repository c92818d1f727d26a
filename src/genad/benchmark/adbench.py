"""The suite of ADBench's tables, one-class, with the sizes bounded."""

from genad.benchmark.specs import BASELINES, RANK_NORMAL
from genad.benchmark.suite import Suite
from genad.benchmark.tabular import Protocol, TableTask
from genad.data.datasets import list_datasets

PROTOCOL = Protocol(
    split="a random half of the normal rows trains; the others and all anomalies test",
    preparation="standard",
    train_rows=10_000,
    test_rows=20_000,
)
SUITE = Suite(
    name="adbench",
    title="ADBench, one-class",
    sentences=(
        "22 of the 57 tables of ADBench (Han et al., 2022), in the one-class protocol of "
        "Livernoche et al. (2023, arXiv 2305.18593).",
        *PROTOCOL.sentences(),
    ),
    variants={"Novelty (learned only)": ("novelty", {"score": "learned"})},
    baselines=(*BASELINES, RANK_NORMAL),
    tasks=tuple(
        TableTask(info.name, PROTOCOL)
        for info in list_datasets()
        if info.name.startswith("adbench/")
    ),
)
