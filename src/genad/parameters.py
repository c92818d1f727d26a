"""Hyper-parameter types: what an annotation allows, read once and checked in `fit`.

A detector annotates its parameters (``latent: PositiveInt = 8``), and `constraints` turns the
annotations into scikit-learn's declarative constraints, so that a bad value gets scikit-learn's
sentence and no detector checks anything by hand.
"""

import dataclasses
import types
from dataclasses import is_dataclass
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from genad.thresholds import Threshold, threshold_from_config


class Each(HasMethods):  # type: ignore[misc]
    """The constraint that a value is a tuple or list of so many items, each within another.

    A `HasMethods` in name only: scikit-learn accepts its own constraints and their subclasses.

    Examples
    --------
    >>> pair = Each(Interval(Integral, 1, None, closed="left"), least=2, most=2)
    >>> pair.is_satisfied_by((8, 4)), pair.is_satisfied_by([8, 0]), pair.is_satisfied_by((8,))
    (True, False, False)
    >>> print(pair)
    a tuple or list of 2 items, each an int in the range [1, inf)
    """

    def __init__(self, item: Interval, *, least: int = 0, most: int | None = None) -> None:
        super().__init__("__getitem__")
        self.item, self.least, self.most = item, least, most

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether a value is within the constraint."""
        enough = isinstance(val, tuple | list) and len(val) >= self.least
        few = enough and (self.most is None or len(val) <= self.most)
        return few and all(self.item.is_satisfied_by(item) for item in val)

    def __str__(self) -> str:
        least = f"{self.least} or more items" if self.least else "items"
        count = least if self.most is None else f"{self.least} items"
        return f"a tuple or list of {count}, each {self.item}"


PositiveInt = Annotated[int, Interval(Integral, 1, None, closed="left")]
NaturalInt = Annotated[int, Interval(Integral, 0, None, closed="left")]
PositiveFloat = Annotated[float, Interval(Real, 0, None, closed="neither")]
NaturalFloat = Annotated[float, Interval(Real, 0, None, closed="left")]
Share = Annotated[float, Interval(Real, 0, 1, closed="both")]
ProperShare = Annotated[float, Interval(Real, 0, 1, closed="left")]
Contamination = Literal["auto"] | Annotated[float, Interval(Real, 0, 0.5, closed="right")]
RandomState = Annotated[int | np.random.RandomState | None, "random_state"]
_Size = Interval(Integral, 1, None, closed="left")
Sizes = Annotated[tuple[int, ...], Each(_Size, least=1)]
SizesOrNone = Annotated[tuple[int, ...], Each(_Size)]
Weights = Annotated[
    tuple[float, float, float], Each(Interval(Real, 0, None, closed="left"), least=3, most=3)
]
Strategy = str | Threshold | None
WindowSize = PositiveInt | Literal["auto"]


def constraints(cls: type) -> dict[str, list[Any]]:
    """Return scikit-learn's constraints for the annotated parameters of a class.

    Examples
    --------
    >>> class Example:
    ...     kind: Literal["a", "b"] = "a"
    ...     size: PositiveInt | None = None
    >>> constraints(Example)["size"][1] is None
    True
    """
    hints = get_type_hints(cls, include_extras=True)
    fields = {field.name for field in dataclasses.fields(cls)} if is_dataclass(cls) else set(hints)
    return {name: _allowed(hint) for name, hint in hints.items() if name in fields}


def _allowed(hint: Any) -> list[Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        return list(hint.__metadata__)
    if origin is Literal:
        return [StrOptions(set(get_args(hint)))]
    if origin in (Union, types.UnionType):
        return [allowed for part in get_args(hint) for allowed in _allowed(part)]
    if hint is bool:
        return ["boolean"]
    if hint is type(None):
        return [None]
    return [origin or hint]


class ScoreParameter:
    """Makes `score` a parameter where it is set and scikit-learn's method where it is called.

    The papers' word for the choice of a score and scikit-learn's name for a method are the same;
    see docs/decisions/0003-score-parameter.md.
    """

    def __get__(self, detector: Any, owner: type) -> Any:
        return self if detector is None else detector._mean_score

    def __set__(self, detector: Any, value: str) -> None:
        detector.__dict__["score"] = value


# These belong to one run, not to the model that comes out of it.
_UNSAVED = ("callbacks", "checkpoint")


def plain_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON can hold them, without those that belong to one run.

    Examples
    --------
    >>> plain_parameters({"hidden": (8,), "lr": np.float64(0.1), "checkpoint": "run"})
    {'hidden': (8,), 'lr': 0.1}
    """
    return {name: _plain(value) for name, value in parameters.items() if name not in _UNSAVED}


def _plain(value: Any) -> Any:
    if isinstance(value, Threshold):
        return value.to_config()
    if isinstance(value, BaseEstimator):
        return {
            "detector": type(value).__name__,
            "parameters": plain_parameters(value.get_params(deep=False)),
        }
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    if isinstance(value, np.random.RandomState):
        return None
    return value.item() if isinstance(value, np.generic) else value


def parameters_from_plain(config: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that `plain_parameters` described, once JSON has made tuples lists.

    Examples
    --------
    >>> parameters_from_plain({"hidden": [8], "threshold": {"name": "fixed", "value": 2.0}})
    {'hidden': (8,), 'threshold': Fixed(value=2.0)}
    """
    parameters = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    if isinstance(parameters["threshold"], dict):
        parameters["threshold"] = threshold_from_config(parameters["threshold"])
    return parameters
