"""The suite of KDD Cup 1999, 10 %, as papers on generative detectors use it."""

from genad.benchmark.suite import Suite
from genad.benchmark.tabular import Protocol, TableTask

PROTOCOL = Protocol(
    split="half of the rows, drawn at random, trains with its attacks; the other half tests, with "
    '"normal." as the anomaly',
    preparation="quantile",
    split_seed=0,
)
SUITE = Suite(
    name="kdd99",
    title="KDD Cup 1999, 10 %",
    sentences=(
        "The protocol of Zenati et al. (2018, arXiv 1802.06222). Published figures flag as many "
        "rows as there are anomalies, which only labels tell: compare them with the informed F1.",
        *PROTOCOL.sentences(),
    ),
    tasks=(TableTask("kddcup99", PROTOCOL),),
    # One setting for all, the papers' sizes of layers and latent space.
    settings={"latent": 32, "hidden": (128, 64)},
    timeout=3600,
)
