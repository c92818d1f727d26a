"""The detector: the one place for fit, scores, thresholds, explanations, save and load."""

import platform
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self, dataclass_transform, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from genad.blocks import in_blocks
from genad.calibration import Calibration
from genad.data.scaling import ScalerName
from genad.data.table import Table, in_order, is_frame
from genad.data.views import Rows, View
from genad.errors import ModelFormatError, ParameterError
from genad.parameters import (
    Contamination,
    NaturalInt,
    PositiveFloat,
    PositiveInt,
    ProperShare,
    RandomState,
    ScoreParameter,
    Strategy,
    constraints,
    parameters_from_plain,
    plain_parameters,
)
from genad.storage import Arrays, read_model, rebuilding, section, write_model
from genad.thresholds import Conformal, Threshold, parse_threshold
from genad.training import Callback, Checkpoint, History, Model, Options, resolve_device, train

Scores = NDArray[np.float64]

# How many rows are encoded and scored at a time: memory is bounded by this, not by the input.
_CHUNK = 16384


@dataclass_transform(kw_only_default=True, eq_default=False)
@dataclass(kw_only=True, eq=False, repr=False)
class Detector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of all detectors: a subclass annotates its parameters and builds its model.

    Every annotated attribute of a subclass becomes a keyword parameter, as in a dataclass.

    Parameters
    ----------
    scaler : how numeric columns are scaled: "standard", "minmax", "l2", "robust", "quantile" or
        "none".
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
    kinds = ("table",)  # the kinds of data it takes, as data sets name them

    scaler: ScalerName = "standard"
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
        """Return the parameters by name; none is an estimator, so `deep` changes nothing."""
        return {name: vars(self)[name] for name in self._get_param_names()}

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

    def _train(self, model: Model, samples: Tensor, held_out: Tensor, seed: int) -> History:
        """Train the model; by default there is nothing to train."""
        return History()

    # Fitting.

    @final
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what normal rows look like.

        Parameters
        ----------
        X : array of shape (n, features), or a data frame with numeric, boolean, time or text
            columns; values may be missing, but not infinite.
        y : ignored.

        Raises
        ------
        ValueError
            If the data or a parameter is not as described.
        genad.errors.TrainingDiverged
            If a loss is not finite.
        """
        self._validate_params()
        strategy = self._strategy()
        self.view_ = self._view()
        source = self.view_.read(X, self, reset=True)
        self.view_.fit(source)
        samples = torch.from_numpy(self.view_.encode(source, 0, len(source)))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        kept, held = self._split(len(samples), seed)
        device = resolve_device(self.device)
        samples = samples.to(device)
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            self.model_ = self._build(self.view_.shape).to(device)
            self.model_.prepare(samples[kept])
            self.history_ = self._train(self.model_, samples[kept], samples[held], seed)
            self.model_.eval()
            self.model_.finish(samples[kept])
        reference = samples if self.contamination != "auto" or len(held) == 0 else samples[held]
        self._calibrate(self._apply(self.model_.score, reference), strategy)
        return self

    def _strategy(self) -> Threshold:
        if self.threshold is None:
            return Conformal(0.01)
        if self.contamination != "auto":
            both = f"threshold={self.threshold!r} and contamination={self.contamination!r}"
            raise ParameterError(f"{both} both decide what is flagged; give one of them.")
        given = self.threshold
        return parse_threshold(given) if isinstance(given, str) else given

    def _view(self) -> View:
        return Rows(self.scaler)

    def _split(self, n: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the row numbers to train on and to hold out, each in order."""
        held = min(round(n * self.validation_fraction), n - 2)
        order = np.random.default_rng(seed).permutation(n)
        return np.sort(order[held:]), np.sort(order[:held])

    def _calibrate(self, reference: Scores, strategy: Threshold) -> None:
        self.calibration_ = Calibration(reference)
        if self.contamination == "auto":
            self.threshold_ = strategy.threshold(reference)
        else:
            self.threshold_ = -float(np.percentile(-reference, 100 * self.contamination))
        self.offset_ = -self.threshold_

    # Scores.

    @final
    def anomaly_score(self, X: Any) -> Scores:
        """Return one score per row, of shape (n,); higher is more anomalous.

        The score of a row depends on the model and that row alone. The columns of a frame are
        matched by name, in any order.
        """
        return self._over(self._read(X), lambda samples: self._apply(self.model_.score, samples))

    @final
    def is_anomaly(self, X: Any) -> NDArray[np.bool_]:
        """Return whether each score is above the threshold, of shape (n,)."""
        flags: NDArray[np.bool_] = self.anomaly_score(X) > self.threshold_
        return flags

    @final
    def anomaly_probability(self, X: Any) -> Scores:
        """Return 1 - p-value of each score among held-out normal scores, in [0, 1].

        This is not the probability that a row is an anomaly, which nobody can know without
        labels: 0.99 says that one normal row in a hundred scores as high.
        """
        return self.calibration_.probability(self.anomaly_score(X))

    @final
    def score_samples(self, X: Any) -> Scores:
        """Return scikit-learn's score: the negative of `anomaly_score`, higher is more normal."""
        check_is_fitted(self)
        if is_frame(X):  # scikit-learn's methods also insist on the order of the columns
            validate_data(self, X, reset=False, skip_check_array=True)
        return -self.anomaly_score(X)

    def _mean_score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`, as scikit-learn's density estimators do."""
        return float(self.score_samples(X).mean())

    @final
    def decision_function(self, X: Any) -> Scores:
        """Return ``score_samples(X) - offset_``: negative for anomalies."""
        return self.score_samples(X) - self.offset_

    @final
    def predict(self, X: Any) -> NDArray[np.int_]:
        """Return 1 for normal rows and -1 for anomalies, of shape (n,)."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    # Reasons.

    @final
    def explain(self, X: Any) -> Scores:
        """Return the share of every feature in the score, of shape (n, features).

        The shares sum to the score where ``model_.additive`` is true.
        """
        shares = self._over(
            self._read(X), lambda samples: self._apply(self.model_.contributions, samples)
        )
        return self.view_.spread(shares.reshape(len(shares), -1))

    @final
    def reconstruct(self, X: Any) -> Any:
        """Return what the model would have expected in the place of each row, in its units."""
        samples = self._over(
            self._read(X), lambda samples: self._apply(self.model_.reconstruct, samples)
        )
        return self.view_.decode(samples.astype(np.float32))

    def _read(self, X: Any) -> Table:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        X = X if names is None else in_order(X, list(names))
        return self.view_.read(X, self, reset=False)

    def _over(self, source: Table, function: Callable[[Tensor], NDArray[Any]]) -> NDArray[Any]:
        """Return the results of `function` on all samples, chunk by chunk."""
        results = np.empty(0)
        for start in range(0, len(source), _CHUNK):
            samples = torch.from_numpy(self.view_.encode(source, start, start + _CHUNK))
            part = function(samples)
            if start == 0:
                # One array from the start: small ones kept in between make the allocator return
                # each chunk's memory to the system and fetch it again.
                results = np.empty((len(source), *part.shape[1:]))
            results[start : start + len(part)] = part
        return results

    def _apply(self, function: Callable[[Tensor], Tensor], samples: Tensor) -> NDArray[Any]:
        return in_blocks(function, samples, resolve_device(self.device), _CHUNK)

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
        view, arrays = self.view_.state()
        arrays = {f"view.{name}": array for name, array in arrays.items()}
        weights = self.model_.state_dict()
        arrays |= {f"model.{name}": tensor.cpu().numpy() for name, tensor in weights.items()}
        arrays["calibration"] = self.calibration_.reference_scores
        names = getattr(self, "feature_names_in_", None)
        config = {
            "detector": type(self).__name__,
            "parameters": plain_parameters(self.get_params(deep=False)),
            "view": view,
            "n_features_in": self.n_features_in_,
            "feature_names_in": None if names is None else [str(name) for name in names],
            "threshold": self.threshold_,
            "history": self.history_.to_config(),
            "genad": version("genad"),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        }
        write_model(Path(path), config, arrays, overwrite=overwrite)

    @classmethod
    @final
    def load(cls, path: str | Path) -> Self:
        """Return the detector that `save` wrote; it scores bit by bit as it did.

        Raises
        ------
        genad.errors.ModelFormatError
            If the folder is damaged, changed, foreign or another detector's.
        """
        config, arrays = read_model(Path(path))
        if config["detector"] != cls.__name__:
            raise ModelFormatError(
                f"{path} holds a {config['detector']}, not a {cls.__name__}; use genad.load."
            )
        return cls._restore(config, arrays)

    @classmethod
    def _restore(cls, config: dict[str, Any], arrays: Arrays) -> Self:
        with rebuilding(cls.__name__, config):
            detector = cls(**parameters_from_plain(config["parameters"]))
            detector.n_features_in_ = config["n_features_in"]
            if config["feature_names_in"] is not None:
                detector.feature_names_in_ = np.array(config["feature_names_in"], dtype=object)
            detector.view_ = detector._view().load_state(config["view"], section(arrays, "view."))
            with torch.random.fork_rng([]):
                detector.model_ = detector._build(detector.view_.shape).eval()
            weights = section(arrays, "model.").items()
            detector.model_.load_state_dict({k: torch.from_numpy(a) for k, a in weights})
            detector.history_ = History.from_config(config["history"])
            detector.calibration_ = Calibration(arrays["calibration"])
            detector.threshold_ = float(config["threshold"])
        detector.offset_ = -detector.threshold_
        detector.model_.to(resolve_device(detector.device))
        return detector


class TrainedDetector(Detector):
    """Base of the detectors whose model is trained by gradient descent.

    Parameters
    ----------
    epochs : passes over the training rows per stage; by default as many as make about
        `default_updates` updates of each network. With 0 the network stays untrained.
    batch_size : rows per update.
    lr : learning rate of Adam.
    patience : stop after so many epochs without a better held-out loss and go back to the best
        weights; by default all epochs are run.
    ema : decay of the running average of the weights, which is then used in the place of the last
        weights; by default none is kept.
    clip : the largest norm a gradient may have; by default any.
    checkpoint : a file to keep the run in while it lasts. An interrupted `fit` with the same
        parameters and data goes on from there, and ends with the same model.
    callbacks : `genad.training.Callback` objects that watch the training.
    """

    default_updates = 4000

    epochs: NaturalInt | None = None
    batch_size: PositiveInt = 64
    lr: PositiveFloat = 1e-3
    patience: PositiveInt | None = None
    ema: ProperShare | None = None
    clip: PositiveFloat | None = None
    checkpoint: str | None = None
    callbacks: tuple[Callback, ...] = ()

    def _train(self, model: Model, samples: Tensor, held_out: Tensor, seed: int) -> History:
        updates = -(-len(samples) // self.batch_size)
        epochs = -(-self.default_updates // updates) if self.epochs is None else self.epochs
        options = Options(
            epochs, self.batch_size, self.lr, patience=self.patience, ema=self.ema, clip=self.clip
        )
        checkpoint = self._checkpoint(samples, seed)
        history = train(
            model, samples, held_out, options, callbacks=self.callbacks, checkpoint=checkpoint
        )
        if checkpoint is not None:
            checkpoint.remove()
        return history

    def _checkpoint(self, samples: Tensor, seed: int) -> Checkpoint | None:
        if self.checkpoint is None:
            return None
        if not isinstance(self.random_state, int):
            raise ParameterError(
                f"A checkpoint needs a run that can be repeated, but random_state is "
                f"{self.random_state!r}; give an integer."
            )
        parameters = plain_parameters(self.get_params(deep=False))
        return Checkpoint.of(self.checkpoint, [type(self).__name__, parameters, seed], samples)
