"""Series as windows: what is read, how it is cut, and how windows' results become steps'."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator

from genad import AutoEncoder
from genad.data import Series
from genad.data.series import read_recordings
from genad.data.windows import Cut, Windows
from genad.detector import base
from genad.errors import DataError

CPU = torch.device("cpu")
HOURS = pd.date_range("2024-01-01", periods=6, freq="h")


def ramp(n, channels=1):
    """Return different numbers of shape (n, channels)."""
    return np.arange(float(n * channels)).reshape(n, channels) ** 1.5


def view_of(data, window=4, stride=1, scaler="none", **options):
    """Return a view fitted on the data, and the data as it reads them."""
    view = Windows(scaler, window, stride, **options)
    source = view.read(data, BaseEstimator(), reset=True)
    view.fit(source)
    return view, source


def only(data):
    """Return the one recording that the data are."""
    (recording,) = read_recordings(data).each
    return recording


# What is read.


@pytest.mark.parametrize(
    "data",
    [
        ramp(6)[:, 0],
        ramp(6)[:, 0].tolist(),
        ramp(6),
        ramp(6).tolist(),
        pd.DataFrame({"a": ramp(6)[:, 0]}),
        pd.DataFrame({"a": ramp(6)[:, 0], "at": HOURS}),
        pd.DataFrame({"a": ramp(6)[:, 0]}, index=HOURS),
        pl.DataFrame({"at": HOURS.to_numpy(), "a": ramp(6)[:, 0]}),
        Series("s", ramp(6), (), 0, HOURS.to_numpy()),
    ],
    ids=["array", "list", "channels", "lists", "frame", "column", "index", "polars", "dataset"],
)
def test_a_series_may_come_in_many_forms(data):
    source = read_recordings(data)
    assert not source.many
    np.testing.assert_array_equal(source.each[0].values, ramp(6))


def test_time_stamps_are_no_channel():
    for frame in (
        pd.DataFrame({"at": HOURS, "a": range(6), "b": 1.0}),
        pd.DataFrame({"a": range(6), "b": 1.0}, index=HOURS),
    ):
        recording = only(frame)
        assert recording.names == ["a", "b"]
        np.testing.assert_array_equal(recording.stamps, HOURS.to_numpy())


def test_a_list_of_series_is_several_and_a_list_of_numbers_is_one():
    source = read_recordings([ramp(5), ramp(7)])
    assert source.many
    assert [len(each) for each in source.each] == [5, 7]
    assert not read_recordings([[1.0, 2.0], [3.0, 4.0]]).many
    assert read_recordings([ramp(5)]).many


@pytest.mark.parametrize(
    ("values", "filled"),
    [
        ([1.0, np.nan, np.nan, 4.0, np.nan], [1.0, 1.0, 1.0, 4.0, 4.0]),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([np.nan, 2.0, np.nan], [np.nan, 2.0, 2.0]),
    ],
)
def test_a_missing_value_counts_as_the_last_one(values, filled):
    recording = only(values)
    np.testing.assert_array_equal(recording.values[:, 0], filled)
    missing = int(np.isnan(values).sum())
    noted = [f"{missing} of {len(values)} values are missing"] if missing else []
    assert [note[: len(start)] for note, start in zip(recording.notes, noted, strict=True)] == noted


def test_what_was_read_is_left_as_it_was():
    X = np.array([[1.0], [np.nan]])
    only(X)
    assert np.isnan(X[1, 0])


def test_before_the_first_value_stands_the_median_of_the_training_series():
    view, _ = view_of([1.0, 5.0, 3.0, 100.0, 4.0])
    source = view.read([np.nan, np.nan, 9.0, 9.0, 9.0], BaseEstimator(), reset=True)
    np.testing.assert_array_equal(view.encode(source, 0, 1)[0, :, 0], [4.0, 4.0, 9.0, 9.0])


def stamped(*stamps):
    return pd.DataFrame({"at": pd.to_datetime(list(stamps)), "a": 1.0})


@pytest.mark.parametrize(
    ("stamps", "notes"),
    [
        (["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"], []),
        (["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"], ["1 row has the time stamp"]),
        (
            ["2024-10-27 01:30", "2024-10-27 02:30", "2024-10-27 02:00", "2024-10-27 03:00"],
            ["The clock was put back once"],
        ),
        (["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-09", "2024-01-10"], ["1 gap of more"]),
    ],
    ids=["regular", "duplicate", "clock", "gap"],
)
def test_what_is_irregular_is_noted_and_kept_in_order(stamps, notes):
    recording = only(stamped(*stamps))
    assert len(recording) == len(stamps)
    assert len(recording.notes) == len(notes)
    assert all(note.startswith(start) for note, start in zip(recording.notes, notes, strict=True))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (stamped("2024-01-02", "2024-01-03", "2024-01-01"), "goes back in time in row 3"),
        (stamped("2024-01-02", None, "2024-01-03"), "no time stamp in row 2"),
        (pd.DataFrame({"at": HOURS, "then": HOURS, "a": 1.0}), "more than one column of time"),
        (pd.DataFrame({"at": HOURS}), "beside its time stamps, but has none"),
        (pd.DataFrame({"at": HOURS, "a": list("abcdef")}), "'a' hold text"),
        ([1.0, 2.0, np.inf], "infinity in row 3, channel 0"),
        (pd.DataFrame({"a": [1.0], "b": [-np.inf]}), "infinity in row 1, channel 'b'"),
        (["a", "b"], "must hold numbers"),
        (np.zeros((2, 3, 4)), "has 3 axes"),
        ([], "has no time steps"),
        ([ramp(5), ramp(5, 2)], "have 1 to 2 channels"),
    ],
)
def test_what_is_no_series_is_refused(data, reason):
    with pytest.raises(DataError, match=reason):
        read_recordings(data)


def test_a_series_shorter_than_a_window_is_refused():
    with pytest.raises(DataError, match="Series 2 has 3 time steps, but a window has 4"):
        view_of([ramp(5), ramp(3)])
    view, _ = view_of(ramp(9), any_length=True)
    estimator = BaseEstimator()
    estimator.n_features_in_ = 1
    assert len(view.read(ramp(3), estimator, reset=False).each[0]) == 3
    with pytest.raises(DataError, match="has 3 time steps"):
        view.read(ramp(3), estimator, reset=True)


def test_a_channel_without_a_value_is_refused_by_name():
    with pytest.raises(DataError, match="Channel 'b' holds no value"):
        view_of(pd.DataFrame({"a": ramp(6)[:, 0], "b": np.nan}))


def test_channels_are_those_of_the_training_series_in_any_order():
    frame = pd.DataFrame(ramp(6, 2), columns=["a", "b"])
    view, estimator = Windows("none", 4), BaseEstimator()
    expected = view.read(frame, estimator, reset=True).each[0].values
    swapped = view.read(frame[["b", "a"]], estimator, reset=False)
    np.testing.assert_array_equal(swapped.each[0].values, expected)
    for wrong, reason in (
        (frame[["a"]], "missing: 'b', new: none"),
        (frame.assign(c=1.0), "missing: none, new: 'c'"),
        (ramp(6, 3), "has 3 channels, but the training series had 2"),
    ):
        with pytest.raises(DataError, match=reason):
            view.read(wrong, estimator, reset=False)


# How it is cut.


@pytest.mark.parametrize(
    ("length", "stride", "starts"),
    [
        (4, 1, [0]),
        (6, 1, [0, 1, 2]),
        (9, 2, [0, 2, 4, 5]),
        (10, 3, [0, 3, 6]),
        (11, 3, [0, 3, 6, 7]),
    ],
)
def test_the_last_window_ends_with_the_series(length, stride, starts):
    view, source = view_of(ramp(length), 4, stride)
    assert view.count(source) == len(starts)
    expected = [ramp(length)[start : start + 4] for start in starts]
    np.testing.assert_array_equal(view.encode(source, 0, len(starts)), np.float32(expected))


def test_windows_to_train_on_are_those_to_score():
    view, source = view_of([ramp(9, 2), ramp(6, 2), ramp(4, 2)], 4, 2, "standard")
    samples, n = view.samples(source, CPU), view.count(source)
    assert len(samples) == n == 4 + 2 + 1
    encoded = view.encode(source, 0, n)
    np.testing.assert_array_equal(samples[:].numpy(), encoded)
    for start, stop in ((0, 1), (3, 5), (4, 7), (6, 7)):
        np.testing.assert_array_equal(view.encode(source, start, stop), encoded[start:stop])


def test_cutting_copies_nothing():
    values = torch.arange(1000.0)[:, None]
    cut = Cut(values, torch.arange(901), 100)
    assert cut.values.data_ptr() == values.data_ptr()
    view = cut.values.unfold(0, 100, 1)
    assert view.untyped_storage().nbytes() == values.untyped_storage().nbytes()
    assert cut[torch.tensor([7, 3])].shape == (2, 100, 1)
    np.testing.assert_array_equal(cut[5:6][0, :, 0], np.arange(5, 105))


def test_encoding_takes_memory_for_its_own_windows_only():
    view, source = view_of(ramp(300_000), 50, scaler="standard")
    tracemalloc.start()
    view.encode(source, 200_000, 200_100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 100 * 50 * 8


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [
        ("none", lambda x: x),
        ("standard", lambda x: (x - x.mean(0)) / x.std(0)),
        ("minmax", lambda x: (x - x.min(0)) / np.ptp(x, 0)),
        ("l2", lambda x: x / np.linalg.norm(x, axis=0)),
    ],
)
def test_channels_are_scaled_each_by_itself_over_all_series(scaler, expected):
    every = [ramp(6, 2), -ramp(5, 2)]
    view, source = view_of(every, scaler=scaler)
    scaled = np.concatenate([view.scaled(recording.values) for recording in source.each])
    np.testing.assert_allclose(scaled, expected(np.concatenate(every)))


def test_decoding_undoes_the_scaling():
    view, source = view_of([ramp(6, 2), -ramp(5, 2)], scaler="minmax")
    scaled = [view.scaled(recording.values) for recording in source.each]
    for decoded, recording in zip(view.decode(scaled), source.each, strict=True):
        np.testing.assert_allclose(decoded, recording.values)


@pytest.mark.parametrize("scaler", ["standard", "l2", "quantile"])
def test_the_state_of_a_view_passes_through_json(scaler):
    view, source = view_of([ramp(60, 2), np.full((5, 2), np.nan)], scaler=scaler)
    config, arrays = view.state()
    again = Windows(scaler, 4)
    again.load_state(json.loads(json.dumps(config)), arrays)
    assert again.shape == view.shape == (4, 2)
    assert again.notes == view.notes == [f"Series 2: {source.each[1].notes[0]}"]
    np.testing.assert_array_equal(again.encode(source, 0, 30), view.encode(source, 0, 30))


# What is held out.


@pytest.mark.parametrize("lengths", [[1000], [400, 90, 1000]])
def test_ends_of_stretches_are_held_out(lengths):
    every = [ramp(length) + 1e6 * k for k, length in enumerate(lengths)]
    view, source = view_of(every, 10)
    kept, held = view.split(source, 0.2, seed=0)
    parts = [set(part.values[:, 0]) for part in (*kept.each, *held.each)]
    assert set.union(*parts) == {value for series in every for value in series[:, 0]}
    assert sum(map(len, parts)) == sum(lengths)
    assert all(len(part) >= 20 for part in (*kept.each, *held.each))
    assert 0.15 * sum(lengths) < sum(map(len, held.each)) <= 0.2 * sum(lengths)


def test_a_short_series_is_kept_whole():
    view, source = view_of(ramp(60), 10)
    kept, held = view.split(source, 0.2, seed=0)
    assert held is None
    assert [len(part) for part in kept.each] == [60]


def test_stamps_and_labels_go_with_their_steps():
    hours = pd.date_range("2024-01-01", periods=100, freq="h")
    view, source = view_of(pd.DataFrame({"a": range(100)}, index=hours))
    source.each[0].labels = np.arange(100.0)
    kept, held = view.split(source, 0.2, seed=0)
    for part in (*kept.each, *held.each):
        steps = part.values[:, 0].astype(int)
        np.testing.assert_array_equal(part.labels, steps)
        np.testing.assert_array_equal(part.stamps, source.each[0].stamps[steps])


# How results of windows become results of steps.


def collected(collector, results, sizes):
    """Give results to a collector, chunks of the given sizes in turn, and return what it makes."""
    start = 0
    while start < len(results):
        size = sizes[start % len(sizes)]
        collector.add(start, results[start : start + size])
        start += size
    return collector.result()


@given(
    lengths=st.lists(st.integers(4, 23), min_size=1, max_size=4),
    window=st.integers(1, 4),
    stride=st.integers(1, 6),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    channels=st.sampled_from([None, 2]),
)
def test_overlaps_are_averaged(lengths, window, stride, sizes, channels):
    stride = min(stride, window)
    view, source = view_of([ramp(length, 2) for length in lengths], window, stride)
    shape = (view.count(source), window, *([] if channels is None else [channels]))
    results = np.random.default_rng(0).normal(size=shape)
    found = collected(view.collector(source), results, sizes)
    whole = collected(view.collector(source), results, [len(results)])
    first = 0
    for recording, mean, same in zip(source.each, found, whole, strict=True):
        starts = view._places(len(recording)).starts()
        covering = [
            [results[first + k, step - start] for k, start in enumerate(starts)
             if start <= step < start + window]
            for step in range(len(recording))
        ]  # fmt: skip
        expected = [np.mean(each, axis=0) for each in covering]
        np.testing.assert_allclose(mean, expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(mean, same)
        first += len(starts)


@pytest.mark.parametrize("flat", [True, False])
def test_results_have_the_form_of_the_data(flat):
    X = ramp(6)[:, 0] if flat else ramp(6)
    view, source = view_of(X)
    assert collected(view.collector(source), np.ones((3, 4)), [2]).shape == (6,)
    assert collected(view.collector(source), np.ones((3, 4, 1)), [2]).shape == X.shape
    view, source = view_of([X, X])
    assert [each.shape for each in collected(view.collector(source), np.ones((6, 4)), [2])] == [
        (6,),
        (6,),
    ]


@pytest.mark.parametrize("stride", [1, 3])
def test_a_trailing_result_is_that_of_the_window_that_ends_there(stride):
    view, source = view_of([ramp(12), ramp(9)], 4, stride)
    n = view.count(source)
    results = np.arange(n * 4.0).reshape(n, 4)
    first = 0
    for recording, found in zip(
        source.each, collected(view.trailing(source), results, [2, 5]), strict=True
    ):
        starts = view._places(len(recording)).starts()
        for step in range(len(recording)):
            k = int(np.searchsorted(starts + 3, step))  # the first window that ends here or later
            assert found[step] == results[first + k, step - starts[k]]
        first += len(starts)


def test_a_step_has_the_score_that_its_windows_give_it():
    X = np.sin(np.arange(200) / 3) + 0.1 * np.random.default_rng(0).normal(size=200)
    detector = AutoEncoder(window=8, stride=3, epochs=2, random_state=0).fit(X)
    view, source = detector.view_, detector.view_.read(X, detector, reset=False)
    windows = torch.from_numpy(view.encode(source, 0, view.count(source)))
    with torch.no_grad():
        errors = detector.model_.step_scores(windows).double().numpy()
    starts = view._places(200).starts()
    for step in (0, 5, 100, 101, 199):
        own = [errors[k, step - s] for k, s in enumerate(starts) if s <= step < s + 8]
        assert detector.anomaly_score(X)[step] == pytest.approx(np.mean(own), rel=1e-5)


def test_a_long_series_is_scored_in_chunks(monkeypatch):
    monkeypatch.setattr(base, "_CHUNK_VALUES", 8 * 100)
    X = np.sin(np.arange(5000) / 3)
    detector = AutoEncoder(window=8, epochs=0, net="mlp", random_state=0).fit(X)
    sizes, inner = [], detector.model_.step_scores

    def noting(x):
        sizes.append(len(x))
        return inner(x)

    whole = detector.anomaly_score(X)
    monkeypatch.setattr(detector.model_, "step_scores", noting)
    np.testing.assert_array_equal(detector.anomaly_score(X), whole)
    assert max(sizes) <= 128
    monkeypatch.setattr(base, "_CHUNK_VALUES", 2**21)
    np.testing.assert_array_equal(detector.anomaly_score(X), whole)
