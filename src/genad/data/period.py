"""The period of a series, by its autocorrelation, and the window that holds one."""

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Where there is no period, a window has so many steps. It has at least the least; a period above
# the most is too long for one.
USUAL_WINDOW, _LEAST, _MOST = 100, 16, 512
# A period shows in a correlation of at least so much, and multiples of it hardly in more.
_CORRELATED, _AS_HIGH = 0.25, 0.9
# More steps than this do not make a period clearer.
_STEPS = 100_000


def find_period(values: Values) -> int | None:
    """Return the period of a series in steps, or None where it has none.

    It is where the autocorrelation, a mean over the channels, first peaks at 90 % or more of its
    highest peak after the first lag without correlation. A period must be seen three times, and
    peak at a correlation of at least 0.25.

    Parameters
    ----------
    values : of shape (time, channels); missing ones (NaN) count as the channel's mean.

    Examples
    --------
    >>> find_period(np.sin(np.arange(500.0) * 2 * np.pi / 25)[:, None])
    25
    >>> find_period(np.random.default_rng(0).normal(size=(500, 1))) is None
    True
    """
    correlation = _autocorrelation(values[:_STEPS])[: len(values[:_STEPS]) // 3]
    crossings = np.flatnonzero(correlation <= 0)
    if not len(crossings) or crossings[0] + 2 >= len(correlation):
        return None
    start = int(crossings[0])
    before, here, after = (correlation[start + k : len(correlation) - 2 + k] for k in range(3))
    peaks = np.flatnonzero((here >= before) & (here >= after))
    heights = here[peaks]
    if not len(peaks) or heights.max() < _CORRELATED:
        return None
    first = start + 1 + int(peaks[np.argmax(heights >= _AS_HIGH * heights.max())])
    # Noise makes peaks of its own on the way up.
    return first + int(correlation[first : first + max(1, first // 4)].argmax())


def suitable_window(series: Sequence[Values]) -> int:
    """Return how many steps a window should have: one period.

    Of several series, it is the median of their periods. It is 100 where there is none or it is
    above 512, and at least 16; but never more than a quarter of the shortest series.

    Parameters
    ----------
    series : each of shape (time, channels).

    Examples
    --------
    >>> suitable_window([np.sin(np.arange(500.0) * 2 * np.pi / 25)[:, None]])
    25
    >>> suitable_window([np.zeros((500, 1))]), suitable_window([np.zeros((20, 1))])
    (100, 5)
    """
    periods = [period for period in map(find_period, series) if period is not None]
    period = int(median(periods)) if periods else USUAL_WINDOW
    wanted = max(period, _LEAST) if period <= _MOST else USUAL_WINDOW
    return max(1, min(wanted, min(map(len, series)) // 4))


def _autocorrelation(values: Values) -> Values:
    """Return the mean of the channels' autocorrelations by lag, of shape (time,)."""
    known = np.isfinite(values)
    counts = np.maximum(known.sum(0), 1)
    centred = np.where(known, values - np.where(known, values, 0).sum(0) / counts, 0.0)
    deviation = np.sqrt(np.square(centred).mean(0))
    changing = centred[:, deviation > 1e-9 * (1 + np.abs(values[known]).max(initial=0))]
    n = len(values)
    if not changing.shape[1]:
        return np.zeros(n)
    changing = changing / changing.std(0)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.zeros(size // 2 + 1)
    for channel in changing.T:  # one at a time, to spare memory
        spectrum += np.square(np.abs(np.fft.rfft(channel, size)))
    # Divided by the number of pairs at each lag: a far lag is not less correlated for having few.
    pairs = np.arange(n, 0, -1) * changing.shape[1]
    correlation: Values = np.fft.irfft(spectrum, size)[:n] / pairs
    return correlation
