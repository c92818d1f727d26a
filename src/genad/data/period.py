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
# More steps than this do not make a period clearer; it must be seen so many times.
_STEPS, _SEEN = 2**17, 3
_OUTSIDE = 0.005  # share of values at either end that are cut to the rest: a spike is no season


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
    each = [found for found in map(autocorrelation, values.T) if len(found)]
    if not each:
        return None
    correlation = np.mean(each, axis=0)
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


def autocorrelation(values: Values) -> Values:
    """Return how values correlate with those so many steps later, from 0 to a third of them.

    Missing ones count as the mean. What a straight line explains is taken away first, and spikes
    are cut to where 99 % of the values are.

    Examples
    --------
    >>> autocorrelation(np.tile([1.0, -1.0], 50))[:3].round(2).tolist()
    [1.0, -1.0, 1.0]
    """
    values = values[:_STEPS]
    n = len(values)
    known = np.isfinite(values)
    if n < 2 * _SEEN or known.sum() < 2:
        return np.zeros(0)
    rest = _around_line(_cut(values, known), known)
    deviation = rest.std()
    if not deviation > 1e-9 * (1 + np.abs(values[known]).max()):
        return np.zeros(0)
    size = 1 << (2 * n - 1).bit_length()
    power = np.square(np.abs(np.fft.rfft(rest / deviation, size)))
    # Divided by the number of pairs: a far lag is not less correlated for having few.
    pairs = np.arange(n, 0, -1)
    correlation: Values = (np.fft.irfft(power, size)[:n] / pairs)[: n // _SEEN]
    return correlation


def _cut(values: Values, known: NDArray[np.bool_]) -> Values:
    low, high = np.quantile(values[known], [_OUTSIDE, 1 - _OUTSIDE]).tolist()
    return values.clip(low, high) if low < high else values  # a spike may be all there is


def _around_line(values: Values, known: NDArray[np.bool_]) -> Values:
    steps = np.arange(len(values)) / len(values)
    line = np.polynomial.Polynomial.fit(steps[known], values[known], 1)
    return np.where(known, values - line(steps), 0.0)
