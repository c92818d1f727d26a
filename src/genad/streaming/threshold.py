"""A threshold that adapts: the score exceeded with a stated probability, learnt from the tail."""

from collections import deque
from math import inf
from typing import final

import numpy as np
from scipy.special import boxcox

from genad.errors import DataError, ParameterError
from genad.streaming.state import Arrays, Config, Part
from genad.thresholds import fit_pareto

__all__ = ["AdaptiveThreshold"]

_RENEWAL = 0.02  # of the excesses


@final
class AdaptiveThreshold(Part):
    r"""Streaming peaks over threshold (SPOT): flags what normal scores exceed at a rate of `risk`.

    The first `warm_up` scores give the level t, their `level`-quantile. Of all scores since, the
    excesses over t have a generalised Pareto distribution with shape gamma and scale sigma, and

    .. math:: z = t + \frac{\sigma}{\gamma} \left((q n / N_t)^{-\gamma} - 1\right)

    with q = `risk`, and N_t excesses in n steps. Above z is an anomaly. The distribution is fitted
    anew after every anomaly, and whenever 2 % of the excesses are new.

    Parameters
    ----------
    risk
        Share of normal scores above the threshold, below 1 - `level`.
    level
        Quantile of the first scores above which the tail begins, in (0, 1).
    warm_up
        Scores that fix t; until then nothing is an anomaly.
    peaks
        The last so many excesses count, so that memory and the cost of a fit are bounded.
    guard
        Keep what is an anomaly from being learnt, as in the paper. False learns it, so that a
        lasting change ends to alarm; with heavy tails that also is what keeps alarms rare.

    References
    ----------
    Siffer, Fouque, Termier and Largouet (2017), Anomaly Detection in Streams with Extreme Value
    Theory, KDD.

    Examples
    --------
    >>> scores = np.random.default_rng(0).exponential(size=20_000).tolist()
    >>> threshold = AdaptiveThreshold(risk=1e-4)
    >>> for score in scores:
    ...     threshold.learn_one(score)
    >>> bool(abs(threshold.value - np.log(1e4)) < 1.5), threshold.is_anomaly(50.0)
    (True, True)
    """

    def __init__(
        self,
        risk: float = 1e-3,
        *,
        level: float = 0.98,
        warm_up: int = 750,
        peaks: int = 500,
        guard: bool = False,
    ) -> None:
        if not (0 < level < 1 and 0 < risk < 1 - level):
            raise ParameterError(
                f"Got risk={risk}, level={level}: give a level in (0, 1) and a risk above 0 and "
                "below 1 - level."
            )
        if warm_up < 1 or peaks < 1:
            raise ParameterError(f"Got warm_up={warm_up}, peaks={peaks}: give at least 1.")
        self.risk, self.level, self.warm_up, self.guard = risk, level, warm_up, guard
        self._value, self._start, self._seen = inf, inf, 0
        self._shape, self._scale, self._due = 0.0, 0.0, 0  # due: excesses until the next fit
        self._waiting: list[float] = []
        self._peaks: deque[tuple[int, float]] = deque(maxlen=peaks)  # (step, excess)

    @property
    def value(self) -> float:
        """The threshold, infinite before the warm-up is over."""
        return self._value

    def is_anomaly(self, score: float) -> bool:
        """Return whether a score is above the threshold.

        Examples
        --------
        >>> AdaptiveThreshold().is_anomaly(1.0)
        False
        """
        return score > self._value

    def learn_one(self, score: float) -> None:
        """Learn a finite score, unless the guard keeps it away.

        Examples
        --------
        >>> threshold = AdaptiveThreshold(warm_up=1)
        >>> threshold.learn_one(1.0)
        >>> threshold.value
        1.0
        """
        if not abs(score) < inf:
            raise DataError(f"Scores must be finite, got {score}: leave that step out.")
        if self._start == inf:
            self._wait(score)
        elif not (self.guard and score > self._value):
            self._seen += 1
            if score > self._start:
                self._peaks.append((self._seen, score - self._start))
                self._due = 0 if score > self._value else self._due - 1
                self._move()

    def _wait(self, score: float) -> None:
        self._waiting.append(score)
        if len(self._waiting) == self.warm_up:
            scores, self._waiting = self._waiting, []
            self._start = float(np.quantile(scores, self.level))
            excesses = [(i, x - self._start) for i, x in enumerate(scores, 1) if x > self._start]
            self._peaks.extend(excesses)
            self._seen = len(scores)
            self._move()

    def _move(self) -> None:
        """Set the threshold by equation 1 of the paper, for the stretch that the peaks span."""
        full = len(self._peaks) == self._peaks.maxlen
        steps = self._seen - (self._peaks[0][0] - 1 if full else 0)
        ratio = len(self._peaks) / (self.risk * steps)
        self._value = self._start
        if ratio > 1:
            if self._due <= 0:
                self._fit()
            # boxcox(1 / r, shape) is (r ** -shape - 1) / shape, and its limit -log(r) for shape 0.
            self._value += self._scale * float(boxcox(ratio, self._shape))

    def _fit(self) -> None:
        excesses = np.array([excess for _, excess in self._peaks])
        self._due = 1 + int(_RENEWAL * excesses.size)
        with np.errstate(over="ignore", invalid="ignore"):
            self._shape, self._scale = fit_pareto(excesses)

    def state(self) -> tuple[Config, Arrays]:
        """Return the peaks, the level and the threshold."""
        steps = np.array([step for step, _ in self._peaks], dtype=np.int64)
        excesses = np.array([excess for _, excess in self._peaks], dtype=np.float64)
        return {"seen": self._seen, "due": self._due}, {
            "limits": np.array([self._value, self._start, self._shape, self._scale]),
            "waiting": np.array(self._waiting, dtype=np.float64),
            "steps": steps,
            "excesses": excesses,
        }

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the peaks, the level and the threshold."""
        self._seen, self._due = int(config["seen"]), int(config["due"])
        self._value, self._start, self._shape, self._scale = arrays["limits"].tolist()
        self._waiting = arrays["waiting"].tolist()
        self._peaks.clear()
        self._peaks.extend(zip(arrays["steps"].tolist(), arrays["excesses"].tolist(), strict=True))
