"""Speed and memory on series: TadGAN beside Orion's, and ten million points in bounded memory.

    python benchmarks/series_speed.py               # everything, minutes
    python benchmarks/series_speed.py tadgan        # some of it: tadgan, windows, causal

Orion's figures are recorded, not rerun: it needs an environment of its own, of 7.6 GB. They are of
two cores; ours are of one thread.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from genad import AutoEncoder, RollingZScore, TadGAN
from genad.data import load_series

THREADS, POINTS = 1, 10_000_000
# Orion 0.7.1, TadGAN, this series, windows of 100, one epoch, two cores of a machine like ours.
ORION = {"fit": 167.0, "detect": 54.0}
WANTED = 20


def tadgan() -> None:
    """Fit TadGAN for one epoch and score, beside what was recorded of Orion's."""
    (series,) = [each for each in load_series("nab") if each.name.endswith("Twitter_volume_AAPL")]
    values = series.values[:, 0]
    taken: dict[str, list[tuple[float, float]]] = {"fit": [], "detect": []}
    for _ in range(2):
        detector = TadGAN(
            window=100, epochs=1, error="dtw", validation_fraction=0.0, random_state=0, device="cpu"
        )
        taken["fit"].append(seconds(lambda: detector.fit(values)))  # noqa: B023
        taken["detect"].append(seconds(lambda: detector.anomaly_score(values)))  # noqa: B023
    for what, times in taken.items():
        wall, cpu = (min(each) for each in zip(*times, strict=True))
        theirs = ORION[what]
        print(
            f"TadGAN {what}, {len(values):,} points, window 100: ours {wall:.1f} s, {cpu:.1f} s of "
            f"processor time; Orion 0.7.1 {theirs:.0f} s (recorded elsewhere, not rerun): "
            f"{theirs / wall:.0f}x faster, {theirs / cpu:.0f}x by processor time (want {WANTED}x)",
            flush=True,
        )


def seconds(run: object) -> tuple[float, float]:
    """Return the wall-clock time and the processor time of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


def windows() -> None:
    """Score ten million points with a model of windows, in a process of its own."""
    _measured("_windows_child")


def causal() -> None:
    """Score ten million points step by step, in a process of its own."""
    _measured("_causal_child")


def _measured(child: str) -> None:
    code = f"import sys; sys.argv = ['series_speed']; import series_speed; series_speed.{child}()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def _series() -> NDArray[np.float64]:
    return np.sin(np.arange(POINTS) / 9)


def _windows_child() -> None:
    values = _series()
    detector = AutoEncoder(window=100, stride=50, epochs=1, random_state=0, device="cpu")
    detector.fit(values[:20_000])
    _report(detector, values, "AutoEncoder, windows of 100 every 50 steps")


def _causal_child() -> None:
    values = _series()
    detector = RollingZScore(memory=100).fit(values[:20_000])
    _report(detector, values, "RollingZScore, step by step")


def _report(
    detector: "AutoEncoder | RollingZScore", values: NDArray[np.float64], name: str
) -> None:
    """Print the peak of memory above the input while all points are scored."""
    detector.anomaly_score(values[:200_000])
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024
    wall, _ = seconds(lambda: detector.anomaly_score(values))
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    print(
        f"{name}: {POINTS:,} points in {wall:.0f} s, peak memory above the input {above:.0f} MiB, "
        f"of which the scores are {POINTS * 8 / 2**20:.0f}",
        flush=True,
    )


BENCHMARKS = {f.__name__: f for f in (tadgan, windows, causal)}

if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
