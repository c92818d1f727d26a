"""Texts such as `hidden=64,32` into a detector's parameters, by their annotated types."""

from collections.abc import Callable, Iterator, Sequence
from types import GenericAlias, NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from genad.cli.durations import seconds_of
from genad.cli.errors import Misuse
from genad.detector import CausalDetector, ConditionalDetector, Detector, TrainedDetector
from genad.detectors import Ensemble
from genad.errors import ParameterError
from genad.registry import find_detector
from genad.thresholds import parse_threshold

_NOT_HERE = ("callbacks", "checkpoint")  # the first is no text, the second is ours
# What is given to an ensemble, not to its members.
_OF_ALL = ("contamination", "device", "random_state", "threshold", "validation_fraction", "window")


def make_detector(
    model: str, texts: Sequence[str] | None, *, members: int | None = None, **options: Any
) -> Detector:
    """Return an unfitted detector of that name with its parameters set and checked.

    Parameters
    ----------
    model : its name.
    texts : `name=value` each.
    members : make an ensemble of so many.
    options : values of parameters that have an option of their own; None if it was not given.

    Examples
    --------
    >>> make_detector("vae", ["hidden=64,32", "patience=none"], epochs=5)
    VAE(epochs=5, hidden=(64, 32), random_state=0)
    >>> make_detector("vae", ["latent=2"], members=4)
    Ensemble(detector=VAE(latent=2), n=4, random_state=0)
    """
    cls = find_detector(model)
    named = parse_settings(cls, texts or ())
    given = {name: value for name, value in options.items() if value is not None}
    if twice := sorted(named.keys() & given.keys()):
        raise Misuse(f"{twice[0]} is given twice, as an option and with --set: give it once.")
    given = {"random_state": 0} | given | named
    if isinstance(budget := given.get("budget"), str):
        given["budget"] = seconds_of(budget)
        _check_budgeted(cls, model)
    _check_names(cls, given)
    if isinstance(rule := given.get("threshold"), str):
        parse_threshold(rule)
    detector = cls(**given) if members is None else _ensemble(cls, members, given)
    _check(detector)
    return detector


def _check(detector: Detector) -> None:
    try:
        detector._validate_params()
    except ParameterError:
        raise
    except ValueError as error:
        raise Misuse(str(error)) from error


def _check_budgeted(cls: type[Detector], model: str) -> None:
    if "budget" not in cls._get_param_names():
        raise Misuse(
            f"--budget is kept by --model auto, which is the default, and not by {model}: leave "
            "out one of them."
        )


def _ensemble(cls: type[Detector], members: int, given: dict[str, Any]) -> Detector:
    trained = issubclass(cls, TrainedDetector)
    if not trained or issubclass(cls, CausalDetector | ConditionalDetector):
        raise Misuse(
            f"--members trains several detectors side by side, which {cls.__name__} cannot be: "
            "leave it out, or choose another --model, such as vae."
        )
    member = cls(**{name: value for name, value in given.items() if name not in _OF_ALL})
    _check(member)
    own = {name: value for name, value in given.items() if name in _OF_ALL}
    return Ensemble(detector=member, n=members, **own)


def parse_settings(cls: type[Detector], texts: Sequence[str]) -> dict[str, Any]:
    """Return parameters by name.

    Examples
    --------
    >>> from genad import VAE
    >>> parse_settings(VAE, ["lr=1e-4", "score=elbo", "latent=8"])
    {'lr': 0.0001, 'score': 'elbo', 'latent': 8}
    """
    hints = get_type_hints(cls, include_extras=True)
    settings = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise Misuse(f"--set {text!r} has no value: write NAME=VALUE, as in --set lr=0.001.")
        _check_names(cls, [name])
        settings[name] = _parse(name, value, hints[name])
    return settings


def _check_names(cls: type[Detector], names: Sequence[str] | dict[str, Any]) -> None:
    allowed = [name for name in cls._get_param_names() if name not in _NOT_HERE]
    for name in names:
        if name not in allowed:
            raise Misuse(
                f"{cls.__name__} has no parameter {name!r}; there are {', '.join(allowed)}."
            )


def _none(text: str) -> None:
    if text.lower() != "none":
        raise ValueError(text)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _integers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _parts(text)))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, _parts(text)))


def _parts(text: str) -> list[str]:
    return [part for part in text.strip("()[]").split(",") if part.strip()]


# In the order in which a text is tried: "5" is an integer before it is a text.
_READERS: dict[Any, tuple[str, Callable[[str], Any]]] = {
    NoneType: ("none", _none),
    bool: ("true or false", _boolean),
    int: ("a whole number", int),
    float: ("a number", float),
    tuple[int]: ("whole numbers with commas", _integers),
    tuple[float]: ("numbers with commas", _numbers),
    str: ("a text", str),
}


def _parse(name: str, text: str, hint: Any) -> Any:
    kinds = set(_kinds(hint))
    for kind, (_, read) in _READERS.items():
        if kind in kinds:
            try:
                return read(text)
            except ValueError:
                continue
    allowed = " or ".join(said for kind, (said, _) in _READERS.items() if kind in kinds)
    raise Misuse(f"{name}={text} cannot be: {name} is {allowed}.")


def _kinds(hint: Any) -> Iterator[Any]:
    """Yield the plain types that an annotation is made of."""
    if get_origin(hint) is Annotated:
        yield from _kinds(hint.__origin__)
    elif get_origin(hint) is Literal:
        yield from (type(value) for value in get_args(hint))
    elif get_origin(hint) is tuple:
        yield GenericAlias(tuple, get_args(hint)[0])
    elif get_args(hint):
        for part in get_args(hint):
            yield from _kinds(part)
    else:
        yield hint
