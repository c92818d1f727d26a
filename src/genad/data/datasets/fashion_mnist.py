"""Fashion-MNIST: 70,000 pictures of clothing, 28 x 28 pixels, grey."""

from __future__ import annotations

from genad.data.datasets.base import DatasetInfo
from genad.data.datasets.idx import idx_source

__all__ = ["SOURCE"]

_INFO = DatasetInfo(
    name="fashion_mnist",
    title="Fashion-MNIST",
    domain="images",
    kind="images",
    rows=70_000,
    columns=784,
    licence="MIT",
    source="https://github.com/zalandoresearch/fashion-mnist",
    anomaly="a garment of another class than the normal one, or of the anomalous one",
    citation="H. Xiao, K. Rasul, R. Vollgraf (2017), Fashion-MNIST: a novel image dataset for "
    "benchmarking machine learning algorithms",
)

SOURCE = idx_source(
    _INFO,
    folder="fashion-mnist",
    urls=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    class_names=(
        "T-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
)
