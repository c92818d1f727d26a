"""The novelty scorer: batch is stream, killed is gone on with, and no step sees its future."""

import datetime
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genad.errors import DataError, ModelFormatError, ParameterError
from genad.streaming import DayNovelty, Novelty, NoveltyScorer, PeakLevel, Rest
from genad.streaming.steps import as_row, as_second, as_seconds

START = np.datetime64("2024-01-01T00:00:00")
STEPS = st.lists(
    st.tuples(
        st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3), st.just(math.nan)),
        st.one_of(st.integers(-2, 2).map(float), st.just(math.nan)),
        st.one_of(st.integers(0, 10**6), st.none()),
    ),
    min_size=1,
    max_size=60,
)


def small(channels=2, **changed):
    return NoveltyScorer(channels, probationary_period=12, window=3, cells=5, **changed)


def columns(steps):
    """Return values of shape (n, 2) and stamps, NaT where there is none."""
    stamps = [START + s if s is not None else np.datetime64("NaT", "s") for _, _, s in steps]
    values = np.array([[a, b] for a, b, _ in steps])
    return values, np.array(stamps, dtype="datetime64[s]")


def series(n=2_000, seed=0):
    """Return the start of a noisy daily pattern with two anomalies, each 30 minutes, and stamps."""
    rng = np.random.default_rng(seed)
    stamps = START + 1_800 * np.arange(n)
    values = 5 * np.sin(np.arange(2_000) / 24 * np.pi) + rng.normal(size=2_000)
    values[1_200] += 20
    values[1_500:1_510] -= 25
    return values[:n], stamps


@given(STEPS)
def test_the_batch_is_the_stream(steps):
    values, stamps = columns(steps)
    stream, scores = small(), []
    for row, stamp in zip(values, stamps, strict=True):
        scores.append(stream.score_one(row, stamp))
        stream.learn_one(row, stamp)
    np.testing.assert_array_equal(small().score_series(values, stamps), scores)


@given(STEPS, st.integers(0, 3))
def test_scoring_changes_nothing(steps, others):
    values, stamps = columns(steps)
    plain, asked = small(), small()
    for row, stamp in zip(values, stamps, strict=True):
        for k in range(others):
            asked.score_one([k, 1.5], START)
            asked.channel_scores([k, 0.0])
        assert plain.score_one(row, stamp) == asked.score_one(row, stamp)
        asked.score_one([0.5, 0.5])  # not what is learnt next
        plain.learn_one(row, stamp)
        asked.learn_one(row, stamp)


@given(STEPS, st.floats(0, 1))
def test_a_killed_stream_goes_on_with_the_same_scores(steps, share):
    values, stamps = columns(steps)
    cut = int(share * len(values))
    whole = small().score_series(values, stamps)
    first, second = small(), small()
    first.score_series(values[:cut], stamps[:cut])
    config, arrays = first.state()
    second.load_state(json.loads(json.dumps(config, allow_nan=False)), arrays)
    np.testing.assert_array_equal(second.score_series(values[cut:], stamps[cut:]), whole[cut:])


def test_a_real_length_killed_and_restored():
    values, stamps = series()
    whole = NoveltyScorer(probationary_period=300).score_series(values, stamps)
    for cut in (40, 299, 300, 1_203):
        first, second = (NoveltyScorer(probationary_period=300) for _ in range(2))
        begun = first.score_series(values[:cut], stamps[:cut])
        second.load_state(*first.state())
        rest = second.score_series(values[cut:], stamps[cut:])
        np.testing.assert_array_equal(np.concatenate([begun, rest]), whole)


@given(STEPS, st.integers(1, 59))
def test_no_step_sees_its_future(steps, cut):
    values, stamps = columns(steps)
    whole = small().score_series(values, stamps)[:cut]
    np.testing.assert_array_equal(whole, small().score_series(values[:cut], stamps[:cut]))


def test_the_anomalies_score_highest_where_they_begin():
    values, stamps = series()
    scores = NoveltyScorer(probationary_period=300).score_series(values, stamps)
    assert set(np.argsort(scores[300:])[-2:] + 300) <= {1_200, *range(1_500, 1_503)}
    assert (scores[:75] == 0).all()


def test_the_score_is_made_of_its_parts():
    values, stamps = series(800)
    scorer = NoveltyScorer(probationary_period=200)
    value, day = Novelty(50), DayNovelty(200)
    level, rest = PeakLevel(60, 50), Rest(60)
    for i, (x, second) in enumerate(zip(values.tolist(), as_seconds(stamps, 800), strict=True)):
        novelty = max(value.score_one(x), 0.5 * day.score_one(x, second))
        expected = level.score_one(rest.score_one(novelty)) if i >= 50 else 0.0
        assert scorer.channel_scores(x, stamps[i]).tolist() == [novelty]
        assert scorer.score_one(x, stamps[i]) == expected
        scorer.learn_one(x, stamps[i])
        for part in (level, rest):
            part.learn_one(novelty)
        value.learn_one(x)
        day.learn_one(x, second)


def test_the_most_novel_channel_counts():
    values, stamps = series()
    calm = np.sin(np.arange(2_000.0))
    alone = NoveltyScorer(probationary_period=300).score_series(values, stamps)
    both = NoveltyScorer(2, probationary_period=300)
    scores = both.score_series(np.column_stack([calm, values]), stamps)
    assert abs(int(scores[300:].argmax()) - int(alone[300:].argmax())) <= 2
    assert both.channel_scores([0.0, 80.0]).argmax() == 1


def test_missing_values_are_steps_but_not_learnt():
    values, _ = series(600)
    scorer = NoveltyScorer(probationary_period=100, rest=0.0, strength=0.0)
    gaps = np.insert(values, np.arange(0, 600, 3), np.nan)
    scores = scorer.score_series(gaps)
    assert (scores[np.isnan(gaps)] == 0).all()
    plain = NoveltyScorer(probationary_period=100, rest=0.0, strength=0.0).score_series(values)
    np.testing.assert_array_equal(scores[~np.isnan(gaps)][25:], plain[25:])


def test_without_stamps_the_day_is_left_out():
    values, stamps = series(800)
    plain = NoveltyScorer(probationary_period=200, day_weight=0.0)
    expected = plain.score_series(values, stamps)
    without = NoveltyScorer(probationary_period=200).score_series(values)
    missing = np.full(800, np.datetime64("NaT", "s"))
    np.testing.assert_array_equal(without, expected)
    scores = NoveltyScorer(probationary_period=200).score_series(values, missing)
    np.testing.assert_array_equal(scores, expected)


@pytest.mark.parametrize("unit", ["m", "s", "ms", "us", "ns"])
def test_stamps_of_all_kinds_mean_the_same(unit):
    stamp = np.datetime64("2024-03-05T17:03", unit)
    same = [stamp, stamp.astype(datetime.datetime) if unit != "ns" else None, pd.Timestamp(stamp)]
    expected = 17 * 3600 + 3 * 60
    assert [as_second(one) for one in same if one is not None] == [expected] * (3 - (unit == "ns"))
    assert as_seconds(np.array([stamp, "NaT"], dtype=stamp.dtype), 2) == [expected, -1]
    assert as_seconds([stamp, None], 2) == [expected, -1]
    before_1970 = np.datetime64("1969-03-05T17:03", unit)
    assert as_second(before_1970) == as_seconds(np.array([before_1970]), 1)[0] == expected


def test_a_stamp_with_a_zone_is_read_on_its_own_clock():
    zone = datetime.timezone(datetime.timedelta(hours=5))
    assert as_second(datetime.datetime(2024, 1, 1, 7, tzinfo=zone)) == 7 * 3600
    assert as_second(pd.NaT) == -1
    assert as_second(np.datetime64("2024-01-01")) == 0
    assert as_second(np.datetime64("NaT")) == -1


def test_huge_values_are_capped_alike_in_stream_and_batch():
    huge = [1.0, -2.0, 1e308, -1e308, 3.0, 1e200]
    stream, scores = NoveltyScorer(probationary_period=4), []
    for x in huge:
        scores.append(stream.score_one(x))
        stream.learn_one(x)
    assert np.isfinite(scores).all()
    assert NoveltyScorer(probationary_period=4).score_series(huge).tolist() == scores
    assert as_row(-1e300, 1) == as_row([-1e300], 1) == [-1e100]
    assert as_row(np.float32(2), 1) == as_row(2, 1) == [2.0]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: NoveltyScorer().score_one(math.inf), "finite, or NaN where missing"),
        (lambda: NoveltyScorer(2).score_one([1.0, -math.inf]), "finite, or NaN where missing"),
        (lambda: NoveltyScorer(2).learn_one(1.0), r"shape \(1, 1\) for 2 channel"),
        (lambda: NoveltyScorer().score_series(np.zeros((4, 3))), r"shape \(4, 3\) for 1 channel"),
        (lambda: NoveltyScorer().score_series([1.0, 2.0], [None]), "1 stamps for 2 steps"),
        (lambda: NoveltyScorer().score_one(1.0, 3.5), "must be datetime64"),
        (lambda: NoveltyScorer().score_one(1.0, "noon"), "must be datetime64"),
        (lambda: NoveltyScorer().score_series([1.0], np.array([5])), "must be datetime64"),
    ],
)
def test_bad_steps_are_refused(ask, message):
    with pytest.raises(DataError, match=message):
        ask()


@pytest.mark.parametrize(
    "parameters",
    [{"channels": 0}, {"probationary_period": 0}, {"rest": -0.1}, {"day_weight": -1.0}],
)
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ParameterError, match=f"{next(iter(parameters))}="):
        NoveltyScorer(**parameters)


def test_the_state_of_another_scorer_is_refused():
    with pytest.raises(ModelFormatError, match="make one alike first"):
        NoveltyScorer(2).load_state(*NoveltyScorer().state())
    config, arrays = NoveltyScorer().state()
    del arrays["value0.nearest.values"]
    with pytest.raises(ModelFormatError, match="nearest"):
        NoveltyScorer().load_state(config, arrays)


def test_memory_is_bounded():
    scorer = NoveltyScorer(probationary_period=50)
    scorer.score_series(np.random.default_rng(0).normal(size=40_000))
    sizes = {name: array.size for name, array in scorer.state()[1].items()}
    assert max(sizes.values()) == 32_768
