"""How high a stream's scores usually peak, so that different streams can share a threshold."""

from math import exp, log
from typing import final

import numpy as np

from genad.errors import ParameterError
from genad.streaming.state import Arrays, Config, Part

__all__ = ["PeakLevel"]

_LEAST = 0.01  # a block that stays below says no more than one that reaches it


@final
class PeakLevel(Part):
    r"""Divides scores by a power of the usual peak of a stretch of the stream's own past.

    A stream whose scores peak in every stretch has to peak higher for the same calibrated score:

    .. math:: s' = s \left(\frac{p}{c}\right)^{\lambda}, \quad
        \log c = \frac{n_0 \log p + \sum_{b=1}^{B} \log \max_{t \in b} s_t}{n_0 + B}

    over the B blocks so far. The mean is shrunk towards a stream not known yet, as in empirical
    Bayes: the prior p and its weight n0 are the mean over the series of the Numenta benchmark, and
    the ratio of the variance within a series to that between them (no label was used for either).

    Parameters
    ----------
    block
        Steps in a block.
    start
        So many first steps belong to none.
    strength
        The exponent: 0 leaves the scores as they are, 1 judges a peak by its own stream alone.
    prior, weight
        p and n0.

    Examples
    --------
    >>> level = PeakLevel(block=2, strength=1.0, prior=0.1, weight=1.0)
    >>> for score in (0.2, 0.4):
    ...     level.learn_one(score)
    >>> round(level.score_one(0.4), 3)
    0.2
    """

    def __init__(
        self,
        block: int,
        start: int = 0,
        *,
        strength: float = 0.2,
        prior: float = 0.05,
        weight: float = 6.0,
    ) -> None:
        if block < 1 or start < 0:
            raise ParameterError(f"Got block={block}, start={start}: give at least 1 and 0 steps.")
        if not (0 <= strength <= 1 and prior > 0 and weight > 0):
            raise ParameterError(
                f"Got strength={strength}, prior={prior}, weight={weight}: give a strength in "
                "[0, 1], and a prior and a weight above 0."
            )
        self.block, self.start = block, start
        self.strength, self.prior, self.weight = strength, prior, weight
        self._seen, self._blocks, self._sum = 0, 0, 0.0
        self._peak, self._factor = _LEAST, 1.0

    def score_one(self, score: float) -> float:
        """Return the calibrated score.

        Examples
        --------
        >>> PeakLevel(block=10).score_one(0.3)
        0.3
        """
        return score * self._factor

    def learn_one(self, score: float) -> None:
        """Take a step, with its score as it was before.

        Examples
        --------
        >>> PeakLevel(block=10).learn_one(0.3)
        """
        self._seen += 1
        if self._seen <= self.start:
            return
        self._peak = max(self._peak, score)
        if (self._seen - self.start) % self.block == 0:
            self._blocks += 1
            self._sum += log(self._peak / self.prior)
            self._peak = _LEAST
            self._set_factor()

    def _set_factor(self) -> None:
        self._factor = exp(-self.strength * self._sum / (self.weight + self._blocks))

    def state(self) -> tuple[Config, Arrays]:
        """Return the steps taken, the blocks and their peaks' logarithms."""
        numbers = np.array([self._sum, self._peak])
        return {"seen": self._seen, "blocks": self._blocks}, {"numbers": numbers}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the steps, the blocks and the peaks."""
        self._seen, self._blocks = int(config["seen"]), int(config["blocks"])
        self._sum, self._peak = arrays["numbers"].tolist()
        self._set_factor()
