"""Speed and memory as ratios, each against a peer or a bare loop in the same run.

    python benchmarks/speed.py                      # everything; PyOD's AnoGAN alone takes minutes
    python benchmarks/speed.py scoring linear       # some of it

Needs the extra "bench" (PyOD) for the comparisons with it.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from genad import VAE, AnoGAN, AutoEncoder, Ensemble, load_dataset

THREADS = 2
Rows = NDArray[np.float64]


def mammography() -> Rows:
    """Return the normal half of ADBench's mammography, 5,461 rows of 6 columns."""
    table = load_dataset("adbench/mammography").train
    return np.column_stack([column.to_numpy() for column in table.columns])


def seconds(run: Callable[[], object], repeats: int = 1) -> float:
    """Return the shortest of the wall-clock times of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def show(name: str, ours: float, theirs: float, unit: str, wanted: str) -> None:
    """Print one comparison."""
    print(f"{name}: ours {ours:,.4g} {unit}, theirs {theirs:,.4g} {unit}; {wanted}", flush=True)


def anogan() -> None:
    """Fit and score AnoGAN against PyOD's: same rows, layer sizes, batch and epochs."""
    from pyod.models.anogan import AnoGAN as PeerAnoGAN

    rows = mammography()
    detector = AnoGAN(
        latent=2, hidden=(20, 10, 5), epochs=500, batch_size=32, steps=100, restarts=1,
        random_state=0, device="cpu",
    )  # fmt: skip
    peer = PeerAnoGAN(G_layers=[20, 10, 3, 10, 20], D_layers=[20, 10, 5], preprocessing=True)
    before = seconds(lambda: detector.fit(rows))
    theirs = seconds(lambda: peer.fit(rows))
    # Once on each side of the peer's minutes, whose slow spells it cannot share.
    ours = (before + seconds(lambda: detector.fit(rows))) / 2
    show("AnoGAN fit, 500 epochs", ours, theirs, "s", f"{theirs / ours:.1f}x faster (want 20x)")
    ours = len(rows) / seconds(lambda: detector.anomaly_score(rows), 3)
    theirs = len(rows) / seconds(lambda: peer.decision_function(rows), 3)
    text = f"{ours / theirs:.2f}x the rows, with 100 latent steps a row against none (want 1x)"
    show("AnoGAN scoring", ours, theirs, "rows/s", text)


def vae() -> None:
    """Fit VAE against PyOD's: same rows, layer sizes, batch and epochs."""
    from pyod.models.vae import VAE as PeerVAE

    rows = mammography()

    def ours() -> object:
        return VAE(
            latent=2, hidden=(128, 64, 32), epochs=30, batch_size=32, random_state=0, device="cpu"
        ).fit(rows)

    def theirs() -> object:
        return PeerVAE(latent_dim=2, epoch_num=30, batch_size=32, verbose=0).fit(rows)

    mine, peers = seconds(ours, 2), seconds(theirs, 2)
    show("VAE fit, 30 epochs", mine, peers, "s", f"{peers / mine:.1f}x faster (want 3x)")


def _autoencoder(rows: Rows) -> AutoEncoder:
    return AutoEncoder(hidden=(64, 32), epochs=1, random_state=0, device="cpu").fit(rows[:20_000])


def scoring() -> None:
    """Score 1,000,000 x 30 rows against a bare loop over the same network and scaling."""
    rows = np.random.default_rng(0).normal(size=(1_000_000, 30))
    detector = _autoencoder(rows)
    scaler, model = detector.view_.encoder.scaler, detector.model_
    centre, scale = (torch.from_numpy(values) for values in (scaler.centre, scaler.scale))

    def bare() -> None:
        with torch.inference_mode():
            for block in torch.from_numpy(rows).split(4096):
                x = ((block - centre) / scale).float()
                (x - model.decoder(model.encoder(x))).square().sum(1)

    ours, theirs = np.inf, np.inf
    for _ in range(5):  # in turn, so that a slow spell of the machine hits both
        ours = min(ours, seconds(lambda: detector.anomaly_score(rows)))
        theirs = min(theirs, seconds(bare))
    show("Scoring 1,000,000 x 30", ours, theirs, "s", f"{ours / theirs:.2f}x the time (want 1.1x)")


def memory() -> None:
    """Measure the peak memory of scoring 1,000,000 x 30 rows above the input's."""
    code = "import sys; sys.argv = ['speed']; import speed; speed._memory_child()"
    folder = __file__.rsplit("/", 1)[0]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)


def _memory_child() -> None:
    rows = np.random.default_rng(0).normal(size=(1_000_000, 30))
    detector = _autoencoder(rows)
    detector.anomaly_score(rows[:10_000])
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024
    detector.anomaly_score(rows)
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    print(f"Scoring 1,000,000 x 30: peak memory above the input {above:.0f} MiB (want < 300)")


def linear() -> None:
    """Fit 10,000 and 100,000 rows for as many epochs."""
    rows = np.random.default_rng(0).normal(size=(100_000, 30))

    def fit(n: int) -> None:
        VAE(epochs=3, random_state=0, device="cpu").fit(rows[:n])

    fit(10_000)
    small, large = seconds(lambda: fit(10_000), 3), seconds(lambda: fit(100_000), 2)
    print(f"VAE fit: 10x the rows takes {large / small:.1f}x the time (want 11x at most)")


def ensemble() -> None:
    """Fit one detector of table size, and eight of them side by side."""
    rows = mammography()
    for one in (AutoEncoder(random_state=0, device="cpu"), VAE(random_state=0, device="cpu")):
        eight = Ensemble(detector=one, n=8, random_state=0, device="cpu")
        alone, together = np.inf, np.inf
        for _ in range(3):  # in turn, so that a slow spell of the machine hits both
            alone = min(alone, seconds(lambda one=one: one.fit(rows)))
            together = min(together, seconds(lambda eight=eight: eight.fit(rows)))
        name, ratio = type(one).__name__, together / alone
        print(
            f"Ensemble of 8 {name}s: {together:.2f} s, one by itself {alone:.2f} s; "
            f"{ratio:.2f}x the time (want 3x at most)"
        )


BENCHMARKS = {f.__name__: f for f in (scoring, memory, linear, vae, ensemble, anogan)}

if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
