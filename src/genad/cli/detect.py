"""`genad detect`: the main job, from a table to a verdict."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from genad.cli import options
from genad.cli.stream_options import check_stream

if TYPE_CHECKING:
    from genad.cli.jobs import Job
    from genad.detection import Detection


def detect(
    ctx: typer.Context,
    data: options.AnyDataOrLines = "",
    train: options.Train = None,
    time: options.Time = None,
    window: options.Window = None,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    normal_only: options.NormalOnly = False,
    ignore: options.Ignore = None,
    train_rows: options.TrainRows = 1_000_000,
    size: options.Size = None,
    channels: options.Channels = None,
    on_error: options.OnError = "raise",
    model: options.Model = "auto",
    members: options.Members = None,
    budget: options.Budget = None,
    epochs: options.Epochs = None,
    settings: options.Settings = None,
    threshold: options.Threshold = None,
    contamination: options.Contamination = None,
    top: options.Top = None,
    seed: options.Seed = None,
    device: options.Device = None,
    resume: options.Resume = False,
    out: options.OutFolder = Path("out"),
    scores_format: options.ScoresFormat = None,
    force: options.Force = False,
    follow: options.Follow = False,
    warm_up: options.WarmUp = None,
    state: options.State = None,
    skip_bad: options.SkipBad = False,
    guard: options.Guard = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit a detector, score rows, time steps or images, and say which are anomalies and why.

    Writes a folder with the scored rows, a page to read or mail (report.html) and the model, if
    it is one of ours. With --follow, scores lines of a stream as they come.
    """
    if check_stream(ctx, data, follow=follow):
        from genad.cli.followed import follow_new

        follow_new(ctx.params)
        return
    from genad.cli import image_inputs, inputs, jobs, outputs, show

    inputs.check_threshold(threshold, contamination, top)
    labelled = normal_only and Path(data).exists()  # a data set brings labels of its own
    classes = image_inputs.is_images(data)
    roles = inputs.make_roles(label, anomaly, ignore, normal_only=labelled, classes=classes)
    reading = image_inputs.Reading(size, channels, on_error)
    source = jobs.DataOptions(
        data, train, time, window, roles, normal_only, train_rows, top, reading
    )
    given: dict[str, Any] = {"members": members, "budget": budget, "epochs": epochs}
    given |= {"threshold": threshold, "contamination": contamination}
    given |= {"random_state": seed, "device": device}
    job = jobs.make_job(source, model, settings, **given)
    suffix = inputs.scores_suffix(data, scores_format)
    detection = _run(job, ctx.obj, suffix, out, resume=resume, force=force, quiet=quiet)
    files = {n.partition(".")[0]: out / n for n in outputs.DETECTION if (out / n).exists()}
    show.detection(detection, files, as_json=as_json, quiet=quiet)


def _run(
    job: "Job",
    arguments: Sequence[str],
    suffix: str,
    out: Path,
    *,
    resume: bool,
    force: bool,
    quiet: bool,
) -> "Detection":
    """Do the job, and write what comes out of it to a folder."""
    from genad.cli import outputs
    from genad.cli.progress import Bars
    from genad.cli.resume import resumable
    from genad.detectors.external import why_unsaved
    from genad.report import detect_page

    unsaved = why_unsaved(type(job.detector))
    with (
        outputs.staged(out, force=force, holds=outputs.DETECTION) as folder,
        Bars(quiet=quiet) as bars,
        resumable(job.detector, out, arguments, bars, resume, force) as kept,
    ):
        folder.mkdir()
        keep, command = None if unsaved else kept, shlex.join(["genad", *arguments])
        detection = job.run(folder, suffix, command=command, watch=bars.rows, kept=keep)
        if unsaved:
            detection = replace(detection, notes=[*detection.notes, unsaved])
        else:
            detection.detector.save(folder / "model")
        page = detect_page(detection, model=None if unsaved else str(out / "model"))
        (folder / "report.html").write_text(page, encoding="utf-8")
    return detection
