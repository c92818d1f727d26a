"""The options that several commands share, each said once."""

from pathlib import Path
from typing import Annotated

import typer

DATA_PANEL, MODEL_PANEL, OUTPUT_PANEL = "Data", "Model and threshold", "Output"
STREAM_PANEL = "Stream"

AnyData = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A table (CSV, TSV, Parquet, NPZ), a folder of series or of images, images as NPY or "
        "NPZ, or a name of `genad data list`.",
    ),
]
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="CSV, TSV, Parquet or NPZ file, or a name of `genad data list`."
    ),
]
AnyDataOrLines = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A table (CSV, TSV, Parquet, NPZ), a folder of series or of images, images as NPY or "
        "NPZ, or a name of `genad data list`; with --follow, - for standard input, which may be "
        "left out.",
    ),
]
Train = Annotated[
    str | None,
    typer.Option(
        metavar="DATA",
        rich_help_panel=DATA_PANEL,
        help="Learn from this file instead of from the rows that are scored.",
    ),
]
SavedModel = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        exists=True,
        file_okay=False,
        help="Folder that `genad fit` or `genad detect` made.",
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        rich_help_panel=DATA_PANEL,
        help="Column that says what is an anomaly: 0/1, booleans or words such as normal and "
        "anomaly. Never a feature; figures against it are shown beside the result. For a "
        "conditional model, the class of each row; a pretrainedclassifier learns the anomalies of "
        "one part and is judged by the others.",
    ),
]
Anomaly = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE",
        rich_help_panel=DATA_PANEL,
        help="Value of the label that means anomaly, if it is another text, or the class of "
        "images that does; may be repeated.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL", rich_help_panel=DATA_PANEL, help="Column to leave out; may be repeated."
    ),
]
NormalOnly = Annotated[
    bool,
    typer.Option(
        "--normal-only",
        metavar="",
        rich_help_panel=DATA_PANEL,
        help="Fit only on rows whose label says normal: this uses the labels.",
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        rich_help_panel=DATA_PANEL,
        help="Column of time stamps: DATA is a series, or a folder of series, and every time step "
        "gets a score.",
    ),
]
Window = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=DATA_PANEL,
        help="Time steps in a window of a series; by default its period, 100 where it has none.",
    ),
]
TrainRows = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=2,
        rich_help_panel=DATA_PANEL,
        help="Fit on a random sample of N rows if there are more.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        rich_help_panel=MODEL_PANEL,
        help="Detector of `genad models`, or of another library, as in sklearn.IsolationForest or "
        "pyod.knn; auto chooses one by the data.",
    ),
]
Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        rich_help_panel=MODEL_PANEL,
        help="Threshold from held-out rows: conformal:0.01 (the default: at most 1 % false "
        "alarms), quantile:0.99, mad:3.5, zscore:3, pot:0.001 or fixed:VALUE.",
    ),
]
Contamination = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        rich_help_panel=MODEL_PANEL,
        help="Share of anomalies in the training data, which sets the threshold instead.",
    ),
]
Top = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        rich_help_panel=MODEL_PANEL,
        help="Flag this share of the scored rows, the highest scores; no labels are used.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        rich_help_panel=MODEL_PANEL,
        help="Any parameter of the detector, as in hidden=64,32; may be repeated.",
    ),
]
Members = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        rich_help_panel=MODEL_PANEL,
        help="Train N detectors of that name side by side, and take the mean of their calibrated "
        "scores.",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        rich_help_panel=MODEL_PANEL,
        help="Time that fitting should take at most, as in 60s, 5m or 1h: training is cut short, "
        "or a quicker detector taken. For --model auto.",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(metavar="N", rich_help_panel=MODEL_PANEL, help="Passes over the training rows."),
]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="N or HxW",
        rich_help_panel=DATA_PANEL,
        help="Scale the images of a folder to this height and width, where they differ.",
    ),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        metavar="NAME",
        rich_help_panel=DATA_PANEL,
        help="Learn only from images of this class; may be repeated.",
    ),
]
Channels = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        rich_help_panel=DATA_PANEL,
        help="Convert the images of a folder to grey (1), colour (3) or with opacity (4).",
    ),
]
OnError = Annotated[
    str,
    typer.Option(
        metavar="DO",
        rich_help_panel=DATA_PANEL,
        help="What to do about a damaged image in a folder: raise (stop, the default) or skip "
        "(name it and leave it out).",
    ),
]
Samples = Annotated[
    int, typer.Option("-n", "--number", metavar="N", min=1, help="How many samples to draw.")
]
OfClass = Annotated[
    str | None,
    typer.Option(
        "--label", metavar="CLASS", help="The class they are to be of; for conditional models."
    ),
]
Columns = Annotated[int, typer.Option(metavar="N", min=1, help="Images in a row of the picture.")]
OutSamples = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        rich_help_panel=OUTPUT_PANEL,
        help="File to make: .png for images; .csv, .tsv or .parquet for rows and series; .npz for "
        "any. By default samples.png or samples.csv.",
    ),
]
DrawSeed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        rich_help_panel=DATA_PANEL,
        help="Seed of what is drawn at random.",
    ),
]
Number = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--number",
        metavar="N",
        min=1,
        rich_help_panel=DATA_PANEL,
        help="How many to draw: series (5), images of each class (10), rows (10).",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        rich_help_panel=MODEL_PANEL,
        help="Seed of everything random, 0 if not given; the same seed gives the same model.",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=MODEL_PANEL, help="cpu, cuda, or auto if not given."
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        metavar="",
        rich_help_panel=OUTPUT_PANEL,
        help="Replace an earlier result of that name.",
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        metavar="",
        rich_help_panel=MODEL_PANEL,
        help="Go on with a run that was interrupted.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        metavar="",
        rich_help_panel=OUTPUT_PANEL,
        help="Print one JSON object instead.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        metavar="",
        rich_help_panel=OUTPUT_PANEL,
        help="Print nothing but errors.",
    ),
]

OutFolder = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="DIR", rich_help_panel=OUTPUT_PANEL, help="Folder to make."
    ),
]
OutPage = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        rich_help_panel=OUTPUT_PANEL,
        help="Page to make, or the folder to make it in.",
    ),
]
OutFile = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        rich_help_panel=OUTPUT_PANEL,
        help="CSV, TSV or Parquet file to make, by its name.",
    ),
]
ScoresFormat = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        rich_help_panel=OUTPUT_PANEL,
        help="csv, tsv or parquet; by default that of the input.",
    ),
]
Follow = Annotated[
    bool,
    typer.Option(
        "--follow",
        metavar="",
        rich_help_panel=STREAM_PANEL,
        help="Read lines from standard input, a header first, and write each with its score as it "
        "comes, until the input ends or Ctrl-C. The threshold moves with the scores (peaks over "
        "threshold) unless one is given.",
    ),
]
WarmUp = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=2,
        rich_help_panel=STREAM_PANEL,
        help="Learn from the first N lines, which get no score; by default 750, or as many as the "
        "model's windows need. Not with --train.",
    ),
]
State = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        rich_help_panel=STREAM_PANEL,
        help="Keep the state of the stream here, and go on from it if there is one: the scores are "
        "those of one uninterrupted stream.",
    ),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        metavar="",
        rich_help_panel=STREAM_PANEL,
        help="Leave out lines that cannot be read, and say which; else the first one ends it.",
    ),
]
Guard = Annotated[
    bool,
    typer.Option(
        "--guard",
        metavar="",
        rich_help_panel=STREAM_PANEL,
        help="Scores above the threshold do not move it; a lasting change then alarms for ever.",
    ),
]
