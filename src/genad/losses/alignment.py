"""Distances between a series and its reconstruction, step by step, each over the steps around."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.errors import MissingDependencyError

Values = NDArray[np.float64]

# Stretches are copied out of the series so many at a time.
_BLOCK = 4096


def point_error(x: Values, x_hat: Values) -> Values:
    """Return the absolute difference at every step, summed over the channels, of shape (time,).

    Parameters
    ----------
    x, x_hat : both of shape (time, channels).

    Examples
    --------
    >>> point_error(np.array([[1.0, 2.0]]), np.array([[1.5, 0.0]]))
    array([2.5])
    """
    error: Values = np.abs(x - x_hat).sum(1)
    return error


def area_error(x: Values, x_hat: Values, reach: int) -> Values:
    """Return the mean area between two curves over `reach` steps to either side of every step.

    What is above is set off against what is below: a reconstruction that is right on average has
    little area, though it misses every point. Stretches end with the series. Of shape (time,).

    References
    ----------
    TadGAN: Time Series Anomaly Detection Using Generative Adversarial Networks (Geiger et al.,
    2020), section IV-A.

    Examples
    --------
    >>> x = np.array([[1.0], [-1.0], [1.0], [1.0], [1.0]])
    >>> area_error(x, np.zeros_like(x), 1).round(2)
    array([0.33, 0.33, 0.33, 1.  , 1.  ])
    """
    length = min(2 * reach + 1, len(x))
    starts, difference = _starts(len(x), length), x - x_hat
    # Not by differences of cumulative sums, which round by what came long before.
    area = np.zeros_like(difference)
    for step in range(length):
        area += difference[starts + step]
    error: Values = np.abs(area).sum(1) / length
    return error


def dtw_error(x: Values, x_hat: Values, reach: int) -> Values:
    r"""Return the dynamic time warping distance of the stretches around every step.

    .. math:: \min_{\text{paths } p} \sqrt{\sum_{(i, j) \in p} \lVert x_i - \hat x_j \rVert_2^2}

    over the stretches of `reach` steps to either side; it forgives a shift in time. Stretches end
    with the series. Of shape (time,). It is computed by the package dtaidistance.

    Raises
    ------
    MissingDependencyError
        If that is not installed.

    References
    ----------
    TadGAN: Time Series Anomaly Detection Using Generative Adversarial Networks (Geiger et al.,
    2020), section IV-A.

    Examples
    --------
    >>> x = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 3.0])[:, None]
    >>> late = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0])[:, None]
    >>> dtw_error(x, late, 2)
    array([0., 0., 0., 3., 3., 3.])
    """
    distance = _distance(x.shape[1])
    length = min(2 * reach + 1, len(x))
    starts = _starts(len(x), length)
    pairs = zip(_stretches(x, starts, length), _stretches(x_hat, starts, length), strict=True)
    return np.array([distance(one, other) for one, other in pairs])


def _starts(time: int, length: int) -> NDArray[np.int64]:
    """Return where the stretch around every step begins, none outside the series."""
    return np.clip(np.arange(time) - length // 2, 0, time - length)


def _stretches(values: Values, starts: NDArray[np.int64], length: int) -> Iterator[Values]:
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0).transpose(0, 2, 1)
    for block in np.split(starts, range(_BLOCK, len(starts), _BLOCK)):
        # The library takes no read-only view.
        stretches = np.ascontiguousarray(windows[block])
        yield from stretches[..., 0] if values.shape[1] == 1 else stretches


def _distance(channels: int) -> Any:
    try:
        from dtaidistance import dtw_cc
    except ImportError as error:
        raise MissingDependencyError(
            "Dynamic time warping needs the package dtaidistance with its compiled part; install "
            "it with pip install 'genad[dtw]', or choose error='area' or error='point'."
        ) from error
    return dtw_cc.distance if channels == 1 else dtw_cc.distance_ndim
