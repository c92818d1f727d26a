"""A model on disk: a folder with config.json and weights.safetensors, and nothing that can run."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from genad.errors import ModelFormatError, ParameterError

FORMAT = "genad-model"
FORMAT_VERSION = 1
_CONFIG, _WEIGHTS = "config.json", "weights.safetensors"

Arrays = dict[str, NDArray[Any]]


def write_model(
    path: Path, config: dict[str, Any], arrays: Arrays, *, overwrite: bool = False
) -> None:
    """Write a model's folder under a temporary name, then rename it.

    Raises
    ------
    ParameterError
        If the folder exists and `overwrite` is false, or is no model's folder.
    """
    path = path.absolute()
    if path.exists() and not (overwrite and _is_model(path)):
        reason = "exists" if not overwrite else "exists and holds no model of genad"
        raise ParameterError(
            f"The folder {path} {reason}; choose another name"
            + ("." if overwrite else ", or allow to overwrite it.")
        )
    weights = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    config = {"format": FORMAT, "format_version": FORMAT_VERSION, **config}
    config["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    config["checksum"] = _checksum(config)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        (temporary / _WEIGHTS).write_bytes(weights)
        text = json.dumps(config, indent=2, ensure_ascii=False, allow_nan=False)
        (temporary / _CONFIG).write_text(text + "\n", encoding="utf-8")
        replaced = temporary.with_name(f"{temporary.name}.old")
        if path.exists():
            path.rename(replaced)
        temporary.rename(path)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_model(path: Path) -> bool:
    """Return whether a folder is ours to replace, whatever state it is in."""
    try:
        config = json.loads((path / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("format") == FORMAT


def read_model(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the configuration and the arrays of a model's folder, all checks passed.

    Raises
    ------
    ModelFormatError
        If a file is missing, damaged, changed, foreign or of a newer format.
    """
    config = _read_config(path / _CONFIG)
    try:
        weights = (path / _WEIGHTS).read_bytes()
    except OSError as error:
        raise ModelFormatError(
            f"{path} lacks a readable {_WEIGHTS} ({error.strerror}); copy the whole folder again."
        ) from error
    if hashlib.sha256(weights).hexdigest() != config.get("weights_sha256"):
        raise ModelFormatError(
            f"{path / _WEIGHTS} is not what was saved: it was changed or cut short; copy the "
            "whole folder again."
        )
    try:
        return config, load(weights)
    except SafetensorError as error:
        raise ModelFormatError(f"{path / _WEIGHTS} cannot be read: {error}.") from error


@contextmanager
def rebuilding(name: str, config: dict[str, Any]) -> Iterator[None]:
    """Turn what a folder that makes no model leads to into one clear error.

    Raises
    ------
    ModelFormatError
        If what is built inside fails for want of a fitting configuration or fitting arrays.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelFormatError(
            f"The folder holds no {name} as this version of genad describes one "
            f"({type(error).__name__}: {error}); load it with the genad that wrote it "
            f"({config.get('genad')})."
        ) from error


def section(arrays: Arrays, prefix: str) -> Arrays:
    """Return the arrays whose names begin with a prefix, without it.

    Examples
    --------
    >>> section({"view.scale": np.ones(2), "calibration": np.zeros(3)}, "view.")
    {'scale': array([1., 1.])}
    """
    return {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFormatError(
            f"{path.parent} is no model of genad: {path.name} cannot be read ({error.strerror}); "
            "give a folder that `save` wrote."
        ) from error
    except ValueError as error:
        raise ModelFormatError(f"{path} is damaged: {error}; copy the folder again.") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ModelFormatError(f"{path} was not written by genad; give a folder that `save` wrote.")
    if config.get("format_version") != FORMAT_VERSION:
        raise ModelFormatError(
            f"{path} has format version {config.get('format_version')!r}, but this genad reads "
            f"version {FORMAT_VERSION}; install the genad that wrote it ({config.get('genad')})."
        )
    if config.pop("checksum", None) != _checksum(config):
        raise ModelFormatError(f"{path} was changed after it was saved; copy the folder again.")
    return config


def _checksum(config: dict[str, Any]) -> str:
    text = json.dumps(config, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
