"""Which options go with `--follow`, and which go without it alone."""

import typer

from genad.cli.errors import Misuse

_STREAM_ONLY = ("warm_up", "state", "skip_bad", "guard")
_FILES_ONLY = (
    *("label", "anomaly", "normal_only", "train_rows", "top", "resume", "out", "scores_format"),
    *("force", "members", "budget", "size", "channels", "on_error"),
)


def check_stream(ctx: typer.Context, data: str, *, follow: bool) -> bool:
    """Return whether to follow a stream.

    Raises
    ------
    Misuse
        If an option is of no use then, or DATA is wanted or not wanted.
    """
    for name in _FILES_ONLY if follow else _STREAM_ONLY:
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise Misuse(f"{option} has no use {'with' if follow else 'without'} --follow.")
    if follow and data not in ("", "-"):
        raise Misuse(
            f"--follow reads standard input: leave out {data}, or learn from it (--train)."
        )
    if not follow and not data:
        raise Misuse(f"Missing argument 'DATA'. See '{ctx.command_path} --help'.")
    return follow
