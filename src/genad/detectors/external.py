"""Detectors of scikit-learn and PyOD as ours: their scores, our columns, threshold and report."""

import contextlib
import inspect
import io
import random
from collections.abc import Callable, Iterator
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genad.data.samples import Samples
from genad.detector import Detector
from genad.detectors.other_libraries import find_class
from genad.errors import DataError, ParameterError
from genad.training import Model, resolve_device

_PLAIN = bool | int | float | str | tuple[int, ...] | tuple[float, ...] | None
_Plain = Annotated[_PLAIN, Integral, Real, str, tuple, None]


class External(Detector):
    """Base of the detectors that another library computes; `external` makes one of a name.

    Columns, held-out rows, threshold, probability and reasons are ours: it is fitted on the
    encoded rows that are not held out, windows and images as long rows. Reasons are by occlusion,
    the fall of the score when a value gives way to its median; they do not sum to the score.

    Some detectors of PyOD score rows together with others (ECOD, COPOD) or with random numbers
    (VAE): there the score of a row does not depend on the row alone.
    """

    family = "external"
    kinds = ("table", "series", "image")
    path = ""  # such as "pyod.models.knn.KNN"

    def __reduce__(self) -> tuple[Callable[[str], Detector], tuple[str], Any]:
        return _remake, (self.path,), self.__getstate__()

    def _build(self, shape: tuple[int, ...]) -> Model:
        device = resolve_device(self.device)
        return _ExternalModel(shape, self.path, lambda seed: self._make(shape, seed, device))

    def _make(self, shape: tuple[int, ...], seed: int, device: torch.device) -> Any:
        """Return the other library's detector with the parameters of this one."""
        cls = find_class(self.path)
        usual = _parameters(cls)
        values = {name: _as_given(vars(self)[name], default) for name, default in usual.items()}
        size = int(np.prod(shape))
        ours = {"random_state": seed, "device": device, "novelty": True, "n_features": size}
        known = inspect.signature(cls).parameters
        return cls(**values, **{name: value for name, value in ours.items() if name in known})


class _ExternalModel(Model):
    additive = False
    centre: Tensor

    def __init__(self, shape: tuple[int, ...], path: str, make: Callable[[int], Any]) -> None:
        super().__init__()
        self.path, self.make = path, make
        self.register_buffer("centre", torch.zeros(shape))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "make"}

    def prepare(self, samples: Samples) -> None:
        rows = samples[: len(samples)]
        self.centre.copy_(rows.median(0).values)
        self.seed = int(torch.randint(2**31 - 1, ()))
        with _sealed(self.seed):
            self.estimator = self.make(self.seed)
            self.estimator.fit(_as_array(rows))

    def score(self, x: Tensor) -> Tensor:
        n = _without_padding(x)
        with _sealed(self.seed):
            scores = np.asarray(_score(self.estimator, _as_array(x[:n])), dtype=np.float64)
        if bad := int(np.count_nonzero(~np.isfinite(scores))):
            raise DataError(
                f"{self.path} gave {bad} of {n} rows a score that is no finite number; choose "
                "another detector or other parameters."
            )
        padded = np.concatenate([scores, np.full(len(x) - n, scores[0])])
        return torch.from_numpy(padded).to(x.device)

    def contributions(self, x: Tensor) -> Tensor:
        score, shares = self.score(x), torch.zeros_like(x).flatten(1)
        for place, usual in enumerate(self.centre.flatten()):
            occluded = x.flatten(1).clone()
            occluded[:, place] = usual
            shares[:, place] = (score - self.score(occluded.view_as(x))).clamp(min=0)
        return shares.view_as(x)

    def state_dict(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ParameterError(_unsaved(self.path))


def why_unsaved(cls: type[Detector]) -> str:
    """Return why a class's detectors cannot be saved, in a sentence; nothing if it can be.

    Examples
    --------
    >>> from genad import ZScore
    >>> why_unsaved(ZScore), why_unsaved(external("sklearn.PCA"))[:44]
    ('', 'sklearn.decomposition.PCA is not saved: only')
    """
    return _unsaved(cls.path) if issubclass(cls, External) else ""


def _unsaved(path: str) -> str:
    return f"{path} is not saved: only pickle could keep it, which genad never writes."


def _score(estimator: Any, rows: NDArray[np.float64]) -> Any:
    """Return scores that are higher for the more anomalous: PyOD's are, scikit-learn's are not."""
    if type(estimator).__module__.startswith("pyod."):
        return estimator.decision_function(rows)
    if hasattr(estimator, "score_samples"):
        return -estimator.score_samples(rows)
    return -estimator.decision_function(rows)


def _as_array(samples: Tensor) -> NDArray[np.float64]:
    return samples.detach().flatten(1).double().cpu().numpy()


def _without_padding(x: Tensor) -> int:
    """Return how many samples there are before copies of the first fill up the block.

    What scores rows together would take the copies for a cluster.
    """
    differ = (x != x[:1]).flatten(1).any(1).nonzero()
    return int(differ[-1]) + 1 if len(differ) else 1


def _as_given(value: Any, default: Any) -> Any:
    """Return a tuple as a list where the other library's default is one."""
    return list(value) if isinstance(default, list) and isinstance(value, tuple) else value


@contextlib.contextmanager
def _sealed(seed: int) -> Iterator[None]:
    """Seed the global generators that others draw from and put them back; swallow prints."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.setstate(random.Random(seed).getstate())
    np.random.set_state(np.random.RandomState(seed).get_state())  # noqa: NPY002
    try:
        with (
            torch.random.fork_rng([]),
            torch.enable_grad(),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            torch.manual_seed(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002


# From a name to a class.


def external(name: str) -> type[Detector]:
    """Return a detector class over one of scikit-learn or PyOD, with its parameters by name.

    Parameters
    ----------
    name : "sklearn.IsolationForest" and the like, or "pyod.knn": the module below `pyod.models`;
        in full, "sklearn.ensemble.IsolationForest" or "pyod.models.knn.KNN".

    Raises
    ------
    ParameterError
        If there is no outlier detector of that name.
    MissingDependencyError
        If PyOD, or what its detector needs, is not installed.

    Examples
    --------
    >>> external("sklearn.LocalOutlierFactor")(n_neighbors=5)
    LocalOutlierFactor(n_neighbors=5)
    """
    cls = find_class(name)
    public = [part for part in cls.__module__.split(".") if not part.startswith("_")]
    return _adapter(".".join([*public, cls.__name__]))


def is_external(name: str) -> bool:
    """Return whether a name is one that `external` may know.

    Examples
    --------
    >>> is_external("pyod.knn"), is_external("vae")
    (True, False)
    """
    return name.lower().startswith(("sklearn.", "pyod."))


@cache
def _adapter(path: str) -> type[Detector]:
    cls = find_class(path)
    usual = _parameters(cls)
    body = {
        "__annotations__": dict.fromkeys(usual, _Plain),
        "__doc__": f"{cls.__name__} of {path.partition('.')[0]}, with our columns and threshold.",
        "__module__": External.__module__,
        "path": path,
        **{name: tuple(v) if isinstance(v, list) else v for name, v in usual.items()},
    }
    return type(cls.__name__, (External,), body)


def _remake(path: str) -> Detector:
    cls = _adapter(path)
    return cls.__new__(cls)


def _parameters(cls: type) -> dict[str, Any]:
    """Return the parameters that can be given here, with their defaults."""
    ours = {*Detector._get_param_names(), "novelty", "n_features"}
    usual = {}
    for name, parameter in inspect.signature(cls).parameters.items():
        if name in ours or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.default is parameter.empty:
            raise ParameterError(
                f"{cls.__module__}.{cls.__name__} needs {name!r}, an object that has no name here; "
                "choose another detector."
            )
        if _is_plain(parameter.default):
            usual[name] = 0 if name == "verbose" else parameter.default
    return usual


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(isinstance(item, int | float) for item in value)
    return value is None or isinstance(value, bool | int | float | str)
