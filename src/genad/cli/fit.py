"""`genad fit`: learn what is normal, and keep the model."""

from pathlib import Path
from typing import Any

import typer

from genad.cli import options
from genad.cli.errors import Misuse


def fit(
    ctx: typer.Context,
    train: options.AnyData,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    normal_only: options.NormalOnly = False,
    ignore: options.Ignore = None,
    train_rows: options.TrainRows = 1_000_000,
    classes: options.Classes = None,
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
    seed: options.Seed = None,
    device: options.Device = None,
    resume: options.Resume = False,
    out: options.OutFolder = Path("model"),
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit a detector and save it as a folder for `genad score` and `genad sample`.

    Conditional models also learn classes: of images the folders they are in, of rows the --label.
    """
    from genad.cli import image_inputs, inputs, learning, outputs, show
    from genad.cli.progress import Bars
    from genad.cli.resume import resumable
    from genad.cli.settings import make_detector
    from genad.detectors.external import why_unsaved
    from genad.registry import find_detector

    inputs.check_threshold(threshold, contamination)
    if reason := why_unsaved(find_detector(model)):
        raise Misuse(f"{reason} Use genad detect NEW --train {train}, which scores at once.")
    roles = inputs.make_roles(label, anomaly, ignore, normal_only=normal_only)
    reading = image_inputs.Reading(size, channels, on_error)
    learn = learning.open_training(
        learning.TrainOptions(train, roles, normal_only, train_rows, tuple(classes or ()), reading)
    )
    given: dict[str, Any] = {"members": members, "budget": budget, "epochs": epochs}
    given |= {"threshold": threshold, "contamination": contamination}
    given |= {"random_state": seed, "device": device}
    detector = make_detector(model, settings, **given)
    with (
        outputs.staged(out, force=force, holds=outputs.MODEL) as folder,
        Bars(quiet=quiet) as bars,
        resumable(detector, out, ctx.obj, bars, resume, force),
    ):
        fitted = learn(detector)
        detector.save(folder)
    show.fit(detector, fitted, out, as_json=as_json, quiet=quiet)
