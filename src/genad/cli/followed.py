"""The detectors behind `--follow`: new, fitted on a file or on the first lines, or saved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from genad.cli.errors import Misuse
from genad.cli.follow import FollowOptions, follow, kept
from genad.cli.inputs import model_folder
from genad.cli.settings import make_detector
from genad.detector import CausalDetector, Detector
from genad.detectors import AutoDetector
from genad.files import Roles, open_series
from genad.files.following import Following, usual_warm_up
from genad.files.lines import StepReader
from genad.registry import detector_classes, find_detector, load

# Options that are parameters of the detector, under the same name.
_PARAMETERS = ("epochs", "threshold", "contamination", "window", "device")


def follow_new(given: Mapping[str, Any]) -> None:
    """Follow standard input with a detector that is yet to be fitted.

    Parameters
    ----------
    given : the options of `genad detect`, by name.
    """
    # Of the detectors that can follow, auto takes the one that it takes for such series.
    model = "streamingnovelty" if given["model"] == "auto" else given["model"]
    train, warm_up = given["train"], given["warm_up"]
    _check_causal(find_detector(model))
    renamed = {name: given[name] for name in _PARAMETERS} | {"random_state": given["seed"]}
    detector = cast(CausalDetector, make_detector(model, given["settings"], **renamed))
    if train is not None and warm_up is not None:
        raise Misuse("--train and --warm-up both say what to learn from: give one of them.")
    waits = 0 if train is not None else warm_up or usual_warm_up(detector)
    adaptive = given["threshold"] is None and given["contamination"] is None
    options = _options(given)

    def make(reader: StepReader) -> Following:
        following = Following(
            detector, reader.channels, warm_up=waits, adaptive=adaptive, guard=given["guard"]
        )
        if options.state is not None and kept(options.state):
            following.load(options.state)
        elif train is not None:
            series = open_series(train, options.time, Roles(ignore=options.ignore))
            following.fit([each.frame() for each in series])
        return following

    follow(make, options)


def follow_saved(given: Mapping[str, Any]) -> None:
    """Follow standard input with a saved detector.

    Parameters
    ----------
    given : the options of `genad score`, by name.
    """
    saved, options = load(model_folder(given["model"])), _options(given)
    detector = cast(CausalDetector, saved.detector_ if isinstance(saved, AutoDetector) else saved)
    _check_causal(type(detector))
    names = getattr(detector, "feature_names_in_", None)

    def make(reader: StepReader) -> Following:
        following = Following(detector, reader.channels, guard=given["guard"])
        if options.state is not None and kept(options.state):
            following.load(options.state)
        else:
            following.begin()
        return following

    follow(make, replace(options, channels=None if names is None else tuple(map(str, names))))


def _options(given: Mapping[str, Any]) -> FollowOptions:
    return FollowOptions(
        time=given["time"],
        skip_bad=given["skip_bad"],
        state=given["state"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        ignore=tuple(given.get("ignore") or ()),
    )


def _check_causal(cls: type[Detector]) -> None:
    if not issubclass(cls, CausalDetector):
        every = detector_classes().items()
        able = [name for name, other in every if issubclass(other, CausalDetector)]
        raise Misuse(
            f"{cls.__name__} scores a step by what comes after it too, so it cannot follow a "
            f"stream; take one of {', '.join(able)}."
        )
