"""What a data set is: its facts, its rows split into train and test, its images or its series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from genad.data.splits import Split, leave_one_class_out, one_class_out_of_all
from genad.errors import DatasetError, ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Dataset", "DatasetInfo", "ImageSet", "Kind", "Series", "Source", "one_class_split"]

Kind: TypeAlias = Literal["table", "series", "images"]
T = TypeVar("T")


@dataclass(frozen=True)
class DatasetInfo:
    """The facts of a data set, known without having it.

    Parameters
    ----------
    name
        What :func:`~genad.data.datasets.load_dataset` calls it.
    title
        What its authors call it.
    domain
        Where it comes from: finance, healthcare, ...
    kind
        Rows of a table, series or images.
    rows, columns
        Its size: rows, time steps or images; features, channels or pixels.
    licence
        The licence its home states.
    source
        Its canonical home.
    anomaly
        What counts as an anomaly.
    citation
        Who to cite.

    Examples
    --------
    >>> from genad.data import list_datasets
    >>> [info.rows for info in list_datasets() if info.name == "kddcup99"]
    [494021]
    """

    name: str
    title: str
    domain: str
    kind: Kind
    rows: int
    columns: int
    licence: str
    source: str
    anomaly: str
    citation: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Normal data to learn from, and data with known anomalies to test on.

    Parameters
    ----------
    name
        Its name.
    train
        A table, or an array whose first axis counts the samples; normal samples only.
    test
        The same form; normal samples and anomalies.
    test_labels
        Bool, of shape (n,): True where a sample of `test` is an anomaly.

    Examples
    --------
    >>> from genad.data import load_dataset
    >>> dataset = load_dataset("breast_cancer")
    >>> dataset.train.num_rows, dataset.test.num_rows, int(dataset.test_labels.sum())
    (178, 391, 212)
    """

    name: str
    train: pa.Table | NDArray[Any] = field(repr=False)
    test: pa.Table | NDArray[Any] = field(repr=False)
    test_labels: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Series:
    """A series with labelled anomaly windows.

    Parameters
    ----------
    name
        Its name within its collection.
    values
        Float64, of shape (n, channels).
    windows
        The anomalies, as (start, end) positions with the end excluded.
    train_end
        The first `train_end` time steps may be learnt from; they are not scored.
    timestamps
        Of shape (n,), or None where the series has none.

    Examples
    --------
    >>> series = Series("pump", np.zeros((6, 1)), windows=((3, 5),), train_end=2)
    >>> series.labels
    array([False, False, False,  True,  True, False])
    """

    name: str
    values: NDArray[np.float64] = field(repr=False)
    windows: tuple[tuple[int, int], ...]
    train_end: int
    timestamps: NDArray[np.datetime64] | None = field(default=None, repr=False)

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Bool, of shape (n,): True inside a window."""
        labels = np.zeros(len(self.values), dtype=bool)
        for start, end in self.windows:
            labels[start:end] = True
        return labels

    def dataset(self) -> Dataset:
        """Cut the series where training ends.

        Examples
        --------
        >>> series = Series("pump", np.zeros((6, 1)), windows=((3, 5),), train_end=2)
        >>> series.dataset().test_labels
        array([False,  True,  True, False])
        """
        cut = self.train_end
        return Dataset(self.name, self.values[:cut], self.values[cut:], self.labels[cut:])


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their classes, in the split their authors made.

    Parameters
    ----------
    name
        Their name.
    train, test
        Uint8, of shape (n, height, width) if grey and (n, height, width, 3) if coloured.
    train_classes, test_classes
        Integers of shape (n,), positions in `class_names`.
    class_names
        What the classes are called.

    Examples
    --------
    >>> pixels, classes = np.zeros((3, 2, 2), np.uint8), np.array([0, 1, 1])
    >>> images = ImageSet("toy", pixels, classes, pixels, classes, ("cat", "dog"))
    >>> images.one_class(normal_class=1).test_labels
    array([ True, False, False])
    """

    name: str
    train: NDArray[np.uint8] = field(repr=False)
    train_classes: NDArray[np.int64] = field(repr=False)
    test: NDArray[np.uint8] = field(repr=False)
    test_classes: NDArray[np.int64] = field(repr=False)
    class_names: tuple[str, ...]

    def one_class(
        self, normal_class: int | None = None, anomaly_class: int | None = None
    ) -> Dataset:
        """Take one class as normal, or one class as the anomaly; without either, class 0 as normal.

        Train is the normal part of the training images, test is all test images.

        Parameters
        ----------
        normal_class
            The only normal class; the others are anomalies.
        anomaly_class
            The only anomalous class; the others are normal.

        Examples
        --------
        >>> pixels, classes = np.zeros((3, 2, 2), np.uint8), np.array([0, 1, 1])
        >>> images = ImageSet("toy", pixels, classes, pixels, classes, ("cat", "dog"))
        >>> images.one_class(anomaly_class=1).train.shape
        (1, 2, 2)
        """
        if normal_class is not None and anomaly_class is not None:
            raise ParameterError(
                f"Got normal_class={normal_class} and anomaly_class={anomaly_class}: give one."
            )
        flipped = anomaly_class is not None
        chosen = self._check_class(anomaly_class if flipped else normal_class or 0)
        train_is_anomaly = (self.train_classes == chosen) == flipped
        test_is_anomaly = (self.test_classes == chosen) == flipped
        return Dataset(self.name, self.train[~train_is_anomaly], self.test, test_is_anomaly)

    def leave_one_class_out(self, anomaly_class: int, *, random_state: int = 0) -> Dataset:
        """Split all images as EGBAD does; see :func:`~genad.data.splits.leave_one_class_out`.

        Examples
        --------
        >>> pixels, classes = np.zeros((3, 2, 2), np.uint8), np.array([0, 1, 1])
        >>> images = ImageSet("toy", pixels, classes, pixels, classes, ("cat", "dog"))
        >>> images.leave_one_class_out(0).train.shape
        (3, 2, 2)
        """
        return self._pooled(leave_one_class_out, anomaly_class, random_state)

    def one_class_out_of_all(self, anomaly_class: int, *, random_state: int = 0) -> Dataset:
        """Split all images as the survey does; see :func:`~genad.data.splits.one_class_out_of_all`.

        Examples
        --------
        >>> pixels, classes = np.zeros((3, 2, 2), np.uint8), np.array([0, 1, 1])
        >>> images = ImageSet("toy", pixels, classes, pixels, classes, ("cat", "dog"))
        >>> images.one_class_out_of_all(0).test.shape
        (1, 2, 2)
        """
        return self._pooled(one_class_out_of_all, anomaly_class, random_state)

    def _pooled(self, protocol: Callable[..., Split], chosen: int, seed: int) -> Dataset:
        pixels = np.concatenate([self.train, self.test])
        classes = np.concatenate([self.train_classes, self.test_classes])
        split = protocol(classes, self._check_class(chosen), random_state=seed)
        return Dataset(self.name, pixels[split.train], pixels[split.test], split.test_labels)

    def _check_class(self, chosen: Any) -> int:
        if chosen not in range(len(self.class_names)):
            known = ", ".join(f"{i} ({name})" for i, name in enumerate(self.class_names))
            raise ParameterError(f"{self.name} has no class {chosen!r}: choose from {known}.")
        return int(chosen)


@dataclass(frozen=True)
class Source(Generic[T]):
    """A data set as the registry holds it: facts, a way to its files, and a way to its content.

    Parameters
    ----------
    info
        Its facts.
    fetch
        Makes sure that its files are here, unchanged; returns the file or folder.
    load
        Reads them.

    Examples
    --------
    >>> from genad.data.datasets.breast_cancer import SOURCE
    >>> SOURCE.fetch().name
    'breast_cancer.csv'
    """

    info: DatasetInfo
    fetch: Callable[[], Path]
    load: Callable[..., T]


def one_class_split(
    name: str, data: pa.Table | NDArray[Any], is_anomaly: NDArray[np.bool_], random_state: int
) -> Dataset:
    """Train on a random half of the normal rows, test on the other half and all anomalies.

    Parameters
    ----------
    name
        Name of the data set.
    data
        Its rows, without the label.
    is_anomaly
        Bool, of shape (n,).
    random_state
        Seed that chooses the half.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"bar": [1.0, 1.1, 1.2, 1.3, 9.0]})
    >>> is_anomaly = np.array([False, False, False, False, True])
    >>> dataset = one_class_split("pump", table, is_anomaly, random_state=0)
    >>> dataset.train.num_rows, dataset.test_labels.tolist()
    (2, [False, False, True])
    """
    if not 0 < int(is_anomaly.sum()) < len(is_anomaly) - 1:
        raise DatasetError(
            f"{name} has {int(is_anomaly.sum())} anomalies in {len(is_anomaly)} rows: a split "
            f"needs at least one anomaly and two normal rows."
        )
    normal = np.random.default_rng(random_state).permutation(np.flatnonzero(~is_anomaly))
    in_train = np.zeros(len(is_anomaly), dtype=bool)
    in_train[normal[: len(normal) // 2]] = True
    rest = ~in_train
    return Dataset(name, _rows(data, in_train), _rows(data, rest), is_anomaly[rest])


def _rows(data: pa.Table | NDArray[Any], chosen: NDArray[np.bool_]) -> Any:
    return data[chosen] if isinstance(data, np.ndarray) else data.filter(chosen)
