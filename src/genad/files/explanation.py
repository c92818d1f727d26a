"""Why the most anomalous rows are anomalous: their values, their reasons, what was expected."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.detection import Cell, TopAnomaly
from genad.detector import Detector
from genad.files.cells import as_cells, expected_cells
from genad.files.columns import Columns
from genad.files.survey import Survey

_ORDINARY = 512


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
    >>> ranked = Ranked(np.array([1.0, 9.0, 2.0]), threshold=5.0, top=np.array([1]))
    >>> ranked.ordinary().tolist()
    [0, 2]
    """

    scores: NDArray[np.float64]
    threshold: float
    top: NDArray[np.intp]

    def ordinary(self) -> NDArray[np.intp]:
        """Return the numbers of the rows that are not flagged, or of a sample of them, in order."""
        rows = np.flatnonzero(self.scores <= self.threshold)
        if len(rows) > _ORDINARY:
            rows = np.random.default_rng(0).choice(rows, _ORDINARY, replace=False)
        return np.sort(rows)


def explain_top(
    detector: Detector,
    rows: pa.Table,
    ordinary: pa.Table,
    columns: Columns,
    ranked: Ranked,
    found: Survey,
) -> list[TopAnomaly]:
    """Return the top rows with their reasons.

    Parameters
    ----------
    detector : fitted.
    rows : the top rows as they were given, all columns, in the order of `ranked.top`.
    ordinary : rows that are not flagged, beside which the top ones stand out; may be none.
    columns : those that the detector takes.
    ranked : the scores.
    found : the labels, if there are any.

    Examples
    --------
    >>> from genad import ZScore
    >>> table = pa.table({"bar": [1.0, 2.0, 9.0]})
    >>> detector, columns = ZScore(random_state=0).fit(table), Columns(["bar"], True, [])
    >>> ranked = Ranked(detector.anomaly_score(table), detector.threshold_, np.array([2]))
    >>> found = Survey(3, None)
    >>> top = explain_top(detector, table.take([2]), table.slice(0, 2), columns, ranked, found)
    >>> top[0].values, top[0].excess["bar"] < top[0].contributions["bar"]
    ({'bar': 9.0}, True)
    """
    samples, scores = columns.samples(rows), ranked.scores[ranked.top]
    probability = detector.calibration_.probability(scores)
    shares = detector.explain(samples)
    excess = shares - _usual(detector, ordinary, columns)
    values = {name: as_cells(rows[name]) for name in rows.column_names}
    expected = _expected(detector, samples, rows.select(columns.names))
    return [
        TopAnomaly(
            row=int(row) + 1,
            score=float(scores[i]),
            probability=float(probability[i]),
            flagged=bool(scores[i] > ranked.threshold),
            values={name: cells[i] for name, cells in values.items()},
            contributions=dict(zip(columns.names, shares[i].tolist(), strict=True)),
            excess=dict(zip(columns.names, excess[i].tolist(), strict=True)),
            expected={name: cells[i] for name, cells in expected.items()},
            label=_label(found, int(row)),
        )
        for i, row in enumerate(ranked.top)
    ]


def _usual(detector: Detector, ordinary: pa.Table, columns: Columns) -> NDArray[np.float64]:
    """Return what every column contributes to the score of an ordinary row, the median."""
    if not ordinary.num_rows:
        return np.zeros(len(columns.names))
    contributions = detector.explain(columns.samples(ordinary))
    return np.asarray(np.median(contributions, axis=0))


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
        name: expected_cells(given[name], column)
        for name, column in zip(given.column_names, columns, strict=True)
    }


def _label(found: Survey, row: int) -> bool | None:
    if found.labels is None or found.labels[row] < 0:
        return None
    return bool(found.labels[row])
