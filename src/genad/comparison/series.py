"""Series as subjects of a comparison: what is compared are their windows."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from genad.comparison.subject import Places, Subject, Trial
from genad.data.datasets import Series
from genad.data.period import suitable_window
from genad.errors import DataError

Array = NDArray[np.float64]


def series_subject(
    series: Series, *, window: int | None = None, samples: int = 2000, random_state: int = 0
) -> Subject:
    """Return a series as a subject: generators learn what precedes the end of its training part.

    Windows of that part are compared with windows of the rest that hold no labelled anomaly.

    Parameters
    ----------
    series : with or without labelled windows.
    window : steps in a window; by default a period of the training part.
    samples : compare so many windows, drawn at random.
    random_state : seed of the draws.

    Examples
    --------
    >>> wave = np.sin(np.arange(200.0))[:, None]
    >>> subject = series_subject(Series("wave", wave, ((150, 155),), 100), window=8)
    >>> subject.windows.shape, subject.unseen.shape, int(subject.places.classes.sum())
    ((93, 8, 1), (81, 8, 1), 12)
    """
    data, rng = series.dataset(), np.random.default_rng(random_state)
    train, rest, labels = np.asarray(data.train), np.asarray(data.test), data.test_labels
    steps = window or suitable_window([train])
    if min(len(train), len(rest)) < 2 * steps:
        raise DataError(
            f"{series.name} has {len(train):,} steps to learn from and {len(rest):,} others, too "
            f"few for windows of {steps}: give a smaller --window."
        )
    learnt, others = cut(train, steps), cut(rest, steps)
    anomalous: NDArray[np.bool_] = np.any(cut(labels[:, None], steps), axis=(1, 2))
    normal = _drawn(rng, np.flatnonzero(~anomalous), samples)
    told = (
        f"Models learn from the first {len(train):,} steps, as windows of {steps}; their samples "
        f"are compared with {len(normal):,} normal windows of the other {len(rest):,} steps."
    )
    labelled = bool(labels.any()) and not labels.all()
    return Subject(
        name=series.name,
        kind="series",
        train=train,
        classes=None,
        unseen=others[normal],
        class_names=(),
        places=_places(others, anomalous, _drawn(rng, np.arange(len(others)), samples)),
        trial=Trial(train, None, rest, labels, _TRIAL) if labelled else None,
        notes=(told,),
        windows=learnt[_drawn(rng, np.arange(len(learnt)), samples)],
    )


_TRIAL = "Every time step of the rest is scored; the labels say which lie in anomalous windows."


def cut(values: NDArray[Any], window: int) -> NDArray[Any]:
    """Return all windows of a series of shape (time, channels), of shape (n, window, channels).

    Examples
    --------
    >>> cut(np.arange(4)[:, None], 3)[:, :, 0]
    array([[0, 1, 2],
           [1, 2, 3]])
    """
    return sliding_window_view(values, window, axis=0).transpose(0, 2, 1)


def over_steps(scores: Array, window: int) -> Array:
    """Return the mean score of the windows around each step, of shape (n + window - 1,).

    Examples
    --------
    >>> over_steps(np.array([1.0, 3.0]), 2)
    array([1., 2., 3.])
    """
    ones = np.ones(window)
    mean: Array = np.convolve(scores, ones) / np.convolve(np.ones(len(scores)), ones)
    return mean


def _places(windows: Array, anomalous: NDArray[np.bool_], rows: NDArray[np.int64]) -> Places | None:
    classes = anomalous[rows].astype(np.int64)
    if classes.all() or not classes.any():
        return None
    # Each is a series of one window, for models know no windows by themselves.
    return Places(list(windows[rows]), classes, ("normal", "anomaly"))


def _drawn(rng: np.random.Generator, rows: NDArray[Any], most: int) -> NDArray[np.int64]:
    return np.sort(rng.permutation(rows)[:most])
