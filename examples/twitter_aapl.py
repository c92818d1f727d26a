"""Tweets about AAPL: what a GAN can make no twin of is flagged.

    python examples/twitter_aapl.py --out out/twitter

The series is Twitter_volume_AAPL of the Numenta Anomaly Benchmark, with four labelled windows. The
labels choose the stretches to learn from, those outside of the windows, and say afterwards what was
hit; nothing else. Writes events.csv and twitter_aapl.png.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from genad import AnoGAN
from genad.data import Series, load_series
from genad.events import Event, find_events

matplotlib.use("Agg")  # needs no screen

WINDOW, STRIDE = 48, 12  # four hours of five minutes, cut every hour


def normal_stretches(series: Series, shortest: int) -> list[Series]:
    """Return the stretches between the labelled windows."""
    edges = [0, *(edge for window in series.windows for edge in window), len(series.values)]
    stamps = series.timestamps
    return [
        Series(
            f"{series.name} from {start}",
            series.values[start:stop],
            (),
            0,
            None if stamps is None else stamps[start:stop],
        )
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
        if stop - start >= shortest
    ]


def by_chance(flags: NDArray[np.bool_], series: Series, times: int = 1000) -> float:
    """Return how many windows the same alarms would hit at another time: a mean over rotations."""
    rng = np.random.default_rng(0)
    turned = (np.roll(flags, shift) for shift in rng.integers(len(flags), size=times))
    return float(np.mean([sum(each[a:b].any() for a, b in series.windows) for each in turned]))


def overlaps(event: Event, window: tuple[int, int]) -> bool:
    """Return whether an event and a labelled window share a step."""
    return event.start < window[1] and window[0] < event.end


def judged(series: Series, events: Sequence[Event]) -> list[tuple[str, int, int, float]]:
    """Return labelled windows and events in none of them: what it is, start, end, score."""
    rows = []
    for window in series.windows:
        inside = [event for event in events if overlaps(event, window)]
        score = max((event.score for event in inside), default=float("nan"))
        rows.append(("hit" if inside else "missed", *window, score))
    rows += [
        ("false alarm", event.start, event.end, event.score)
        for event in events
        if not any(overlaps(event, window) for window in series.windows)
    ]
    return sorted(rows, key=lambda row: row[1])


def draw(
    series: Series,
    twin: NDArray[np.float64],
    scores: NDArray[np.float64],
    threshold: float,
    path: Path,
) -> None:
    """Draw the series, its nearest twin, and the scores with the labelled windows behind them."""
    from matplotlib import pyplot as plt

    times = series.timestamps if series.timestamps is not None else np.arange(len(scores))
    figure, (above, below) = plt.subplots(2, 1, figsize=(10, 5), sharex=True, layout="constrained")
    above.plot(times, series.values[:, 0], lw=0.5, color="#1f5f8b", label="log(1 + tweets)")
    above.plot(times, twin[:, 0], lw=0.5, color="#d97706", label="nearest generated twin")
    above.legend(loc="upper left", ncols=2, frameon=False)
    below.plot(times, scores, lw=0.5, color="#444444")
    below.axhline(threshold, color="#b91c1c", lw=0.8, label="threshold")
    below.set_ylabel("discrepancy")
    below.legend(loc="upper left", frameon=False)
    for axes in (above, below):
        for start, end in series.windows:
            axes.axvspan(times[start], times[end - 1], color="#b91c1c", alpha=0.15, lw=0)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=80)


def main() -> None:
    """Fit, score, and say what was hit."""
    parser = argparse.ArgumentParser(description="A GAN on the tweets about AAPL.")
    parser.add_argument("--out", type=Path, default=Path("out/twitter_aapl"))
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    (series,) = load_series("nab/Twitter_volume_AAPL")
    series = replace(series, values=np.log1p(series.values))  # counts, from none to ten thousand
    detector = AnoGAN(
        window=WINDOW,
        stride=STRIDE,
        net="mlp",
        threshold="quantile:0.999",
        score="reconstruction",
        steps=100,
        restarts=1,
        epochs=given.epochs,
        random_state=given.seed,
    ).fit(normal_stretches(series, 4 * WINDOW))
    scores = detector.anomaly_score(series)
    events = find_events(scores, detector.threshold_, apart=WINDOW)
    rows = judged(series, events)

    given.out.mkdir(parents=True, exist_ok=True)
    twin = detector.reconstruct(series)
    draw(series, twin, scores, detector.threshold_, given.out / "twitter_aapl.png")
    with (given.out / "events.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("what", "from", "to", "highest score"))
        stamps = np.datetime_as_string(series.timestamps, unit="m")
        told = [(what, stamps[a], stamps[b - 1], f"{score:.3g}") for what, a, b, score in rows]
        writer.writerows(told)
    for what, start, end, score in told:
        print(f"{what:12} {start.replace('T', ' ')} to {end.replace('T', ' ')}  {score}")
    flags = scores > detector.threshold_
    hits = sum(row[0] == "hit" for row in rows)
    print(
        f"{hits} of {len(series.windows)} windows hit; by chance {by_chance(flags, series):.1f}. "
        f"Threshold {detector.threshold_:.3g}, {flags.mean():.2%} of the steps above it."
    )


if __name__ == "__main__":
    main()
