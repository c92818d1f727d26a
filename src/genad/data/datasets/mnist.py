"""MNIST: 70,000 handwritten digits, 28 x 28 pixels, grey."""

from __future__ import annotations

from genad.data.datasets.base import DatasetInfo
from genad.data.datasets.idx import idx_source

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="mnist",
    title="MNIST handwritten digits",
    domain="images",
    kind="images",
    rows=70_000,
    columns=784,
    licence="CC BY-SA 3.0",
    source="http://yann.lecun.com/exdb/mnist/",
    anomaly="a digit of another class than the normal one, or of the anomalous one",
    citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), Gradient-based learning applied "
    "to document recognition",
)

SOURCE = idx_source(
    _INFO,
    folder="mnist",
    urls=("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
    class_names=tuple("0123456789"),
)
