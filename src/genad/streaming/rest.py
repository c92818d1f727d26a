"""Rest after an alarm: a score counts only if it tops all scores of the time just before."""

from collections import deque
from collections.abc import Iterable
from typing import final

import numpy as np
from numpy.typing import NDArray

from genad.errors import ParameterError
from genad.streaming.state import Arrays, Config, Part

__all__ = ["Rest"]


@final
class Rest(Part):
    """Lets a score through if it exceeds all scores of the last `length` steps, else makes it 0.

    An anomaly that lasts, or a burst of them, is then reported where it begins and again only where
    it gets worse. For scores of at least 0, from any detector, in a stream or at once.

    Parameters
    ----------
    length
        Steps to look back; 0 lets every score through.

    Examples
    --------
    >>> Rest(2).transform([1.0, 3.0, 2.0, 2.5, 2.6]).tolist()
    [1.0, 3.0, 0.0, 0.0, 2.6]
    """

    def __init__(self, length: int) -> None:
        if length < 0:
            raise ParameterError(f"length must be at least 0 steps, got {length}.")
        self.length = length
        self._seen = 0
        # (step, score) of those that a later step may have to top: scores fall from left to right.
        self._peaks: deque[tuple[int, float]] = deque()

    def score_one(self, score: float) -> float:
        """Return the score, or 0.

        Examples
        --------
        >>> Rest(2).score_one(0.5)
        0.5
        """
        return 0.0 if self._peaks and score <= self._peaks[0][1] else score

    def learn_one(self, score: float) -> None:
        """Take a step, with its score as it was before :meth:`score_one`.

        Examples
        --------
        >>> rest = Rest(2)
        >>> rest.learn_one(0.5)
        >>> rest.score_one(0.4)
        0.0
        """
        peaks = self._peaks
        while peaks and peaks[-1][1] <= score:
            peaks.pop()
        peaks.append((self._seen, score))
        self._seen += 1
        if peaks[0][0] < self._seen - self.length:
            peaks.popleft()

    def transform(self, scores: Iterable[float]) -> NDArray[np.float64]:
        """Let a series of scores through, of shape (n,), going on from what was learnt.

        Examples
        --------
        >>> Rest(1).transform([2.0, 1.0, 1.5])
        array([2. , 0. , 1.5])
        """
        emitted = []
        for score in np.asarray(scores, dtype=np.float64).tolist():
            emitted.append(self.score_one(score))
            self.learn_one(score)
        return np.array(emitted, dtype=np.float64)

    def state(self) -> tuple[Config, Arrays]:
        """Return the steps taken, and the scores to be topped."""
        steps = np.array([step for step, _ in self._peaks], dtype=np.int64)
        scores = np.array([score for _, score in self._peaks], dtype=np.float64)
        return {"seen": self._seen}, {"steps": steps, "scores": scores}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over the steps and the scores."""
        steps, scores = arrays["steps"].tolist(), arrays["scores"].tolist()
        self._seen = int(config["seen"])
        self._peaks = deque(zip(steps, scores, strict=True))
