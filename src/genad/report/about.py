"""What a page says about a detector: paper, parameters, versions, training."""

import inspect
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.detector import Detector
from genad.report.axes import Axis, axis_for
from genad.report.charts import Curve
from genad.report.formats import clip, count, number
from genad.thresholds import Threshold
from genad.training import History

_OF_ONE_RUN = ("callbacks", "checkpoint")  # they watch or resume a run and change no result
_VERSIONS = ("torch", "numpy", "scikit-learn")
_MOST_POINTS = 120
_WIDEST = 12  # letters of a word in a tile


@dataclass(frozen=True)
class Fact:
    """A name, its value, and what a reader must know to read it."""

    name: str
    value: str
    note: str = ""

    @property
    def long(self) -> bool:
        """Whether a word of the value is too wide for a tile in large letters."""
        return any(len(word) > _WIDEST for word in self.value.split())


@dataclass(frozen=True)
class Panel:
    """The curve of one loss term; `group` names the objective, `ends` the first and last value."""

    group: str
    name: str
    ends: str
    curve: Curve


@dataclass(frozen=True)
class Training:
    """How the training went: a sentence, how to read the curves, the curves."""

    summary: str
    reading: str
    panels: tuple[Panel, ...]


def summary(detector: Detector) -> str:
    """Return the first sentence of the detector's docstring, or nothing without one.

    Examples
    --------
    >>> from genad import ZScore
    >>> summary(ZScore()).split(";")[0]
    'Sum or largest of the squared z-scores of a row'
    """
    return (inspect.getdoc(type(detector)) or "").partition("\n\n")[0].replace("\n", " ")


def paper(detector: Detector) -> str:
    """Return the first reference of the detector's docstring, up to its year.

    Examples
    --------
    >>> from genad import VAE
    >>> paper(VAE())
    'Auto-Encoding Variational Bayes (Kingma and Welling, 2013)'
    """
    _, _, section = (inspect.getdoc(type(detector)) or "").partition("References\n----------\n")
    first = " ".join(section.partition("\n\n")[0].split())
    dated = re.match(r".*?\([^()]*\d{4}\)", first)
    return dated[0] if dated else first


def parameters(detector: Detector) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Return the parameters that were given and those left at their default.

    Examples
    --------
    >>> from genad import ZScore
    >>> given, default = parameters(ZScore(aggregate="max"))
    >>> given
    (Fact(name='aggregate', value="'max'", note="default 'sum'"),)
    """
    signature = inspect.signature(type(detector)).parameters
    given, default = [], []
    for name, value in detector.get_params(deep=False).items():
        usual = _shown(signature[name].default) if name in signature else ""
        if name in _OF_ONE_RUN:
            continue
        if _shown(value) == usual:
            default.append(Fact(name, usual))
        else:
            given.append(Fact(name, _shown(value), f"default {usual}"))
    return tuple(given), tuple(default)


def versions() -> Fact:
    """Return the versions that a result may depend on, ours as the value.

    Examples
    --------
    >>> versions().value.split()[0], versions().note.split()[0]
    ('genad', 'torch')
    """
    packages = [f"{name} {version(name)}" for name in _VERSIONS]
    return Fact(
        "made by",
        f"genad {version('genad')}",
        ", ".join([*packages, f"Python {platform.python_version()}"]),
    )


def training(detector: Detector) -> Training:
    """Return how the training of a fitted detector went.

    Examples
    --------
    >>> from genad import ZScore
    >>> training(ZScore().fit([[0.0], [1.0], [2.0]])).panels
    ()
    """
    history, name = detector.history_, type(detector).__name__
    if not history.epochs:
        trained = history.stopped != "not trained"
        reason = "no epoch was run" if trained else "it is computed from the rows directly"
        return Training(f"{name} was not trained: {reason}, so there are no curves.", "", ())
    return Training(_ending(history), _reading(history), tuple(_panels(history)))


def _ending(history: History) -> str:
    stages = len({epoch.stage for epoch in history.epochs})
    over = f" in {stages} stages" if stages > 1 else ""
    ending = f"Trained for {count(len(history.epochs), 'epoch')}{over}: {history.stopped}."
    return " ".join([ending, *history.notes])


def _reading(history: History) -> str:
    objectives = {term.partition(".")[0] for term in history.names()}
    watched = bool(history.curve("validation"))
    if objectives & {"discriminator", "critic"}:
        told = "; whether it gets better shows in the curve of the held-out rows" if watched else ""
        return (
            "A GAN's parts train against each other: their curves should level off, but need "
            f"not reach zero{told}."
        )
    told = "; if that of the held-out rows rises again, it overfits" if watched else ""
    return f"The curves should fall and level off{told}."


def _panels(history: History) -> Iterator[Panel]:
    """Yield a panel for every loss term, and for whatever else was watched."""
    objectives = dict.fromkeys(term.partition(".")[0] for term in history.names())
    watched: list[tuple[str, str, list[float]]] = []
    for term in history.names():
        objective, _, name = term.partition(".")
        watched.append((objective, name, history.curve(term)))
    watched.append(("held-out rows", "validation", history.curve("validation")))
    watched.append(("samples", "variety", history.curve("variety")))
    watched += [(name, "gradient norm", history.gradient_norms(name)) for name in objectives]
    for group, name, values in watched:
        if values:
            yield _panel(group.replace("_", " "), name.replace("_", " "), np.array(values))


def _panel(group: str, name: str, values: NDArray[np.float64]) -> Panel:
    pieces = np.array_split(values, min(len(values), _MOST_POINTS))
    points = tuple(float(piece.mean()) for piece in pieces)
    ends = f"{number(values[0], 3)} → {number(values[-1], 3)}"
    described = f"{count(len(values), 'epoch')}, first and last value: {ends}."
    drawn = Curve(f"{group} {name}", described, _epochs(len(values)), axis_for(points), points)
    return Panel(group, name, ends, drawn)


def _epochs(n: int) -> Axis:
    return Axis(1, n, step=1.0) if n > 1 else Axis(0, 2, step=1.0)


def rule(strategy: Threshold) -> str:
    """Return a threshold strategy as one would type it, its figures rounded.

    Examples
    --------
    >>> from genad.thresholds import Fixed
    >>> rule(Fixed(303.13393021))
    'Fixed(value=303.134)'
    """
    figures = ", ".join(f"{name}={number(value, 6)}" for name, value in vars(strategy).items())
    return f"{type(strategy).__name__}({figures})"


def _shown(value: Any) -> str:
    """Return a parameter as one would type it; objects without their address."""
    if isinstance(value, Threshold):
        return rule(value)
    return clip(re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value)), 120)
