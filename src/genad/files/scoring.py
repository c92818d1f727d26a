"""Scoring a source chunk by chunk into a file, and keeping its most anomalous rows with reasons."""

import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.readers import write_table
from genad.detection import TopAnomaly
from genad.detector import Detector
from genad.errors import DataError
from genad.files.columns import ADDED, Columns, match_columns
from genad.files.explanation import Ranked, explain_top
from genad.files.source import Source, Watch, unwatched
from genad.files.survey import Roles, Survey, inspect
from genad.metrics import FlagReport, RankingReport, precision_recall_f1, ranking_report

_STEP = 8_192  # rows scored between two signs of life: a latent search is slow


@dataclass(frozen=True, eq=False)
class Scored:
    """What came out of scoring one source; the fields are those of `genad.detection.Detection`.

    Examples
    --------
    >>> Scored("pump.csv", np.array([1.0, 9.0]), 5.0, 1, [], None, None, 0.1, []).flagged
    1
    """

    name: str
    scores: NDArray[np.float64]
    threshold: float
    flagged: int
    top: list[TopAnomaly]
    ranking: RankingReport | None
    flags: FlagReport | None
    seconds: float
    notes: list[str]
    item: str = "row"


def score_source(
    detector: Detector,
    source: Source,
    path: Path,
    roles: Roles | None = None,
    *,
    found: Survey | None = None,
    top_share: float | None = None,
    most: int = 20,
    watch: Watch = unwatched,
) -> Scored:
    """Score all rows and write them to a file, with the columns `ADDED` beside their own.

    Parameters
    ----------
    detector : fitted.
    source : the rows; columns are matched by name.
    path : the CSV, TSV or Parquet file to write; it appears only when it is complete.
    roles : the columns that are no features; labels serve for the figures alone.
    found : what `genad.files.survey` found there; by default it is called.
    top_share : flag this share of the rows, in the place of the detector's threshold.
    most : how many of the most anomalous rows to explain.
    watch : told of the progress.

    Raises
    ------
    DataError
        If a column is missing, or one of the added columns is there already.

    Examples
    --------
    >>> import tempfile
    >>> from genad import ZScore
    >>> from genad.files import table_source
    >>> table = pa.table({"bar": [1.0, 2.0, 3.0, 9.0]})
    >>> detector, source = ZScore(random_state=0).fit(table), table_source("pump", table)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     score_source(detector, source, Path(folder) / "scores.csv").top[0].values
    {'bar': 9.0}
    """
    roles = roles or Roles()
    columns = match_columns(detector, source, roles)
    found = found or inspect(source, columns.names, roles)
    started = time.perf_counter()
    scores = _scores(detector, source, columns, found.rows, watch)
    seconds = time.perf_counter() - started
    threshold = detector.threshold_ if top_share is None else share_threshold(scores, top_share)
    ranked = Ranked(scores, threshold, np.argsort(-scores, kind="stable")[:most])
    top, ordinary = _write(detector, source, path, ranked, watch)
    flags = scores > threshold
    ranking, flag_report = _figures(found, scores, flags)
    return Scored(
        name=source.name,
        scores=scores,
        threshold=threshold,
        flagged=int(flags.sum()),
        top=explain_top(detector, top, ordinary, columns, ranked, found),
        ranking=ranking,
        flags=flag_report,
        seconds=seconds,
        notes=columns.notes + _unlabelled(found),
    )


def share_threshold(scores: NDArray[np.float64], share: float) -> float:
    """Return the threshold above which this share of the scores lies, but for ties.

    Examples
    --------
    >>> share_threshold(np.array([1.0, 4.0, 2.0, 3.0]), 0.5)
    2.0
    """
    above = max(1, round(share * len(scores)))
    if above == len(scores):
        return float(np.nextafter(scores.min(), -np.inf))
    place = len(scores) - above - 1
    return float(np.partition(scores, place)[place])


def false_alarm_rate(detector: Detector, threshold: float) -> float:
    """Return the share of normal rows expected above a threshold: (above + 1) / (m + 1).

    Of the m reference scores of the detector's calibration, `above` are above the threshold; for
    a threshold that is itself one of them, the rate is the guarantee of conformal prediction.

    Examples
    --------
    >>> from genad import ZScore
    >>> detector = ZScore(random_state=0).fit(np.arange(100.0).reshape(-1, 1))
    >>> round(false_alarm_rate(detector, detector.threshold_), 3)
    0.048
    """
    reference = detector.calibration_.reference_scores
    above = len(reference) - int(np.searchsorted(reference, threshold, side="right"))
    return (above + 1) / (len(reference) + 1)


def _scores(
    detector: Detector, source: Source, columns: Columns, total: int, watch: Watch
) -> NDArray[np.float64]:
    scores = array("d")  # grows without a second copy, and takes eight bytes a row
    for _, chunk in source.chunks():
        for start in range(0, chunk.num_rows, _STEP):
            samples = columns.samples(chunk.slice(start, _STEP))
            scores.frombytes(detector.anomaly_score(samples).tobytes())
            watch("scoring", len(samples), total)
    return np.frombuffer(scores, dtype=np.float64)


class _Picked:
    """Takes rows by their numbers out of chunks that pass by."""

    def __init__(self, rows: NDArray[np.intp]) -> None:
        self._rows, self._wanted = rows, np.sort(rows)
        self._parts: list[pa.Table] = []

    def look(self, start: int, chunk: pa.Table) -> None:
        """Take what is wanted of a chunk whose first row has the number `start`."""
        stop = start + chunk.num_rows
        here = self._wanted[(self._wanted >= start) & (self._wanted < stop)]
        self._parts.append(chunk.take(here - start))

    def table(self) -> pa.Table:
        """Return the rows in the order in which they were asked for."""
        return pa.concat_tables(self._parts).take(np.searchsorted(self._wanted, self._rows))


def _write(
    detector: Detector, source: Source, path: Path, ranked: Ranked, watch: Watch
) -> tuple[pa.Table, pa.Table]:
    """Write all rows with the added columns; return the top ones and some ordinary ones."""
    top, ordinary = _Picked(ranked.top), _Picked(ranked.ordinary())

    def pieces() -> Iterator[pa.Table]:
        stop = 0
        for start, chunk in source.chunks():
            stop = start + chunk.num_rows
            if stop > len(ranked.scores):
                raise DataError(f"{source.name} grew while it was read: run again.")
            top.look(start, chunk)
            ordinary.look(start, chunk)
            yield _annotated(detector, chunk, ranked.scores[start:stop], ranked.threshold)
            watch("writing", chunk.num_rows, len(ranked.scores))
        if stop < len(ranked.scores):
            raise DataError(f"{source.name} shrank while it was read: run again.")

    write_table(pieces(), path)
    return top.table(), ordinary.table()


def _annotated(
    detector: Detector, chunk: pa.Table, scores: NDArray[np.float64], threshold: float
) -> pa.Table:
    added = scores, detector.calibration_.probability(scores), scores > threshold
    for name, values in zip(ADDED, added, strict=True):
        chunk = chunk.append_column(name, pa.array(values))
    return chunk


def _figures(
    found: Survey, scores: NDArray[np.float64], flags: NDArray[np.bool_]
) -> tuple[RankingReport | None, FlagReport | None]:
    if found.labels is None:
        return None, None
    known = found.known
    truth = found.labels[known] == 1
    return ranking_report(truth, scores[known]), precision_recall_f1(truth, flags[known])


def _unlabelled(found: Survey) -> list[str]:
    if found.labels is None or found.known.all():
        return []
    return [f"The figures are of the {found.known.sum():,} rows of {found.rows:,} with a label."]
