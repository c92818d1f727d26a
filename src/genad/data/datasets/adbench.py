"""ADBench: 22 of its 57 tables, called ``adbench/<number>_<name>``, all numbers, ready labelled."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split
from genad.data.datasets.fetch import Home, fetch_files
from genad.data.readers import open_table

__all__ = ["SOURCES"]

_URL = "https://raw.githubusercontent.com/Minqi824/ADBench/main/adbench/datasets/Classical/"
# Name, domain, rows, columns.
_SETS = (
    ("2_annthyroid", "healthcare", 7_200, 6),
    ("4_breastw", "healthcare", 683, 9),
    ("5_campaign", "finance", 41_188, 62),
    ("6_cardio", "healthcare", 1_831, 21),
    ("10_cover", "botany", 286_048, 10),
    ("12_fault", "manufacturing", 1_941, 27),
    ("15_Hepatitis", "healthcare", 80, 19),
    ("19_landsat", "astronautics", 6_435, 36),
    ("21_Lymphography", "healthcare", 148, 18),
    ("23_mammography", "healthcare", 11_183, 6),
    ("26_optdigits", "images", 5_216, 64),
    ("27_PageBlocks", "documents", 5_393, 10),
    ("29_Pima", "healthcare", 768, 8),
    ("30_satellite", "astronautics", 6_435, 36),
    ("32_shuttle", "astronautics", 49_097, 9),
    ("34_smtp", "cybersecurity", 95_156, 3),
    ("37_Stamps", "documents", 340, 9),
    ("38_thyroid", "healthcare", 3_772, 6),
    ("39_vertebral", "healthcare", 240, 6),
    ("41_Waveform", "physics", 3_443, 21),
    ("42_WBC", "healthcare", 223, 9),
    ("45_wine", "chemistry", 129, 13),
)


def _fetch(name: str) -> Path:
    home = Home("adbench", (f"{name}.npz",), (_URL,))
    return fetch_files(home) / home.files[0]


def _load(name: str, random_state: int) -> Dataset:
    table = open_table(_fetch(name)).read()
    is_anomaly = table["label"].to_numpy() == 1
    return one_class_split(
        f"adbench/{name}", table.drop_columns(["label"]), is_anomaly, random_state
    )


def _source(name: str, domain: str, rows: int, columns: int) -> Source[Dataset]:
    info = DatasetInfo(
        name=f"adbench/{name}",
        title=f"{name.split('_', 1)[1]} (ADBench {name.split('_', 1)[0]})",
        domain=domain,
        kind="table",
        rows=rows,
        columns=columns,
        licence="BSD-2-Clause",
        source="https://github.com/Minqi824/ADBench",
        anomaly="a row that ADBench labels 1",
        citation="S. Han, X. Hu, H. Huang, M. Jiang, Y. Zhao (2022), ADBench: anomaly detection "
        "benchmark",
    )
    return Source(info, partial(_fetch, name), partial(_load, name))


SOURCES = tuple(_source(*row) for row in _SETS)
