"""Time series of any make behind one face: values of shape (time, channels), and time stamps."""

from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genad.data.table import Table, is_frame
from genad.errors import DataError

Values = NDArray[np.float64]
Stamps = NDArray[np.datetime64]

# Clocks are put back by an hour at most, so an earlier stamp within this is no disorder.
_CLOCK_CHANGE = np.timedelta64(1, "h")
_ZERO = np.timedelta64(0, "s")
_NAME = b"genad.series"  # in the metadata of a table
_PLAIN = (int, float, list, tuple, np.number)


@dataclass(eq=False)
class Recording:
    """One series as recorded.

    Parameters
    ----------
    values : of shape (time, channels); missing is NaN.
    names : of the channels, or None where they have none.
    stamps : of shape (time,), or None.
    label : what to call the series in a message.
    notes : what is irregular about it, a sentence each.
    labels : the number of each step's class, of shape (time,), or None.
    """

    values: Values
    names: list[str] | None = None
    stamps: Stamps | None = None
    label: str = "The series"
    notes: list[str] = field(default_factory=list)
    labels: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, stop: int) -> "Recording":
        """Return the steps from `start` to before `stop`, without copying them."""
        stamps = None if self.stamps is None else self.stamps[start:stop]
        labels = None if self.labels is None else self.labels[start:stop]
        return Recording(self.values[start:stop], self.names, stamps, self.label, labels=labels)


@dataclass(eq=False)
class Recordings:
    """One series or several.

    Parameters
    ----------
    each : the series.
    many : whether they came as a list, so that results go back as one.
    flat : whether their values came without an axis for channels.
    """

    each: list[Recording]
    many: bool = False
    flat: bool = False


def read_recordings(data: Any) -> Recordings:
    """Return one series, or a list of them, as recordings.

    Parameters
    ----------
    data : an array of shape (time,) or (time, channels); a data frame with one column of time
        stamps, or with time stamps as its index, and numeric columns; an object with `values`
        and `timestamps`, such as `genad.data.Series`; or a list of any of these, in which each
        may have a length of its own.

    Notes
    -----
    Every row is one step, however long after the one before: gaps are not filled in, and rows
    with the same stamp stay in their order. A missing value counts as the last one known. All
    three are said in `Recording.notes`. Clocks put back by up to an hour are no disorder.

    Raises
    ------
    DataError
        If the data is none of these, is empty, holds infinities, or goes back in time.

    Examples
    --------
    >>> series = read_recordings([1.0, np.nan, 3.0]).each[0]
    >>> series.values.ravel(), series.notes
    (array([1., 1., 3.]), ['1 of 3 values are missing: each counts as the last one before it.'])
    """
    # A list of numbers or of lists of numbers is one series, as it would be one array.
    many = isinstance(data, list | tuple) and len(data) > 0 and not isinstance(data[0], _PLAIN)
    items = list(data) if many else [data]
    labels = [f"Series {i + 1}" if many else "The series" for i in range(len(items))]
    each = [_read(item, label) for item, label in zip(items, labels, strict=True)]
    if len({recording.values.shape[1] for recording in each}) > 1:
        counts = [recording.values.shape[1] for recording in each]
        raise DataError(
            f"The series have {min(counts)} to {max(counts)} channels, but all must have the same."
        )
    return Recordings(each, many, flat=all(_is_flat(item) for item in items))


def _is_flat(item: Any) -> bool:
    return not is_frame(item) and not hasattr(item, "timestamps") and np.ndim(item) == 1


def _read(item: Any, label: str) -> Recording:
    if is_frame(item):
        recording = _from_frame(item, label)
    elif hasattr(item, "values") and hasattr(item, "timestamps"):
        label = getattr(item, "name", label)
        recording = Recording(_numbers(item.values, label), None, item.timestamps, label)
    else:
        recording = Recording(_numbers(item, label), label=label)
    if len(recording) == 0:
        raise DataError(f"{label} has no time steps.")
    _check_stamps(recording)
    _fill(recording)
    return recording


def _numbers(item: Any, label: str) -> Values:
    try:
        values = np.asarray(item, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{label} must hold numbers, in time order ({error}).") from error
    if values.ndim not in (1, 2):
        raise DataError(
            f"{label} has {values.ndim} axes; give an array of shape (time,) or (time, channels), "
            "or a list of such arrays."
        )
    return values if values.ndim == 2 else values[:, None]


def named(frame: pa.Table, name: str) -> pa.Table:
    """Return a table that messages about its series call by a name.

    Examples
    --------
    >>> read_recordings(named(pa.table({"bar": [1.0]}), "pump.csv")).each[0].label
    'pump.csv'
    """
    return frame.replace_schema_metadata({_NAME: name})


def _name_of(item: Any) -> str | None:
    metadata = item.schema.metadata if isinstance(item, pa.Table) else None
    return metadata[_NAME].decode() if metadata and _NAME in metadata else None


def _from_frame(item: Any, label: str) -> Recording:
    label = _name_of(item) or label
    frame = nw.from_native(item, eager_only=True)
    stamps = _index_stamps(item)
    times = [name for name in frame.columns if _is_time(frame[name].dtype)]
    if len(times) + (stamps is not None) > 1:
        raise DataError(
            f"{label} has more than one column of time stamps ({', '.join(map(repr, times))}); "
            "keep one."
        )
    if times:
        stamps = frame[times[0]].cast(nw.Datetime("us")).to_numpy().astype("datetime64[us]")
    names = [str(name) for name in frame.columns if name not in times]
    table = Table(frame.select([n for n in frame.columns if n not in times]).to_native())
    texts = [repr(name) for j, name in enumerate(names) if not table.is_numeric(j)]
    if texts or not names:
        raise DataError(
            f"{label} needs numeric columns beside its time stamps, but "
            f"{', '.join(texts) + ' hold text' if texts else 'has none'}."
        )
    return Recording(table.numbers(list(range(len(names)))), names, stamps, label)


def _is_time(dtype: Any) -> bool:
    return dtype == nw.Date or dtype == nw.Datetime or isinstance(dtype, nw.Datetime)


def _index_stamps(item: Any) -> Stamps | None:
    """Return the time stamps that a pandas frame has as its index."""
    index = getattr(item, "index", None)
    values = getattr(index, "values", None)
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("datetime64[us]")
    return None


def _check_stamps(recording: Recording) -> None:
    stamps, label = recording.stamps, recording.label
    if stamps is None or len(stamps) < 2:
        return
    if np.isnat(stamps).any():
        row = int(np.flatnonzero(np.isnat(stamps))[0]) + 1
        raise DataError(f"{label} has no time stamp in row {row}; fill it in or drop the row.")
    steps = np.diff(stamps)
    back = np.flatnonzero(steps < -_CLOCK_CHANGE)
    if len(back):
        row = int(back[0]) + 2
        raise DataError(
            f"{label} goes back in time in row {row}, from {stamps[row - 2]} to "
            f"{stamps[row - 1]}; sort it by time first."
        )
    usual = np.median(steps)
    same, set_back = int((steps == _ZERO).sum()), int((steps < _ZERO).sum())
    gaps = int((steps > 2 * usual).sum()) if usual > _ZERO else 0
    if same:
        some = "1 row has" if same == 1 else f"{same} rows have"
        recording.notes.append(f"{some} the time stamp of the row before: kept in order.")
    if set_back:
        often = "once" if set_back == 1 else f"{set_back} times"
        recording.notes.append(f"The clock was put back {often}: rows kept in order.")
    if gaps:
        some = "1 gap" if gaps == 1 else f"{gaps} gaps"
        recording.notes.append(
            f"{some} of more than twice the usual step: the rows after one follow directly."
        )


def _fill(recording: Recording) -> None:
    """Refuse infinities, and put the last value known in the place of a missing one.

    A channel that begins with missing values keeps those: nothing is known before.
    """
    values = recording.values
    if not np.isfinite(values.sum()):  # one quick look before several slow ones
        infinite = np.argwhere(np.isinf(values))
        if len(infinite):
            step, channel = infinite[0]
            name = f"channel {recording.names[channel] if recording.names else int(channel)!r}"
            raise DataError(
                f"{recording.label} holds an infinity in row {step + 1}, {name}; values must be "
                "finite or missing: remove or replace it."
            )
        missing = np.isnan(values)
        if missing.any():
            recording.values = forward_fill(values)
            recording.notes.append(
                f"{missing.sum()} of {values.size} values are missing: each counts as the last "
                "one before it."
            )


def forward_fill(values: Values) -> Values:
    """Return values of shape (time, channels) with the last one known in each missing place.

    Examples
    --------
    >>> forward_fill(np.array([[np.nan], [1.0], [np.nan]])).ravel()
    array([nan,  1.,  1.])
    """
    steps = np.arange(len(values))[:, None]
    known = np.where(np.isnan(values), 0, steps)
    filled: Values = np.take_along_axis(values, np.maximum.accumulate(known, axis=0), axis=0)
    return filled
