"""The parts of a stream: against brute force and closed forms, restored, and in bounded memory."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genad.errors import DataError, ModelFormatError, ParameterError
from genad.streaming import (
    LARGEST_NOVELTY,
    AdaptiveThreshold,
    DayNovelty,
    NearestValue,
    Novelty,
    PeakLevel,
    Rest,
    RunningQuantile,
    SortedValues,
    TimeOfDay,
    WindowedGaussian,
    join_states,
    load_states,
)
from genad.thresholds import PeaksOverThreshold

# Few distinct values, so that ties are common, beside any.
VALUES = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6))
SERIES = st.lists(VALUES, min_size=1, max_size=60)


def learn(part, values):
    for value in values:
        part.learn_one(value)
    return part


def through_json(state):
    """Return a state as it is after a file: JSON and arrays, nothing else."""
    config, arrays = state
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
    text = json.dumps(config, allow_nan=False)
    return json.loads(text), {name: array.copy() for name, array in arrays.items()}


@given(st.lists(VALUES, max_size=80), VALUES)
def test_sorted_values_are_sorted(values, x):
    kept = SortedValues()
    for value in values:
        kept.add(value)
    assert kept.to_array().tolist() == sorted(values) == SortedValues(values).to_array().tolist()
    below = max((v for v in values if v <= x), default=-math.inf)
    above = min((v for v in values if v >= x), default=math.inf)
    assert kept.neighbours(x) == (below, above)
    assert (kept.first, kept.last) == (
        min(values, default=math.inf), max(values, default=-math.inf),
    )  # fmt: skip


def test_sorted_values_in_many_chunks():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3_000, size=6_000).astype(float).tolist()
    kept, reference = SortedValues(values[:1_000]), sorted(values[:1_000])
    for value in values[1_000:]:
        kept.add(value)
        reference.append(value)
    reference.sort()
    assert kept.to_array().tolist() == reference
    for value in rng.permutation(values)[:3_000].tolist():
        kept.remove(value)
        reference.remove(value)
    for _ in range(600):
        assert kept.pop_first() == reference.pop(0)
        assert kept.pop_last() == reference.pop()
        assert (kept.first, kept.last, len(kept)) == (reference[0], reference[-1], len(reference))
    assert kept.to_array().tolist() == reference


def test_the_last_value_can_be_taken_out():
    kept = SortedValues([1.0])
    assert kept.pop_last() == 1.0
    assert len(kept) == 0
    kept.add(2.0)
    assert kept.neighbours(2.0) == (2.0, 2.0)


@given(SERIES)
def test_the_nearest_past_value(values):
    nearest = NearestValue()
    for i, x in enumerate(values):
        expected = min((abs(x - y) for y in values[:i]), default=math.inf)
        assert nearest.distance(x) == expected
        assert nearest.learn_one(x) == expected
    assert len(nearest) == len(set(values))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=300), st.integers(8, 20))
def test_merged_values_cost_no_more_than_stated(values, capacity):
    nearest = NearestValue(capacity)
    for i, x in enumerate(values):
        distance = nearest.learn_one(x)
        assert len(nearest) <= capacity
        if i:
            exact = min(abs(x - y) for y in values[:i])
            span = max(values[:i]) - min(values[:i])
            assert exact <= distance <= exact + 4 / capacity * span * (1 + 1e-9)


@given(SERIES, st.sampled_from([0.0, 0.25, 0.5, 0.9, 0.997, 1.0]), st.integers(1, 70))
def test_the_running_quantile(values, q, memory):
    running = RunningQuantile(q, memory)
    assert math.isnan(running.value)
    for i, x in enumerate(values, 1):
        running.learn_one(x)
        expected = np.quantile(values[max(i - memory, 0) : i], q)
        assert running.value == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert len(running) == min(memory, len(values))


def slow_novelty(values, start, q):
    """Return every novelty from the definition, the past looked through each time."""
    found, distances = [], []
    for i, x in enumerate(values):
        past = values[:i]
        d = min((abs(x - y) for y in past), default=0.0)
        counted = distances[max(start - 1, 0) :]
        usual = float(np.quantile(counted, q)) if counted else 0.0
        usual += 0.001 * max(distances, default=0.0)
        if d == 0:
            found.append(0.0)
        elif usual == 0:
            found.append(LARGEST_NOVELTY)
        else:
            span = max(values[: i + 1]) - min(values[: i + 1])
            relative = d / (0.2 * span + abs(x - float(np.median(past))))
            found.append(min(math.sqrt(relative * d / usual), LARGEST_NOVELTY))
        if i:
            distances.append(d)
    return found


@given(SERIES, st.integers(0, 10), st.sampled_from([0.9, 0.997]))
def test_the_novelty_by_its_definition(values, start, q):
    novelty, found = Novelty(start, q), []
    for x in values:
        found.append(novelty.score_one(x))
        novelty.learn_one(x)
    assert found == pytest.approx(slow_novelty(values, start, q), rel=1e-6, abs=1e-12)


def test_a_value_is_new_once_and_the_first_change_is_the_largest():
    novelty = learn(Novelty(), [3.0] * 10)
    assert novelty.score_one(4.0) == LARGEST_NOVELTY
    assert learn(novelty, [4.0]).score_one(4.0) == 0.0


@given(SERIES, st.integers(0, 12))
def test_rest_by_its_definition(values, length):
    scores = np.abs(values)
    expected = [
        s if all(s > p for p in scores[max(i - length, 0) : i]) else 0.0
        for i, s in enumerate(scores.tolist())
    ]
    assert Rest(length).transform(scores).tolist() == expected
    half = len(values) // 2
    rest = Rest(length)
    split = [*rest.transform(scores[:half]), *rest.transform(scores[half:])]
    assert split == expected


def test_the_peak_level_by_hand():
    level = PeakLevel(block=2, start=1, strength=0.5, prior=0.1, weight=2.0)
    learn(level, [9.0, 0.4, 0.1, 0.1])  # the first is left out, the block of the last is open
    assert level.score_one(1.0) == pytest.approx((0.1 / 0.1 ** (2 / 3) / 0.4 ** (1 / 3)) ** 0.5)
    level.learn_one(0.0)
    usual = math.exp((2 * math.log(0.1) + math.log(0.4) + math.log(0.1)) / 4)
    assert level.score_one(1.0) == pytest.approx((0.1 / usual) ** 0.5)


def test_a_peak_level_of_no_strength_changes_nothing():
    assert learn(PeakLevel(1, strength=0.0), [5.0, 3.0]).score_one(0.7) == 0.7


def slow_surprise(past, x, slot, cells):
    """Return -log p from all that was learnt: pairs of a cell and a slot."""
    share = (sum(cell == x for cell, _ in past) + 1) / (len(past) + cells)
    here = [cell for cell, at in past if at == slot]
    return -math.log((here.count(x) + share) / (len(here) + 1))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=12, max_size=60))
def test_the_surprise_by_its_definition(pairs):
    # The first values span 0 to 9: with 12 cells the inner ten are 1.35 wide from -2.25 on.
    pairs = [(0, 0), (9, 0), *pairs]
    usual, known = TimeOfDay(warm_up=10, slots=4, cells=12), []
    cell = [int((x + 2.25) / 1.35 + 1) for x, _ in pairs]
    for i, (x, slot) in enumerate(pairs):
        known += usual.learn_one(float(x), slot * 21_600)
        assert len(known) == (0 if i < 9 else i + 1)
    placed = [(c, slot) for c, (_, slot) in zip(cell, pairs, strict=True)]
    expected = [slow_surprise(placed[:i], *one, 12) for i, one in enumerate(placed)]
    assert known == pytest.approx(expected)


def test_values_beyond_the_first_range_share_the_open_cells():
    usual = TimeOfDay(warm_up=2, cells=5)
    for x in (0.0, 1.0, 1e100, -1e100, 50.0):
        usual.learn_one(x, 0)
    assert usual.score_one(7.0, 0) == usual.score_one(1e99, 0)
    assert usual.score_one(7.0, 0) < usual.score_one(-7.0, 0)


def test_a_constant_warm_up_still_tells_values_apart():
    usual = TimeOfDay(warm_up=5)
    for _ in range(20):
        usual.learn_one(0.0, 0)
    assert usual.score_one(0.0, 0) < usual.score_one(0.5, 0)


def test_a_day_of_another_shape_is_new_though_each_value_was_seen():
    rng = np.random.default_rng(0)
    hours = np.arange(24 * 40) % 24
    values = np.round(10 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(size=hours.size))
    values[-24:] = values[-48:-24][::-1]
    day, scores = DayNovelty(probationary_period=240), []
    for x, hour in zip(values.tolist(), hours.tolist(), strict=True):
        scores.append(day.score_one(x, hour * 3600))
        day.learn_one(x, hour * 3600)
    assert max(scores[-24:]) > 1.2 * max(scores[300:-24])
    assert scores[:240] == [0.0] * 240


def test_a_time_that_is_missing_is_left_out():
    with_gaps, without = DayNovelty(10), DayNovelty(10)
    for i in range(40):
        x, second = float(i % 7), i * 600
        with_gaps.learn_one(99.0, -1)
        with_gaps.learn_one(x, second)
        without.learn_one(x, second)
    assert with_gaps.score_one(3.0, 1200) == without.score_one(3.0, 1200) > 0
    assert with_gaps.score_one(3.0, -1) == 0.0


def test_the_adaptive_threshold_is_that_of_all_its_scores():
    scores = np.random.default_rng(1).exponential(size=3_000)
    stream = learn(AdaptiveThreshold(1e-3, warm_up=3_000), scores.tolist())
    assert stream.value == pytest.approx(PeaksOverThreshold(1e-3, 0.98).threshold(scores))


def test_the_adaptive_threshold_meets_its_risk_on_normal_scores():
    scores = np.random.default_rng(2).normal(size=60_000)
    threshold, flags = AdaptiveThreshold(1e-3), 0
    for score in scores.tolist():
        flags += threshold.is_anomaly(score)
        threshold.learn_one(score)
    assert 30 <= flags <= 100


def test_the_guard_keeps_anomalies_from_training():
    calm = np.random.default_rng(3).random(2_000).tolist()
    guarded = learn(AdaptiveThreshold(guard=True), calm)
    open_ = learn(AdaptiveThreshold(), calm)
    before = guarded.value
    learn(guarded, [50.0] * 20)
    learn(open_, [50.0] * 20)
    assert guarded.value == before
    assert open_.value > before + 10


def test_old_peaks_are_forgotten():
    rng = np.random.default_rng(4)
    loud, calm = 10 * rng.exponential(size=3_000), rng.exponential(size=30_000)
    threshold = AdaptiveThreshold(1e-3, peaks=50, warm_up=500)
    learn(threshold, calm[:500].tolist() + loud.tolist())
    high = threshold.value
    assert learn(threshold, calm.tolist()).value < high / 3


def slow_gaussian(values, window):
    found = [0.0]
    for i, x in enumerate(values[1:], 1):
        past = np.array(values[max(i - window, 0) : i])
        spread = past.std() if past.std() > 1e-9 else 1e-6
        found.append(1 - 0.5 * math.erfc(abs(x - past.mean()) / math.sqrt(2) / spread))
    return found


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=40), st.integers(2, 12))
def test_the_windowed_gaussian_by_its_definition(values, window):
    gaussian, found = WindowedGaussian(window, step=1), []
    for x in map(float, values):
        found.append(gaussian.score_one(x))
        gaussian.learn_one(x)
    assert found == pytest.approx(slow_gaussian(values, window), abs=1e-6)


def test_the_full_window_moves_by_steps():
    gaussian = learn(WindowedGaussian(window=4, step=2), [1.0, 2.0, 3.0, 4.0])
    before = gaussian.score_one(9.0)
    assert learn(gaussian, [50.0]).score_one(9.0) == before
    assert learn(gaussian, [60.0]).score_one(9.0) != before
    assert gaussian.score_one(math.nan) == 0.0


PARTS = {
    "nearest": lambda: NearestValue(8),
    "quantile": lambda: RunningQuantile(0.9, memory=7),
    "novelty": lambda: Novelty(start=3),
    "rest": lambda: Rest(4),
    "level": lambda: PeakLevel(3),
    "threshold": lambda: AdaptiveThreshold(1e-2, level=0.8, warm_up=5, peaks=12),
    "gaussian": lambda: WindowedGaussian(window=6, step=3),
}


def answer(part, x):
    """Return whatever a part has to say of a value."""
    if isinstance(part, NearestValue):
        return part.distance(x)
    value = part.value if hasattr(part, "value") else part.score_one(x)
    return repr(value)  # NaN is equal to itself


@pytest.mark.parametrize("name", PARTS)
@given(values=SERIES, share=st.floats(0, 1))
def test_a_restored_part_goes_on_alike(name, values, share):
    cut = int(share * len(values))
    part, other = learn(PARTS[name](), values[:cut]), PARTS[name]()
    other.load_state(*through_json(part.state()))
    for x in values[cut:]:
        assert answer(part, x) == answer(other, x)
        part.learn_one(x)
        other.learn_one(x)
    first, second = part.state(), other.state()
    assert first[0] == second[0]
    for key, array in first[1].items():
        np.testing.assert_array_equal(array, second[1][key])


@given(SERIES, st.floats(0, 1))
def test_a_restored_day_goes_on_alike(values, share):
    cut = int(share * len(values))
    day, other = DayNovelty(12, window=5, cells=6), DayNovelty(12, window=5, cells=6)
    for i, x in enumerate(values[:cut]):
        day.learn_one(x, i * 5_000 % 86_400)
    other.load_state(*through_json(day.state()))
    for i, x in enumerate(values[cut:], cut):
        assert day.score_one(x, i * 5_000 % 86_400) == other.score_one(x, i * 5_000 % 86_400)
        day.learn_one(x, i * 5_000 % 86_400)
        other.learn_one(x, i * 5_000 % 86_400)


def test_a_foreign_state_is_refused():
    config, arrays = join_states({"a": Rest(3)})
    with pytest.raises(ModelFormatError, match="'b' is not that of a Rest"):
        load_states({"b": Rest(3)}, config, arrays)
    with pytest.raises(ModelFormatError, match="'nearest' is not that of a NearestValue"):
        load_states({"a": Novelty()}, config, arrays)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NearestValue(3), "at least 8 values, got 3"),
        (lambda: RunningQuantile(1.5), r"in \[0, 1\], got 1.5"),
        (lambda: RunningQuantile(0.5, memory=0), "at least 1 value, got 0"),
        (lambda: Novelty(start=-1), "got -1"),
        (lambda: Rest(-1), "got -1"),
        (lambda: PeakLevel(0), "block=0"),
        (lambda: PeakLevel(1, strength=2.0), "strength=2.0"),
        (lambda: TimeOfDay(0), "warm_up=0"),
        (lambda: DayNovelty(5, window=0), "window must be at least 1"),
        (lambda: AdaptiveThreshold(0.5), r"risk=0\.5"),
        (lambda: AdaptiveThreshold(warm_up=0), "warm_up=0"),
        (lambda: WindowedGaussian(window=5, step=6), "step=6"),
    ],
)
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_the_threshold_refuses_what_is_no_score(score):
    with pytest.raises(DataError, match="Scores must be finite"):
        AdaptiveThreshold().learn_one(score)
