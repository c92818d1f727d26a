"""What a saved detector consists of, and how one is made of that again."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from genad.calibration import Calibration
from genad.errors import ModelFormatError
from genad.parameters import parameters_from_plain, plain_parameters
from genad.storage import Arrays, read_model, rebuilding, section
from genad.training import History, resolve_device

if TYPE_CHECKING:
    from genad.detector.base import Detector

D = TypeVar("D", bound="Detector")


def describe(detector: "Detector") -> tuple[dict[str, Any], Arrays]:
    """Return a fitted detector as plain values for JSON, and arrays."""
    view, arrays = detector.view_.state()
    arrays = {f"view.{name}": array for name, array in arrays.items()}
    weights = detector.model_.state_dict()
    arrays |= {f"model.{name}": tensor.cpu().numpy() for name, tensor in weights.items()}
    arrays["calibration"] = detector.calibration_.reference_scores
    names = getattr(detector, "feature_names_in_", None)
    classes = getattr(detector, "classes_", None)
    config = {
        "detector": type(detector).__name__,
        "parameters": plain_parameters(detector.get_params(deep=False)),
        "view": {"kind": detector.view_.kind, **view},
        "n_features_in": detector.n_features_in_,
        "feature_names_in": None if names is None else [str(name) for name in names],
        "classes": None if classes is None else classes.tolist(),
        "threshold": detector.threshold_,
        "more": detector._more(),
        "history": detector.history_.to_config(),
        "genad": version("genad"),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }
    return config, arrays


def restored(cls: type[D], path: Path, device: str | None) -> D:
    """Return the detector of a class that was saved in a folder, as `Detector.load` says."""
    config, arrays = read_model(path)
    if config["detector"] != cls.__name__:
        raise ModelFormatError(
            f"{path} holds a {config['detector']}, not a {cls.__name__}; use genad.load."
        )
    return rebuild(cls, config, arrays, device)


def rebuild(cls: type[D], config: dict[str, Any], arrays: Arrays, device: str | None = None) -> D:
    """Return the detector that `describe` described, on another device if one is given."""
    with rebuilding(cls.__name__, config):
        detector = cls(**_parameters(config["parameters"]))
        detector.device = detector.device if device is None else device
        detector.n_features_in_ = config["n_features_in"]
        if config["feature_names_in"] is not None:
            detector.feature_names_in_ = np.array(config["feature_names_in"], dtype=object)
        if config.get("classes") is not None:
            detector.classes_ = np.array(config["classes"])
        detector._take_more(config["more"])
        detector.view_ = detector._make_view(config["view"]["kind"])
        detector.view_.load_state(config["view"], section(arrays, "view."))
        with torch.random.fork_rng([]):
            detector.model_ = detector._assemble(detector.view_.shape).eval()
        weights = section(arrays, "model.").items()
        detector.model_.load_state_dict({k: torch.from_numpy(a) for k, a in weights})
        detector.history_ = History.from_config(config["history"])
        detector.calibration_ = Calibration(arrays["calibration"])
        detector.threshold_ = float(config["threshold"])
    detector.offset_ = -detector.threshold_
    detector.model_.to(resolve_device(detector.device))
    return detector


def remade(config: dict[str, Any]) -> "Detector":
    """Return the unfitted detector that `genad.parameters.plain_parameters` described.

    Nothing but a class of detectors that is defined already can come of it.

    Raises
    ------
    ModelFormatError
        If there is no such class.
    """
    from genad.detector.base import Detector

    known: list[Any] = Detector.__subclasses__()
    for cls in known:
        if cls.__name__ == config["detector"]:
            found: Detector = cls(**_parameters(config["parameters"]))
            return found
        known += cls.__subclasses__()
    raise ModelFormatError(
        f"The folder holds a {config['detector']!r}, which no installed package provides; install "
        "the package that it comes from."
    )


def _parameters(config: dict[str, Any]) -> dict[str, Any]:
    """Return parameters, those that are detectors among them made again."""
    parameters = parameters_from_plain(config)
    inner = {name: v for name, v in parameters.items() if isinstance(v, dict) and "detector" in v}
    return parameters | {name: remade(part) for name, part in inner.items()}
