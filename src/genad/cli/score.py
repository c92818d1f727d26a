"""`genad score`: score new rows with a saved model."""

from pathlib import Path

import typer

from genad.cli import options
from genad.cli.stream_options import check_stream


def score(
    ctx: typer.Context,
    model: options.SavedModel,
    data: options.AnyDataOrLines = "",
    time: options.Time = None,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    size: options.Size = None,
    channels: options.Channels = None,
    on_error: options.OnError = "raise",
    out: options.OutFile = Path("scores.csv"),
    force: options.Force = False,
    follow: options.Follow = False,
    state: options.State = None,
    skip_bad: options.SkipBad = False,
    guard: options.Guard = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Score the rows of a file, or images, with a saved model, chunk by chunk.

    The scored file keeps the columns of the input and adds anomaly_score, anomaly_probability and
    is_anomaly. With --follow, scores lines of a stream as they come.
    """
    if check_stream(ctx, data, follow=follow):
        from genad.cli.followed import follow_saved

        follow_saved(ctx.params)
        return
    from genad.cli import image_inputs, inputs, outputs, series_inputs, show
    from genad.cli.progress import Bars
    from genad.registry import load

    inputs.check_table_name(out)
    classes = image_inputs.is_images(data)
    roles = inputs.make_roles(label, anomaly, classes=classes)
    detector = load(inputs.model_folder(model))
    reading = image_inputs.Reading(size, channels, on_error)
    if classes:
        score_into = image_inputs.scorer_of(data, roles, reading)
    else:
        reading.refuse(f"images, but {data} holds none")
        series = detector.view_.kind == "series"
        score_into = (
            series_inputs.scorer_of(data, time, roles) if series else inputs.scorer_of(data, roles)
        )
    with outputs.staged(out, force=force) as path, Bars(quiet=quiet) as bars:
        scored = score_into(detector, path, bars.rows)
    show.scored(detector, scored, out, as_json=as_json, quiet=quiet)
