"""Toy data, and every detector in a size that trains in a blink."""

import re
from functools import cache
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import genad
from genad.registry import detector_classes

ALL = list(detector_classes().values())
# What holds for rows is tested on these; series and images have tests of their own.
CLASSES = [cls for cls in ALL if "table" in cls.kinds]
SERIES = [cls for cls in ALL if "series" in cls.kinds]
# Every detector takes those that it has a parameter of the name for.
TINY = {"epochs": 3, "hidden": (8,), "latent": 2, "steps": 10, "samples": 3, "random_state": 0}


# All that a command prints to standard error where it fails.
SAYS = re.compile(r"Error: [^\n]+\n")


def settings_for(cls, **wanted):
    """Return the wanted parameters that a detector has, or that go to the one inside."""
    own = {name: value for name, value in wanted.items() if name in cls._get_param_names()}
    if "detector" in cls._get_param_names():
        member = settings_for(genad.VAE, **wanted)
        own |= {"n": 2, "detector": genad.VAE(**{k: v for k, v in member.items() if k not in own})}
    return own


def tiny(cls, **changes):
    """Return a detector of a class, small unless the changes say otherwise."""
    settings = settings_for(cls, **TINY)
    if isinstance(changes.get("detector"), genad.Detector):
        # Of its parameters those count that are not at their default.
        given = changes["detector"]
        usual = type(given)().get_params()
        changed = {k: v for k, v in given.get_params().items() if v is not usual[k]}
        changes = changes | {"detector": settings["detector"].set_params(**changed)}
    return cls(**settings | changes)


@cache
def fitted(cls, **changes):
    """Return a small detector fitted on `line`; tests share it, so they must not change it."""
    return tiny(cls, **changes).fit(line(150))


def options(cls):
    """Return the choices of every parameter that a detector itself declares as a choice."""
    hints = get_type_hints(cls)
    own = {name: hints[name] for name in cls.__annotations__}
    return {name: get_args(hint) for name, hint in own.items() if get_origin(hint) is Literal}


def variants(without=()):
    """Return every detector with each choice of each of its options but some, for parametrize."""
    found = []
    for cls in CLASSES:
        kept = {name: values for name, values in options(cls).items() if name not in without}
        chosen = [{name: value} for name, values in kept.items() for value in values]
        for choice in chosen or [{}]:
            label = "-".join([cls.__name__, *map(str, choice.values())])
            found.append(pytest.param(cls, choice, id=label))
    return found


each_detector = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
each_variant = pytest.mark.parametrize(("cls", "choice"), variants())
# The score is a choice for afterwards: it does not change what is trained.
each_training = pytest.mark.parametrize(("cls", "choice"), variants(without=("score",)))


def line(n, seed=0):
    """Return rows of shape (n, 3) near a line: one hidden factor, and a little noise."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n, 1))
    return factor * [1.0, -2.0, 3.0] + 0.1 * rng.normal(size=(n, 3))


def two_clusters(n, seed=0):
    """Return rows of shape (n, 3) in two tight clusters, with nothing at their common mean."""
    rng = np.random.default_rng(seed)
    side = rng.choice([-3.0, 3.0], size=(n, 1))
    return side * [1.0, -1.0, 1.0] + 0.3 * rng.normal(size=(n, 3))


def messy(n, seed=0):
    """Return the columns of a table with all that real tables have, as plain lists."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, n)
    age[::7] = np.nan
    return {
        "age": [None if np.isnan(value) else float(value) for value in age],
        "city": [None if k % 11 == 0 else "Rome" if k % 3 else "Bonn" for k in range(n)],
        "member": (rng.random(n) < 0.5).tolist(),
        "constant": [3] * n,
        "visits": rng.poisson(4, n).tolist(),
    }
