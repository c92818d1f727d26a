"""The detectors behind `--follow`: new, fitted on a file or on the first lines, or saved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from genad.cli.errors import Misuse
from genad.cli.follow import FollowOptions, follow, kept
from genad.cli.settings import make_detector
from genad.detector import CausalDetector, Detector
from genad.files import Roles, open_series
from genad.files.following import Following, usual_warm_up
from genad.files.lines import StepReader
from genad.registry import detector_classes, find_detector, load


def follow_new(
    options: FollowOptions,
    model: str,
    settings: Sequence[str] | None,
    given: dict[str, Any],
    *,
    train: str | None,
    warm_up: int | None,
    guard: bool,
) -> None:
    """Follow standard input with a detector that is yet to be fitted.

    Parameters
    ----------
    options : of the stream.
    model, settings, given : as in `genad.cli.settings.make_detector`.
    train : a file or folder of series to learn from, in the place of the first lines.
    warm_up : the first lines to learn from; by default as many as the detector needs.
    guard : see `genad.files.following.Following`.
    """
    _check_causal(find_detector(model))
    detector = cast(CausalDetector, make_detector(model, settings, **given))
    if train is not None and warm_up is not None:
        raise Misuse("--train and --warm-up both say what to learn from: give one of them.")
    waits = 0 if train is not None else warm_up or usual_warm_up(detector)
    fixed = given["threshold"] is not None or given["contamination"] is not None

    def make(reader: StepReader) -> Following:
        following = Following(
            detector, reader.channels, warm_up=waits, adaptive=not fixed, guard=guard
        )
        if options.state is not None and kept(options.state):
            following.load(options.state)
        elif train is not None:
            series = open_series(train, options.time, Roles(ignore=options.ignore))
            following.fit([each.frame() for each in series])
        return following

    follow(make, options)


def follow_saved(options: FollowOptions, model: Path, *, guard: bool) -> None:
    """Follow standard input with a saved detector.

    Parameters
    ----------
    options : of the stream.
    model : the folder of the detector.
    guard : see `genad.files.following.Following`.
    """
    detector = cast(CausalDetector, load(model))
    _check_causal(type(detector))
    names = getattr(detector, "feature_names_in_", None)

    def make(reader: StepReader) -> Following:
        following = Following(detector, reader.channels, guard=guard)
        if options.state is not None and kept(options.state):
            following.load(options.state)
        else:
            following.begin()
        return following

    follow(make, replace(options, channels=None if names is None else tuple(map(str, names))))


def _check_causal(cls: type[Detector]) -> None:
    if not issubclass(cls, CausalDetector):
        every = detector_classes().items()
        able = [name for name, other in every if issubclass(other, CausalDetector)]
        raise Misuse(
            f"{cls.__name__} scores a step by what comes after it too, so it cannot follow a "
            f"stream; take one of {', '.join(able)}."
        )
