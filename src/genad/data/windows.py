"""The view of time series: windows are samples, and time steps are items."""

from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from torch import Tensor

from genad.data.overlaps import Overlaps, Places, Trailing
from genad.data.period import suitable_window
from genad.data.samples import Samples, with_labels
from genad.data.scaling import Scaler, ScalerName
from genad.data.series import Recording, Recordings, Values, read_recordings
from genad.data.views import Array, Collector, View
from genad.errors import DataError, ParameterError

# So many stretches of a series are held out at most.
_STRETCHES = 4


class Windows(View[Recordings]):
    """Every window of a series is a sample; each of its steps gets a score.

    A step's result is the mean of its results in all windows that cover it: as many as the window
    has steps (over the stride), fewer within a window's length of the ends. It depends on no step
    farther away than that. A last window ends with the series, so every step is covered.

    Parameters
    ----------
    scaler : see `genad.data.scaling.Scaler`; fitted per channel over all series. "l2" divides a
        channel by its Euclidean norm over the training series.
    window : steps in a window; "auto" for a period of the series it is fitted on, see
        `genad.data.period.suitable_window`.
    stride : steps from one window to the next.
    any_length : whether series shorter than a window may be scored.
    """

    kind = "series"

    def __init__(
        self,
        scaler: ScalerName,
        window: int | Literal["auto"],
        stride: int = 1,
        *,
        any_length: bool = False,
    ) -> None:
        # A row of channels is no vector to be normed: "l2" is a scale per channel here.
        self.l2 = scaler == "l2"
        self.scaler = Scaler("standard" if self.l2 else scaler)
        self.asked, self.stride, self.any_length = window, stride, any_length
        self.window = 0 if window == "auto" else self._checked(window)
        self.fill = np.zeros(0)
        self.notes: list[str] = []
        """What was irregular about the series it was fitted on, a sentence each."""

    def _checked(self, window: int) -> int:
        if self.stride > window:
            raise ParameterError(
                f"stride={self.stride} would leave steps between windows of {window} without a "
                "score; give a stride of a window at most."
            )
        return window

    def read(self, data: Any, estimator: BaseEstimator, *, reset: bool) -> Recordings:  # noqa: D102
        source = read_recordings(data)
        for recording in source.each:
            self._match(recording, estimator, reset=reset)
        if reset and self.asked == "auto":
            self.window = self._checked(suitable_window([each.values for each in source.each]))
        for recording in source.each:
            if len(recording) < self.window and (reset or not self.any_length):
                raise DataError(
                    f"{recording.label} has {len(recording)} time steps, but a window has "
                    f"{self.window}; give a longer series or a smaller window."
                )
        return source

    def _match(self, recording: Recording, estimator: Any, *, reset: bool) -> None:
        """Note the channels on the estimator, or put them in the order that it has noted."""
        channels = recording.values.shape[1]
        if reset:
            estimator.n_features_in_ = channels
            if recording.names is not None:
                estimator.feature_names_in_ = np.array(recording.names, dtype=object)
            return
        known = getattr(estimator, "feature_names_in_", None)
        if known is not None and recording.names is not None and set(known) != set(recording.names):
            missing = [repr(name) for name in known if name not in recording.names]
            new = [repr(name) for name in recording.names if name not in known]
            raise DataError(
                f"{recording.label} must have the channels of the training series; missing: "
                f"{', '.join(missing) or 'none'}, new: {', '.join(new) or 'none'}."
            )
        if channels != estimator.n_features_in_:
            raise DataError(
                f"{recording.label} has {channels} channels, but the training series had "
                f"{estimator.n_features_in_}."
            )
        if known is not None and recording.names is not None:
            order = [recording.names.index(name) for name in known]
            recording.values = recording.values[:, order]
            recording.names = list(known)

    def fit(self, source: Recordings) -> Self:  # noqa: D102
        values = np.concatenate([recording.values for recording in source.each])
        empty = np.flatnonzero(np.isnan(values).all(0))
        if len(empty):
            name = self._names(source)[empty[0]]
            raise DataError(f"Channel {name!r} holds no value to learn from; leave it out.")
        self.fill = np.nanmedian(values, axis=0)
        values = np.where(np.isnan(values), self.fill, values)
        self.scaler.fit(values)
        if self.l2:
            norms = np.linalg.norm(values, axis=0)
            self.scaler.set(np.zeros_like(self.fill), np.where(norms > 0, norms, 1.0))
        self.shape = (self.window, values.shape[1])
        several = len(source.each) > 1
        self.notes = [
            f"{recording.label}: {note}" if several else note
            for recording in source.each
            for note in recording.notes
        ]
        self.notes += [
            f"Channel {name!r} is constant in the training series: only a change of it shows."
            for name, spread in zip(self._names(source), np.ptp(values, axis=0), strict=True)
            if spread == 0
        ]
        if self.asked == "auto":
            self.notes.append(f"A window has {self.window} steps, by the period of the training.")
        return self

    def _names(self, source: Recordings) -> list[str]:
        first = source.each[0]
        return first.names or [str(j) for j in range(first.values.shape[1])]

    def split(  # noqa: D102
        self, source: Recordings, fraction: float, seed: int
    ) -> tuple[Recordings, Recordings | None]:
        kept, held = [], []
        for recording in source.each:
            for start, cut, stop in self._stretches(len(recording), fraction):
                kept.append(recording.part(start, cut))
                held += [recording.part(cut, stop)] if stop > cut else []
        return Recordings(kept, many=True), Recordings(held, many=True) if held else None

    def _stretches(self, length: int, fraction: float) -> list[tuple[int, int, int]]:
        """Return where stretches begin, where their held-out ends begin, and where they end.

        The stretches are of equal length, as many as leave a window's length at both parts.
        """
        for count in range(_STRETCHES, 0, -1):
            bounds = np.linspace(0, length, count + 1).round().astype(int)
            held = int(length / count * fraction)
            if held >= 2 * self.window and length // count - held >= 2 * self.window:
                return [(int(a), int(b) - held, int(b)) for a, b in pairwise(bounds)]
        return [(0, length, length)]

    def item_labels(self, source: Recordings, y: Any) -> Array:
        """Return a label per step; of a list of series each may have one label for all of it."""
        given = [0] * len(source.each) if y is None else list(y) if source.many else [y]
        lengths = [len(recording) for recording in source.each]
        if len(given) != len(lengths):
            raise DataError(f"y has {len(given)} entries, but there are {len(lengths)} series.")
        labels = [np.asarray(each) for each in given]
        for each, length in zip(labels, lengths, strict=True):
            if each.shape not in ((), (length,)):
                raise DataError(
                    f"y has shape {each.shape} where a series has {length} time steps; give one "
                    "label for each step, or a single one."
                )
        spread = zip(labels, lengths, strict=True)
        return np.concatenate([np.broadcast_to(each, length) for each, length in spread])

    def labelled(self, source: Recordings, labels: NDArray[np.int64]) -> Recordings:
        """Return the series with a class per step; a window's is the most frequent of its steps."""
        start = 0
        for recording in source.each:
            recording.labels = labels[start : start + len(recording)]
            start += len(recording)
        return source

    def samples(self, source: Recordings, device: torch.device) -> Samples:  # noqa: D102
        values = [self.scaled(recording.values) for recording in source.each]
        starts, offset = [], 0
        for recording in source.each:
            starts.append(offset + self._places(len(recording)).starts())
            offset += len(recording)
        cut = torch.from_numpy(np.concatenate(starts)).to(device)
        series = torch.from_numpy(np.concatenate(values)).float().to(device)
        windows = Cut(series, cut, self.window, self._step_labels(source, device))
        return with_labels(windows, self._labels(source))

    def _step_labels(self, source: Recordings, device: torch.device) -> Tensor | None:
        every = [recording.labels for recording in source.each if recording.labels is not None]
        return torch.from_numpy(np.concatenate(every)).to(device) if every else None

    def _labels(self, source: Recordings) -> NDArray[np.int64] | None:
        """Return the class of each window, where steps have one; of several the lowest number."""
        every = [recording.labels for recording in source.each if recording.labels is not None]
        if not every:
            return None
        classes = np.arange(max(int(labels.max()) for labels in every) + 1)
        found = []
        for labels in every:
            counts = np.cumsum(np.r_["0,2", 0 * classes, labels[:, None] == classes], axis=0)
            starts = self._places(len(labels)).starts()
            found.append((counts[starts + self.window] - counts[starts]).argmax(1))
        return np.concatenate(found)

    def count(self, source: Recordings) -> int:  # noqa: D102
        return sum(len(self._places(len(recording))) for recording in source.each)

    def encode(self, source: Recordings, start: int, stop: int) -> NDArray[np.float32]:  # noqa: D102
        parts, first = [], 0
        for recording in source.each:
            n = len(self._places(len(recording)))
            low, high = max(start - first, 0), min(stop - first, n)
            if low < high:
                parts.append(self._cut(recording.values, low, high))
            first += n
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _cut(self, values: Values, low: int, high: int) -> NDArray[np.float32]:
        """Return the windows from number `low` to before `high`, a view of one encoded stretch."""
        starts = self._places(len(values)).starts(low, high)
        stretch = self.scaled(values[starts[0] : starts[-1] + self.window]).astype(np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(stretch, self.window, axis=0)
        cut: NDArray[np.float32] = windows.transpose(0, 2, 1)[starts - starts[0]]
        return cut

    def scaled(self, values: Values) -> Values:
        """Return the values of a series as models see them, of shape (time, channels)."""
        return self.scaler.transform(np.where(np.isnan(values), self.fill, values))

    def _places(self, length: int) -> Places:
        return Places(length, self.window, self.stride)

    def collector(self, source: Recordings) -> Collector:  # noqa: D102
        return Overlaps(source, [self._places(len(recording)) for recording in source.each])

    def trailing(self, source: Recordings) -> Collector:
        """Return what takes each step's result from the window that ends with it."""
        return Trailing(source, [self._places(len(recording)) for recording in source.each])

    def decode(self, samples: Any) -> Any:
        """Return series or windows, their channels last, in the units of the data."""
        if isinstance(samples, list):
            return [self.decode(each) for each in samples]
        values = self.scaler.inverse_transform(samples.reshape(-1, self.shape[1]))
        return None if values is None else values.reshape(samples.shape)

    def spread(self, contributions: Any) -> Any:  # noqa: D102
        return contributions

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:  # noqa: D102
        return {"shape": list(self.shape), "notes": self.notes}, {
            "fill": self.fill,
            **self.scaler.state(),
        }

    def load_state(self, config: dict[str, Any], arrays: dict[str, Array]) -> None:  # noqa: D102
        self.shape, self.notes = tuple(config["shape"]), config["notes"]
        self.window = self.shape[0]
        self.fill = arrays["fill"]
        self.scaler.load_state(arrays)


class Cut:
    """Windows that are cut when they are asked for, as `genad.data.samples.Samples`.

    Parameters
    ----------
    values : of shape (time, channels), the series one after the other.
    starts : of shape (n,), where each window begins.
    window : steps in a window.
    labels : the number of each step's class, of shape (time,), or None.

    Examples
    --------
    >>> windows = Cut(torch.arange(5.0)[:, None], torch.tensor([0, 2]), 3)
    >>> windows[torch.tensor([1])]
    tensor([[[2.],
             [3.],
             [4.]]])
    """

    def __init__(
        self, values: Tensor, starts: Tensor, window: int, labels: Tensor | None = None
    ) -> None:
        self.values, self.starts, self.window, self.labels = values, starts, window, labels
        self._views = values.unfold(0, window, 1).transpose(1, 2)

    @property
    def device(self) -> torch.device:  # noqa: D102
        return self.values.device

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, key: Tensor | slice) -> Tensor:
        return self._views[self.starts[key]]
