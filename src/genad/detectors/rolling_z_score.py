"""RollingZScore: how many standard deviations a value is from the mean of the last ones."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from genad.detector import CausalDetector, CausalModel, Follower
from genad.parameters import PositiveInt
from genad.streaming.state import Arrays, Config
from genad.training import Model

# In standard deviations of the training series; a channel that stood still has some spread too.
_LEAST_SPREAD = 1e-3


@final
class RollingZScore(CausalDetector):
    r"""Sum of the squared z-scores of a step among the steps just before it.

    .. math:: A(x_t) = \sum_j \left(\frac{x_{tj} - \mu_{tj}}{\sigma_{tj}}\right)^2

    with mean and standard deviation of the last `memory` steps before. Follows a level that
    drifts; blind to whatever stays within the range of the last steps. Nothing is trained but the
    threshold. The first steps of a series are scored with what there is, and the training mean.

    Parameters
    ----------
    memory : steps that count.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.sin(np.arange(1000) / 4)
    >>> detector = RollingZScore(memory=100).fit(X)
    >>> X[500] += 3.0
    >>> int(detector.anomaly_score(X).argmax())
    500
    """

    family = "statistics"

    memory: PositiveInt = 500

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _RollingModel(shape[1], self.memory)


class _RollingModel(CausalModel):
    def __init__(self, channels: int, memory: int) -> None:
        super().__init__()
        self.channels, self.memory = channels, memory

    def follower(self) -> Follower:
        return _Follower(self.channels, self.memory)


class _Follower(Follower):
    """A ring of the last steps, and sums of what is in it.

    Before anything was seen, one step at zero with the spread 1 stands for the training series,
    which is scaled; it fades as steps come.
    """

    def __init__(self, channels: int, memory: int) -> None:
        self.ring = np.zeros((memory, channels))
        self.sums = np.zeros((2, channels))  # of the values, and of their squares
        self.seen = 0

    def shares_one(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        mean, spread = self._moments()
        shares: NDArray[np.float64] = np.square((x - mean) / spread)
        return shares

    def _moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n = min(self.seen, len(self.ring)) + 1
        mean = self.sums[0] / n
        variance = (self.sums[1] + 1) / n - mean * mean
        return mean, np.sqrt(np.maximum(variance, _LEAST_SPREAD**2))

    def learn_one(self, x: NDArray[np.float64]) -> None:
        place = self.seen % len(self.ring)
        old = self.ring[place]
        self.sums[0] += x - old
        self.sums[1] += x * x - old * old
        self.ring[place] = x
        self.seen += 1
        if place == len(self.ring) - 1:  # once a round, so that rounding errors do not add up
            self.sums[:] = self.ring.sum(0), np.square(self.ring).sum(0)

    def expected(self) -> NDArray[np.float64]:
        return self._moments()[0]

    def state(self) -> tuple[Config, Arrays]:
        return {"seen": self.seen}, {"ring": self.ring.copy(), "sums": self.sums.copy()}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        self.seen = int(config["seen"])
        np.copyto(self.ring, arrays["ring"], casting="no")
        np.copyto(self.sums, arrays["sums"], casting="no")
