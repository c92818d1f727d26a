"""The Numenta Anomaly Benchmark's scorer: early detections pay, false alarms and misses cost.

One sorted pass over all rows gives the score at every threshold of a corpus.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from genad.errors import DataError, ParameterError
from genad.metrics._inputs import BoolArray, FloatArray, IntArray
from genad.metrics.nab_series import NabSeries, row_values

__all__ = [
    "NAB_PROFILES",
    "NAB_REWARD_LOW_FN",
    "NAB_REWARD_LOW_FP",
    "NAB_STANDARD",
    "NabProfile",
    "NabReport",
    "NabScore",
    "NabSeriesScore",
    "nab_report",
    "nab_score",
]


@dataclass(frozen=True)
class NabProfile:
    """An application profile: what a detected window pays, what a false alarm and a miss cost.

    The benchmark has three: `NAB_STANDARD` (1, 0.11, 1), `NAB_REWARD_LOW_FP` (1, 0.22, 1) and
    `NAB_REWARD_LOW_FN` (1, 0.11, 2), together `NAB_PROFILES`.

    Examples
    --------
    >>> NAB_REWARD_LOW_FN
    NabProfile(name='reward_low_FN_rate', tp=1.0, fp=0.11, fn=2.0)
    """

    name: str
    tp: float
    fp: float
    fn: float

    def __post_init__(self) -> None:
        if min(self.tp, self.fp, self.fn) < 0 or not self.tp + self.fn > 0:
            raise ParameterError(
                f"{self} has no use: give weights of at least 0, and tp or fn above 0."
            )


NAB_STANDARD = NabProfile("standard", tp=1.0, fp=0.11, fn=1.0)
NAB_REWARD_LOW_FP = NabProfile("reward_low_FP_rate", tp=1.0, fp=0.22, fn=1.0)
NAB_REWARD_LOW_FN = NabProfile("reward_low_FN_rate", tp=1.0, fp=0.11, fn=2.0)
NAB_PROFILES = (NAB_STANDARD, NAB_REWARD_LOW_FP, NAB_REWARD_LOW_FN)


@dataclass(frozen=True)
class NabSeriesScore:
    """What one series adds: its raw score, windows detected of those scored, false-alarm rows.

    Examples
    --------
    >>> NabSeriesScore(raw=-1.0, detected=0, windows=1, false_alarms=0).windows
    1
    """

    raw: float
    detected: int
    windows: int
    false_alarms: int


@dataclass(frozen=True)
class NabScore:
    """A corpus under one profile, the rows at or above `threshold` being the detections.

    `score` is 0 for a detector that never speaks and 100 for a perfect one; `raw` is the sum over
    the series before that scaling. `series` tells what each series adds to it.

    Examples
    --------
    >>> one = NabSeriesScore(raw=-1.0, detected=0, windows=1, false_alarms=0)
    >>> NabScore(NAB_STANDARD, 0.5, score=0.0, raw=-1.0, series={"disk": one}).series["disk"].raw
    -1.0
    """

    profile: NabProfile
    threshold: float
    score: float
    raw: float
    series: Mapping[str, NabSeriesScore]


@dataclass(frozen=True)
class NabReport:
    """A corpus under the three profiles.

    Examples
    --------
    >>> silent = NabScore(NAB_STANDARD, 0.5, score=0.0, raw=-1.0, series={})
    >>> NabReport(silent, silent, silent).standard.score
    0.0
    """

    standard: NabScore
    reward_low_fp: NabScore
    reward_low_fn: NabScore


@dataclass(frozen=True, eq=False)
class _Rows:
    """The scored rows of a corpus, from the highest score down."""

    names: tuple[str, ...]
    series: IntArray  # index into names
    score: FloatArray
    window: IntArray  # number of the window in the corpus, -1 outside
    value: FloatArray  # of a detection, before the weights of a profile
    window_series: IntArray  # of shape (windows,): index into names

    @property
    def inside(self) -> BoolArray:
        return self.window >= 0


def nab_score(
    corpus: Mapping[str, NabSeries],
    profile: NabProfile = NAB_STANDARD,
    *,
    threshold: float | None = None,
) -> NabScore:
    r"""Return the score of a corpus under one profile (Lavin and Ahmad, 2015).

    Rows at or above the threshold are detections, except in the probationary period. With
    :math:`\sigma(x) = 2/(1 + e^{5x}) - 1`, the first detection at row i of a window of w rows that
    ends at row r pays `tp` times :math:`\sigma(-(r - i + 1)/w)/\sigma(-1)`, later ones nothing,
    and a window without one costs `fn`. A detection outside costs `fp` times
    :math:`-\sigma((i - r)/(w - 1))`, by the last window before it, and `fp` from three window
    lengths on or where there is none. The sum over the series is scaled so that no detection at
    all is 0, and every window detected at its first row without a false alarm is 100.

    Parameters
    ----------
    corpus
        Series by name. Windows wholly in the probationary period are not scored.
    profile
        The weights.
    threshold
        The detector's own threshold. None takes the best of all distinct scores, as the published
        figures do: an oracle, for it looks at the labels. Where each series has a threshold of its
        own, give flags of 0 and 1 as scores, and the threshold 1.

    References
    ----------
    Lavin and Ahmad (2015), Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly
    Benchmark, ICMLA.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.datetime64("2024-01-01") + np.arange(40)
    >>> scores = np.where(np.arange(40) == 20, 0.9, 0.1)
    >>> result = nab_score({"disk": NabSeries(time, scores, [(time[20], time[29])])})
    >>> round(result.score, 6), result.threshold
    (100.0, 0.9)
    """
    return _score(_lay_out(corpus), profile, threshold)


def nab_report(corpus: Mapping[str, NabSeries], *, threshold: float | None = None) -> NabReport:
    """Return the scores of a corpus under the three profiles, each at its best threshold.

    Parameters
    ----------
    corpus, threshold
        As in :func:`nab_score`.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.datetime64("2024-01-01") + np.arange(40)
    >>> silent = NabSeries(time, np.zeros(40), [(time[20], time[29])])
    >>> report = nab_report({"disk": silent}, threshold=0.5)
    >>> report.standard.raw, report.reward_low_fn.raw, report.reward_low_fn.score
    (-1.0, -2.0, 0.0)
    """
    rows = _lay_out(corpus)
    return NabReport(*(_score(rows, profile, threshold) for profile in NAB_PROFILES))


def _lay_out(corpus: Mapping[str, NabSeries]) -> _Rows:
    parts = [row_values(name, series) for name, series in corpus.items()]
    counts = [part.windows for part in parts]
    if not sum(counts):
        raise DataError(
            f"the corpus of {len(corpus)} series has no anomaly window after the probationary "
            "period, so its score has no scale: give at least one series with a window."
        )
    numbers = np.arange(len(parts))
    before = np.cumsum(counts) - counts
    windows = [np.where(p.window < 0, -1, p.window + k) for p, k in zip(parts, before, strict=True)]
    score = np.concatenate([part.score for part in parts])
    order = np.argsort(-score, kind="stable")
    return _Rows(
        names=tuple(corpus),
        series=np.repeat(numbers, [len(part.score) for part in parts])[order],
        score=score[order],
        window=np.concatenate(windows)[order],
        value=np.concatenate([part.value for part in parts])[order],
        window_series=np.repeat(numbers, counts),
    )


def _score(rows: _Rows, profile: NabProfile, threshold: float | None) -> NabScore:
    """Return the score at `threshold`, or at the best one."""
    level = _best_threshold(rows, profile) if threshold is None else float(threshold)
    series = _score_series(rows, profile, level)
    raw = sum(one.raw for one in series.values())
    windows = len(rows.window_series)
    null, perfect = -profile.fn * windows, profile.tp * windows
    return NabScore(profile, level, 100 * (raw - null) / (perfect - null), raw, series)


def _score_series(rows: _Rows, profile: NabProfile, threshold: float) -> dict[str, NabSeriesScore]:
    detections = int(np.searchsorted(-rows.score, -threshold, side="right"))
    window, series = rows.window[:detections], rows.series[:detections]
    value, inside = rows.value[:detections], window >= 0
    first = np.zeros(len(rows.window_series))  # a row inside a window is worth more than 0
    np.maximum.at(first, window[inside], value[inside])
    found = first > 0
    paid = np.where(found, profile.tp * first, -profile.fn)
    n = len(rows.names)
    alarms = profile.fp * np.bincount(series[~inside], weights=value[~inside], minlength=n)
    raw = np.bincount(rows.window_series, weights=paid, minlength=n) + alarms
    detected = np.bincount(rows.window_series[found], minlength=n)
    windows = np.bincount(rows.window_series, minlength=n)
    false_alarms = np.bincount(series[~inside], minlength=n)
    return {
        name: NabSeriesScore(float(raw[k]), int(detected[k]), int(windows[k]), int(false_alarms[k]))
        for k, name in enumerate(rows.names)
    }


def _best_threshold(rows: _Rows, profile: NabProfile) -> float:
    """Return the highest of the best thresholds, infinite where silence is best."""
    total = np.cumsum(_changes(rows, profile))
    last = np.append(rows.score[1:] != rows.score[:-1], True)  # a threshold takes all equal scores
    totals, thresholds = total[last], rows.score[last]
    best = int(np.argmax(totals))
    return float(thresholds[best]) if totals[best] > 0 else np.inf


def _changes(rows: _Rows, profile: NabProfile) -> FloatArray:
    """Return by how much each row moves the score as the threshold comes down to it."""
    changes = np.where(rows.inside, 0.0, profile.fp * rows.value)
    for members in _rows_of_windows(rows):
        paid = profile.tp * np.maximum.accumulate(rows.value[members])
        changes[members] = np.diff(paid, prepend=-profile.fn)
    return changes


def _rows_of_windows(rows: _Rows) -> Iterator[IntArray]:
    """Yield the rows of each window, from the highest score down."""
    inside = np.flatnonzero(rows.inside)
    grouped = inside[np.argsort(rows.window[inside], kind="stable")]
    starts = np.searchsorted(rows.window[grouped], np.arange(1, len(rows.window_series)))
    yield from np.split(grouped, starts)
