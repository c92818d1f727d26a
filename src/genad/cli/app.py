"""The commands put together, and every error turned into one sentence and an exit code."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from genad import __version__
from genad.cli import data
from genad.cli.bench import bench
from genad.cli.compare import compare
from genad.cli.detect import detect
from genad.cli.errors import DONE, FAILED, INTERRUPTED, MISUSE
from genad.cli.explore import explore
from genad.cli.fit import fit
from genad.cli.models import models
from genad.cli.sample import sample
from genad.cli.score import score
from genad.errors import GenadError, ParameterError

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(detect)
app.command()(fit)
app.command()(score)
app.command()(sample)
app.command()(explore)
app.command()(compare)
app.command()(models)
app.command()(bench)
app.add_typer(data.app, name="data")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"genad {__version__}")
        raise typer.Exit


@app.callback()
def genad(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Find anomalies with generative models: learn what is normal, flag what does not fit.

    Start with `genad detect data.csv`.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 1 failed, 2 misuse, 130 interrupted.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    genad ...
    0
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = app(args=given, obj=given, prog_name="genad", standalone_mode=False) or DONE
    except (typer.TyperException, GenadError, OSError, ValueError) as error:
        if given[0] == "--debug":
            raise
        return _explain(error)
    if code == INTERRUPTED:
        _say("Interrupted: nothing was written.")
    return int(code)


def _explain(error: Exception) -> int:
    """Print one sentence about an error and return the exit code."""
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f" See '{context.command_path} --help'." if context else ""
        _say(error.format_message() + hint)
        return error.exit_code
    _say(_sentence(error))
    return MISUSE if isinstance(error, ParameterError) else FAILED


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system'}: {error.strerror}."
    return next(iter(str(error).splitlines()), type(error).__name__)


def _say(sentence: str) -> None:
    typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
    typer.echo(sentence, err=True)
