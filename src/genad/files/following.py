"""A causal detector goes along with a stream of lines: it waits, learns, scores, and can be put by.

The first steps are what it is fitted on. From then on every step is scored by what came before it,
and its score moves the threshold. All of that is a state that is stored and restored exactly.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.period import USUAL_WINDOW
from genad.detector import CausalDetector, Stream, TrainedDetector
from genad.errors import ParameterError
from genad.files.lines import Step
from genad.parameters import plain_parameters
from genad.storage import Arrays, read_model, rebuilding, section, write_model
from genad.streaming import AdaptiveThreshold

MODEL, STREAM = "model", "stream"
_STEPS = 750  # that a detector waits for, where nobody says
# So many scores of normal data at most tell the threshold where to begin.
_SCORES = 10_000


@dataclass(frozen=True)
class Verdict:
    """What is said of a step before it is learnt.

    Parameters
    ----------
    score, probability, flagged : as a detector's, but `flagged` goes by a threshold that moves.
    threshold : that one.
    """

    score: float
    probability: float
    flagged: bool
    threshold: float


class Following:
    """A detector along a stream.

    Parameters
    ----------
    detector : a causal detector; unfitted, it waits for `warm_up` steps and learns from those.
    channels : their names, in the order of the steps' values.
    warm_up : steps; 0 where `fit` or `begin` is called.
    adaptive : whether the threshold moves with the scores (peaks over threshold); else it stays the
        detector's own.
    guard : whether scores above the threshold leave it where it is.

    Examples
    --------
    >>> from genad import RollingZScore
    >>> following = Following(RollingZScore(memory=20), ["bar"], warm_up=50)
    >>> for value in [*np.sin(np.arange(60.0)), 9.0]:
    ...     step = Step([str(value)], [value], None)
    ...     verdict = following.score(step)
    ...     following.learn(step)
    >>> verdict.flagged, following.steps
    (True, 61)
    """

    def __init__(
        self,
        detector: CausalDetector,
        channels: list[str],
        *,
        warm_up: int = 0,
        adaptive: bool = True,
        guard: bool = False,
    ) -> None:
        self.detector, self.channels, self.warm_up = detector, channels, warm_up
        self.adaptive, self.guard = adaptive, guard
        self.steps, self.flagged = 0, 0
        self._waiting: list[Step] = []
        self._stream: Stream | None = None
        self._threshold = AdaptiveThreshold()
        self._last: tuple[Step, Verdict] | None = None

    def fit(self, series: list[pa.Table]) -> None:
        """Fit the detector on other series, so that it waits for nothing."""
        self.detector.fit(series)
        self.begin()

    def begin(self) -> Stream:
        """Open the stream of a fitted detector, the threshold where its normal scores put it."""
        self._stream = self.detector.stream()
        # The calibration keeps them sorted; the tail's fit wants them as they come.
        order = np.random.default_rng(0).permutation(self.detector.calibration_.reference_scores)
        scores = order[:_SCORES].tolist()
        self._threshold = AdaptiveThreshold(warm_up=len(scores), guard=self.guard)
        for score in scores:
            self._threshold.learn_one(score)
        return self._stream

    @property
    def waits(self) -> bool:
        """Whether it still waits for steps to learn from."""
        return self._stream is None

    def score(self, step: Step) -> Verdict | None:
        """Return what is said of the next step, or None while the detector waits."""
        if self._stream is None:
            return None
        score = self._stream.score_one(step.values, step.stamp)
        probability = float(self.detector.calibration_.probability([score])[0])
        threshold = self._threshold.value if self.adaptive else self.detector.threshold_
        verdict = Verdict(score, probability, score > threshold, threshold)
        self._last = step, verdict
        return verdict

    def learn(self, step: Step) -> None:
        """Take in the next step; fits the detector when it has waited long enough.

        Raises
        ------
        DataError
            If the detector cannot be fitted on what came.
        """
        if self._stream is None:
            if len(self._waiting) + 1 == self.warm_up:
                self._learn_what([*self._waiting, step])
                self._waiting = []
            else:
                self._waiting.append(step)
        else:
            known = self._last is not None and self._last[0] is step
            verdict = self._last[1] if known and self._last else self.score(step)
            if verdict is not None:
                self._threshold.learn_one(verdict.score)
                self.flagged += verdict.flagged
            self._stream.learn_one(step.values, step.stamp)
        self.steps, self._last = self.steps + 1, None

    def _learn_what(self, came: list[Step]) -> None:
        """Fit the detector on steps, and take them in as the start of the stream."""
        frame = pa.table(dict(zip(self.channels, _columns(came), strict=True)))
        stamps = [step.stamp for step in came if step.stamp is not None]
        if len(stamps) == len(came):
            name = "time"
            while name in self.channels:
                name += "_"
            frame = frame.append_column(name, pa.array(np.array(stamps)))
        self.detector.fit(frame)
        stream = self.begin()
        for step in came:
            stream.learn_one(step.values, step.stamp)

    def save(self, folder: Path, *, with_model: bool = True) -> None:
        """Write all that was taken in, and the detector, to a folder whose parts are whole."""
        folder.mkdir(parents=True, exist_ok=True)
        if with_model and not self.waits and not (folder / MODEL).exists():
            self.detector.save(folder / MODEL)
        config, arrays = self._state()
        write_model(folder / STREAM, config, arrays, overwrite=True)

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        config = {"made": self._made(), "steps": self.steps, "flagged": self.flagged}
        if self._stream is None:
            stamps = [step.stamp or np.datetime64("NaT", "us") for step in self._waiting]
            return {"following": config}, {
                "waiting": np.array(_columns(self._waiting)),
                "stamps": np.array(stamps, "datetime64[us]").astype(np.int64),
            }
        config["stream"], arrays = self._stream.state()
        config["threshold"], own = self._threshold.state()
        joined = {f"stream.{name}": array for name, array in arrays.items()}
        return {"following": config}, joined | {f"threshold.{k}": a for k, a in own.items()}

    def _made(self) -> dict[str, Any]:
        """Return what must be the same for a state to be gone on with, as JSON gives it back."""
        parameters = plain_parameters(self.detector.get_params(deep=False))
        facts = {
            "detector": type(self.detector).__name__,
            "channels": self.channels,
            "warm_up": self.warm_up,
            "adaptive": self.adaptive,
            "guard": self.guard,
            **{f"parameter {name}": value for name, value in parameters.items()},
        }
        same: dict[str, Any] = json.loads(json.dumps(facts))
        return same

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote, with the same scores to the last bit.

        Raises
        ------
        ModelFormatError
            If it is damaged.
        ParameterError
            If it is of another detector, other channels or other options.
        """
        config, arrays = read_model(folder / STREAM)
        facts = config.get("following", {})
        _check_same(self._made(), facts.get("made", {}), folder)
        with rebuilding("state of a stream", config):
            self.steps, self.flagged = facts["steps"], facts["flagged"]
            if "stream" not in facts:
                self._waiting = _steps(arrays["waiting"], arrays["stamps"])
                return
            if (folder / MODEL).exists():
                self.detector = type(self.detector).load(folder / MODEL)
            self.begin().load_state(facts["stream"], section(arrays, "stream."))
            self._threshold.load_state(facts["threshold"], section(arrays, "threshold."))


def usual_warm_up(detector: CausalDetector) -> int:
    """Return the steps to wait for where nobody says: enough to hold some windows out.

    Examples
    --------
    >>> from genad import Forecaster, StreamingNovelty
    >>> usual_warm_up(StreamingNovelty()), usual_warm_up(Forecaster(window=100))
    (750, 1000)
    """
    share = detector.validation_fraction if isinstance(detector, TrainedDetector) else 0
    window = USUAL_WINDOW if detector.window == "auto" else detector.window or 1
    windows = 2 * window
    return max(_STEPS, math.ceil(windows / share) if share else 0)


def _check_same(ours: dict[str, Any], saved: dict[str, Any], folder: Path) -> None:
    for name, value in ours.items():
        if saved.get(name) != value:
            raise ParameterError(
                f"{folder} holds a stream with {name} {saved.get(name)!r}, but now it is "
                f"{value!r}; go on with the options it began with, or give another folder."
            )


def _columns(steps: list[Step]) -> NDArray[np.float64]:
    """Return values of shape (channels, steps)."""
    return np.array([step.values for step in steps], np.float64).T


def _steps(columns: NDArray[np.float64], stamps: NDArray[np.int64]) -> list[Step]:
    pairs = zip(columns.T.tolist(), stamps.astype("datetime64[us]"), strict=True)
    return [Step([], row, None if np.isnat(stamp) else stamp) for row, stamp in pairs]
