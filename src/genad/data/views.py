"""Views turn data into samples, and the results of samples back into one result per item."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from genad.data.encoding import TableEncoder
from genad.data.samples import Samples, with_labels
from genad.data.scaling import ScalerName
from genad.data.table import Table, in_order, is_frame
from genad.errors import DataError

Array = NDArray[Any]
S = TypeVar("S")


class Collector(ABC):
    """Takes the results of samples, chunk by chunk, and makes results of items of them."""

    @abstractmethod
    def add(self, start: int, part: Array) -> None:
        """Take the results, of shape (n, ...), of the samples from number `start`."""

    @abstractmethod
    def result(self) -> Any:
        """Return the results of the items."""


class Stack(Collector):
    """One result per sample, one sample per item.

    Parameters
    ----------
    n : how many there will be.

    Examples
    --------
    >>> stack = Stack(3)
    >>> stack.add(0, np.array([1.0, 2.0]))
    >>> stack.add(2, np.array([3.0]))
    >>> stack.result()
    array([1., 2., 3.])
    """

    def __init__(self, n: int) -> None:
        self.n, self.results = n, np.empty(0)

    def add(self, start: int, part: Array) -> None:  # noqa: D102
        if start == 0:
            # One array from the start: small ones kept in between make the allocator return
            # each chunk's memory to the system and fetch it again.
            self.results = np.empty((self.n, *part.shape[1:]))
        self.results[start : start + len(part)] = part

    def result(self) -> Array:  # noqa: D102
        return self.results


class View(ABC, Generic[S]):
    """Between what a user holds and the samples that a model sees.

    A source of type S is validated data; its items are rows, time steps or images. Samples are
    float32 arrays of shape (n, *shape).
    """

    kind: ClassVar[str]
    """The kind of data, as data sets and detectors name it."""

    shape: tuple[int, ...]
    """The shape of one sample; known after `fit`."""

    @abstractmethod
    def read(self, data: Any, estimator: BaseEstimator, *, reset: bool) -> S:
        """Validate data as scikit-learn does; with `reset`, note the features on the estimator."""

    @abstractmethod
    def fit(self, source: S) -> Self:
        """Learn the encoding from training data."""

    @abstractmethod
    def split(self, source: S, fraction: float, seed: int) -> tuple[S, S | None]:
        """Return what to train on and, if the fraction allows, what to hold out."""

    def item_labels(self, source: S, y: Any) -> Array:
        """Return labels as the user gives them, one per item, of shape (n,); without any all 0."""
        labels = np.zeros(self.count(source), np.int64) if y is None else np.asarray(y)
        if labels.shape != (self.count(source),):
            raise DataError(
                f"y has shape {labels.shape}, but there are {self.count(source)} samples; give "
                "one label for each."
            )
        return labels

    @abstractmethod
    def labelled(self, source: S, labels: NDArray[np.int64]) -> S:
        """Return the source with the number of each item's class; `samples` then has them too."""

    @abstractmethod
    def samples(self, source: S, device: torch.device) -> Samples:
        """Return all samples of a source, for training."""

    @abstractmethod
    def count(self, source: S) -> int:
        """Return how many samples a source has."""

    @abstractmethod
    def encode(self, source: S, start: int, stop: int) -> NDArray[np.float32]:
        """Return the samples from `start` to before `stop`."""

    def collector(self, source: S) -> Collector:
        """Return what makes results of items from those of samples."""
        return Stack(self.count(source))

    @abstractmethod
    def decode(self, samples: Array) -> Any:
        """Return collected samples in the units of the data."""

    @abstractmethod
    def spread(self, contributions: Array) -> Any:
        """Return contributions of sample elements as contributions of the data's features."""

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what `load_state` needs: plain values for JSON, and arrays."""

    @abstractmethod
    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> None:
        """Take over the state of a fitted view."""


class Rows(View[Table]):
    """Every row of a table is a sample.

    Parameters
    ----------
    scaler : see `genad.data.scaling.Scaler`.
    """

    kind = "table"

    def __init__(self, scaler: ScalerName = "standard") -> None:
        self.encoder = TableEncoder(scaler)
        self.from_frame = False

    def read(self, data: Any, estimator: BaseEstimator, *, reset: bool) -> Table:  # noqa: D102
        at_least = 2 if reset else 1
        if not is_frame(data):
            return Table(
                validate_data(
                    estimator,
                    data,
                    reset=reset,
                    dtype=[np.float64, np.float32],
                    ensure_all_finite=False,  # the encoder does this, while it reads them anyway
                    ensure_min_samples=at_least,
                )
            )
        if not reset and hasattr(estimator, "feature_names_in_"):
            data = in_order(data, list(estimator.feature_names_in_))
        validate_data(estimator, data, reset=reset, skip_check_array=True)
        table = Table(data)
        if len(table) < at_least:
            raise DataError(
                f"Found a table of {len(table)} row(s), but at least {at_least} are needed "
                f"{'to learn what is normal' if reset else 'to score'}."
            )
        return table

    def fit(self, source: Table) -> Self:  # noqa: D102
        self.encoder.fit(source)
        self.from_frame = source.is_frame
        self.shape = (len(self.encoder.owners),)
        return self

    def split(  # noqa: D102
        self, source: Table, fraction: float, seed: int
    ) -> tuple[Table, Table | None]:
        n = len(source)
        held = min(round(n * fraction), n - 2)
        if held == 0:
            return source, None
        order = np.random.default_rng(seed).permutation(n)
        return source.take(np.sort(order[held:])), source.take(np.sort(order[:held]))

    def labelled(self, source: Table, labels: NDArray[np.int64]) -> Table:  # noqa: D102
        source.labels = labels
        return source

    def samples(self, source: Table, device: torch.device) -> Samples:  # noqa: D102
        samples = torch.from_numpy(self.encode(source, 0, len(source))).to(device)
        return with_labels(samples, source.labels)

    def count(self, source: Table) -> int:  # noqa: D102
        return len(source)

    def encode(self, source: Table, start: int, stop: int) -> NDArray[np.float32]:  # noqa: D102
        return self.encoder.transform(source.rows(start, stop))

    def decode(self, samples: Array) -> Any:
        """Return rows in the units of the data: an Arrow table if fitted on a frame."""
        samples = samples.astype(np.float32)
        columns = self.encoder.columns
        decoded = [self.encoder.decode(samples, j) for j in range(len(columns))]
        if self.from_frame:
            names = [column.name for column in columns]
            return pa.table(dict(zip(names, decoded, strict=True)))
        return np.array(decoded, dtype=np.float64).T

    def spread(self, contributions: Array) -> Array:  # noqa: D102
        result = np.zeros((len(contributions), len(self.encoder.columns)))
        np.add.at(result.T, self.encoder.owners, contributions.T)
        return result

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:  # noqa: D102
        config, arrays = self.encoder.state()
        return config | {"from_frame": self.from_frame}, arrays

    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> None:  # noqa: D102
        self.encoder.load_state(config, arrays)
        self.from_frame = config["from_frame"]
        self.shape = (len(self.encoder.owners),)
