"""Samples of a model, and the files they are written to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from genad.cli.errors import Misuse
from genad.data.readers import WRITABLE, write_table
from genad.detector import ConditionalDetector, Detector, LatentDetector
from genad.report.pictures import png, sheet

# Small images are enlarged by a whole number to about so many pixels a side.
_SIDE = 56


def draw(detector: Detector, number: int, label: str | None, seed: int) -> Any:
    """Return samples of a fitted detector, of a class if one is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from genad import VAE
    >>> detector = VAE(epochs=1, random_state=0).fit(np.eye(4))
    >>> draw(detector, 3, None, seed=0).shape
    (3, 4)
    """
    name = type(detector).__name__
    if not isinstance(detector, LatentDetector):
        raise Misuse(f"A {name} makes no samples: fit a VAE or a GAN with a prior.")
    if isinstance(detector, ConditionalDetector):
        return detector.sample(number, label=label, random_state=seed)
    if label is not None:
        raise Misuse(
            f"A {name} knows no classes: leave out --label, or fit a conditionalgan or a "
            "conditionalvae."
        )
    return detector.sample(number, random_state=seed)


def check_name(detector: Detector, out: Path | None) -> Path:
    """Return the file to write samples to, by default samples.png or samples.csv.

    Examples
    --------
    >>> import numpy as np
    >>> from genad import ZScore
    >>> check_name(ZScore().fit(np.eye(4)), None).name
    'samples.csv'
    """
    images = detector.view_.kind == "image"
    allowed = (".png", ".npz") if images else (*WRITABLE, ".npz")
    path = out or Path(f"samples{allowed[0]}")
    if not path.name.lower().endswith(allowed):
        *others, last = allowed
        raise Misuse(
            f"--out {path} has to end in {', '.join(others)} or {last}: the model is of "
            f"{'images' if images else 'rows or series'}."
        )
    return path


def write(detector: Detector, samples: Any, path: Path, *, columns: int) -> None:
    """Write samples, `columns` images to a row of a picture."""
    suffix = path.suffix.lower()
    if suffix == ".png":
        side = max(detector.view_.shape[1:])
        path.write_bytes(png(sheet(samples, columns, max(1, round(_SIDE / side)))))
    elif suffix == ".npz":
        np.savez_compressed(path, **_arrays(samples))
    else:
        as_table = _TABLES[detector.view_.kind]
        write_table([as_table(samples, _names(detector))], path)


def _arrays(samples: Any) -> dict[str, Any]:
    if isinstance(samples, pa.Table):
        columns = zip(samples.column_names, samples.columns, strict=True)
        return {name: _plain(column.to_numpy()) for name, column in columns}
    return {"X": samples}


def _plain(values: Any) -> Any:
    """Return values as an array that can be read without running code."""
    return values.astype(str) if values.dtype.kind == "O" else values


def _names(detector: Detector) -> list[str]:
    numbers = [f"x{j}" for j in range(detector.n_features_in_)]
    return [str(name) for name in getattr(detector, "feature_names_in_", numbers)]


def _rows(samples: Any, names: list[str]) -> pa.Table:
    if isinstance(samples, pa.Table):
        return samples
    return pa.table({name: samples[:, j] for j, name in enumerate(names)})


def _windows(samples: Any, names: list[str]) -> pa.Table:
    """Return windows of shape (n, window, channels) one after the other, numbered from 1."""
    n, window, _ = samples.shape
    places = {
        "window": np.repeat(np.arange(1, n + 1), window),
        "step": np.tile(np.arange(1, window + 1), n),
    }
    return pa.table(places | {name: samples[..., j].ravel() for j, name in enumerate(names)})


_TABLES: dict[str, Callable[[Any, list[str]], pa.Table]] = {"table": _rows, "series": _windows}
