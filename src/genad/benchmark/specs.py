"""Who takes part: a detector with its parameters, its untrained self, and the baselines."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from sklearn.utils._param_validation import make_constraint

from genad.benchmark.task import Scorer
from genad.errors import ParameterError
from genad.parameters import constraints

if TYPE_CHECKING:
    from genad.benchmark.suite import Suite


@dataclass(frozen=True)
class Spec:
    """A detector as it takes part in a benchmark.

    Parameters
    ----------
    label : its name in tables.
    model : how `find_scorer` finds its class.
    parameters : those that are not left at their default, as (name, value), without the seed.
    kind : "baseline", "untrained", "detector" or "adopted".
    within : a class, "package.module:Class", that takes the detector and is run in its place.

    Examples
    --------
    >>> Spec("VAE", "vae", (("latent", 2),)).build(seed=3)
    VAE(latent=2, random_state=3)
    """

    label: str
    model: str
    parameters: tuple[tuple[str, Any], ...] = ()
    kind: str = "detector"
    within: str = ""

    def build(self, seed: int) -> Scorer:
        """Return the detector, not fitted, with the seed where it takes one."""
        cls = find_scorer(self.model)
        seeded = {"random_state": seed} if _takes(cls, "random_state") else {}
        detector = cls(**dict(self.parameters), **seeded)
        return cast(Scorer, find_scorer(self.within)(detector) if self.within else detector)


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
"""Of tables and images."""

RANK_NORMAL = Spec(
    "kNN, k = 1, rank-normal", "genad.benchmark.rank_normal:RankNormalKNN", (("k", 1),), "baseline"
)
"""Of tables with standardised columns: to read columns by their ranks may be worth more."""

SERIES_BASELINES = (
    Spec("random", f"{_HERE}:Random", kind="baseline"),
    Spec("constant", f"{_HERE}:Constant", kind="baseline"),
    Spec("norm", "zscore", (("window", 1),), "baseline"),
    Spec("difference", f"{_HERE}:Difference", kind="baseline"),
    Spec("rolling z-score", "rollingzscore", kind="baseline"),
    Spec("WindowedGaussian", "windowedgaussian", kind="baseline"),
)
"""Of series; the norm is the distance from the training mean, in standard deviations."""


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


def choose(suite: "Suite", models: Sequence[str] | None = None) -> list[Spec]:
    """Return who takes part: the baselines, and each model beside its untrained self.

    Parameters
    ----------
    suite : its settings are given to every model that has parameters of the name.
    models : by name, as `find_scorer` or the suite's variants know them; by default the suite's, or
        all of ours that take its kind of data.

    Examples
    --------
    >>> from genad.benchmark.suites import find_suite
    >>> [spec.label for spec in choose(find_suite("adbench"), ["vae"])][-2:]
    ['VAE', 'VAE, untrained']
    """
    names = list(models if models is not None else suite.models or _ours(suite.kind))
    there = {spec.label.lower() for spec in suite.baselines}
    there |= {spec.model for spec in suite.baselines if not spec.parameters}
    specs = list(suite.baselines)
    for name in dict.fromkeys(names):
        if name.lower() not in there:
            specs.extend(_with_untrained(name, suite))
    return specs


def _ours(kind: str) -> list[str]:
    from genad.registry import detector_classes

    return [name for name, cls in detector_classes().items() if kind in cls.kinds]


def _with_untrained(name: str, suite: "Suite") -> list[Spec]:
    from genad.detector import TrainedDetector

    variants = {label.lower(): (label, *variant) for label, variant in suite.variants.items()}
    label, model, own = variants.get(name.lower(), ("", name, {}))
    cls = find_scorer(model)
    root = {"pyod": "PyOD's ", "sklearn": "scikit-learn's "}
    label = label or root.get(name.partition(".")[0].lower(), "") + cls.__name__
    given = _settings(model, cls, suite) | dict(own)
    untrained = tuple((given | {"epochs": 0}).items())
    specs = []
    ways = suite.within or (("", ""),)
    for ending, within in ways if issubclass(cls, TrainedDetector) else ways[:1]:
        specs.append(Spec(label + ending, model, tuple(given.items()), within=within))
        if issubclass(cls, TrainedDetector):
            called = f"{label}{ending}, untrained"
            specs.append(Spec(called, model, untrained, "untrained", within))
    return specs


def _settings(model: str, cls: type, suite: "Suite") -> dict[str, Any]:
    """Return the suite's settings for a detector, those for it alone last."""
    parts = {key: key.rpartition(".") for key in sorted(suite.settings, key=lambda k: "." in k)}
    return {
        parameter: suite.settings[key]
        for key, (whose, _, parameter) in parts.items()
        if whose in ("", model.lower()) and _allows(cls, parameter, suite.settings[key])
    }


def _takes(cls: type, parameter: str) -> bool:
    return parameter in inspect.signature(cls).parameters


def _allows(cls: type, parameter: str, value: Any) -> bool:
    """Return whether a class has a parameter, and may have the value for it as far as it says."""
    allowed = constraints(cls).get(parameter) if is_dataclass(cls) else None
    return _takes(cls, parameter) and (
        allowed is None or any(make_constraint(each).is_satisfied_by(value) for each in allowed)
    )
