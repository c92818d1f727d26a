"""KDD Cup 1999, 10 %: network connections; under EGBAD's protocol *normal* traffic is the anomaly.

Attacks are four fifths of the rows, so the papers on generative detectors (Zenati et al., 2018,
"Efficient GAN-based anomaly detection") learn attacks: a random half of the rows gives the
training set, of which only attacks are kept; the other half is the test set, with as many normal
rows as make a fifth of it. That half holds a few too few for a full fifth, so all of them stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genad.data.datasets.base import Dataset, DatasetInfo, Source
from genad.data.datasets.fetch import Home, fetch_files

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SOURCE"]

_COLUMNS = [
    "duration",
    "protocol_type",
    "service",
    "flag",
    "src_bytes",
    "dst_bytes",
    "land",
    "wrong_fragment",
    "urgent",
    "hot",
    "num_failed_logins",
    "logged_in",
    "num_compromised",
    "root_shell",
    "su_attempted",
    "num_root",
    "num_file_creations",
    "num_shells",
    "num_access_files",
    "num_outbound_cmds",
    "is_host_login",
    "is_guest_login",
    "count",
    "srv_count",
    "serror_rate",
    "srv_serror_rate",
    "rerror_rate",
    "srv_rerror_rate",
    "same_srv_rate",
    "diff_srv_rate",
    "srv_diff_host_rate",
    "dst_host_count",
    "dst_host_srv_count",
    "dst_host_same_srv_rate",
    "dst_host_diff_srv_rate",
    "dst_host_same_src_port_rate",
    "dst_host_srv_diff_host_rate",
    "dst_host_serror_rate",
    "dst_host_srv_serror_rate",
    "dst_host_rerror_rate",
    "dst_host_srv_rerror_rate",
    "label",
]
_TEXT = ("protocol_type", "service", "flag", "label")
_FLAGS = ("land", "logged_in", "is_host_login", "is_guest_login")
_ANOMALY_SHARE = 0.2  # of the test set; rho in the code of Zenati et al.

_INFO = DatasetInfo(
    name="kddcup99",
    title="KDD Cup 1999, 10 %",
    domain="cybersecurity",
    kind="table",
    rows=494_021,
    columns=41,
    licence="CC BY 4.0",
    source="https://kdd.ics.uci.edu/databases/kddcup99/kddcup99.html",
    anomaly="a normal connection, as in EGBAD's protocol: attacks are the majority and are learnt",
    citation="S. Stolfo, W. Fan, W. Lee, A. Prodromidis, P. Chan (1999), KDD Cup 1999 Data",
)
_HOME = Home(
    folder="kddcup99",
    files=("kddcup.data_10_percent.gz",),
    urls=(
        "https://kdd.ics.uci.edu/databases/kddcup99/",
        "https://archive.ics.uci.edu/ml/machine-learning-databases/kddcup99-mld/",
        "https://ndownloader.figshare.com/files/5976042",
    ),
)


def _fetch() -> Path:
    return fetch_files(_HOME) / _HOME.files[0]


def _load(random_state: int) -> Dataset:
    table = _read(_fetch())
    is_normal = table["label"].to_numpy() == "normal."
    rng = np.random.default_rng(random_state)
    in_train = np.zeros(len(is_normal), dtype=bool)
    in_train[rng.permutation(len(is_normal))[: len(is_normal) // 2]] = True
    attacks = np.flatnonzero(~in_train & ~is_normal)
    anomalies = rng.permutation(np.flatnonzero(~in_train & is_normal))
    wanted = int(len(attacks) * _ANOMALY_SHARE / (1 - _ANOMALY_SHARE))
    test = np.sort(np.concatenate([attacks, anomalies[:wanted]]))
    rows = table.drop_columns(["label"])
    return Dataset(_INFO.name, rows.filter(in_train & ~is_normal), rows.take(test), is_normal[test])


def _read(path: Path) -> pa.Table:
    from pyarrow import csv

    return csv.read_csv(
        path,
        csv.ReadOptions(column_names=_COLUMNS),
        convert_options=csv.ConvertOptions(column_types={name: _type(name) for name in _COLUMNS}),
    )


def _type(name: str) -> Any:
    import pyarrow as pa

    if name in _TEXT:
        return pa.string()
    if name in _FLAGS:
        return pa.bool_()
    return pa.float64() if name.endswith("_rate") else pa.int64()


SOURCE = Source(_INFO, _fetch, _load)
