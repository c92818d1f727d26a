"""The detector: the one place for fit, scores, thresholds, explanations, save and load."""

import math
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, dataclass_transform, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from genad.blocks import in_blocks, of_each
from genad.calibration import Calibration
from genad.data.choice import kind_of, make_view
from genad.data.samples import Samples
from genad.data.scaling import ScalerName
from genad.data.table import is_frame
from genad.data.views import Collector, View
from genad.data.windows import Windows
from genad.detector.saving import describe, restored
from genad.errors import ParameterError
from genad.events import find_events
from genad.parameters import (
    Contamination,
    PositiveInt,
    ProperShare,
    RandomState,
    ScoreParameter,
    Strategy,
    WindowSize,
    constraints,
)
from genad.storage import write_model
from genad.thresholds import Threshold, choose_threshold
from genad.training import History, Model, resolve_device

Scores = NDArray[np.float64]

# So many values at most are encoded and scored at a time: memory is bounded by this, not by the
# input. So many samples per core: more would not fit in its cache, for fewer the way is too long.
_CHUNK_VALUES, _CHUNK_SAMPLES, _CHUNK_CORES = 2**21, 4096, 4


@dataclass_transform(kw_only_default=True, eq_default=False)
@dataclass(kw_only=True, eq=False, repr=False)
class Detector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of all detectors: a subclass annotates its parameters and builds its model.

    Every annotated attribute of a subclass becomes a keyword parameter, as in a dataclass.

    Parameters
    ----------
    scaler : how numeric columns are scaled: "standard", "minmax", "l2", "robust", "quantile" or
        "none".
    window : steps in a window of a time series; with it the data is read as series, not as rows.
        "auto" takes one period of the training series (`genad.data.period.suitable_window`).
    stride : steps from one window to the next.
    step_score : what a time step has of the windows that cover it: "own", its shares in their
        scores, which tell the very step; or "windows", their whole scores, which tell what lasts.
    contamination : "auto" if the training data is normal (novelty detection): the threshold then
        comes from held-out rows. Or the share of anomalies in the training data, in (0, 0.5]
        (outlier detection): the threshold then flags that share of the training rows.
    threshold : a strategy of `genad.thresholds`, or its text such as "quantile:0.99"; by default
        `Conformal(0.01)`, at most 1 % false alarms. Only with contamination="auto".
    validation_fraction : share of the training rows that is held out to stop training early and
        to calibrate threshold and probability; with 0 the training rows serve, which flatters.
    random_state : seed of everything random; the same seed gives the same model.
    device : "auto", "cpu" or "cuda".

    Attributes
    ----------
    model_ : the fitted `genad.training.Model`.
    threshold_ : a row is an anomaly if its score is above.
    offset_ : scikit-learn's threshold on `score_samples`, the negative of `threshold_`.
    calibration_ : the `genad.calibration.Calibration` behind `anomaly_probability`.
    history_ : the `genad.training.History` of the fit.
    """

    family = "other"  # what `genad models` groups by
    kinds: ClassVar[tuple[str, ...]] = ("table",)  # the kinds of data it takes

    scaler: ScalerName = "standard"
    window: WindowSize | None = None
    stride: PositiveInt = 1
    step_score: Literal["own", "windows"] = "own"
    contamination: Contamination = "auto"
    threshold: Strategy = None
    validation_fraction: ProperShare = 0.2
    random_state: RandomState = None
    device: str = "auto"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(kw_only=True, eq=False, repr=False)(cls)
        cls.score = ScoreParameter()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name and, if `deep`, those of a detector inside as ``a__b``."""
        own = {name: vars(self)[name] for name in self._get_param_names()}
        inner = {name: part for name, part in own.items() if deep and isinstance(part, Detector)}
        return own | {f"{a}__{b}": v for a, d in inner.items() for b, v in d.get_params().items()}

    @property
    def scored_by(self) -> str:
        """The parameter `score`, for detectors that have it."""
        return str(vars(self)["score"])

    @property
    def _parameter_constraints(self) -> dict[str, list[Any]]:
        return constraints(type(self))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    # What a subclass says.

    @abstractmethod
    def _build(self, shape: tuple[int, ...]) -> Model:
        """Return an untrained model for samples of the given shape."""

    def _labelled(self, source: Any, y: Any) -> Any:
        """Return a source with the classes that `y` says; by default, nothing is learnt of it."""
        return source

    @property
    def _by_windows(self) -> bool:
        """Whether a time step has the scores of its windows."""
        return self.step_score == "windows"

    def _assemble(self, shape: tuple[int, ...]) -> Model:
        """Return the untrained model with what belongs around it."""
        return self._build(shape)

    def _train(self, model: Model, samples: Samples, held_out: Samples, seed: int) -> History:
        """Train the model; by default there is nothing to train."""
        return History()

    def _more(self) -> dict[str, Any]:
        """Return what `save` is to keep beside what all detectors have, as plain values."""
        return {}

    def _take_more(self, more: dict[str, Any]) -> None:
        """Take over what `_more` returned, before the model is built."""

    def _arithmetic(self, device: torch.device) -> AbstractContextManager[object]:
        """Return the context to compute scores in, which may lower their precision."""
        return nullcontext()

    # Fitting.

    @final
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what normal rows look like.

        Parameters
        ----------
        X : array of shape (n, features), or a data frame with numeric, boolean, time or text
            columns; values may be missing, but not infinite.
        y : the class of each row, time step or image, for detectors that learn from labels.

        Raises
        ------
        ValueError
            If the data or a parameter is not as described.
        genad.errors.TrainingDiverged
            If a loss is not finite.
        """
        self._validate_params()
        strategy = choose_threshold(self.threshold, self.contamination)
        self.view_ = self._view(X)
        source = self._labelled(self.view_.read(X, self, reset=True), y)
        self.view_.fit(source)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        kept, held = self.view_.split(source, self.validation_fraction, seed)
        device = resolve_device(self.device)
        samples = self.view_.samples(kept, device)
        held_out = samples[:0] if held is None else self.view_.samples(held, device)
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            self.model_ = self._assemble(self.view_.shape).to(device)
            self.model_.prepare(samples)
            self.history_ = self._train(self.model_, samples, held_out, seed)
            self.model_.eval()
            with self._arithmetic(device):
                self.model_.finish(samples, held_out)
        self._calibrate(self._scores(self._normal(source, held), reference=True), strategy)
        return self

    def _normal(self, source: Any, held: Any) -> Any:
        """Return the data whose scores are the reference: what was held out, if anything was."""
        return source if self.contamination != "auto" or held is None else held

    def _make_view(self, kind: str) -> View[Any]:
        """Return an unfitted view of a kind of data."""
        return make_view(kind, self.scaler, self.window, self.stride)

    def _view(self, X: Any) -> View[Any]:
        view = self._make_view(kind_of(X, self.window))
        if view.kind not in self.kinds:
            raise ParameterError(
                f"{type(self).__name__} takes {' or '.join(self.kinds)} data, but this is "
                f"{view.kind} data; `genad models` lists what takes it."
            )
        return view

    def _calibrate(self, scores: Any, strategy: Threshold) -> None:
        reference: Scores = np.concatenate(scores) if isinstance(scores, list) else scores
        self.calibration_ = Calibration(reference)
        self.threshold_ = strategy.threshold(reference)
        if self.contamination != "auto":
            self.threshold_ = -float(np.percentile(-reference, 100 * self.contamination))
        self.offset_ = -self.threshold_

    # Scores.

    @final
    def anomaly_score(self, X: Any) -> Any:
        """Return one score per row, time step or image, of shape (n,); higher is more anomalous.

        The score of a row depends on the model and that row alone. The columns of a frame are
        matched by name, in any order. For a list of series it is a list of scores.
        """
        return self._scores(self._read(X), reference=False)

    @final
    def is_anomaly(self, X: Any) -> Any:
        """Return whether each score is above the threshold, of shape (n,)."""
        return of_each(lambda scores: scores > self.threshold_, self.anomaly_score(X))

    @final
    def anomaly_probability(self, X: Any) -> Any:
        """Return 1 - p-value of each score among held-out normal scores, in [0, 1].

        This is not the probability that a row is an anomaly, which nobody can know without
        labels: 0.99 says that one normal row in a hundred scores as high.
        """
        return of_each(self.calibration_.probability, self.anomaly_score(X))

    @final
    def score_samples(self, X: Any) -> Any:
        """Return scikit-learn's score: the negative of `anomaly_score`, higher is more normal."""
        check_is_fitted(self)
        if self.view_.kind == "table" and is_frame(X):
            # scikit-learn's methods also insist on the order of the columns
            validate_data(self, X, reset=False, skip_check_array=True)
        return of_each(np.negative, self.anomaly_score(X))

    def _mean_score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`, as scikit-learn's density estimators do."""
        return float(self.score_samples(X).mean())

    @final
    def decision_function(self, X: Any) -> Any:
        """Return ``score_samples(X) - offset_``: negative for anomalies."""
        return of_each(lambda scores: scores - self.offset_, self.score_samples(X))

    @final
    def predict(self, X: Any) -> Any:
        """Return 1 for normal rows and -1 for anomalies, of shape (n,)."""
        return of_each(lambda margin: np.where(margin >= 0, 1, -1), self.decision_function(X))

    # Reasons.

    @final
    def explain(self, X: Any) -> Any:
        """Return the share of every feature in the score, of shape (n, features).

        The shares sum to the score where ``model_.additive`` is true.
        """
        return self._shares(self._read(X))

    @final
    def reconstruct(self, X: Any) -> Any:
        """Return what the model would have expected in the place of each row, in its units."""
        return self.view_.decode(self._over(self._read(X), self.model_.reconstruct))

    @final
    def trailing_score(self, X: Any) -> Any:
        """Return the score of the window that ends with each time step, of shape (time,).

        Unlike `anomaly_score`, which averages over all windows around a step, nothing that comes
        after a step counts: what a stream would show. It is a mean over the window's steps; those
        before the first window ends have its score.
        """
        source = self._read(X)
        if not isinstance(self.view_, Windows):
            raise ParameterError("Only scores of a series trail it; fit on a series, with window=.")
        return self._over(source, self.model_.window_scores, self.view_.trailing(source))

    @final
    def events(self, X: Any, *, apart: int | None = None) -> Any:
        """Return the anomalous stretches of a time series as `genad.events.Event` objects.

        Parameters
        ----------
        X : a series, or a list of them, which gives a list of lists of events.
        apart : flagged steps with fewer than so many others between them are one event; by
            default a window.
        """
        source = self._read(X)
        if not isinstance(self.view_, Windows):
            raise ParameterError(
                f"Events are found in series, but this {type(self).__name__} was fitted on "
                f"{self.view_.kind} data; fit it on a series, with window=."
            )
        scores, shares = self._scores(source, reference=False), self._shares(source)
        apart = self.view_.shape[0] if apart is None else apart
        shared: dict[str, Any] = {"apart": apart, "names": getattr(self, "feature_names_in_", None)}
        pairs = zip(scores, shares, strict=True) if source.many else [(scores, shares)]
        found = [
            find_events(score, self.threshold_, shares=share, stamps=recording.stamps, **shared)
            for recording, (score, share) in zip(source.each, pairs, strict=True)
        ]
        return found if source.many else found[0]

    @final
    def anomaly_map(self, X: Any) -> Scores:
        """Return the share of every pixel in the score of its image, of shape (n, h, w)."""
        source = self._read(X)
        if self.view_.kind != "image":
            raise ParameterError(
                f"An anomaly map is of images, but this {type(self).__name__} was fitted on "
                f"{self.view_.kind} data; use explain."
            )
        shares: Scores = self._over(source, self.model_.contributions).sum(1)
        return shares

    def _read(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.view_.read(X, self, reset=False)

    def _shares(self, source: Any) -> Any:
        model, whole = self.model_, self.view_.kind == "series" and self._by_windows
        shares = self._over(source, model.window_shares if whole else model.contributions)
        return self.view_.spread(shares)

    def _scores(self, source: Any, *, reference: bool) -> Any:
        """Return the scores of a source; as if the model had not seen it, for reference."""
        if self.view_.kind == "series":
            whole = self.model_.window_scores
            return self._over(source, whole if self._by_windows else self.model_.step_scores)
        return self._over(source, self.model_.reference if reference else self.model_.score)

    def _over(
        self,
        source: Any,
        function: Callable[[Tensor], Tensor],
        collector: Collector | None = None,
    ) -> Any:
        """Return the results of `function` on all samples, chunk by chunk."""
        view, device = self.view_, resolve_device(self.device)
        n, collector = view.count(source), collector or view.collector(source)
        cores = min(torch.get_num_threads(), _CHUNK_CORES) if device.type == "cpu" else _CHUNK_CORES
        most = max(1, min(cores * _CHUNK_SAMPLES, _CHUNK_VALUES // math.prod(view.shape)))
        size = 1 << (most.bit_length() - 1)  # a power of two, which needs no padding
        with self._arithmetic(device):
            for start in range(0, n, size):
                samples = torch.from_numpy(view.encode(source, start, min(start + size, n)))
                collector.add(start, in_blocks(function, samples, device, size))
        return collector.result()

    # Saving and loading.

    @final
    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the fitted detector as a folder with config.json and weights.safetensors.

        Raises
        ------
        genad.errors.ParameterError
            If the folder exists and is not to be overwritten.
        """
        check_is_fitted(self)
        write_model(Path(path), *describe(self), overwrite=overwrite)

    @classmethod
    @final
    def load(cls, path: str | Path, *, device: str | None = None) -> Self:
        """Return the detector that `save` wrote; it scores bit by bit as it did.

        Parameters
        ----------
        path : the folder.
        device : takes the place of the device that was asked for at first, which may not be here.

        Raises
        ------
        genad.errors.ModelFormatError
            If the folder is damaged, changed, foreign or another detector's.
        """
        return restored(cls, Path(path), device)
