"""StreamingNovelty: how far a value is from everything that the series has ever shown."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from genad.data.scaling import ScalerName
from genad.detector import CausalDetector, CausalModel, Follower
from genad.parameters import NaturalFloat, PositiveInt
from genad.streaming import NoveltyScorer
from genad.streaming.state import Arrays, Config
from genad.training import Model

Values = NDArray[np.float64]


@final
class StreamingNovelty(CausalDetector):
    """Distance to the nearest value ever seen, against how far new values usually are.

    Nothing is learnt of the training series but the threshold: every series is scored from its own
    start. Where there are time stamps, the time of day counts too. The formulas stand in
    `genad.streaming.Novelty`, `genad.streaming.DayNovelty` and `genad.streaming.PeakLevel`.

    Parameters
    ----------
    probationary_period : first steps of a series that tell what is usual, and whose scores are not
        to be trusted.
    rest : share of the probationary period for which scores are 0 after one that was as high.
    day_weight : weight of the time of day; 0 leaves it out.

    Examples
    --------
    >>> values = np.sin(np.arange(2000.0) / 10)
    >>> values[1500] = 2.5
    >>> detector = StreamingNovelty(probationary_period=300).fit(values[:1000])
    >>> int(detector.anomaly_score(values).argmax())
    1500
    """

    family = "streaming"
    timed = True

    scaler: ScalerName = "none"
    probationary_period: PositiveInt = 750
    rest: NaturalFloat = 0.3
    day_weight: NaturalFloat = 0.5

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _NoveltyModel(shape[1], self)


class _NoveltyModel(CausalModel):
    additive = False

    def __init__(self, channels: int, options: StreamingNovelty) -> None:
        super().__init__()
        self.channels, self.options = channels, options

    def follower(self) -> Follower:
        options = self.options
        return _Follower(
            NoveltyScorer(
                self.channels,
                probationary_period=options.probationary_period,
                rest=options.rest,
                day_weight=options.day_weight,
            ),
            self.channels,
        )


class _Follower(Follower):
    """A novelty scorer that expects the last value again; steps end with the second of the day."""

    def __init__(self, scorer: NoveltyScorer, channels: int) -> None:
        self.scorer, self.last = scorer, np.zeros(channels + 1)

    def score_one(self, x: Values) -> float:
        return self.scorer.score_row(x[:-1].tolist(), int(x[-1]))

    def shares_one(self, x: Values) -> Values:
        return np.array([*self.scorer.row_novelties(x[:-1].tolist(), int(x[-1])), 0.0])

    def learn_one(self, x: Values) -> None:
        self.scorer.learn_row(x[:-1].tolist(), int(x[-1]))
        self.last = x.copy()

    def expected(self) -> Values:
        return self.last

    def state(self) -> tuple[Config, Arrays]:
        config, arrays = self.scorer.state()
        return config, arrays | {"last": self.last}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        self.scorer.load_state(config, {k: a for k, a in arrays.items() if k != "last"})
        self.last = arrays["last"]
