"""SimpleRNN, LSTM and GRU, each on raw, min-max and L2-scaled data: one table.

    python examples/recurrent_cells.py            # nyc_taxi of the Numenta Anomaly Benchmark

A forecaster of each kind learns from the part before the first labelled window. On the rest it is
judged twice: how well it forecasts the next value outside of the windows (the root of the mean
squared error, as a share of that of "the same as now"), and how well its scores find the windows.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genad import Forecaster, WindowedGaussian
from genad.data import Series, load_series
from genad.data.scaling import ScalerName
from genad.metrics import ranking_report, vus

CELLS: dict[str, Literal["rnn", "lstm", "gru"]] = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru"}
SCALERS: dict[str, ScalerName] = {"raw": "none", "min-max": "minmax", "L2": "l2"}
BUFFER = 100
HEAD = ("model", "data", "error", "ROC AUC", "average precision", "VUS-PR", "seconds")


def found(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> list[float]:
    """Return ROC AUC, average precision and VUS-PR."""
    report = ranking_report(labels, scores)
    return [report.roc_auc, report.average_precision, vus(labels, scores, BUFFER).pr]


def error(series: Series, expected: NDArray[np.float64], start: int) -> float:
    """Return the error of forecasts, as a share of that of the last value."""
    normal = ~series.labels[start:]
    actual, last = series.values[start:, 0], series.values[start - 1 : -1, 0]
    errors = [np.square(guess[normal] - actual[normal]).mean() for guess in (expected, last)]
    return float(np.sqrt(errors[0] / errors[1]))


def judged(
    series: Series, cell: Literal["rnn", "lstm", "gru"], scaler: ScalerName, epochs: int, seed: int
) -> list[float]:
    """Return the figures of a forecaster, and the seconds of its training."""
    start = series.windows[0][0]
    began = time.perf_counter()
    detector = Forecaster(
        cell=cell,
        scaler=scaler,
        window=48,  # a day
        stride=8,
        hidden=(32,),
        epochs=epochs,
        random_state=seed,
    ).fit(series.values[:start])
    seconds = time.perf_counter() - began
    forecasts = detector.reconstruct(series.values)[start:, 0]
    scores = detector.anomaly_score(series.values)[start:]
    found_there = found(series.labels[start:], scores)
    return [error(series, forecasts, start), *found_there, seconds]


def rows(series: Series, seeds: int, epochs: int) -> Iterator[tuple[str, str, list[float]]]:
    """Yield the figures of every model, means over the seeds."""
    start = series.windows[0][0]
    past, labels = series.values[:start], series.labels[start:]
    for name, cell in CELLS.items():
        for data, scaler in SCALERS.items():
            runs = [judged(series, cell, scaler, epochs, seed) for seed in range(seeds)]
            yield name, data, np.mean(runs, axis=0).tolist()
    yield "LSTM, untrained", "min-max", judged(series, "lstm", "minmax", 0, 0)
    change = np.abs(np.diff(series.values[:, 0], prepend=np.nan))[start:]
    yield "the same as now", "raw", [1.0, *found(labels, change), 0.0]
    gaussian = WindowedGaussian().fit(past).anomaly_score(series.values[:, 0])[start:]
    yield "WindowedGaussian", "raw", [float("nan"), *found(labels, gaussian), 0.0]
    chance = np.random.default_rng(0).random((10, len(labels)))
    mean = np.mean([found(labels, scores) for scores in chance], axis=0)
    yield "random", "", [float("nan"), *mean.tolist(), 0.0]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="Recurrent cells and scalers compared.")
    parser.add_argument("--series", default="nab/nyc_taxi")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=60)
    given = parser.parse_args()

    (series,) = load_series(given.series)
    print(f"| {' | '.join(HEAD)} |\n|---|---|{'---:|' * 5}")
    for model, data, figures in rows(series, given.seeds, given.epochs):
        *told, seconds = ["" if np.isnan(figure) else f"{figure:.3f}" for figure in figures]
        print(f"| {' | '.join([model, data, *told, f'{float(seconds):.1f}'])} |", flush=True)


if __name__ == "__main__":
    main()
