"""WindowedGaussian: the plain baseline of the Numenta Anomaly Benchmark."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from genad.data.scaling import ScalerName
from genad.detector import CausalDetector, CausalModel, Follower
from genad.parameters import PositiveInt
from genad.streaming import WindowedGaussian as MovingGaussian
from genad.streaming import join_states, load_states
from genad.streaming.state import Arrays, Config
from genad.training import Model


@final
class WindowedGaussian(CausalDetector):
    r"""How far out a value is in the normal distribution of the last values.

    .. math:: A(x_t) = \sum_j \left(1 - \tfrac12 \operatorname{erfc}
              \frac{|x_{tj} - \mu_{tj}|}{\sqrt 2\,\sigma_{tj}}\right)

    Every value counts at once while the memory fills; then it moves on by `refresh` values at a
    time. Scores of one channel end at 1, which all that is far out shares: `RollingZScore` tells
    such values apart.

    Parameters
    ----------
    memory : values that count.
    refresh : values by which the full memory moves on.

    References
    ----------
    Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark (Lavin and
    Ahmad, 2015): its detector "windowedGaussian", with the same scores.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.sin(np.arange(1000) / 4)
    >>> detector = WindowedGaussian(memory=100, refresh=10).fit(X)
    >>> X[500] += 3.0
    >>> detector.anomaly_score(X)[[499, 500]].round(2)
    array([0.87, 1.  ])
    """

    family = "statistics"

    scaler: ScalerName = "none"
    memory: PositiveInt = 6400
    refresh: PositiveInt = 100

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _GaussianModel(shape[1], self.memory, self.refresh)


class _GaussianModel(CausalModel):
    def __init__(self, channels: int, memory: int, refresh: int) -> None:
        super().__init__()
        self.channels, self.memory, self.refresh = channels, memory, refresh

    def follower(self) -> Follower:
        return _Follower(self.channels, self.memory, min(self.refresh, self.memory))


class _Follower(Follower):
    def __init__(self, channels: int, memory: int, refresh: int) -> None:
        self.parts = {str(j): MovingGaussian(memory, refresh) for j in range(channels)}

    def shares_one(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        pairs = zip(self.parts.values(), x.tolist(), strict=True)
        return np.array([part.score_one(value) for part, value in pairs])

    def learn_one(self, x: NDArray[np.float64]) -> None:
        for part, value in zip(self.parts.values(), x.tolist(), strict=True):
            part.learn_one(value)

    def expected(self) -> NDArray[np.float64]:
        return np.array([part._mean for part in self.parts.values()])

    def state(self) -> tuple[Config, Arrays]:
        return join_states(self.parts)

    def load_state(self, config: Config, arrays: Arrays) -> None:
        load_states(self.parts, config, arrays)
