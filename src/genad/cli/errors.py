"""How a command ends when it does not end well: a sentence and an exit code."""

import typer

DONE, FAILED, MISUSE, INTERRUPTED = 0, 1, 2, 130


class Failed(typer.TyperException):
    """The command could not do what it was asked for."""

    exit_code = FAILED


class Misuse(typer.TyperException):
    """The command was asked for something that it cannot mean."""

    exit_code = MISUSE


class Interrupted(typer.TyperException):
    """The user pressed Ctrl-C."""

    exit_code = INTERRUPTED
