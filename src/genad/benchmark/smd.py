"""The suite of the Server Machine Dataset: 38 channels of each of three machines."""

from pathlib import PurePath

from genad.benchmark.serial import SeriesTask
from genad.benchmark.specs import SERIES_BASELINES
from genad.benchmark.suite import Suite
from genad.benchmark.windows import BY_WINDOWS, window_baselines
from genad.data.datasets.fetch import pinned_files

SUITE = Suite(
    name="smd",
    title="Server Machine Dataset",
    sentences=(
        "3 of the 28 machines of Su et al. (2019), each a series of 38 channels.",
        "Split: the authors' own, the first half of each series trains and the second is judged.",
        "VUS: windows up to 100 steps, every distinct score a threshold.",
        "Labels: for the metrics alone.",
    ),
    tasks=tuple(
        SeriesTask(f"smd/{PurePath(file).stem}") for file in pinned_files("smd") if "/test/" in file
    ),
    seeds=3,
    kind="series",
    baselines=(*SERIES_BASELINES, *window_baselines(window=16, stride=8)),
    settings={"window": 16, "stride": 8, "net": "mlp", "epochs": 20},
    models=(
        "nearestneighbours",
        "dae",
        "vae",
        "autoencoder",
        "egbad",
        "ganomaly",
        "tadgan",
        "forecaster",
    ),
    variants=BY_WINDOWS,
    headlines=("vus_pr", "vus_roc", "roc_auc", "average_precision"),
)
