"""The main job on series: fit on some, score others or the same, and find the events."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data import write_table
from genad.data.period import suitable_window
from genad.data.series import read_recordings
from genad.detection import Detection, SeriesResult
from genad.detector import Detector
from genad.errors import DataError, ParameterError
from genad.files.columns import ADDED
from genad.files.fitting import Fitted
from genad.files.job import conclude
from genad.files.scoring import Scored, share_threshold
from genad.files.series import SeriesTable
from genad.files.source import Watch, unwatched
from genad.files.teaching import lesson
from genad.metrics import precision_recall_f1, ranking_report

EVENTS = "events.csv"


@dataclass(frozen=True)
class SeriesTask:
    """Which series to learn from, which to score, and how.

    Parameters
    ----------
    train, scored : the series; may be the same object.
    normal_only : learn only from the stretches without a labelled anomaly.
    top_share : flag this share of the scored time steps; the detector takes over that threshold.
    first : whether the series to learn from are the first steps of those that are scored.

    Examples
    --------
    >>> series = SeriesTable("pump", pa.table({"bar": [1.0, 2.0]}), ["bar"], None, None)
    >>> SeriesTask([series], [series]).normal_only
    False
    """

    train: Sequence[SeriesTable]
    scored: Sequence[SeriesTable]
    normal_only: bool = False
    top_share: float | None = None
    first: bool = False


def detect_series(
    detector: Detector,
    task: SeriesTask,
    folder: Path,
    *,
    suffix: str = "csv",
    command: str = "",
    watch: Watch = unwatched,
) -> Detection:
    """Fit a detector on series, score others or the same into files, and find the events.

    Parameters
    ----------
    detector : fitted in place; its `window` decides how series are cut.
    task : on what.
    folder : where to write ``scores.<suffix>``, or ``scores/<name>.<suffix>`` where there are
        several series, and ``events.csv``.
    suffix : "csv", "tsv" or "parquet".
    command : how to run it again.
    watch : told of the progress.

    Raises
    ------
    DataError
        If a series is shorter than a window, or no stretch without labelled anomalies is as long.

    Examples
    --------
    >>> import tempfile
    >>> from genad import ZScore
    >>> values = [0.0, 1.0] * 20 + [9.0, 9.0] + [0.0, 1.0] * 20
    >>> series = SeriesTable("pump", pa.table({"bar": values}), ["bar"], None, None)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     detector, path = ZScore(window=1, random_state=0), Path(folder)
    ...     found = detect_series(detector, SeriesTask([series], [series], top_share=0.02), path)
    >>> found.series[0].events[0].start
    40
    """
    _check_added(task.scored)
    told = lesson(detector, task.train, task.scored, first=task.first, normal_only=task.normal_only)
    stretches, notes = _stretches(detector, task)
    started = time.perf_counter()
    detector.fit(stretches, told.labels)
    seconds = time.perf_counter() - started
    origin = ("normal stretches of " if task.normal_only else "") + _name(task.train)
    rows = sum(stretch.num_rows for stretch in stretches)
    scores, result = _score(detector, task.scored, told.judges, watch, top_share=task.top_share)
    found = conclude(
        detector,
        Fitted(origin, rows, seconds, notes),
        result,
        notes=[
            *told.notes,
            *notes,
            *_no_figures(told.judges),
            *getattr(detector.view_, "notes", []),
            *detector.history_.notes,
        ],
        top_share=task.top_share,
        normal_only=False,  # the name says it
        command=command,
        item=result.item,
    )
    results = [
        _result(detector, table, each) for table, each in zip(task.scored, scores, strict=True)
    ]
    _write(detector, task.scored, results, folder, suffix)
    return replace(found, taught=told.said, series=tuple(results))


def score_series(
    detector: Detector, table: SeriesTable, path: Path, watch: Watch = unwatched
) -> Scored:
    """Score one series as a whole with a fitted detector, into a file.

    Parameters
    ----------
    detector : fitted on series.
    table : the series.
    path : the CSV, TSV or Parquet file to write.
    watch : told of the progress.

    Raises
    ------
    DataError
        If the series is shorter than a window, or has other channels than the training series.

    Examples
    --------
    >>> import tempfile
    >>> from genad import ZScore
    >>> detector = ZScore(window=1, random_state=0).fit([0.0, 1.0] * 20)
    >>> series = SeriesTable("pump", pa.table({"bar": [0.0, 9.0]}), ["bar"], None, None)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     score_series(detector, series, Path(folder) / "scores.csv").flagged
    1
    """
    _check_added([table])
    (scores,), result = _score(detector, [table], [table], watch)
    write_table([_annotated(detector, table.table, scores)], path)
    return replace(result, notes=read_recordings(table.frame()).each[0].notes)


def _check_added(tables: Sequence[SeriesTable]) -> None:
    for table in tables:
        taken = [name for name in ADDED if name in table.table.column_names]
        if taken:
            raise DataError(
                f"{table.name} has a column {taken[0]!r}, which is to be added; rename or drop it."
            )


def _stretches(detector: Detector, task: SeriesTask) -> tuple[list[pa.Table], list[str]]:
    """Return the series to learn from, cut where labelled anomalies are to be left out."""
    if not task.normal_only:
        return [table.frame() for table in task.train], []
    if all(table.labels is None for table in task.train):
        raise ParameterError(
            "Fitting on normal stretches only needs labels; name their column (--label)."
        )
    if detector.window == "auto":
        # The stretches between anomalies may be too short to show a period.
        whole = read_recordings([table.frame() for table in task.train]).each
        detector.set_params(window=suitable_window([each.values for each in whole]))
    shortest = 2 * int(detector.window or 1)
    stretches = [
        table.frame(start, stop)
        for table in task.train
        for start, stop in table.normal_stretches(shortest)
    ]
    if not stretches:
        raise DataError(
            f"No stretch without labelled anomalies has {shortest} time steps, two windows; give a "
            "smaller window."
        )
    kept, total = sum(s.num_rows for s in stretches), sum(len(table) for table in task.train)
    return stretches, [
        f"Fitted only on the {kept:,} of {total:,} time steps in stretches without labelled "
        "anomalies: the labels chose them."
    ]


def _score(
    detector: Detector,
    tables: Sequence[SeriesTable],
    judges: Sequence[SeriesTable],
    watch: Watch,
    *,
    top_share: float | None = None,
) -> tuple[list[NDArray[np.float64]], Scored]:
    """Return the scores of each series, and all of them as one result, judged by the labels."""
    started = time.perf_counter()
    scores, total = [], sum(len(table) for table in tables)
    for table in tables:
        scores.append(detector.anomaly_score(table.frame()))
        watch("scoring", len(table), total)
    seconds, every = time.perf_counter() - started, np.concatenate(scores)
    threshold = detector.threshold_ if top_share is None else share_threshold(every, top_share)
    flags = every > threshold
    truth, known = _labels(judges)
    return scores, Scored(
        name=_name(tables),
        scores=every,
        threshold=threshold,
        flagged=int(flags.sum()),
        top=[],
        ranking=None if truth is None else ranking_report(truth, every[known]),
        flags=None if truth is None else precision_recall_f1(truth, flags[known]),
        seconds=seconds,
        notes=[],
        item="time step",
    )


def _result(detector: Detector, table: SeriesTable, scores: NDArray[np.float64]) -> SeriesResult:
    frame = table.frame()
    columns = [np.asarray(frame[name].to_numpy(), np.float64) for name in table.channels]
    return SeriesResult(
        name=table.name,
        channels=tuple(table.channels),
        values=np.stack(columns, axis=1),
        stamps=table.stamps,
        scores=scores,
        events=tuple(detector.events(frame)),
        labels=None if table.labels is None else table.labels == 1,
    )


def _write(
    detector: Detector,
    tables: Sequence[SeriesTable],
    results: Sequence[SeriesResult],
    folder: Path,
    suffix: str,
) -> None:
    several = len(tables) > 1
    for table, result in zip(tables, results, strict=True):
        name = Path(table.name).with_suffix("") if several else Path("scores")
        path = (folder / "scores" if several else folder) / f"{name}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table([_annotated(detector, table.table, result.scores)], path)
    write_table([_event_table(results)], folder / EVENTS)


def _annotated(detector: Detector, table: pa.Table, scores: NDArray[np.float64]) -> pa.Table:
    added = scores, detector.calibration_.probability(scores), scores > detector.threshold_
    for name, values in zip(ADDED, added, strict=True):
        table = table.append_column(name, pa.array(values))
    return table


def _event_table(results: Sequence[SeriesResult]) -> pa.Table:
    rows = [
        {
            "series": result.name,
            "first_step": event.start + 1,
            "last_step": event.end,
            "start": None if event.times is None else event.times[0].item(),
            "end": None if event.times is None else event.times[1].item(),
            "peak_step": event.peak + 1,
            "peak_score": event.score,
            "channel": event.channels[0][0],
        }
        for result in results
        for event in result.events
    ]
    kinds = {
        "series": pa.string(),
        "first_step": pa.int64(),
        "last_step": pa.int64(),
        "start": pa.timestamp("us"),
        "end": pa.timestamp("us"),
        "peak_step": pa.int64(),
        "peak_score": pa.float64(),
        "channel": pa.string(),
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))


def _labels(
    tables: Sequence[SeriesTable],
) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_]]:
    """Return the known labels of all series, or None, and which steps they are of."""
    labels = np.concatenate(
        [np.full(len(t), -1, np.int8) if t.labels is None else t.labels for t in tables]
    )
    known = labels >= 0
    truth = labels[known] == 1
    return (truth if known.any() and truth.any() and not truth.all() else None), known


def _no_figures(tables: Sequence[SeriesTable]) -> list[str]:
    """Return why there are labels but no figures, as a list of one sentence or none."""
    truth, known = _labels(tables)
    if truth is not None or all(table.labels is None for table in tables):
        return []
    if not known.any():
        return ["No scored time step has a label to judge by, so there are no figures."]
    marked = any((table.labels == 1).any() for table in tables if table.labels is not None)
    kind = "anomalous" if marked else "normal"
    return [f"Every label to judge by says {kind}, so there are no figures: they need both kinds."]


def _name(tables: Sequence[SeriesTable]) -> str:
    return tables[0].name if len(tables) == 1 else f"{len(tables)} series"
