"""The command line: parse, call, print. Nothing is computed here."""

from genad.cli.app import main

__all__ = ["main"]
