"""The Numenta benchmark under its streaming rule: no point sees its future, only its past."""

import csv
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, stdev
from typing import Self

import numpy as np

from genad.benchmark.nab_scorers import FloatArray, StampArray, StreamScorer, adaptive_flags
from genad.benchmark.task import Figures
from genad.data.datasets import fetch_dataset, load_series
from genad.errors import DataError
from genad.metrics import (
    NabReport,
    NabSeries,
    nab_report,
    probationary_period,
    read_nab_results,
    read_nab_windows,
)
from genad.metrics.nab_series import AnomalyWindow

__all__ = [
    "NabFigures",
    "NabRow",
    "NabStream",
    "load_nab",
    "nab_figures",
    "nab_row",
    "require_causal",
    "run_nab",
    "score_nab_results",
    "write_nab_results",
]

Scores = Mapping[str, FloatArray]
"""The scores of a corpus by series, `category/file.csv`, each of shape (n,)."""


@dataclass(frozen=True, eq=False)
class NabStream:
    """One series to be scored: its values, its stamps, and the windows that only the scorer sees.

    Examples
    --------
    >>> time = np.datetime64("2024-01-01") + np.arange(100)
    >>> NabStream(np.zeros(100), time).probationary
    15
    """

    values: FloatArray = field(repr=False)
    stamps: StampArray = field(repr=False)
    windows: Sequence[AnomalyWindow] = ()

    @property
    def probationary(self) -> int:
        """How many of the first steps are never scored."""
        return probationary_period(len(self.values))


@dataclass(frozen=True)
class NabFigures:
    """The three scores of a corpus, each the mean over the seeds, and their standard deviations.

    Examples
    --------
    >>> NabFigures(70.1, 63.2, 74.3).reward_low_fp
    63.2
    """

    standard: float
    reward_low_fp: float
    reward_low_fn: float
    deviations: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def over(cls, reports: Sequence[NabReport]) -> Self:
        """Return the means over the seeds.

        Examples
        --------
        >>> time = np.datetime64("2024-01-01") + np.arange(40)
        >>> series = NabSeries(time, np.arange(40) == 20.0, [(time[20], time[29])])
        >>> NabFigures.over([nab_report({"disk": series})]).standard
        100.0
        """
        columns = [
            [getattr(report, name).score for report in reports]
            for name in ("standard", "reward_low_fp", "reward_low_fn")
        ]
        first, second, third = map(fmean, columns)
        spread = [stdev(column) if len(column) > 1 else 0.0 for column in columns]
        return cls(first, second, third, (spread[0], spread[1], spread[2]))


@dataclass(frozen=True)
class NabRow:
    """One detector's row of the table.

    Parameters
    ----------
    name
        The detector.
    optimised
        At the best threshold for the corpus, found with the labels: as on the published board.
    own
        At thresholds that no label was used for.
    series
        How many series were scored; published figures are over all 58.
    reports
        The first column in full, one report for each seed.

    Examples
    --------
    >>> figures = NabFigures(70.1, 63.2, 74.3)
    >>> NabRow("numenta", figures, figures, series=58).optimised.standard
    70.1
    """

    name: str
    optimised: NabFigures
    own: NabFigures
    series: int
    reports: tuple[NabReport, ...] = field(default=(), repr=False)

    def figures(self) -> Figures:
        """Return the figures as the results name them.

        Examples
        --------
        >>> figures = NabFigures(70.1, 63.2, 74.3)
        >>> NabRow("numenta", figures, figures, series=58).figures()["nab_own_reward_low_fp"]
        63.2
        """
        return {
            f"{start}_{name}": getattr(figures, name)
            for start, figures in (("nab", self.optimised), ("nab_own", self.own))
            for name in ("standard", "reward_low_fp", "reward_low_fn")
        }


def load_nab() -> dict[str, NabStream]:
    """Return the 58 series of the benchmark by name, `category/file.csv`.

    Examples
    --------
    >>> streams = load_nab()                                              # doctest: +SKIP
    >>> streams["realKnownCause/nyc_taxi.csv"].values.shape               # doctest: +SKIP
    (10320,)
    """
    windows = read_nab_windows(_windows_file())
    return {
        f"{one.name}.csv": NabStream(one.values[:, 0], one.timestamps, windows[f"{one.name}.csv"])
        for one in load_series("nab")
        if one.timestamps is not None
    }


def run_nab(
    scorer: StreamScorer, streams: Mapping[str, NabStream], *, processes: int = 1
) -> dict[str, FloatArray]:
    """Score every series from nothing but itself.

    Parameters
    ----------
    scorer
        Gets values, stamps and the length of the probationary period, and never the windows.
    streams
        By name.
    processes
        To share the series; the scorer must then be importable by name.

    Examples
    --------
    >>> from genad.benchmark.nab_scorers import gaussian_scores
    >>> time = np.datetime64("2024-01-01") + np.arange(3)
    >>> streams = {"real/disk.csv": NabStream(np.array([1.0, 1.0, 4.0]), time)}
    >>> run_nab(gaussian_scores, streams)["real/disk.csv"].tolist()
    [0.0, 0.5, 1.0]
    """
    tasks = [(name, one.values, one.stamps, one.probationary) for name, one in streams.items()]
    if processes == 1:
        return dict(zip(streams, starmap(partial(_score, scorer), tasks), strict=True))
    # Spawned: a fork would copy the locks of whatever threads run here.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        columns = zip(*tasks, strict=True)
        return dict(zip(streams, pool.map(partial(_score, scorer), *columns), strict=True))


def require_causal(scorer: StreamScorer, stream: NabStream, cut: int) -> None:
    """Check the streaming rule on one series: its first steps score the same without the rest.

    Parameters
    ----------
    scorer, stream
        As in :func:`run_nab`.
    cut
        Where the series is cut.

    Raises
    ------
    DataError
        If a score changes.

    Examples
    --------
    >>> time = np.datetime64("2024-01-01") + np.arange(3)
    >>> stream = NabStream(np.array([1.0, 1.0, 4.0]), time)
    >>> require_causal(lambda values, stamps, probationary: values / values.max(), stream, cut=2)
    Traceback (most recent call last):
    ...
    genad.errors.DataError: Step 0 scores 0.25, and 1 without the steps from 2 on: ...
    """
    whole = scorer(stream.values, stream.stamps, stream.probationary)[:cut]
    alone = scorer(stream.values[:cut], stream.stamps[:cut], stream.probationary)
    changed = np.flatnonzero(~np.isclose(whole, alone, rtol=1e-9, atol=1e-12))
    if changed.size:
        step = changed[0]
        raise DataError(
            f"Step {step} scores {whole[step]:g}, and {alone[step]:g} without the steps from {cut} "
            "on: a streaming scorer may use no step but those before, and the step itself."
        )


def nab_row(
    name: str,
    scorers: Sequence[StreamScorer],
    streams: Mapping[str, NabStream],
    *,
    processes: int = 1,
) -> NabRow:
    """Run a detector and return its row: thresholds from the labels, and its own beside them.

    Parameters
    ----------
    name
        The detector.
    scorers
        One for each seed.
    streams, processes
        As in :func:`run_nab`.

    Examples
    --------
    >>> from genad.benchmark.nab_scorers import novelty_scores
    >>> time = np.datetime64("2024-01-01T00", "h") + np.arange(400)
    >>> values = np.where(np.arange(400) == 300, 30.0, np.arange(400) % 24)
    >>> streams = {"real/disk.csv": NabStream(values, time, [(time[295], time[310])])}
    >>> round(nab_row("StreamingNovelty", [novelty_scores], streams).optimised.standard, 1)
    97.5
    """
    runs = [run_nab(scorer, streams, processes=processes) for scorer in scorers]
    return _row(name, [_corpus(streams, scores) for scores in runs])


def nab_figures(streams: Mapping[str, NabStream], scores: Scores) -> Figures:
    """Return the figures of the scores of a corpus, as the results name them.

    Examples
    --------
    >>> time = np.datetime64("2024-01-01") + np.arange(40)
    >>> streams = {"real/disk.csv": NabStream(np.zeros(40), time, [(time[20], time[29])])}
    >>> scores = (np.arange(40) == 20).astype(float)
    >>> nab_figures(streams, {"real/disk.csv": scores})["nab_standard"]
    100.0
    """
    return _row("", [_corpus(streams, scores)]).figures()


def score_nab_results(folder: str | Path, *, detector: str | None = None) -> NabRow:
    """Return the row of a folder of results in the benchmark's layout.

    Parameters
    ----------
    folder
        Holds `<category>/<detector>_<file>.csv` with the columns timestamp and anomaly_score.
    detector
        The name before each file's; None takes that of the folder.

    Examples
    --------
    >>> score_nab_results("results/numenta").optimised.standard           # doctest: +SKIP
    70.10105611943965
    """
    corpus = read_nab_results(folder, _windows_file(), detector=detector)
    return _row(detector or Path(folder).name, [corpus])


def write_nab_results(
    folder: str | Path, detector: str, streams: Mapping[str, NabStream], scores: Scores
) -> None:
    """Write scores in the benchmark's layout, `folder/<category>/<detector>_<file>.csv`.

    Parameters
    ----------
    folder
        Made where it is missing; files of the same names are replaced.
    detector
        The name before each file's.
    streams, scores
        By the same names.

    Examples
    --------
    >>> import tempfile
    >>> time = np.array(["2024-01-01T00:00"], dtype="datetime64[m]")
    >>> streams = {"real/disk.csv": NabStream(np.array([1.0]), time)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_nab_results(folder, "mine", streams, {"real/disk.csv": np.array([0.5])})
    ...     print((Path(folder) / "real" / "mine_disk.csv").read_text())
    timestamp,anomaly_score
    2024-01-01 00:00:00,0.5
    <BLANKLINE>
    """
    for name, stream in streams.items():
        category, _, file = name.rpartition("/")
        path = Path(folder) / category / f"{detector}_{file}"
        path.parent.mkdir(parents=True, exist_ok=True)
        stamps = np.char.replace(np.datetime_as_string(stream.stamps, unit="s"), "T", " ").tolist()
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with temporary.open("w", newline="", encoding="utf-8") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(("timestamp", "anomaly_score"))
            writer.writerows(zip(stamps, scores[name].tolist(), strict=True))
        temporary.replace(path)


def _windows_file() -> Path:
    return fetch_dataset("nab") / "labels" / "combined_windows.json"


def _score(
    scorer: StreamScorer, name: str, values: FloatArray, stamps: StampArray, probationary: int
) -> FloatArray:
    scores = np.asarray(scorer(values, stamps, probationary), dtype=np.float64)
    if scores.shape != values.shape or not np.isfinite(scores).all():
        raise DataError(
            f"The scores of {name} have shape {scores.shape}, {np.isfinite(scores).sum()} of them "
            f"finite: a scorer must give one finite score for each of the {len(values)} steps."
        )
    return scores


def _corpus(streams: Mapping[str, NabStream], scores: Scores) -> dict[str, NabSeries]:
    return {
        name: NabSeries(stream.stamps, scores[name], stream.windows)
        for name, stream in streams.items()
    }


def _row(name: str, corpora: Sequence[Mapping[str, NabSeries]]) -> NabRow:
    reports = tuple(nab_report(corpus) for corpus in corpora)
    own = [nab_report(_flagged(corpus), threshold=1.0) for corpus in corpora]
    figures, own_figures = NabFigures.over(reports), NabFigures.over(own)
    return NabRow(name, figures, own_figures, len(corpora[0]), reports)


def _flagged(corpus: Mapping[str, NabSeries]) -> dict[str, NabSeries]:
    return {
        name: NabSeries(
            one.timestamps,
            adaptive_flags(one.scores, probationary_period(len(one.scores))),
            one.windows,
        )
        for name, one in corpus.items()
    }
