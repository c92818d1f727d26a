"""Read the Numenta Anomaly Benchmark's own files: result folders and anomaly windows."""

import csv
import json
from pathlib import Path

import numpy as np

from genad.errors import DataError
from genad.metrics.nab_series import AnomalyWindow, NabSeries

__all__ = ["read_nab_results", "read_nab_windows"]

_COLUMNS = ("timestamp", "anomaly_score")


def read_nab_windows(path: str | Path) -> dict[str, list[AnomalyWindow]]:
    """Return the anomaly windows by series, `category/file.csv`, from a `combined_windows.json`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "combined_windows.json"
    ...     text = '{"real/a.csv": [["2024-01-01 00:00:00", "2024-01-02 00:00:00"]]}'
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     windows = read_nab_windows(path)
    >>> str(windows["real/a.csv"][0][1])
    '2024-01-02T00:00:00.000000'
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: [(np.datetime64(start, "us"), np.datetime64(end, "us")) for start, end in pairs]
            for name, pairs in content.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} does not hold anomaly windows ({error}): it should be a JSON object of series "
            "names, each with a list of [start, end] times, as NAB's labels/combined_windows.json."
        ) from error


def read_nab_results(
    folder: str | Path, windows: str | Path, *, detector: str | None = None
) -> dict[str, NabSeries]:
    r"""Return the corpus of a result folder `FOLDER/<category>/<detector>_<file>.csv`.

    Series of the windows that have no file are left out, so look at the number of series before
    comparing with published figures, which are over all 58.

    Parameters
    ----------
    folder
        Where the results of one detector lie, with the columns timestamp and anomaly_score.
    windows
        The file of :func:`read_nab_windows`.
    detector
        The name before each file's; None takes that of the folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     category = Path(root) / "mine" / "real"
    ...     category.mkdir(parents=True)
    ...     _ = (category / "mine_a.csv").write_text("timestamp,anomaly_score\n2024-01-01,0.5\n")
    ...     _ = (Path(root) / "windows.json").write_text('{"real/a.csv": []}')
    ...     corpus = read_nab_results(Path(root) / "mine", Path(root) / "windows.json")
    >>> corpus["real/a.csv"].scores.tolist()
    [0.5]
    """
    folder = Path(folder)
    prefix = f"{detector or folder.name}_"
    labels = read_nab_windows(windows)
    files = {
        f"{p.parent.name}/{p.name[len(prefix) :]}": p
        for p in sorted(folder.glob(f"*/{prefix}*.csv"))
    }
    if not files:
        raise DataError(
            f"{folder} holds no file <category>/{prefix}<file>.csv: name the folder of a detector."
        )
    unknown = sorted(files.keys() - labels.keys())
    if unknown:
        raise DataError(
            f"{windows} has no entry for {unknown[0]}, found in {folder}: give both of one corpus."
        )
    return {name: _read_series(path, labels[name]) for name, path in files.items()}


def _read_series(path: Path, windows: list[AnomalyWindow]) -> NabSeries:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = list(reader)
    try:
        time, score = (header.index(column) for column in _COLUMNS)
        timestamps = np.array([row[time] for row in rows], dtype="datetime64[us]")
        scores = np.array([row[score] for row in rows], dtype=np.float64)
    except (ValueError, IndexError) as error:
        raise DataError(
            f"{path} cannot be read as results ({error}): it needs the columns timestamp and "
            "anomaly_score, both filled in every row."
        ) from error
    return NabSeries(timestamps, scores, windows)
