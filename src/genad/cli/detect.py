"""`genad detect`: the main job, from a table to a verdict."""

import shlex
from dataclasses import replace
from pathlib import Path

import typer

from genad.cli import options
from genad.cli.stream_options import check_stream


def detect(
    ctx: typer.Context,
    data: options.DataOrLines = "",
    train: options.Train = None,
    time: options.Time = None,
    window: options.Window = None,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    normal_only: options.NormalOnly = False,
    ignore: options.Ignore = None,
    train_rows: options.TrainRows = 1_000_000,
    model: options.Model = "vae",
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
    """Fit a detector, score rows or time steps, and say which are anomalies and why.

    Writes a folder with the scored rows, a page to read or mail (report.html) and the model, if
    it is one of ours. With --follow, scores lines of a stream as they come.
    """
    if check_stream(ctx, data, follow=follow):
        from genad.cli.follow import FollowOptions
        from genad.cli.followed import follow_new

        lines = FollowOptions(time, skip_bad, state, as_json, quiet, tuple(ignore or ()))
        given = {"epochs": epochs, "threshold": threshold, "contamination": contamination}
        given |= {"window": window, "random_state": seed, "device": device}
        follow_new(lines, model, settings, given, train=train, warm_up=warm_up, guard=guard)
        return
    from genad.cli import inputs, jobs, outputs, show
    from genad.cli.progress import Bars
    from genad.cli.resume import resumable
    from genad.detectors.external import why_unsaved
    from genad.report import detect_page

    inputs.check_threshold(threshold, contamination, top)
    labelled = normal_only and Path(data).exists()  # a data set brings labels of its own
    roles = inputs.make_roles(label, anomaly, ignore, normal_only=labelled)
    source = jobs.DataOptions(data, train, time, window, roles, normal_only, train_rows, top)
    given = {"epochs": epochs, "threshold": threshold, "contamination": contamination}
    job = jobs.make_job(source, model, settings, **given, random_state=seed, device=device)
    suffix = inputs.scores_suffix(data, scores_format)
    command = shlex.join(["genad", *ctx.obj])
    unsaved = why_unsaved(type(job.detector))
    with (
        outputs.staged(out, force=force, holds=outputs.DETECTION) as folder,
        Bars(quiet=quiet) as bars,
        resumable(job.detector, out, ctx.obj, bars, resume, force) as kept,
    ):
        folder.mkdir()
        keep = None if unsaved else kept
        detection = job.run(folder, suffix, command=command, watch=bars.rows, kept=keep)
        if unsaved:
            detection = replace(detection, notes=[*detection.notes, unsaved])
        else:
            detection.detector.save(folder / "model")
        page = detect_page(detection, model=None if unsaved else str(out / "model"))
        (folder / "report.html").write_text(page, encoding="utf-8")
    files = {n.partition(".")[0]: out / n for n in outputs.DETECTION if (out / n).exists()}
    show.detection(detection, files, as_json=as_json, quiet=quiet)
