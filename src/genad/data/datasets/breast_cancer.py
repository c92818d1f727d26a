"""Wisconsin diagnostic breast cancer: shapes of cell nuclei; it ships with scikit-learn."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from genad.data.datasets.base import Dataset, DatasetInfo, Source, one_class_split

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="breast_cancer",
    title="Breast Cancer Wisconsin (Diagnostic)",
    domain="healthcare",
    kind="table",
    rows=569,
    columns=30,
    licence="CC BY 4.0",
    source="https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
    anomaly="a malignant tumour",
    citation="W. N. Street, W. H. Wolberg, O. L. Mangasarian (1993), Nuclear feature extraction "
    "for breast tumor diagnosis",
)


def _fetch() -> Path:
    return Path(str(resources.files("sklearn.datasets.data") / "breast_cancer.csv"))


def _load(random_state: int) -> Dataset:
    import pyarrow as pa
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    table = pa.table(dict(zip(bunch.feature_names.tolist(), bunch.data.T, strict=True)))
    is_malignant = bunch.target == 0
    return one_class_split(_INFO.name, table, is_malignant, random_state)


SOURCE = Source(_INFO, _fetch, _load)
