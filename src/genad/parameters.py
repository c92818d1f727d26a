"""Hyper-parameter types: what an annotation allows, read once and checked in `fit`.

A detector annotates its parameters (``latent: PositiveInt = 8``), and `constraints` turns the
annotations into scikit-learn's declarative constraints, so that a bad value gets scikit-learn's
sentence and no detector checks anything by hand.
"""

import types
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from genad.thresholds import Threshold

PositiveInt = Annotated[int, Interval(Integral, 1, None, closed="left")]
NaturalInt = Annotated[int, Interval(Integral, 0, None, closed="left")]
PositiveFloat = Annotated[float, Interval(Real, 0, None, closed="neither")]
NaturalFloat = Annotated[float, Interval(Real, 0, None, closed="left")]
Share = Annotated[float, Interval(Real, 0, 1, closed="both")]
ProperShare = Annotated[float, Interval(Real, 0, 1, closed="left")]
Contamination = Literal["auto"] | Annotated[float, Interval(Real, 0, 0.5, closed="right")]
RandomState = Annotated[int | np.random.RandomState | None, "random_state"]
Sizes = Annotated[tuple[int, ...], tuple, list]
Strategy = str | Threshold | None


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
    fields = getattr(cls, "__dataclass_fields__", hints)
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
