"""`genad compare`: generative models side by side on the same data."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from genad.cli import options

Models = Annotated[
    str,
    typer.Option(
        "--models",
        "-m",
        metavar="A,B",
        rich_help_panel=options.MODEL_PANEL,
        help="Generative detectors of `genad models`, as in fanogan,vae; gan stands for fanogan, a "
        "plain pair of generator and critic whose encoder is trained afterwards.",
    ),
]
Normal = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        rich_help_panel=options.DATA_PANEL,
        help="For images: the one class that is normal in the figures of detection; by default the "
        "first. Or name the one that is the anomaly with --anomaly.",
    ),
]
Most = Annotated[
    int,
    typer.Option(
        "--train-rows",
        metavar="N",
        min=10,
        rich_help_panel=options.DATA_PANEL,
        help="Learn from a random sample of N rows or images if there are more.",
    ),
]
Samples = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=10,
        rich_help_panel=options.DATA_PANEL,
        help="Samples of each model, and real ones to compare them with.",
    ),
]
Looks = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=options.MODEL_PANEL,
        help="How often to look at samples during a training.",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=options.MODEL_PANEL,
        help="Passes over the training data; by default as many as make about 1,000 updates.",
    ),
]


def compare(
    ctx: typer.Context,
    data: options.AnyData,
    models: Models,
    normal: Normal = None,
    time: options.Time = None,
    window: options.Window = None,
    label: options.Label = None,
    anomaly: options.Anomaly = None,
    ignore: options.Ignore = None,
    size: options.Size = None,
    channels: options.Channels = None,
    on_error: options.OnError = "raise",
    train_rows: Most = 10_000,
    samples: Samples = 2000,
    epochs: Epochs = None,
    looks: Looks = 10,
    seed: options.DrawSeed = 0,
    device: options.Device = None,
    out: options.OutPage = Path("compare.html"),
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Put generative models side by side on the same data, on one page.

    What their samples are worth in pictures and in figures, how steady their training is, how
    their latent spaces keep classes apart, how well they detect, and what that takes.
    """
    from genad.cli import compare_inputs, image_inputs, outputs, show_compared
    from genad.cli.progress import Bars
    from genad.comparison import compare as run
    from genad.report import compare_page

    detectors = compare_inputs.parse_models(models, epochs=epochs, seed=seed, device=device)
    given = compare_inputs.CompareOptions(
        data=data,
        normal=normal,
        time=time,
        window=window,
        label=label,
        anomaly=anomaly,
        ignore=ignore,
        images=image_inputs.Reading(size, channels, on_error),
        train_rows=train_rows,
        samples=samples,
        seed=seed,
    )
    subject = compare_inputs.open_subject(given)
    page = outputs.page_path(out, "compare.html")
    with outputs.staged(page, force=force) as path, Bars(quiet=quiet) as bars:
        found = run(
            detectors,
            subject,
            looks=looks,
            random_state=seed,
            watch=lambda name: (bars.training(name),),
        )
        path.write_text(compare_page(found, shlex.join(["genad", *ctx.obj])), encoding="utf-8")
    show_compared.compared(found, page, as_json=as_json, quiet=quiet)
