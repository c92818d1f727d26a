"""The suite of the Numenta benchmark: one data set, as one threshold spans its corpus."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genad.benchmark.cells import Cell, Result
from genad.benchmark.nab import load_nab, nab_figures, score_nab_results
from genad.benchmark.runner import Finished
from genad.benchmark.specs import Spec
from genad.benchmark.suite import Suite
from genad.benchmark.tabular import file_digest
from genad.benchmark.task import Answer, Figures, Inputs, Task
from genad.benchmark.windows import window_baselines
from genad.data.datasets import Series, fetch_dataset

_HERE = "genad.benchmark.nab_models"


@dataclass(frozen=True)
class NabTask(Task):
    """All 58 series, to be scored one by one under the streaming rule.

    Examples
    --------
    >>> NabTask().name
    'nab'
    """

    name: str = "nab"

    def digest(self) -> str:  # noqa: D102
        return file_digest(fetch_dataset("nab"))

    def inputs(self, seed: int) -> Inputs:  # noqa: D102
        series = [
            Series(name, one.values.reshape(-1, 1), (), one.probationary, one.stamps)
            for name, one in load_nab().items()
        ]
        return Inputs([], series)

    def judge(self, seed: int, answer: Answer) -> Figures:  # noqa: D102
        streams = load_nab()
        ends = np.cumsum([len(one.values) for one in streams.values()])[:-1]
        scores = dict(zip(streams, np.split(answer.scores, ends), strict=True))
        return nab_figures(streams, scores)


SUITE = Suite(
    name="nab",
    title="Numenta Anomaly Benchmark",
    sentences=(
        "58 series (Lavin and Ahmad, 2015), each scored step by step: a detector may learn from "
        "the probationary period of the series and from the past, and no step sees its future.",
        "One setting for the whole corpus. The first three figures are at the threshold that is "
        "best for the corpus, found with the labels as on the published board; those called own "
        "are at thresholds that adapt to each series' own scores, without labels.",
        '"Normalised": the scores go through all parts of StreamingNovelty, as its values do.',
    ),
    tasks=(NabTask(),),
    seeds=3,
    kind="series",
    # The probationary period has a few hundred steps: short windows, small networks.
    settings={
        "window": 8,
        "net": "mlp",
        "latent": 2,
        "hidden": (32,),
        "samples": 4,
        "epochs": 40,
        "forecaster.window": 48,
    },
    models=(
        "streamingnovelty",
        "autoencoder",
        "vae",
        *(f"forecaster ({cell})" for cell in ("rnn", "lstm", "gru")),
        "egbad",
        "ganomaly",
        "fanogan",
        "tadgan",
    ),
    variants={
        f"Forecaster ({cell.upper()})": ("forecaster", {"cell": cell})
        for cell in ("rnn", "lstm", "gru")
    },
    headlines=(
        "nab_standard",
        "nab_reward_low_fp",
        "nab_reward_low_fn",
        "nab_own_standard",
        "nab_own_reward_low_fp",
        "nab_own_reward_low_fn",
    ),
    baselines=(
        Spec("random", f"{_HERE}:RandomStreams", kind="baseline"),
        Spec("constant", f"{_HERE}:ConstantStreams", kind="baseline"),
        Spec("norm", "zscore", (("window", 1),), "baseline", f"{_HERE}:Streamed"),
        *window_baselines(within=f"{_HERE}:Streamed"),
        Spec("WindowedGaussian", "windowedgaussian", (), "baseline", f"{_HERE}:Streamed"),
    ),
    within=(("", f"{_HERE}:Streamed"), (", normalised", f"{_HERE}:Normalised")),
    timeout=7200,
)


def adopt_nab(folder: Path) -> Finished:
    """Judge a folder of results in the benchmark's own layout, as a row of the suite."""
    row = score_nab_results(folder)
    cell = Cell(SUITE.name, Spec(row.name, folder.name, kind="adopted"), SUITE.tasks[0], 0)
    return Finished("", cell, Result("done", figures=row.figures()))
