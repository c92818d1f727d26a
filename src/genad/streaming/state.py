"""What a stream has learnt, as plain numbers and arrays: to be stored, loaded and gone on with."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from genad.errors import ModelFormatError

__all__ = ["Arrays", "Config", "Part", "join_states", "load_states"]

Config = dict[str, Any]
"""Whatever JSON can hold."""
Arrays = dict[str, NDArray[Any]]


class Part(ABC):
    """Something that learns as a stream goes on, and whose state can be stored exactly.

    The parameters of the constructor are no part of the state: `load_state` is for an object that
    was made with the same ones.
    """

    @abstractmethod
    def state(self) -> tuple[Config, Arrays]:
        """Return what was learnt: a dictionary for JSON, and arrays by name."""

    @abstractmethod
    def load_state(self, config: Config, arrays: Arrays) -> None:
        """Take over what :meth:`state` of an object made alike returned."""


def join_states(parts: Mapping[str, Part]) -> tuple[Config, Arrays]:
    """Return the states of several parts as one, arrays under `part.array`.

    Examples
    --------
    >>> from genad.streaming.nearest import NearestValue
    >>> join_states({"a": NearestValue(), "b": NearestValue()})[0]
    {'a': {'gap': 0.0}, 'b': {'gap': 0.0}}
    """
    states = {name: part.state() for name, part in parts.items()}
    arrays = {
        f"{name}.{key}": array for name, (_, own) in states.items() for key, array in own.items()
    }
    return {name: config for name, (config, _) in states.items()}, arrays


def load_states(parts: Mapping[str, Part], config: Config, arrays: Arrays) -> None:
    """Give every part its share of what :func:`join_states` returned.

    Raises
    ------
    ModelFormatError
        If the state is not that of parts like these.

    Examples
    --------
    >>> from genad.streaming.nearest import NearestValue
    >>> first, second = NearestValue(), NearestValue()
    >>> first.learn_one(3.0)
    inf
    >>> load_states({"a": second}, *join_states({"a": first}))
    >>> second.distance(5.0)
    2.0
    """
    for name, part in parts.items():
        own = {k.removeprefix(f"{name}."): a for k, a in arrays.items() if k.startswith(f"{name}.")}
        try:
            part.load_state(config[name], own)
        except (KeyError, TypeError, IndexError) as error:
            raise ModelFormatError(
                f"The state of {name!r} is not that of a {type(part).__name__} "
                f"({type(error).__name__}: {error}); load it into an object made as the one that "
                "was stored."
            ) from error
