"""Views turn data into samples, and the scores of samples back into one score per item."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from genad.data.encoding import TableEncoder
from genad.data.scaling import ScalerName
from genad.data.table import Table, is_frame
from genad.errors import DataError

Array = NDArray[Any]


class View(ABC):
    """Between what a user holds and the samples that a model sees.

    A source is validated data that can be cut into items; items are rows, time steps or images.
    Samples are float32 arrays of shape (n, *shape).
    """

    shape: tuple[int, ...]
    """The shape of one sample; known after `fit`."""

    @abstractmethod
    def read(self, data: Any, estimator: BaseEstimator, *, reset: bool) -> Table:
        """Validate data as scikit-learn does; with `reset`, note the features on the estimator."""

    @abstractmethod
    def fit(self, source: Table) -> "View":
        """Learn the encoding from training data."""

    @abstractmethod
    def encode(self, source: Table, start: int, stop: int) -> NDArray[np.float32]:
        """Return the samples from `start` to before `stop`."""

    @abstractmethod
    def decode(self, samples: NDArray[np.float32]) -> Any:
        """Return samples in the units of the data."""

    @abstractmethod
    def spread(self, contributions: Array) -> Array:
        """Return contributions of sample elements as contributions of the data's features."""

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what `load_state` needs: plain values for JSON, and arrays."""

    @abstractmethod
    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> "View":
        """Take over the state of a fitted view."""


class Rows(View):
    """Every row of a table is a sample.

    Parameters
    ----------
    scaler : see `genad.data.scaling.Scaler`.
    """

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
        validate_data(estimator, data, reset=reset, skip_check_array=True)
        table = Table(data)
        if len(table) < at_least:
            raise DataError(
                f"Found a table of {len(table)} row(s), but at least {at_least} are needed "
                f"{'to learn what is normal' if reset else 'to score'}."
            )
        return table

    def fit(self, source: Table) -> "Rows":  # noqa: D102
        self.encoder.fit(source)
        self.from_frame = source.is_frame
        self.shape = (len(self.encoder.owners),)
        return self

    def encode(self, source: Table, start: int, stop: int) -> NDArray[np.float32]:  # noqa: D102
        return self.encoder.transform(source.rows(start, stop))

    def decode(self, samples: NDArray[np.float32]) -> Any:
        """Return rows in the units of the data: an Arrow table if fitted on a frame."""
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

    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> "Rows":  # noqa: D102
        self.encoder.load_state(config, arrays)
        self.from_frame = config["from_frame"]
        self.shape = (len(self.encoder.owners),)
        return self
