"""`genad detect --follow` and `genad score --follow`: lines in, scored lines out as they come."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

import typer

from genad.cli.errors import Failed, Misuse
from genad.files.columns import ADDED
from genad.files.following import STREAM, Following, Verdict
from genad.files.lines import BadLine, Step, StepReader
from genad.report.formats import count

# The state is written when the stream ends, and now and then before, for no signal tells of a
# power cut.
_SECONDS = 30.0


@dataclass(frozen=True)
class FollowOptions:
    """What `--follow` is told; the fields are the options of that name."""

    time: str | None
    skip_bad: bool
    state: Path | None
    as_json: bool
    quiet: bool
    ignore: tuple[str, ...] = ()
    channels: tuple[str, ...] | None = None


class Follower:
    """Standard input through a detector to standard output, line by line.

    A line is learnt only when it has been written, so that what is read again after a stop is what
    nobody has seen yet.

    Parameters
    ----------
    reader : of the lines after the header.
    following : the detector.
    options : as told.
    """

    def __init__(self, reader: StepReader, following: Following, options: FollowOptions) -> None:
        self.reader, self.following, self.options = reader, following, options
        self.skipped, self.written = 0, time.monotonic()
        self.begun = following.steps

    def head(self) -> None:
        """Write the header of what comes out."""
        if not self.options.as_json:
            _put(self.reader.write([*self.reader.columns, *ADDED]))

    def take(self, number: int, line: str) -> None:
        """Score one line, write it, then learn it."""
        try:
            step = self.reader.read(line)
        except BadLine as error:
            self._bad(number, error)
            return
        verdict = self.following.score(step)
        _put(self._text(step, verdict))
        self.following.learn(step)
        if time.monotonic() - self.written > _SECONDS:
            self.keep()

    def _bad(self, number: int, error: BadLine) -> None:
        sentence = f"Line {number:,} of the input {error}"
        if not self.options.skip_bad:
            raise Failed(f"{sentence}: mend it, or leave such lines out with --skip-bad.")
        self.skipped += 1
        if not self.options.quiet:
            typer.echo(f"{sentence}: left out.", err=True)

    def _text(self, step: Step, verdict: Verdict | None) -> str:
        if self.options.as_json:
            return json.dumps(self._record(step, verdict), ensure_ascii=False) + "\n"
        added = ["", "", ""]
        if verdict is not None:
            flag = "true" if verdict.flagged else "false"
            added = [repr(verdict.score), repr(verdict.probability), flag]
        return self.reader.write([*step.cells, *added])

    def _record(self, step: Step, verdict: Verdict | None) -> dict[str, Any]:
        values = {
            name: value if value == value else None
            for name, value in zip(self.reader.channels, step.values, strict=True)
        }
        cells = dict(zip(self.reader.columns, step.cells, strict=True)) | values
        said: tuple[float | None, ...] = (None, None, None, None)
        if verdict is not None:
            limit = verdict.threshold if verdict.threshold < float("inf") else None
            said = verdict.score, verdict.probability, verdict.flagged, limit
        return cells | dict(zip((*ADDED, "threshold"), said, strict=True))

    def keep(self) -> None:
        """Write the state, where it is to be kept."""
        if self.options.state is not None:
            self.following.save(self.options.state)
            self.written = time.monotonic()

    def tell(self) -> None:
        """Say what was done."""
        if self.options.quiet:
            return
        following, state = self.following, self.options.state
        parts = [f"{count(following.steps - self.begun, 'line')} taken in"]
        parts += [f"{count(self.skipped, 'line')} left out"] if self.skipped else []
        parts.append(f"{following.flagged:,} flagged of all {following.steps:,} so far")
        if following.waits:
            parts.append(f"still waiting for {following.warm_up:,} to learn from")
        parts += [f"the state is in {state}"] if state is not None else []
        typer.echo("; ".join(parts) + ".", err=True)


def follow(make: Callable[[StepReader], Following], options: FollowOptions) -> None:
    """Score lines of standard input until it ends, or someone stops it.

    Parameters
    ----------
    make : returns the detector for a stream of those columns.
    options : as told.
    """
    lines = _Lines(sys.stdin)
    with lines.until_stopped():
        first = lines.next()
        if first is None and not lines.ended:
            return
        if first is None:
            raise Failed("Standard input is empty: give a header line, and then a line per step.")
        reader = StepReader(first, options.time, options.ignore, options.channels)
        follower = Follower(reader, make(reader), options)
        try:
            _run(lines, follower)
        finally:
            follower.keep()
            follower.tell()
        if follower.following.waits and lines.ended and options.state is None:
            raise Failed(
                f"The input ended before there were {follower.following.warm_up:,} lines to learn "
                "from: give a smaller --warm-up, or a file to learn from (--train)."
            )


def _run(lines: "_Lines", follower: Follower) -> None:
    try:
        follower.head()
        while (line := lines.next()) is not None:
            if line.strip():
                follower.take(lines.number, line)
    except BrokenPipeError:
        # Nobody reads any more; nor shall the interpreter try when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Stopped(Exception):
    """Someone asked to stop."""


class _Lines:
    """Lines of a stream, ended by SIGINT or SIGTERM between two of them."""

    def __init__(self, stream: IO[str]) -> None:
        self.number = 0
        self.ended = False
        self._bytes = getattr(stream, "buffer", None)
        self._text = stream
        self._waiting = self._asked = False

    def next(self) -> str | None:
        """Return the next line, or None where there is none any more."""
        try:
            self._waiting = True
            line = None if self._asked else self._read()
        except _Stopped:
            return None
        finally:
            self._waiting = False
        self.ended = line == ""
        self.number += 1
        return line or None

    def _read(self) -> str:
        if self._bytes is None:
            return self._text.readline()
        # What is no UTF-8 becomes a bad line, not the end.
        line: bytes = self._bytes.readline()
        return line.decode("utf-8", errors="replace")

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """Let the signals end the lines, and put back what they did before."""
        before = {}
        with suppress(ValueError):  # not in the main thread, where no signal arrives
            for number in (signal.SIGINT, signal.SIGTERM):
                before[number] = signal.signal(number, self._stop)
        try:
            with suppress(_Stopped):  # one that came just before a line was there
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        if self._waiting:
            raise _Stopped


def _put(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def kept(state: Path | None) -> bool:
    """Return whether a folder holds a stream to go on with.

    Raises
    ------
    Misuse
        If it holds anything else.
    """
    if state is None or not state.exists():
        return False
    if (state / STREAM).is_dir():
        return True
    if not state.is_dir() or any(state.iterdir()):
        raise Misuse(f"--state {state} holds no stream: give a folder of its own.")
    return False
