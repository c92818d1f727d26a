"""The suite of the UCR Anomaly Archive: each series has exactly one anomaly to be found."""

from genad.benchmark.serial import SeriesTask
from genad.benchmark.specs import SERIES_BASELINES
from genad.benchmark.suite import Suite
from genad.benchmark.windows import BY_WINDOWS, window_baselines
from genad.data.datasets.fetch import pinned_files

SUITE = Suite(
    name="ucr",
    title="UCR Anomaly Archive",
    sentences=(
        "40 of the 250 series of the archive (Wu and Keogh, 2021), 17 of them distorted copies or "
        "relatives of others: count families, not decimals.",
        "Split: the archive's own. A detector learns from the training part and scores the whole "
        "series; the rest after the training part is judged.",
        "Hits: the share of series whose highest score lies within 100 steps of the labelled "
        "range, on either side. VUS: windows up to 100 steps, every distinct score a threshold.",
        "Labels: for the metrics alone.",
    ),
    tasks=tuple(
        # A file's name ends in the end of training, and the first and last step of the anomaly.
        SeriesTask(f"ucr/{file.rsplit('_', 3)[0]}", near=100)
        for file in pinned_files("ucr-anomaly")
    ),
    seeds=3,
    kind="series",
    baselines=(*SERIES_BASELINES, *window_baselines(window="auto", stride=4)),
    # 4 steps from window to window and a plain network: so that 40 series train in minutes.
    settings={"window": "auto", "stride": 4, "net": "mlp", "epochs": 30},
    models=(
        "nearestneighbours",
        "dae",
        "vae",
        "autoencoder",
        "egbad",
        "ganomaly",
        "tadgan",
        "forecaster",
        "streamingnovelty",
    ),
    variants=BY_WINDOWS,
    headlines=("hit", "vus_pr", "vus_roc"),
)
