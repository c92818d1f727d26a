"""A column of labels in any of the usual spellings, as anomaly, normal or unknown."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genad.errors import DataError

NORMAL_WORDS = ("0", "false", "no", "normal", "ok", "good", "benign", "inlier", "nominal")
ANOMALY_WORDS = (
    *("1", "true", "yes", "anomaly", "anomalous", "abnormal", "outlier", "attack", "bad"),
    *("fault", "faulty", "failure", "defect", "fraud", "malicious", "malignant"),
)

_MEANING = dict.fromkeys(NORMAL_WORDS, 0) | dict.fromkeys(ANOMALY_WORDS, 1)


def as_labels(column: pa.ChunkedArray, name: str, anomaly: Collection[str]) -> NDArray[np.int8]:
    """Return 1 for an anomaly, 0 for normal and -1 for a missing label, of shape (n,).

    Parameters
    ----------
    column : booleans, numbers or text.
    name : of the column, for messages.
    anomaly : the values that mean anomaly, all others being normal; if empty, every value must be
        one of `NORMAL_WORDS` and `ANOMALY_WORDS`, in any case and with or without a full stop.

    Examples
    --------
    >>> as_labels(pa.chunked_array([["ok", "Attack.", None]]), "state", anomaly=())
    array([ 0,  1, -1], dtype=int8)
    >>> as_labels(pa.chunked_array([[7, 8, 7]]), "kind", anomaly=("8",))
    array([0, 1, 0], dtype=int8)
    """
    encoded = pc.dictionary_encode(pc.cast(column, pa.string()).combine_chunks())
    keys = [_key(text) for text in encoded.dictionary.to_pylist()]
    wanted = {_key(text) for text in anomaly}
    unknown = [] if wanted else [key for key in keys if key not in _MEANING]
    if unknown:
        shown = ", ".join(map(repr, unknown[:3])) + (", ..." if len(unknown) > 3 else "")
        raise DataError(
            f"The label column {name!r} holds {shown}, of which nobody said whether it is normal; "
            "name the value that means anomaly (--anomaly VALUE)."
        )
    meanings = [int(key in wanted) if wanted else _MEANING[key] for key in keys]
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    table = np.array([*meanings, -1], dtype=np.int8)  # the last one is for code -1
    return np.asarray(table[codes], dtype=np.int8)


def _key(text: str) -> str:
    """Return a label in one spelling, so that "1.0" is "1" and "Normal." is "normal"."""
    key = text.strip().lower().rstrip(".")
    try:
        return f"{float(key):g}"
    except ValueError:
        return key
