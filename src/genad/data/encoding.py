"""Table encoding: messy columns to one block of numbers, and back to the columns they came from."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genad.data.scaling import Scaler, ScalerName
from genad.data.table import Table
from genad.errors import DataError

_OTHER = "(other)"
_MISSING = "(missing)"


@dataclass
class Column:
    """How one column is encoded.

    Parameters
    ----------
    name : as in the data.
    kind : "number" (one scaled value, and a flag where values were missing in training),
        "category" (one flag per category and one for any other) or "identifier" (left out).
    fill : what stands for a missing number: the training median.
    missing : whether a flag tells of missing numbers.
    categories : the categories that have a flag, most frequent first.
    """

    name: str
    kind: str
    fill: float = 0.0
    missing: bool = False
    categories: tuple[str, ...] = ()

    def width(self) -> int:
        """Return how many encoded values the column takes."""
        widths = {"number": 1 + self.missing, "category": len(self.categories) + 1}
        return widths.get(self.kind, 0)


class TableEncoder:
    """Learn how to encode a table from training rows, then encode any rows alike.

    Numbers, booleans and times are scaled; a missing number becomes the training median, with a
    flag beside it if the column had missing numbers in training. Text becomes one flag per
    category; a category never seen (or a rare one beyond `max_categories`) sets the flag "other",
    a missing one counts as a category of its own. A text column in which nearly every row differs
    identifies rows rather than describing them, and is left out.

    Parameters
    ----------
    scaler : see `genad.data.scaling.Scaler`.
    max_categories : the most flags one column may take.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = Table(pa.table({"age": [30, 50, None], "city": ["Rome", "Bonn", "Rome"]}))
    >>> encoder = TableEncoder().fit(table)
    >>> encoder.names
    ['age', 'age (missing)', 'city=Rome', 'city=Bonn', 'city=(other)']
    >>> encoder.transform(table).shape
    (3, 5)
    """

    def __init__(self, scaler: ScalerName = "standard", max_categories: int = 64) -> None:
        self.scaler = Scaler(scaler)
        self.max_categories = max_categories
        self.columns: list[Column] = []
        self._arrange()

    def fit(self, table: Table) -> "TableEncoder":
        """Learn kinds, medians, categories and scales from training rows.

        Raises
        ------
        DataError
            If no column holds anything to learn from, or one holds an infinity.
        """
        self.columns = [self._describe(table, j) for j in range(table.shape[1])]
        numeric = [j for j, column in enumerate(self.columns) if column.kind == "number"]
        values = table.numbers(numeric)
        for column, present in zip(numeric, values.T, strict=True):
            present = present[~np.isnan(present)]
            self.columns[column].fill = float(np.median(present)) if len(present) else 0.0
            self.columns[column].missing = len(present) < len(values)
        self._arrange()
        filled = self._filled(values, table.first)
        usable = [column.kind == "category" for column in self.columns]
        if not any(usable) and np.isnan(values).all():
            raise DataError(
                f"None of the {len(self.columns)} columns holds a value to learn from: all are "
                "missing or identifiers; give at least one numeric or categorical column."
            )
        self.scaler.fit(filled)
        return self

    @property
    def names(self) -> list[str]:
        """The name of every encoded value, such as "age" or "city=Rome"."""
        numbers = [self.columns[j].name for j in self._numeric]
        flags = [f"{self.columns[self._numeric[k]].name} {_MISSING}" for k in self._flagged]
        texts = [
            f"{column.name}={category}"
            for column in self.columns
            if column.kind == "category"
            for category in (*column.categories, _OTHER)
        ]
        return numbers + flags + texts

    @property
    def owners(self) -> NDArray[np.intp]:
        """The column, by number, that each encoded value belongs to."""
        texts = [
            j
            for j, column in enumerate(self.columns)
            if column.kind == "category"
            for _ in range(column.width())
        ]
        flags = [self._numeric[k] for k in self._flagged]
        return np.array([*self._numeric, *flags, *texts], dtype=np.intp)

    def transform(self, table: Table) -> NDArray[np.float32]:
        """Return the rows encoded, of shape (n, len(names))."""
        values = table.numbers(self._numeric)
        scaled = self.scaler.transform_ordinary(values)
        if scaled is None:
            filled = self._filled(values, table.first)
            scaled = self.scaler.transform(filled).astype(np.float32)
        if not self._flagged and not self._categorical:
            return scaled
        texts = [self._flags(table, j) for j in self._categorical]
        return np.hstack([scaled, np.isnan(values[:, self._flagged]), *texts], dtype=np.float32)

    def decode(self, encoded: NDArray[np.float32], column: int) -> list[str | float | None]:
        """Return what encoded rows of shape (n, len(names)) say of one column, in its own units.

        A number is None where the scaling cannot be undone; a category is the one with the
        highest flag.
        """
        mine = np.flatnonzero(self.owners == column)
        described = self.columns[column]
        if described.kind == "category":
            categories = (*described.categories, _OTHER)
            return [categories[code] for code in encoded[:, mine].argmax(1)]
        if described.kind != "number":
            return [None] * len(encoded)
        numbers = self.scaler.inverse_transform(encoded[:, : len(self._numeric)].astype(float))
        return [None] * len(encoded) if numbers is None else numbers[:, mine[0]].tolist()

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
        """Return what `load_state` needs: plain values for JSON, and arrays."""
        return {"columns": [asdict(column) for column in self.columns]}, self.scaler.state()

    def load_state(
        self, config: dict[str, Any], arrays: dict[str, NDArray[np.float64]]
    ) -> "TableEncoder":
        """Take over the state of a fitted encoder."""
        self.columns = [
            Column(**{**column, "categories": tuple(column["categories"])})
            for column in config["columns"]
        ]
        self.scaler.load_state(arrays)
        self._arrange()
        return self

    def _describe(self, table: Table, j: int) -> Column:
        if table.is_numeric(j):
            return Column(table.names[j], "number")
        codes, texts = table.categories(j)
        counts = np.bincount(codes[codes >= 0], minlength=len(texts))
        if len(texts) > self.max_categories and len(texts) > 0.5 * len(codes):
            return Column(table.names[j], "identifier")
        frequent = np.argsort(-counts, kind="stable")[: self.max_categories]
        categories = tuple(texts[k] for k in frequent)
        if (codes < 0).any() and _MISSING not in categories:
            categories = (*categories, _MISSING)
        return Column(table.names[j], "category", categories=categories)

    def _arrange(self) -> None:
        """Note which columns are numbers, which of those have a flag, and which are categories."""
        kinds = [column.kind for column in self.columns]
        self._numeric = [j for j, kind in enumerate(kinds) if kind == "number"]
        self._flagged = [k for k, j in enumerate(self._numeric) if self.columns[j].missing]
        self._categorical = [j for j, kind in enumerate(kinds) if kind == "category"]

    def _filled(self, values: NDArray[np.float64], first: int) -> NDArray[np.float64]:
        """Return numbers with the missing ones filled, having refused any infinity."""
        infinite = np.argwhere(np.isinf(values))
        if len(infinite):
            row, j = infinite[0]
            raise DataError(
                f"Column {self.columns[self._numeric[j]].name!r} holds an infinity in row "
                f"{first + row + 1}; numbers must be finite or missing: remove or replace it."
            )
        return np.where(np.isnan(values), [self.columns[j].fill for j in self._numeric], values)

    def _flags(self, table: Table, j: int) -> NDArray[np.bool_]:
        """Return one flag per category and one for any other, of shape (n, categories + 1)."""
        column = self.columns[j]
        slots = {category: slot for slot, category in enumerate(column.categories)}
        codes, texts = table.categories(j)
        # The last entry serves the code -1: missing.
        known = [slots.get(text, len(slots)) for text in [*texts, _MISSING]]
        return np.eye(len(slots) + 1, dtype=bool)[np.array(known, dtype=np.intp)[codes]]
