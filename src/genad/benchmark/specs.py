"""Who takes part: a detector with its parameters, its untrained self, and the baselines."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from genad.benchmark.suite import Suite
from genad.benchmark.task import Scorer
from genad.errors import ParameterError


@dataclass(frozen=True)
class Spec:
    """A detector as it takes part in a benchmark.

    Parameters
    ----------
    label : its name in tables.
    model : how `find_scorer` finds its class.
    parameters : those that are not left at their default, as (name, value), without the seed.
    kind : "baseline", "untrained", "detector" or "adopted".

    Examples
    --------
    >>> Spec("VAE", "vae", (("latent", 2),)).build(seed=3)
    VAE(latent=2, random_state=3)
    """

    label: str
    model: str
    parameters: tuple[tuple[str, Any], ...] = ()
    kind: str = "detector"

    def build(self, seed: int) -> Scorer:
        """Return the detector, not fitted, with the seed where it takes one."""
        cls = find_scorer(self.model)
        seeded = {"random_state": seed} if _takes(cls, "random_state") else {}
        return cast(Scorer, cls(**dict(self.parameters), **seeded))


_HERE = "genad.benchmark.baselines"
BASELINES = (
    Spec("random", f"{_HERE}:Random", kind="baseline"),
    Spec("constant", f"{_HERE}:Constant", kind="baseline"),
    Spec("norm", f"{_HERE}:Norm", kind="baseline"),
    Spec("PCA", f"{_HERE}:PCA", kind="baseline"),
    Spec("kNN, k = 1", f"{_HERE}:KNN", (("k", 1),), "baseline"),
    Spec("kNN, k = 5", f"{_HERE}:KNN", (("k", 5),), "baseline"),
    Spec("IsolationForest", f"{_HERE}:Forest", kind="baseline"),
    Spec("OneClassSVM", f"{_HERE}:Machine", kind="baseline"),
)


def find_scorer(model: str) -> type:
    """Return the class that a name means.

    Parameters
    ----------
    model : a detector of `genad models`, one of another library as in "pyod.knn", or any class by
        its place, "package.module:Class".

    Raises
    ------
    ParameterError
        If there is none.

    Examples
    --------
    >>> find_scorer("vae").__name__, find_scorer("genad.benchmark.baselines:KNN").__name__
    ('VAE', 'KNN')
    """
    module, colon, name = model.partition(":")
    if not colon:
        from genad.registry import find_detector

        return find_detector(model)
    try:
        return cast(type, getattr(import_module(module), name))
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            f"There is no class {model!r} ({error}); write package.module:Class."
        ) from error


def choose(suite: Suite, models: Sequence[str] | None = None) -> list[Spec]:
    """Return who takes part: the baselines, and each model beside its untrained self.

    Parameters
    ----------
    suite : its settings are given to every model that has parameters of the name.
    models : by name, as `find_scorer` knows them; by default the suite's, or all of ours that
        take its kind of data.

    Examples
    --------
    >>> from genad.benchmark.suites import find_suite
    >>> [spec.label for spec in choose(find_suite("adbench"), ["vae"])][-2:]
    ['VAE', 'VAE, untrained']
    """
    names = list(models if models is not None else suite.models or _ours(suite.kind))
    specs = list(BASELINES)
    for name in dict.fromkeys(names):
        if name not in {spec.label for spec in BASELINES}:
            specs.extend(_with_untrained(name, suite))
    return specs


def _ours(kind: str) -> list[str]:
    from genad.registry import detector_classes

    return [name for name, cls in detector_classes().items() if kind in cls.kinds]


def _with_untrained(name: str, suite: Suite) -> list[Spec]:
    from genad.detector import TrainedDetector

    cls = find_scorer(name)
    root = {"pyod": "PyOD's ", "sklearn": "scikit-learn's "}
    label = root.get(name.partition(".")[0].lower(), "") + cls.__name__
    given = tuple((key, value) for key, value in suite.settings.items() if _takes(cls, key))
    specs = [Spec(label, name, given)]
    if issubclass(cls, TrainedDetector):
        specs.append(Spec(f"{label}, untrained", name, (*given, ("epochs", 0)), "untrained"))
    return specs


def _takes(cls: type, parameter: str) -> bool:
    return parameter in inspect.signature(cls).parameters
