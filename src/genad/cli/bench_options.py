"""The options of `genad bench`."""

from pathlib import Path
from typing import Annotated

import typer

from genad.cli.options import DATA_PANEL, MODEL_PANEL, OUTPUT_PANEL

_RUN_PANEL = "Run"

Suite = Annotated[
    str,
    typer.Argument(
        help="adbench, kdd99, mnist, fashion, cifar10, mnist-left-out (these four also with "
        "-quick, for fewer test images) nab, smd or ucr."
    ),
]
Models = Annotated[
    str | None,
    typer.Option(
        "--models",
        "-m",
        metavar="A,B",
        rich_help_panel=MODEL_PANEL,
        help="Detectors of `genad models`, pyod.knn and the like; by default the suite's, or all "
        "of ours for its data. Baselines and untrained networks are always there.",
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=_RUN_PANEL,
        help="Repetitions, by default as the suite says.",
    ),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="NAME",
        rich_help_panel=DATA_PANEL,
        help="Only this data set of the suite; may be repeated.",
    ),
]
Adopt = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=FILE",
        rich_help_panel=DATA_PANEL,
        help="Judge a stranger's scores too: CSV or Parquet with the columns dataset, seed, row, "
        "score and perhaps flag; may be repeated.",
    ),
]
Export = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        rich_help_panel=DATA_PANEL,
        help="Write training and test rows, without labels, for others to score; run nothing.",
    ),
]
Results = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        rich_help_panel=DATA_PANEL,
        help="For nab: judge a folder of results in the benchmark's own layout.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=_RUN_PANEL,
        help="Processes, by default as many as there are processors for.",
    ),
]
Threads = Annotated[
    int,
    typer.Option(metavar="N", min=1, rich_help_panel=_RUN_PANEL, help="Threads of each process."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        rich_help_panel=_RUN_PANEL,
        help="A detector that takes longer for one data set has failed there.",
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        metavar="GIB",
        rich_help_panel=_RUN_PANEL,
        help="A detector whose process holds more has failed there (on Linux).",
    ),
]
Retry = Annotated[
    bool, typer.Option("--retry", rich_help_panel=_RUN_PANEL, help="Try again what has failed.")
]
OutFolder = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        rich_help_panel=OUTPUT_PANEL,
        help="Folder for results, page and plots, and for what a later run can take over.",
    ),
]
