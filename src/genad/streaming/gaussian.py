"""The moving Gaussian: how unlikely a value is under the normal distribution of the last ones."""

from collections import deque
from math import erfc, sqrt
from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.state import Arrays, Config, Part
from genad.streaming.steps import as_row

__all__ = ["WindowedGaussian"]

_LEAST_DEVIATION = 1e-6  # of a constant window, as in the benchmark's detector


@final
class WindowedGaussian(Part):
    r"""Scores 1 minus the tail probability of a value, the Numenta benchmark's plain baseline.

    .. math:: s = 1 - \tfrac{1}{2} \operatorname{erfc} \frac{|x - \mu|}{\sqrt{2}\,\sigma}

    with the mean and the deviation of the last `window` values. While the window fills, every value
    counts at once; after that it moves on by `step` values at a time. One channel; a missing value
    (NaN) has the score 0 and is not learnt.

    Parameters
    ----------
    window
        Values that count.
    step
        Values by which the full window moves.

    Examples
    --------
    >>> gaussian = WindowedGaussian()
    >>> for value in (1.0, 2.0, 3.0):
    ...     gaussian.learn_one(value)
    >>> round(gaussian.score_one(2.0), 3), round(gaussian.score_one(5.0), 3)
    (0.5, 1.0)
    """

    def __init__(self, window: int = 6_400, step: int = 100) -> None:
        if not 1 <= step <= window:
            raise ParameterError(f"Got window={window}, step={step}: give 1 <= step <= window.")
        self.window, self.step = window, step
        self._values: deque[float] = deque(maxlen=window)
        self._waiting: list[float] = []
        self._mean, self._squares, self._deviation = 0.0, 0.0, 1.0

    def score_one(self, x: float) -> float:
        """Return the score of the next value, in [0.5, 1], 0 for the first.

        Examples
        --------
        >>> WindowedGaussian().score_one(3.0)
        0.0
        """
        value = as_row(x, 1)[0]
        if not self._values or value != value:
            return 0.0
        return 1 - 0.5 * erfc(abs(value - self._mean) / (sqrt(2) * self._deviation))

    def learn_one(self, x: float) -> None:
        """Learn the next value.

        Examples
        --------
        >>> WindowedGaussian().learn_one(3.0)
        """
        value = as_row(x, 1)[0]
        if value != value:
            return
        if len(self._values) < self.window:
            self._fill(value)
            return
        self._waiting.append(value)
        if len(self._waiting) == self.step:
            self._values.extend(self._waiting)
            self._waiting = []
            values = np.array(self._values)
            self._mean, self._deviation = float(values.mean()), float(values.std())
            self._deviation = self._deviation or _LEAST_DEVIATION

    def _fill(self, value: float) -> None:
        """Update mean and deviation by one value (Welford, 1962)."""
        self._values.append(value)
        before, n = self._mean, len(self._values)
        self._mean += (value - before) / n
        self._squares += (value - before) * (value - self._mean)
        self._deviation = sqrt(self._squares / n) or _LEAST_DEVIATION

    def state(self) -> tuple[Config, Arrays]:
        """Return the values, and their mean and deviation."""
        return {}, {
            "values": np.array(self._values, dtype=np.float64),
            "waiting": np.array(self._waiting, dtype=np.float64),
            "moments": np.array([self._mean, self._squares, self._deviation]),
        }

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the values, their mean and deviation."""
        self._values.clear()
        self._values.extend(arrays["values"].tolist())
        self._waiting = arrays["waiting"].tolist()
        self._mean, self._squares, self._deviation = arrays["moments"].tolist()
