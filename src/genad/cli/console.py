"""Where the tables for people are printed."""

from rich.console import Console


def console() -> Console:
    """Return the standard output, in colours where it is a terminal."""
    return Console(highlight=False, soft_wrap=False)
