"""Which detector suits which data: the rules of AutoDetector, one sentence each."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from genad.data.choice import kind_of
from genad.data.series import read_recordings
from genad.detector import Detector
from genad.detectors.neighbours import NearestNeighbours
from genad.detectors.novelty import Novelty
from genad.detectors.streaming_novelty import StreamingNovelty
from genad.detectors.tadgan import TadGAN
from genad.detectors.transform_prediction import TransformPrediction

# Below so many rows a trained detector finds no more than nearest neighbours do; see docs/auto.md.
ENOUGH_ROWS = 500
# Of the Numenta benchmark: the share of a series that tells what is usual, and the most of it.
_PROBATION, _LONGEST_PROBATION = 0.15, 750
# From window to window: every step is covered, and neighbours are looked for a quarter as often.
_STRIDE = 4
# So many channels are more than what one value is like; the Server Machine Dataset has 38.
MANY_CHANNELS = 10
# Of those windows, and passes over them; a second one begins at the middle of each.
_SHORT, _EPOCHS = 16, 20


@dataclass(frozen=True)
class Facts:
    """What is known of data before anything is learnt of it.

    Parameters
    ----------
    kind : "table", "series" or "image".
    items : rows, time steps of all series together, or images.
    features : columns or channels; 0 for images.
    shortest : time steps of the shortest series; 0 for other data.
    stamped : whether all series have time stamps.
    window : steps in a window, as far as somebody said.
    """

    kind: str
    items: int
    features: int = 0
    shortest: int = 0
    stamped: bool = False
    window: int | Literal["auto"] | None = None


@dataclass(frozen=True, eq=False)
class Choice:
    """A detector, not fitted, and why it is the one, in a sentence."""

    detector: Detector
    why: str


def facts(data: Any, window: int | Literal["auto"] | None) -> Facts:
    """Return what is known of data; what is no data at all is a table without rows.

    With `window` the data is series; without, only what can be nothing else.

    Examples
    --------
    >>> facts([[1.0, 2.0], [3.0, 4.0]], None)
    Facts(kind='table', items=2, features=2, shortest=0, stamped=False, window=None)
    >>> facts([1.0, 2.0, 3.0], 2)
    Facts(kind='series', items=3, features=1, shortest=3, stamped=False, window=2)
    """
    if window is not None or _is_series(data):
        each = read_recordings(data).each
        return Facts(
            "series",
            sum(len(recording) for recording in each),
            each[0].values.shape[1],
            min(len(recording) for recording in each),
            all(recording.stamps is not None for recording in each),
            window,
        )
    if kind_of(data, None) == "image":
        return Facts("image", len(data))
    rows, columns = (*_shape(data), 0, 0)[:2]
    return Facts("table", int(rows), int(columns))


def suiting(found: Facts) -> Choice:
    """Return the detector that suits.

    Examples
    --------
    >>> suiting(Facts("table", items=5000, features=6)).detector
    Novelty()
    >>> suiting(Facts("table", items=100, features=6)).why
    'of 100 rows a network learns no more than neighbours tell.'
    >>> suiting(Facts("series", 1000, 1, 1000, stamped=True)).detector
    StreamingNovelty(probationary_period=150)
    """
    if found.kind == "image":
        why = "what a network knows of normal images shows in how well it tells how one was moved."
        return Choice(TransformPrediction(), why)
    if found.kind == "series":
        return _for_series(found)
    if found.items < ENOUGH_ROWS:
        why = f"of {found.items:,} rows a network learns no more than neighbours tell."
        return Choice(NearestNeighbours(), why)
    why = (
        f"{found.items:,} rows of {found.features:,} columns are enough to learn from, and "
        "denoisers and neighbours together rank best on tables."
    )
    return Choice(Novelty(), why)


def _for_series(found: Facts) -> Choice:
    if found.features == 1 and found.stamped:
        period = max(1, min(_LONGEST_PROBATION, int(_PROBATION * found.shortest)))
        why = (
            "one channel with time stamps is judged best by how new its values are, and for the "
            "time of day."
        )
        return Choice(StreamingNovelty(probationary_period=period), why)
    if found.features >= MANY_CHANNELS:
        why = (
            f"how {found.features:,} channels go together is judged best by what a GAN can make of "
            "short windows, and by its critic."
        )
        short = max(2, min(_SHORT, found.shortest // 4))
        width = found.window if isinstance(found.window, int) else short
        stride = max(1, min(_SHORT, width) // 2)
        return Choice(TadGAN(window=width, stride=stride, net="mlp", epochs=_EPOCHS), why)
    channels = f"{found.features:,} channels" if found.features > 1 else "a channel without stamps"
    why = f"windows of {channels} are judged best by the most similar ones of normal series."
    stride = min(_STRIDE, found.window) if isinstance(found.window, int) else _STRIDE
    return Choice(NearestNeighbours(window="auto", stride=stride), why)


def _is_series(data: Any) -> bool:
    """Return whether data says of itself that it is series."""
    first = data[0] if isinstance(data, list | tuple) and len(data) else data
    return hasattr(first, "timestamps") and hasattr(first, "values")


def _shape(data: Any) -> tuple[int, ...]:
    shape = getattr(data, "shape", None)
    if shape is None:
        try:
            shape = np.asarray(data).shape
        except (ValueError, TypeError):  # no array; reading it says so
            shape = ()
    return tuple(shape)
