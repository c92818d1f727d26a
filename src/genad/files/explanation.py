"""Why the most anomalous rows are anomalous: their values, their reasons, what was expected."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.detection import Cell, TopAnomaly
from genad.detector import Detector
from genad.files.columns import Columns
from genad.files.survey import Survey


@dataclass(frozen=True, eq=False)
class Ranked:
    """Scores with their threshold, and the rows on top.

    Parameters
    ----------
    scores : of all rows, of shape (n,).
    threshold : a row is flagged if its score is above.
    top : numbers of the most anomalous rows, from 0, the highest score first.

    Examples
    --------
    >>> Ranked(np.array([1.0, 9.0]), threshold=5.0, top=np.array([1])).top.tolist()
    [1]
    """

    scores: NDArray[np.float64]
    threshold: float
    top: NDArray[np.intp]


def explain_top(
    detector: Detector, rows: pa.Table, columns: Columns, ranked: Ranked, found: Survey
) -> list[TopAnomaly]:
    """Return the top rows with their reasons.

    Parameters
    ----------
    detector : fitted.
    rows : the top rows as they were given, all columns, in the order of `ranked.top`.
    columns : those that the detector takes.
    ranked : the scores.
    found : the labels, if there are any.

    Examples
    --------
    >>> from genad import ZScore
    >>> table = pa.table({"bar": [1.0, 2.0, 9.0]})
    >>> detector, columns = ZScore(random_state=0).fit(table), Columns(["bar"], True, [])
    >>> ranked = Ranked(detector.anomaly_score(table), detector.threshold_, np.array([2]))
    >>> top = explain_top(detector, table.take([2]), columns, ranked, Survey(3, None))
    >>> top[0].values, list(top[0].contributions)
    ({'bar': 9.0}, ['bar'])
    """
    samples, scores = columns.samples(rows), ranked.scores[ranked.top]
    probability = detector.calibration_.probability(scores)
    shares = detector.explain(samples)
    values = {name: [as_cell(v) for v in rows[name].to_pylist()] for name in rows.column_names}
    expected = _expected(detector, samples, rows.select(columns.names))
    return [
        TopAnomaly(
            row=int(row) + 1,
            score=float(scores[i]),
            probability=float(probability[i]),
            flagged=bool(scores[i] > ranked.threshold),
            values={name: cells[i] for name, cells in values.items()},
            contributions=dict(zip(columns.names, shares[i].tolist(), strict=True)),
            expected={name: cells[i] for name, cells in expected.items()},
            label=_label(found, int(row)),
        )
        for i, row in enumerate(ranked.top)
    ]


def as_cell(value: Any) -> Cell:
    """Return a value of a table as JSON can hold it.

    Examples
    --------
    >>> as_cell(datetime(2024, 1, 1)), as_cell(float("nan")), as_cell(3)
    ('2024-01-01 00:00:00', None, 3)
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def _expected(detector: Detector, samples: Any, given: pa.Table) -> dict[str, list[Cell]]:
    """Return what the model would have expected, per column and in the column's own terms."""
    try:
        decoded = detector.reconstruct(samples)
    except NotImplementedError:  # a model need not have a reconstruction
        return {}
    if isinstance(decoded, pa.Table):
        columns = [decoded[name].to_pylist() for name in given.column_names]
    else:
        columns = list(decoded.T.tolist())
    return {
        field.name: [_in_terms_of(field.type, value) for value in column]
        for field, column in zip(given.schema, columns, strict=True)
    }


def _in_terms_of(kind: pa.DataType, value: Any) -> Cell:
    """Return a decoded number as a time or a boolean where the column holds those."""
    if value is None or isinstance(value, str):
        return value
    if pa.types.is_boolean(kind):
        return bool(value >= 0.5)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moment = datetime.fromtimestamp(value, tz=UTC)
        return str(moment.replace(tzinfo=None, microsecond=0))
    return as_cell(value)


def _label(found: Survey, row: int) -> bool | None:
    if found.labels is None or found.labels[row] < 0:
        return None
    return bool(found.labels[row])
