"""Series step by step: a step's score from its past alone, in a stream as in one go."""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from copy import copy
from importlib.metadata import version
from pathlib import Path
from types import MethodType
from typing import Any, ClassVar, Self, cast, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from genad.data.series import Recording, Recordings
from genad.data.views import Collector, View
from genad.data.windows import Windows
from genad.detector.base import Detector
from genad.errors import DataError, ModelFormatError, ParameterError
from genad.storage import Arrays, read_model, rebuilding, section, write_model
from genad.streaming import Part
from genad.streaming.steps import Stamp, as_row, as_second, as_seconds
from genad.training import Model

Values = NDArray[np.float64]
Config = dict[str, Any]

# So many steps of a series are encoded at a time: memory is bounded by this.
_STEPS = 2**16


class Follower(Part):
    """Goes along one series: scores the next step by what came before, then takes it in.

    Steps are values of shape (channels,), scaled and none missing; of a timed detector, the second
    of the day (-1 where unknown) follows them.
    """

    @abstractmethod
    def shares_one(self, x: Values) -> Values:
        """Return the share of every channel in the score of the next step, of shape (channels,)."""

    @abstractmethod
    def learn_one(self, x: Values) -> None:
        """Take in the next step."""

    def expected(self) -> Values:
        """Return what the next step should be, of shape (channels,)."""
        raise NotImplementedError(f"{type(self).__name__} expects nothing in particular")

    def score_one(self, x: Values) -> float:
        """Return the score of the next step: by default the sum of the channels' shares."""
        return float(self.shares_one(x).sum())


class CausalModel(Model):
    """A model that scores each step of a series by its past alone."""

    @abstractmethod
    def follower(self) -> Follower:
        """Return a follower at the start of a series."""

    _on: Follower | None = None

    def going_on(self) -> Self:
        """Return the same model for one series in parts: `follow` goes on where it stopped."""
        model = copy(self)
        model._on = self.follower()
        return model

    @torch.no_grad()
    def follow(self, x: Tensor, result: Callable[[Follower, Values], Values]) -> Tensor:
        """Return a result at every step of series of shape (n, time, channels), of that shape."""
        found = np.empty(x.shape)
        for series, results in zip(x.double().cpu().numpy(), found, strict=True):
            follower = self._on or self.follower()
            for step, row in enumerate(series):
                results[step] = result(follower, row)
                follower.learn_one(row)
        return torch.from_numpy(found)

    def contributions(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.follow(x, lambda follower, row: follower.shares_one(row))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return what was expected of each step before it was seen."""
        return self.follow(x, lambda follower, row: follower.expected())

    def step_scores(self, x: Tensor) -> Tensor:  # noqa: D102
        scores = self.follow(x, lambda follower, row: np.full(len(row), follower.score_one(row)))
        return scores[..., 0]

    def score(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.step_scores(x).sum(1)


class CausalDetector(Detector):
    """Base of the detectors that score a step of a series by its past alone.

    Scores of a whole series are those of a stream, for they come from the same steps. They depend
    on no later step, and on the series from its start.
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)
    timed: ClassVar[bool] = False
    """Whether its followers are told the time of day."""

    def _make_view(self, kind: str) -> View[Any]:
        if self._by_windows:
            raise ParameterError(
                f"{type(self).__name__} scores a step by its past, not in windows; leave out "
                "step_score."
            )
        return Windows(self.scaler, self.window or 1, self.stride, any_length=True)

    def _view(self, X: Any) -> View[Any]:
        return self._make_view("series")

    def _normal(self, source: Any, held: Any) -> Any:
        # Where nothing is trained, nothing is known of the steps before they come; and a stretch
        # that was held out would be scored from a start that the series does not have.
        return super()._normal(source, held) if self.model_.objectives() else source

    def _over(
        self,
        source: Recordings,
        function: Callable[[Tensor], Tensor],
        collector: Collector | None = None,
    ) -> Any:
        """Return the results of `function` on each series from its start."""
        results = [self._along(recording, function, flat=source.flat) for recording in source.each]
        return results if source.many else results[0]

    def _along(
        self, recording: Recording, function: Callable[[Tensor], Tensor], *, flat: bool
    ) -> Values:
        """Return the results at the steps of one series, which is taken in some at a time."""
        model, results = cast(CausalModel, self.model_).going_on(), np.empty(0)
        function = MethodType(cast(MethodType, function).__func__, model)
        for start in range(0, len(recording), _STEPS):
            part = self._encoded(recording.part(start, start + _STEPS))
            result: Values = function(torch.from_numpy(part)[None])[0].numpy()
            if result.ndim == 2:
                result = result[:, 0] if flat else result[:, : self.view_.shape[1]]
            if start == 0:
                results = np.empty((len(recording), *result.shape[1:]))
            results[start : start + len(result)] = result
        return results

    def _encoded(self, recording: Recording) -> Values:
        values = cast(Windows, self.view_).scaled(recording.values)
        if not self.timed:
            return values
        return np.column_stack([values, as_seconds(recording.stamps, len(recording))])

    @final
    def stream(self) -> "Stream":
        """Return a stream at the start of a new series."""
        check_is_fitted(self)
        return Stream(self)


@final
class Stream:
    """Scores of one series as it comes, with river's two verbs.

    A step costs the same at the millionth point as at the first.

    Parameters
    ----------
    detector : a fitted causal detector; the stream changes nothing about it.

    Examples
    --------
    >>> from genad.detectors.rolling_z_score import RollingZScore
    >>> detector = RollingZScore(memory=50).fit(np.sin(np.arange(200.0)))
    >>> stream = detector.stream()
    >>> for value in np.sin(np.arange(60.0)):
    ...     stream.learn_one(value)
    >>> stream.score_one(0.5) < detector.threshold_ < stream.score_one(9.0)
    True
    """

    def __init__(self, detector: CausalDetector) -> None:
        self._timed = detector.timed
        self._view = cast(Windows, detector.view_)
        self._channels = self._view.shape[1]
        self._names = list(getattr(detector, "feature_names_in_", []))
        self._follower = cast(CausalModel, detector.model_).follower()
        self._last = [math.nan] * self._channels
        # The step that was scored last: most often it is learnt next.
        self._scored: tuple[list[float], Values] | None = None

    def score_one(self, x: float | ArrayLike | Mapping[str, float], stamp: Stamp = None) -> float:
        """Return the score of the next step, without taking it in.

        Parameters
        ----------
        x : a number, values of shape (channels,), or values by channel; a missing value (NaN)
            counts as the last one known.
        stamp : its time, for detectors that go by the time of day.
        """
        row = self._row(x)
        encoded = self._encoded(row, stamp)
        self._scored = row, encoded
        return self._follower.score_one(encoded)

    def learn_one(self, x: float | ArrayLike | Mapping[str, float], stamp: Stamp = None) -> None:
        """Take in the next step."""
        row = self._row(x)
        scored = self._scored
        known = scored is not None and scored[0] == row and not self._timed
        self._follower.learn_one(scored[1] if known and scored else self._encoded(row, stamp))
        self._last, self._scored = row, None

    def _row(self, x: Any) -> list[float]:
        """Return the values of a step in the channels' order, a missing one as the last known."""
        if isinstance(x, Mapping):
            if set(x) != set(self._names):
                raise DataError(
                    f"A step has the channels {', '.join(map(repr, x))}, but the training series "
                    f"had {', '.join(map(repr, self._names)) or 'none with a name'}."
                )
            x = [x[name] for name in self._names]
        row = as_row(x, self._channels)
        return [
            last if value != value else value  # not NaN
            for value, last in zip(row, self._last, strict=True)
        ]

    def _encoded(self, row: list[float], stamp: Stamp) -> Values:
        encoded: Values = self._view.scaled(np.array([row]))[0]
        return np.append(encoded, as_second(stamp)) if self._timed else encoded

    def state(self) -> tuple[Config, Arrays]:
        """Return all that was taken in: plain values for JSON, and arrays."""
        config, arrays = self._follower.state()
        arrays = {f"follower.{name}": array for name, array in arrays.items()}
        return {"follower": config}, arrays | {"last": np.array(self._last)}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over what `state` of a stream of the same detector returned, to the last bit."""
        with rebuilding("state of this stream", config):
            self._follower.load_state(config["follower"], section(arrays, "follower."))
            self._last, self._scored = arrays["last"].tolist(), None

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the state as a folder, as `Detector.save` does the model."""
        config, arrays = self.state()
        facts = {"stream": config, "genad": version("genad")}
        write_model(Path(path), facts, arrays, overwrite=overwrite)

    def load(self, path: str | Path) -> Self:
        """Take over the state that `save` wrote; returns the stream itself."""
        config, arrays = read_model(Path(path))
        if "stream" not in config:
            raise ModelFormatError(f"{path} holds a model, not the state of a stream.")
        self.load_state(config["stream"], arrays)
        return self
