"""The Numenta benchmark as it is run: its rule, its files, and the floors on the real series."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from genad.benchmark.nab import (
    NabFigures,
    NabStream,
    load_nab,
    nab_row,
    require_causal,
    run_nab,
    score_nab_results,
    write_nab_results,
)
from genad.benchmark.nab_scorers import (
    NAB_SCORERS,
    adaptive_flags,
    gaussian_scores,
    novelty_scores,
    random_scores,
)
from genad.errors import DataError
from genad.metrics import NabSeries, nab_report, read_nab_results


def stream(n=600, seed=0):
    """Return a daily pattern with a spike in its only window."""
    stamps = np.datetime64("2024-01-01T00:00:00") + 3_600 * np.arange(n)
    values = np.sin(np.arange(n) / 12 * np.pi) + np.random.default_rng(seed).normal(size=n) / 5
    values[400] = 9.0
    return NabStream(values, stamps, [(stamps[395], stamps[420])])


def corpus():
    return {f"real/{name}.csv": stream(seed=i) for i, name in enumerate("abc")}


def reversed_scores(values, stamps, probationary):
    return values[::-1]


def test_our_detector_finds_what_chance_does_not():
    ours = nab_row("ours", [novelty_scores], corpus())
    chance = nab_row("random", [partial(random_scores, seed=i) for i in range(3)], corpus())
    assert ours.optimised.standard > 85 > 60 > chance.optimised.standard
    assert ours.own.standard > 60
    assert (ours.series, len(ours.reports), len(chance.reports)) == (3, 1, 3)
    assert chance.optimised.deviations[0] > 0 == ours.optimised.deviations[0]


def test_the_windows_are_never_shown():
    seen = []

    def spy(*given):
        seen.append(given)
        return np.zeros(len(given[0]))

    run_nab(spy, corpus())
    assert [len(given) for given in seen] == [3, 3, 3]
    assert [given[2] for given in seen] == [90, 90, 90]


def test_several_processes_give_the_same():
    one = run_nab(novelty_scores, corpus())
    two = run_nab(novelty_scores, corpus(), processes=2)
    assert list(one) == list(two)
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("name", NAB_SCORERS)
@pytest.mark.parametrize("cut", [1, 89, 90, 450])
def test_no_scorer_sees_the_future(name, cut):
    require_causal(NAB_SCORERS[name], stream(), cut)


def test_a_look_ahead_is_found():
    with pytest.raises(DataError, match=r"Step \d+ scores .* may use no step but those before"):
        require_causal(reversed_scores, stream(), 300)


@pytest.mark.parametrize("scores", [np.zeros(3), np.full(600, np.nan), np.zeros((600, 1))])
def test_scores_that_cannot_be_ranked_are_refused(scores):
    with pytest.raises(DataError, match=r"scores of real/a\.csv .* for each of the 600 steps"):
        run_nab(lambda *_: scores, corpus())


def test_flags_see_no_future_and_no_probationary_period():
    scores = np.abs(np.random.default_rng(0).normal(size=2_000))
    scores[1_500] = 30.0
    flags = adaptive_flags(scores, 200)
    assert flags[1_500] == 1
    assert flags.sum() < 20
    assert flags[:200].sum() == 0
    np.testing.assert_array_equal(flags[:1_600], adaptive_flags(scores[:1_600], 200))


def test_files_in_the_benchmarks_layout(tmp_path):
    streams = corpus()
    scores = run_nab(gaussian_scores, streams)
    write_nab_results(tmp_path / "mine", "mine", streams, scores)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "mine_a.csv", "mine_b.csv", "mine_c.csv",
    }  # fmt: skip
    windows = tmp_path / "windows.json"
    windows.write_text('{"real/a.csv": [], "real/b.csv": [], "real/c.csv": []}', encoding="utf-8")
    read = read_nab_results(tmp_path / "mine", windows)
    for name, series in read.items():
        np.testing.assert_array_equal(series.scores, scores[name])
        np.testing.assert_array_equal(series.timestamps, streams[name].stamps)


def test_means_and_deviations_over_the_seeds():
    one = stream()
    flags = [np.isin(np.arange(600), steps).astype(float) for steps in ([395], [500])]
    hit, miss = (
        nab_report({"a": NabSeries(one.stamps, scores, one.windows)}, threshold=1.0)
        for scores in flags
    )
    figures = NabFigures.over([hit, miss])
    assert figures.standard == pytest.approx((hit.standard.score + miss.standard.score) / 2)
    assert figures.deviations[2] == pytest.approx(
        abs(hit.reward_low_fn.score - miss.reward_low_fn.score) / 2**0.5
    )


@pytest.fixture(scope="module")
def nab():
    folder = Path(os.environ.get("GENAD_DATA_HOME", "")) / "nab"
    if "GENAD_DATA_HOME" not in os.environ or not folder.is_dir():
        pytest.skip("GENAD_DATA_HOME names no folder with the Numenta benchmark in nab/")
    return folder


def test_the_published_figures_of_a_folder(nab):
    row = score_nab_results(nab / "results" / "numenta")
    assert (row.name, row.series) == ("numenta", 58)
    assert row.optimised.standard == pytest.approx(70.10105611943965, abs=1e-8)
    assert row.optimised.reward_low_fp == pytest.approx(63.20918500249927, abs=1e-8)
    assert row.own.standard < row.optimised.standard


def test_the_baseline_is_the_benchmarks_own(nab):
    windows = nab / "labels" / "combined_windows.json"
    published = read_nab_results(nab / "results" / "windowedGaussian", windows)
    for name, one in load_nab().items():
        if len(one.values) < 5_000 or name == "realTweets/Twitter_volume_AAPL.csv":
            scores = gaussian_scores(one.values, one.stamps, one.probationary)
            np.testing.assert_allclose(scores, published[name].scores, atol=1e-6)


def test_the_floors_of_streaming_novelty(nab):
    """One setting for the whole corpus, no label but the corpus threshold of the board."""
    row = nab_row("StreamingNovelty", [novelty_scores], load_nab())
    assert row.series == 58
    assert row.optimised.standard >= 75
    assert row.optimised.reward_low_fp >= 67
    assert row.optimised.reward_low_fn >= 80.4
    assert row.own.standard >= 50
