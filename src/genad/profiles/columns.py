"""Columns counted chunk by chunk: what is missing, range, mean, distinct values."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.table import Table

Array = NDArray[np.float64]
Codes = NDArray[np.uint64]

_MOST_TEXTS, _MOST_NUMBERS = 10_000, 1000  # distinct values that are counted one by one
_COMMON = 20  # of which so many are kept
_GONE = np.uint64(0x9E3779B97F4A7C15)  # the code of a missing value


@dataclass(frozen=True)
class Column:
    """One column in figures.

    Parameters
    ----------
    name : of the column.
    kind : "number", "boolean", "time", "text" or "nothing" where no row has a value.
    type : as the file has it.
    missing, infinite : how many values are.
    distinct : how many different values there are; None if more than were counted.
    low, mean, high, deviation : of numbers, and of times in seconds since 1970; NaN for texts.
    common : the most common values with their counts; none where there are too many.
    same_as : the first column that holds the same values in every row, or empty.
    """

    name: str
    kind: str
    type: str
    missing: int
    infinite: int
    distinct: int | None
    low: float
    mean: float
    high: float
    deviation: float
    common: tuple[tuple[str, int], ...]
    same_as: str = ""

    @property
    def constant(self) -> bool:
        """Whether all its known values are one."""
        return self.distinct == 1


class ColumnCounter:
    """Counts one column, chunk by chunk.

    Parameters
    ----------
    name : of the column.
    type : of its values.

    Examples
    --------
    >>> counter = ColumnCounter("bar", pa.float64())
    >>> _ = counter.add(Table(pa.table({"bar": [1.0, None, 3.0]})), 0)
    >>> found = counter.result()
    >>> found.missing, found.mean, found.distinct
    (1, 2.0, 2)
    """

    def __init__(self, name: str, type: pa.DataType) -> None:
        self.name, self.type = name, type
        self.missing = self.infinite = 0
        self.counts: Counter[Any] | None = Counter()
        self.low, self.high = np.inf, -np.inf
        self._count, self._mean, self._squares = 0, 0.0, 0.0
        self._digest = hashlib.sha256()

    def add(self, table: Table, j: int) -> Codes:
        """Take in column j of a chunk; return a code for each row, the same for the same value."""
        codes = self._numbers(table, j) if table.is_numeric(j) else self._texts(table, j)
        self._digest.update(codes.tobytes())
        return codes

    @property
    def digest(self) -> bytes:
        """Equal for columns that hold the same values in the same order."""
        return self._digest.digest()

    def result(self) -> Column:
        """Return the column in figures."""
        known = bool(self._count)
        deviation = float(np.sqrt(self._squares / self._count)) if known else float("nan")
        ends = (self.low, self._mean, self.high) if known else (float("nan"),) * 3
        common = [] if self.counts is None else self.counts.most_common(_COMMON)
        return Column(
            self.name,
            self._kind(),
            str(self.type),
            self.missing,
            self.infinite,
            None if self.counts is None else len(self.counts),
            *ends,
            deviation,
            tuple((self._text(value), count) for value, count in common),
        )

    def _kind(self) -> str:
        if self.counts is not None and not self.counts and not self._count:
            return "nothing"
        if pa.types.is_boolean(self.type):
            return "boolean"
        if pa.types.is_temporal(self.type):
            return "time"
        return "number" if self._count or self.infinite else "text"

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        return str(bool(value)).lower() if pa.types.is_boolean(self.type) else f"{value:.6g}"

    def _numbers(self, table: Table, j: int) -> Codes:
        values = table.numbers([j])[:, 0]
        gone, infinite = np.isnan(values), np.isinf(values)
        self.missing += int(gone.sum())
        self.infinite += int(infinite.sum())
        known = values[~gone & ~infinite]
        if len(known):
            self.low = min(self.low, float(known.min()))
            self.high = max(self.high, float(known.max()))
            self._merge(known)
            self._count_values(*np.unique(known, return_counts=True), _MOST_NUMBERS)
        codes = (values + 0.0).view(np.uint64).copy()  # -0.0 is 0.0
        codes[gone] = _GONE
        return codes

    def _texts(self, table: Table, j: int) -> Codes:
        rows, texts = table.categories(j)
        self.missing += int((rows < 0).sum())
        counts = np.bincount(rows[rows >= 0], minlength=len(texts))
        self._count_values(texts, counts, _MOST_TEXTS)
        hashes = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8) for text in texts]
        known = [int.from_bytes(each.digest(), "little") for each in hashes]
        return np.array([*known, int(_GONE)], dtype=np.uint64)[rows]  # the last is for code -1

    def _count_values(self, values: Any, counts: NDArray[np.intp], most: int) -> None:
        if self.counts is None:
            return
        for value, count in zip(values, counts.tolist(), strict=True):
            if count:
                self.counts[value] += count
        if len(self.counts) > most:
            self.counts = None

    def _merge(self, known: Array) -> None:
        """Merge mean and squares, without loss to large means (Chan et al., 1979)."""
        scale = max(1.0, float(np.abs(known).max()) / 1e150)  # squares must stay finite
        n, mean = len(known), float((known / scale).mean()) * scale
        apart = (mean - self._mean) / scale
        weight = self._count * n / (self._count + n)
        added = float(np.square((known - mean) / scale).sum()) + apart**2 * weight
        with np.errstate(over="ignore"):
            self._squares = float(np.float64(self._squares) + np.float64(added) * scale * scale)
        self._mean += (mean - self._mean) * (n / (self._count + n))
        self._count += n


def mixed(codes: list[Codes]) -> Codes:
    """Return a code for each row from those of its columns, the same only for the same rows.

    Examples
    --------
    >>> one, two = np.array([1, 1, 2], np.uint64), np.array([5, 5, 5], np.uint64)
    >>> found = mixed([one, two])
    >>> bool(found[0] == found[1]), bool(found[0] == found[2])
    (True, False)
    """
    result = np.zeros(len(codes[0]), dtype=np.uint64)
    for code in codes:
        result = (result ^ code) * np.uint64(0xBF58476D1CE4E5B9)
        result ^= result >> np.uint64(29)
    return result
