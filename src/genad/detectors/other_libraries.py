"""Where scikit-learn and PyOD keep their detectors, by short names."""

import contextlib
import inspect
import io
from importlib import import_module
from pkgutil import iter_modules

from sklearn.base import DensityMixin, OutlierMixin

from genad.errors import MissingDependencyError, ParameterError

# Where scikit-learn keeps what has a short name.
_HOMES = {
    "BayesianGaussianMixture": "mixture",
    "EllipticEnvelope": "covariance",
    "GaussianMixture": "mixture",
    "IsolationForest": "ensemble",
    "KernelDensity": "neighbors",
    "LocalOutlierFactor": "neighbors",
    "OneClassSVM": "svm",
    "PCA": "decomposition",
    "SGDOneClassSVM": "linear_model",
}


def find_class(name: str) -> type:
    """Return the class of scikit-learn or PyOD that a name means.

    Parameters
    ----------
    name : "sklearn.IsolationForest", "pyod.knn", or either in full.

    Raises
    ------
    ParameterError
        If there is no outlier detector of that name.
    MissingDependencyError
        If PyOD, or what its detector needs, is not installed.

    Examples
    --------
    >>> find_class("sklearn.isolationforest").__name__
    'IsolationForest'
    """
    root, _, rest = name.partition(".")
    find = {"sklearn": _find_sklearn, "pyod": _find_pyod}.get(root.lower())
    if find is None or not all(part.isidentifier() for part in rest.split(".")):
        raise ParameterError(
            f"{name!r} is no detector of another library: write sklearn.IsolationForest or "
            "pyod.knn, say."
        )
    return find(rest)


def _find_sklearn(rest: str) -> type:
    home, _, name = rest.rpartition(".")
    if not home:
        name = next((known for known in _HOMES if known.lower() == rest.lower()), rest)
        home = _HOMES.get(name, "")
    with contextlib.suppress(ModuleNotFoundError):
        cls = getattr(import_module(f"sklearn.{home}".rstrip(".")), name, None)
        if inspect.isclass(cls) and _scores_rows(cls):
            return cls
    raise ParameterError(
        f"scikit-learn has no outlier detector {rest!r}; by a short name there are "
        f"{', '.join(sorted(_HOMES))}, others by their full path."
    )


def _scores_rows(cls: type) -> bool:
    return issubclass(cls, OutlierMixin | DensityMixin) or hasattr(cls, "score_samples")


def _find_pyod(rest: str) -> type:
    try:
        from pyod import models
        from pyod.models.base import BaseDetector
    except ImportError as error:
        raise MissingDependencyError(
            f"pyod.{rest} needs PyOD: install it with pip install 'genad[bench]'."
        ) from error
    parts = rest.removeprefix("models.").split(".")
    modules = {_key(found.name): found.name for found in iter_modules(models.__path__)}
    module = modules.get(_key(parts[0]), "")
    found = _classes(f"pyod.models.{module}", BaseDetector) if module and len(parts) <= 2 else {}
    wanted = found.get(_key(parts[-1])) or next(iter(found.values()), None)
    if wanted is None or (len(parts) == 2 and _key(parts[1]) not in found):
        raise ParameterError(
            f"PyOD has no detector {rest!r}: write the name of its module below pyod.models, as "
            "in pyod.knn or pyod.auto_encoder."
        )
    return wanted


def _classes(module: str, base: type) -> dict[str, type]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            found = vars(import_module(module))
    except ImportError as error:
        raise MissingDependencyError(
            f"{module} of PyOD needs the package {error.name!r}: install it first."
        ) from error
    classes = [c for c in found.values() if inspect.isclass(c) and issubclass(c, base)]
    return {_key(c.__name__): c for c in classes if c.__module__ == module and c is not base}


def _key(name: str) -> str:
    return name.replace("_", "").lower()
