"""Tables in a one-class protocol: normal rows train; the others and all anomalies test."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genad.benchmark.judging import figures
from genad.benchmark.task import Answer, Figures, Inputs, Task
from genad.data.datasets import Dataset, fetch_dataset, load_dataset
from genad.data.encoding import TableEncoder
from genad.data.scaling import ScalerName
from genad.data.table import Table


@dataclass(frozen=True)
class Protocol:
    """How a table is split and prepared; fixed before any result is seen.

    Parameters
    ----------
    split : the split of `genad.load_dataset`, in words.
    preparation : the scaler of numeric columns, fitted on the training rows; texts become flags.
    train_rows, test_rows : a random sample of so many rows if there are more.
    split_seed : seed of the split; None takes the seed of the repetition.

    Examples
    --------
    >>> Protocol("half of the normal rows train", test_rows=20_000).sentences()[1]
    'Columns: standardised by the training rows; texts as flags.'
    """

    split: str
    preparation: ScalerName = "standard"
    train_rows: int | None = None
    test_rows: int | None = None
    split_seed: int | None = None

    def sentences(self) -> list[str]:
        """Return the protocol as a reader needs it."""
        scaled = {"standard": "standardised by", "quantile": "rank-normal by"}
        most = [
            f"at most {rows:,} {kind} rows, drawn at random"
            for kind, rows in (("training", self.train_rows), ("test", self.test_rows))
            if rows is not None
        ]
        seeded = "its own split" if self.split_seed is None else "the same split"
        columns = scaled.get(self.preparation, f"scaled ({self.preparation}) by")
        return [
            f"Split: {self.split}{'; ' if most else ''}{', '.join(most)}. Every seed has {seeded}.",
            f"Columns: {columns} the training rows; texts as flags.",
            "Labels: for the metrics alone. A detector is given training and test rows without "
            "them, and sets its threshold on training rows.",
        ]


@dataclass(frozen=True)
class TableTask(Task):
    """One table of `genad.list_datasets` in a protocol.

    Parameters
    ----------
    name : of the data set.
    protocol : how it is split and prepared.

    Examples
    --------
    >>> task = TableTask("breast_cancer", Protocol("half of the benign rows train"))
    >>> task.inputs(0).train.shape
    (178, 30)
    """

    name: str
    protocol: Protocol

    def digest(self) -> str:  # noqa: D102
        return file_digest(fetch_dataset(self.name))

    def inputs(self, seed: int) -> Inputs:  # noqa: D102
        data, train, test = self._split(seed)
        known, new = Table(data.train.take(train)), Table(data.test.take(test))
        encoder = TableEncoder(self.protocol.preparation).fit(known)
        return Inputs(_frozen(encoder.transform(known)), _frozen(encoder.transform(new)))

    def judge(self, seed: int, answer: Answer) -> Figures:  # noqa: D102
        return figures(self.labels(seed), answer)

    def labels(self, seed: int) -> NDArray[np.bool_]:
        """Return whether each test row is an anomaly: for judging alone."""
        data, _, test = self._split(seed)
        labels: NDArray[np.bool_] = data.test_labels[test]
        return labels

    def _split(self, seed: int) -> tuple[Dataset, NDArray[np.intp], NDArray[np.intp]]:
        """Return the data with the numbers of its training and test rows, in random order."""
        fixed, most = self.protocol.split_seed, self.protocol
        data = load_dataset(self.name, random_state=seed if fixed is None else fixed)
        rng = np.random.default_rng(seed if fixed is None else fixed)
        train = rng.permutation(len(data.train))[: most.train_rows]
        return data, train, rng.permutation(len(data.test))[: most.test_rows]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder with their names.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.csv").write_text("1")
    ...     file_digest(Path(folder)) == file_digest(Path(folder, "a.csv"))
    False
    """
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    total = hashlib.sha256()
    for inner in sorted(p for p in path.rglob("*") if p.is_file()):
        total.update(f"{inner.relative_to(path).as_posix()}\0{file_digest(inner)}\n".encode())
    return total.hexdigest()


def _frozen(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows that no detector can change for the next one."""
    rows.setflags(write=False)
    return rows
