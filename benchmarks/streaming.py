"""Streaming: time per point against river, a million points, and the Numenta benchmark.

    python benchmarks/streaming.py                        # all but the spread: minutes
    python benchmarks/streaming.py speed flat             # some of it
    GENAD_DATA_HOME=... python benchmarks/streaming.py nab spread

`speed` compares with river's HalfSpaceTrees where river is installed; it is no dependency of ours.
`spread` scores the whole corpus at many settings, a good half hour: no one point is a lead.
"""

import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from genad import Forecaster
from genad.benchmark.nab import NabFigures, NabRow, load_nab, nab_row, run_nab
from genad.benchmark.nab_scorers import (
    FloatArray,
    StampArray,
    gaussian_scores,
    novelty_scores,
    random_scores,
)
from genad.metrics import NabSeries, nab_report
from genad.streaming import NoveltyScorer

SEEDS = (0, 1, 2)
NOON = datetime(2024, 1, 1, 12)


def microseconds(step: Callable[[float], object], values: list[float]) -> float:
    """Return the time of one call, in the processor time of this process."""
    start = time.process_time()
    for value in values:
        step(value)
    return (time.process_time() - start) / len(values) * 1e6


def ours(*, stamped: bool) -> Callable[[float], object]:
    """Return a step of ours: score one, learn one."""
    scorer, stamp = NoveltyScorer(), NOON if stamped else None

    def step(value: float) -> None:
        scorer.score_one(value, stamp)
        scorer.learn_one(value, stamp)

    return step


def lstm() -> Callable[[float], object]:
    """Return a step of a Forecaster's stream, with an LSTM of 64 units: score one, learn one."""
    detector = Forecaster(hidden=(64,), epochs=0, random_state=0, device="cpu")
    stream = detector.fit(np.random.default_rng(0).random(1000)).stream()

    def step(value: float) -> None:
        stream.score_one(value)
        stream.learn_one(value)

    return step


def half_space_trees() -> Callable[[float], object]:
    """Return a step of river's detector at its defaults."""
    from river.anomaly import HalfSpaceTrees

    trees = HalfSpaceTrees(seed=0)

    def step(value: float) -> None:
        row = {"x": value}
        trees.score_one(row)
        trees.learn_one(row)

    return step


def speed() -> None:
    """Print the time per point, the shortest of five runs taken in turn."""
    rivals: dict[str, Callable[[], Callable[[float], object]]] = {
        "NoveltyScorer, no time stamps": partial(ours, stamped=False),
        "NoveltyScorer, time stamps": partial(ours, stamped=True),
        "Forecaster, LSTM of 64 units": lstm,
    }
    try:
        half_space_trees()
        rivals["river HalfSpaceTrees"] = half_space_trees
    except ImportError:
        print("river is not installed: no comparison (pip install river)")
    values = np.random.default_rng(0).random(20_000).tolist()
    runs = [{name: microseconds(make(), values) for name, make in rivals.items()} for _ in range(5)]
    best = {name: min(run[name] for run in runs) for name in rivals}
    for name, own in best.items():
        ratio = own / best.get("river HalfSpaceTrees", np.nan)
        print(f"{name}: {own:.1f} us a point, {ratio:.2f} of river's", flush=True)


def flat() -> None:
    """Print time per point and memory along a million points, all of them new values."""
    for name, step in (("NoveltyScorer", ours(stamped=True)), ("LSTM of 64 units", lstm())):
        _flat(name, step)


def _flat(name: str, step: Callable[[float], object]) -> None:
    rng = np.random.default_rng(0)
    for thousand in range(0, 1_000, 100):
        taken = [microseconds(step, rng.normal(size=10_000).tolist()) for _ in range(10)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        stretch = f"points {thousand},000 to {thousand + 100},000"
        print(f"{name}, {stretch}: {min(taken):.1f} us a point, {peak:.0f} MiB in all", flush=True)


def cells(figures: NabFigures) -> str:
    """Return three columns of the table."""
    values = figures.standard, figures.reward_low_fp, figures.reward_low_fn
    pairs = zip(values, figures.deviations, strict=True)
    return " | ".join(f"{value:.2f}" + (f" ± {s:.2f}" if s else "") for value, s in pairs)


def show(row: NabRow) -> None:
    print(f"| {row.name} | {cells(row.optimised)} | {cells(row.own)} |", flush=True)


def nab() -> None:
    """Print the table: standard, low FP, low FN; then the same at the detectors' own thresholds."""
    streams = load_nab()
    print("| | standard | low FP | low FN | own: standard | low FP | low FN |\n|---|" + "---|" * 6)
    show(nab_row("StreamingNovelty", [novelty_scores], streams))
    show(nab_row("WindowedGaussian", [gaussian_scores], streams))
    show(nab_row("random", [partial(random_scores, seed=seed) for seed in SEEDS], streams))


# The default is the first of each.
SETTINGS: dict[str, tuple[float, ...]] = {
    "rest": (0.3, 0.25, 0.35),
    "day_weight": (0.5, 0.35, 0.65),
    "quantile": (0.997, 0.995, 0.998),
    "window": (24, 16, 32),
    "slots": (24, 12, 48),
    "cells": (48, 32, 64),
    "strength": (0.2, 0.1, 0.3),
}


def settings() -> list[dict[str, Any]]:
    """Return the default, its neighbours one change away, and as many random mixtures."""
    default = {name: values[0] for name, values in SETTINGS.items()}
    near = [default | {name: v} for name, values in SETTINGS.items() for v in values[1:]]
    rng = np.random.default_rng(0)
    mixed = [{n: v[rng.integers(3)] for n, v in SETTINGS.items()} for _ in near]
    return [default, *near, *mixed]


def score(
    values: FloatArray, stamps: StampArray, probationary: int, *, setting: dict[str, Any]
) -> FloatArray:
    """Return the scores of one series at a setting."""
    scorer = NoveltyScorer(probationary_period=probationary, **setting)
    return scorer.score_series(values, stamps)


def spread() -> None:
    """Print the scores at many settings, and their mean and deviation."""
    streams, rows = load_nab(), []
    for setting in settings():
        scores = run_nab(partial(score, setting=setting), streams)
        corpus = {n: NabSeries(one.stamps, scores[n], one.windows) for n, one in streams.items()}
        figures = NabFigures.over([nab_report(corpus)])
        name = ", ".join(f"{k} {v:g}" for k, v in setting.items() if v != SETTINGS[k][0])
        print(f"| {name or 'default'} | {cells(figures)} |", flush=True)
        rows.append([figures.standard, figures.reward_low_fp, figures.reward_low_fn])
    half = len(rows) // 2 + 1
    for name, some in {"one change": rows[1:half], "mixtures": rows[half:]}.items():
        part = np.array(some)
        above = np.mean(part[:, 0] >= 75)
        means, deviations = part.mean(axis=0).round(2), part.std(axis=0, ddof=1).round(2)
        print(f"{name}: {means} ± {deviations}, {above:.0%} of {len(part)} at 75 or above")


PARTS = {"speed": speed, "flat": flat, "nab": nab, "spread": spread}

if __name__ == "__main__":
    for part in sys.argv[1:] or ("speed", "flat", "nab"):
        PARTS[part]()
