"""Recurrent training against a bare PyTorch loop over the same network, in turn in one process.

python benchmarks/recurrent.py                  # lstm, gru and rnn of 64 units, window 100
"""

import sys
import time

import numpy as np
import torch
from torch import Tensor, nn

from genad import Forecaster
from genad.nets.recurrent import CELLS

WINDOW, HIDDEN, BATCH, STEPS = 100, 64, 64, 4000
REPEATS, EPOCHS = 3, 5


def series() -> "np.typing.NDArray[np.float64]":
    """Return a noisy wave of `STEPS` time steps."""
    rng = np.random.default_rng(0)
    return np.sin(np.arange(STEPS) / 9) + 0.1 * rng.normal(size=STEPS)


class Bare(nn.Module):
    """The network that a Forecaster of one layer trains."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.cell = CELLS[cell](1, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the forecast after every step, of shape (n, time, 1)."""
        forecast: Tensor = self.head(self.cell(x)[0])
        return forecast


def bare(cell: str) -> float:
    """Return the seconds of the quickest epoch of a loop with nothing else in it."""
    values = torch.from_numpy(series()).float()
    windows = values.unfold(0, WINDOW, 1)[:, :, None]
    net = Bare(cell)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3, fused=True)
    taken = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for indices in torch.randperm(len(windows)).split(BATCH):
            x = windows[indices]
            loss = (net(x)[:, :-1] - x[:, 1:]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        taken.append(time.perf_counter() - start)
    return min(taken)


def ours(cell: str) -> float:
    """Return the same of `Forecaster.fit`, without what comes before and after."""
    detector = Forecaster(
        cell=cell, hidden=(HIDDEN,), window=WINDOW, batch_size=BATCH, epochs=EPOCHS,
        validation_fraction=0.0, random_state=0, device="cpu",
    )  # fmt: skip
    return min(epoch.seconds for epoch in detector.fit(series()[:, None]).history_.epochs)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for cell in sys.argv[1:] or CELLS:
        pairs = [(bare(cell), ours(cell)) for _ in range(REPEATS)]
        theirs, mine = (min(times) for times in zip(*pairs, strict=True))
        text = f"{mine / theirs:.2f}x the time (want 1x at most)"
        print(f"{cell}, one epoch: ours {mine:.2f} s, bare loop {theirs:.2f} s; {text}", flush=True)
