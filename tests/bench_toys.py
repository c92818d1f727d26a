"""A suite that costs nothing, and detectors that misbehave; workers import them by name."""

import hashlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genad.benchmark import Inputs, Suite, Task
from genad.benchmark.judging import figures


@dataclass(frozen=True)
class Toy(Task):
    """Rows of a normal distribution, of which the labels pick some at random: nothing to find."""

    name: str
    size: int = 60
    file: str = ""

    def digest(self):
        content = Path(self.file).read_bytes() if self.file else self.name.encode()
        return hashlib.sha256(content).hexdigest()

    def inputs(self, seed):
        rng = np.random.default_rng([seed, 1])
        return Inputs(rng.normal(size=(self.size, 2)), rng.normal(size=(self.size, 2)))

    def judge(self, seed, answer):
        return figures(labels(seed, self.size), answer)


def labels(seed, size):
    """Return which test rows are anomalies: drawn apart from the rows."""
    return np.random.default_rng([seed, 2]).random(size) < 0.3


@dataclass(frozen=True)
class Found(Toy):
    """The same with the anomalies far out: everything to find."""

    def inputs(self, seed):
        plain = super().inputs(seed)
        return Inputs(plain.train, plain.test + 9.0 * labels(seed, self.size)[:, None])


SUITE = Suite("toys", "Toys", ("Rows at random.",), (Toy("toys/none"), Found("toys/all")), seeds=2)
SLOW = Suite("slow", "Slow toys", (), tuple(Toy(f"slow/{k}") for k in range(6)), seeds=1)


class Distance:
    """The base of all: the distance from zero."""

    threshold_ = 3.0

    def fit(self, X):
        return self

    def anomaly_score(self, X):
        return np.abs(X).sum(1)


class Slow(Distance):
    def fit(self, X):
        time.sleep(0.25)
        return self


class Endless(Distance):
    def fit(self, X):
        time.sleep(600)


class Broken(Distance):
    def fit(self, X):
        raise ValueError("no such thing\nas a second line")


class Unsure(Distance):
    def anomaly_score(self, X):
        return np.full(len(X), np.nan)


class Dying(Distance):
    def anomaly_score(self, X):
        os.kill(os.getpid(), signal.SIGKILL)


class Hungry(Distance):
    def fit(self, X):
        self.hoard = []
        while True:
            self.hoard.append(np.ones(5_000_000))  # 40 MB, touched
            time.sleep(0.02)


class Spoiling(Distance):
    def fit(self, X):
        X[:] = 0.0


class Cheat:
    """Looks for labels wherever Python lets it look: in all frames above it."""

    threshold_ = 0.5

    def fit(self, X):
        return self

    def anomaly_score(self, X):
        frame = sys._getframe()
        while frame is not None:
            for value in list(frame.f_locals.values()):
                if (stolen := _labels_in(value, len(X))) is not None:
                    return stolen.astype(np.float64)
            frame = frame.f_back
        return np.zeros(len(X))


def _labels_in(value, n, depth=3):
    if isinstance(value, np.ndarray):
        return value if value.dtype == np.bool_ and value.shape == (n,) else None
    inner = (
        value if isinstance(value, list | tuple) else vars(value).values() if _has(value) else ()
    )
    found = (_labels_in(each, n, depth - 1) for each in inner if depth)
    return next((each for each in found if each is not None), None)


def _has(value):
    return hasattr(value, "__dict__") and not isinstance(value, type)
