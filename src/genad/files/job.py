"""The main job: fit on one source, score another or the same, and say what was found."""

from dataclasses import dataclass
from pathlib import Path

from genad.detection import Detection
from genad.detector import Detector
from genad.files.columns import check_columns
from genad.files.fitting import MOST_ROWS, Fitted, fit_rows, seed_of, training_rows
from genad.files.kept import Kept
from genad.files.scoring import Scored, score_source
from genad.files.source import Source, Watch, unwatched
from genad.files.survey import Roles, Survey, inspect
from genad.thresholds import Fixed


@dataclass(frozen=True)
class Task:
    """What to learn from, what to score, and how.

    Parameters
    ----------
    train, scored : the rows to learn from and the rows to score; may be the same object.
    roles : the columns that are no features. Labels serve for figures, never for the threshold.
    normal_only : learn only from rows whose label says normal.
    train_rows : learn from a random sample of so many rows if there are more.
    top_share : flag this share of the scored rows; the detector takes over that threshold.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from genad.files import table_source
    >>> source = table_source("pump", pa.table({"bar": [1.0, 2.0]}))
    >>> Task(source, source, top_share=0.05).roles
    Roles(label=None, anomaly=(), ignore=())
    """

    train: Source
    scored: Source
    roles: Roles = Roles()  # noqa: RUF009 - it is frozen
    normal_only: bool = False
    train_rows: int = MOST_ROWS
    top_share: float | None = None


def detect(
    detector: Detector,
    task: Task,
    path: Path,
    *,
    command: str = "",
    watch: Watch = unwatched,
    kept: Kept | None = None,
) -> Detection:
    """Fit a detector on one source, score another or the same into a file, and explain the top.

    Whatever is wrong with either source is found before the detector is fitted.

    Parameters
    ----------
    detector : fitted in place; or, where such a one was kept, the result has that one instead.
    task : on what.
    path : the file of scores to write.
    command : how to run it again.
    watch : told of the progress.
    kept : where to keep the detector once it is fitted, or to take it from if it was kept there.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow as pa
    >>> from genad import ZScore
    >>> from genad.files import table_source
    >>> source = table_source("pump", pa.table({"bar": [1.0, 2.0, 3.0, 2.0, 9.0]}))
    >>> task, detector = Task(source, source, top_share=0.2), ZScore(random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     detection = detect(detector, task, Path(folder) / "scores.csv")
    >>> detection.flagged, detection.top[0].row
    (1, 5)
    """
    train, scored, roles = task.train, task.scored, task.roles
    features = roles.features(train.columns)
    check_columns(scored, features)
    found = inspect(scored, features, roles)
    detector, fitted = _learn(detector, task, found if scored is train else None, kept)
    result = score_source(
        detector, scored, path, roles, found=found, top_share=task.top_share, watch=watch
    )
    return conclude(
        detector,
        fitted,
        result,
        notes=[*fitted.notes, *result.notes],
        top_share=task.top_share,
        normal_only=task.normal_only,
        command=command,
    )


def conclude(
    detector: Detector,
    fitted: Fitted,
    result: Scored,
    *,
    notes: list[str],
    top_share: float | None,
    normal_only: bool,
    command: str,
    item: str = "row",
) -> Detection:
    """Return a run as one result.

    Parameters
    ----------
    detector : fitted; where a share was flagged, it takes over that threshold.
    fitted, result : what it was fitted on, and what came out of the scoring.
    notes, command, normal_only, item : as in `Detection`; the share is told among the notes.
    top_share : the share of the scored items that was flagged, or None.
    """
    if top_share is not None:
        adopt(detector, result.threshold)
        share = f"{100 * top_share:.4g} %"
        notes = [*notes, f"The threshold was set to flag the top {share} of {item}s."]
    return Detection(
        detector=detector,
        train=fitted.name,
        scored=result.name,
        train_rows=fitted.rows,
        scores=result.scores,
        threshold=result.threshold,
        flagged=result.flagged,
        top=result.top,
        ranking=result.ranking,
        flags=result.flags,
        fit_seconds=fitted.seconds,
        score_seconds=result.seconds,
        notes=notes,
        command=command,
        normal_only=normal_only,
        item=item,
    )


def _learn(
    detector: Detector, task: Task, found: Survey | None, kept: Kept | None
) -> tuple[Detector, Fitted]:
    """Return the detector fitted, and on what; or both as they were kept."""
    rows = training_rows(
        task.train,
        task.roles,
        found=found,
        normal_only=task.normal_only,
        most=task.train_rows,
        seed=seed_of(detector),
    )
    if kept is None:
        return detector, fit_rows(detector, rows)
    digest = rows.digest()
    before = kept.read(detector, digest)
    if before is not None:
        return before
    fitted = fit_rows(detector, rows)
    kept.write(detector, fitted, digest)
    return detector, fitted


def adopt(detector: Detector, threshold: float) -> None:
    """Give the detector a threshold found after the fit, so that its model flags as its page.

    Examples
    --------
    >>> from genad import ZScore
    >>> detector = ZScore(random_state=0).fit([[0.0], [1.0], [2.0]])
    >>> adopt(detector, 5.0)
    >>> detector.threshold_
    5.0
    """
    detector.set_params(threshold=Fixed(threshold))
    detector.threshold_, detector.offset_ = threshold, -threshold
