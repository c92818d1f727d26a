"""`genad detect`: the main job, from a table to a verdict."""

import shlex
from dataclasses import replace
from pathlib import Path

import typer

from genad.cli import options


def detect(
    ctx: typer.Context,
    data: options.Data,
    train: options.Train = None,
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
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit a detector, score the rows, and say which are anomalies and why.

    Writes a folder with the scored rows, a page to read or mail (report.html) and the model.
    """
    from genad.cli import inputs, outputs, show
    from genad.cli.progress import Bars
    from genad.cli.resume import resumable
    from genad.cli.settings import make_detector
    from genad.files import detect as run
    from genad.report import detect_page

    inputs.check_threshold(threshold, contamination, top)
    roles = inputs.make_roles(label, anomaly, ignore, normal_only=normal_only)
    task = replace(
        inputs.open_task(data, train, roles),
        normal_only=normal_only,
        train_rows=train_rows,
        top_share=top,
    )
    given = {"epochs": epochs, "threshold": threshold, "contamination": contamination}
    detector = make_detector(model, settings, **given, random_state=seed, device=device)
    scores = f"scores.{inputs.scores_suffix(data, scores_format)}"
    command = shlex.join(["genad", *ctx.obj])
    with outputs.staged(out, force=force, holds=outputs.DETECTION) as folder:
        folder.mkdir()
        path = folder / scores
        with Bars(quiet=quiet) as bars, resumable(detector, out, ctx.obj, bars, resume, force):
            detection = run(detector, task, path, command=command, watch=bars.rows)
        detector.save(folder / "model")
        page = detect_page(detection, model=str(out / "model"))
        (folder / "report.html").write_text(page, encoding="utf-8")
    files = {"scores": out / scores, "report": out / "report.html", "model": out / "model"}
    show.detection(detection, files, as_json=as_json, quiet=quiet)
