"""Lines of delimited text as they come: each one a step of a series, or named as a bad line."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genad.data.text import MISSING, column_names, delimiter_of, is_data
from genad.errors import DataError, ParameterError
from genad.files.columns import ADDED
from genad.files.stamps import read_stamp
from genad.files.survey import Roles

# As in a file of a series: clocks are put back by an hour at most.
_CLOCK_CHANGE = np.timedelta64(1, "h")


class BadLine(DataError):
    """A line that is no step; the message says why, in words that follow its number."""


@dataclass(frozen=True)
class Step:
    """One line as a step of a series.

    Parameters
    ----------
    cells : all of it, as text.
    values : of the channels, NaN where missing.
    stamp : its time, or None.
    """

    cells: list[str]
    values: list[float]
    stamp: np.datetime64 | None


class StepReader:
    r"""Reads lines after a header, one step each.

    A quoted cell holds no line break here: every line is a step of its own.

    Parameters
    ----------
    header : the first line, with the names of the columns.
    time : the column of time stamps, or None.
    ignore : columns that are no channels.
    channels : the columns to score, in their order; by default all others.

    Raises
    ------
    DataError
        If the header has no names, or names twice, or lacks a channel.
    ParameterError
        If a named column is not there, or no column is left.

    Examples
    --------
    >>> reader = StepReader("at,bar\n", time="at")
    >>> step = reader.read("2024-01-01,1.5\n")
    >>> reader.channels, step.values, step.stamp
    (['bar'], [1.5], np.datetime64('2024-01-01T00:00:00.000000'))
    >>> reader.read("2024-01-02,high\n")
    Traceback (most recent call last):
    ...
    genad.files.lines.BadLine: 'high' in 'bar' is no number
    """

    def __init__(
        self,
        header: str,
        time: str | None = None,
        ignore: Sequence[str] = (),
        channels: Sequence[str] | None = None,
    ) -> None:
        text = header.removeprefix("\ufeff").rstrip("\r\n")
        self.delimiter = delimiter_of(text)
        cells = self._cells(text)
        if is_data(cells):
            raise DataError(
                f"The first line, {clipped(text)!r}, holds numbers, but a header is needed: put a "
                "line with the names of the columns before it."
            )
        self.columns = column_names(cells)
        _check_names(self.columns)
        if time is not None and time not in self.columns:
            raise ParameterError(
                f"There is no column {time!r} of time stamps; the header has "
                f"{', '.join(self.columns)}."
            )
        self.time = time
        self.channels = self._channels(ignore, channels)
        self._places = [self.columns.index(name) for name in self.channels]
        self._last: np.datetime64 | None = None

    def _channels(self, ignore: Sequence[str], channels: Sequence[str] | None) -> list[str]:
        if channels is not None:
            missing = [repr(name) for name in channels if name not in self.columns]
            if missing:
                raise DataError(f"The header lacks {', '.join(missing)}, which the model knows.")
            return list(channels)
        features = Roles(ignore=tuple(ignore)).features(self.columns)
        left = [name for name in features if name != self.time]
        if not left:
            raise ParameterError("No column is left beside the time stamps: ignore fewer columns.")
        return left

    def is_header(self, line: str) -> bool:
        """Return whether a line is the header again."""
        return column_names(self._cells(line.removeprefix("\ufeff").rstrip("\r\n"))) == self.columns

    def read(self, line: str) -> Step:
        """Return the step in a line.

        Raises
        ------
        BadLine
            If it has too many or too few cells, a channel no number, or its time is none.
        """
        cells = self._cells(line.rstrip("\r\n"))
        if len(cells) != len(self.columns):
            raise BadLine(f"has {len(cells)} cells where the header has {len(self.columns)}")
        values = [_number(cells[place], self.columns[place]) for place in self._places]
        stamp = None if self.time is None else self._stamp(cells[self.columns.index(self.time)])
        return Step(cells, values, stamp)

    def _stamp(self, cell: str) -> np.datetime64:
        try:
            stamp = read_stamp(cell)
        except ValueError as error:
            raise BadLine(f"{cell!r} in {self.time!r} {error}") from error
        if self._last is not None and self._last - stamp > _CLOCK_CHANGE:
            raise BadLine(f"goes back in time, from {self._last} to {stamp}")
        self._last = stamp
        return stamp

    def _cells(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            raise BadLine(f"cannot be cut into cells ({error})") from error

    def write(self, cells: Sequence[str]) -> str:
        r"""Return cells as a line of the same make.

        Examples
        --------
        >>> StepReader("at;bar").write(["2024-01-01", "1.5"])
        '2024-01-01;1.5\n'
        """
        line = io.StringIO()
        csv.writer(line, delimiter=self.delimiter, lineterminator="\n").writerow(cells)
        return line.getvalue()


def clipped(text: str, most: int = 60) -> str:
    """Return the start of a text.

    Examples
    --------
    >>> clipped("abcdef", 3)
    'abc...'
    """
    return text if len(text) <= most else f"{text[:most]}..."


def _check_names(columns: list[str]) -> None:
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise DataError(f"The header has two columns {twice[0]!r}; give each a name of its own.")
    taken = [name for name in ADDED if name in columns]
    if taken:
        raise DataError(f"There is a column {taken[0]!r}, which is to be added; rename or drop it.")


def _number(cell: str, name: str) -> float:
    if cell in MISSING:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        if cell.strip() in MISSING:
            return math.nan
        raise BadLine(f"{clipped(cell)!r} in {name!r} is no number") from None
    if math.isinf(value):
        raise BadLine(f"{cell!r} in {name!r} is not finite")
    return value
