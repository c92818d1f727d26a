"""`genad explore` on series: periods, clocks, what is odd, and what is drawn at random."""

import json
import re
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genad.data.period import autocorrelation
from genad.files import SeriesTable
from genad.profiles import profile_series
from genad.profiles.clock import read_clock
from genad.profiles.seasons import cycles, seasons
from genad.report import explore_page
from genad.report.explore_series import series_content

START = datetime(2024, 1, 1)


@pytest.fixture
def run(run):
    """Run the command in an empty folder."""
    return partial(run, "explore")


def every(minutes, n):
    return np.datetime64(START, "us") + np.arange(n) * np.timedelta64(minutes, "m")


def series(values, name="pump", stamps=None, labels=None):
    columns = {f"x{j}": column for j, column in enumerate(np.atleast_2d(np.array(values).T))}
    return SeriesTable(name, pa.table(columns), list(columns), stamps, labels)


def write(path, values, minutes=5, skip=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    stamps = [START + timedelta(minutes=minutes * i) for i in range(len(values))]
    rows = [
        f"{at},{value}"
        for i, (at, value) in enumerate(zip(stamps, values, strict=True))
        if i not in skip
    ]
    path.write_text("\n".join(["at,value", *rows]) + "\n")


# Periods.


@settings(max_examples=25)
@given(st.integers(5, 60), st.floats(0, 0.3), st.floats(-1, 1))
def test_the_period_of_a_noisy_wave_is_found_whatever_its_trend(period, noise, slope):
    steps = np.arange(12 * period)
    rng = np.random.default_rng(period)
    values = np.sin(2 * np.pi * steps / period) + noise * rng.normal(size=len(steps))
    found = seasons(autocorrelation(values + slope * steps / period))
    assert abs(found[0].period - period) <= 1


def test_noise_and_lines_and_spikes_have_no_season():
    rng = np.random.default_rng(0)
    spikes = rng.normal(size=2000)
    spikes[[100, 900, 1700]] = 1e4
    for values in (rng.normal(size=2000), np.arange(500.0), np.ones(500), spikes, np.zeros(3)):
        assert seasons(autocorrelation(values)) == ()


def test_a_week_counts_beside_a_day_only_if_weekdays_differ():
    steps = np.arange(24 * 7 * 8)
    day = np.sin(2 * np.pi * steps / 24)
    weekend = steps // 24 % 7 < 5
    assert [season.period for season in seasons(autocorrelation(day))] == [24]
    assert [season.period for season in seasons(autocorrelation(day * weekend))] == [24, 168]


def test_autocorrelation_is_the_definition():
    values = np.random.default_rng(0).normal(size=300).clip(-1, 1)
    steps = np.arange(300)
    low, high = np.quantile(values, [0.005, 0.995])
    cut = values.clip(low, high)
    rest = cut - np.polyval(np.polyfit(steps, cut, 1), steps)
    expected = [np.mean(rest[: 300 - k] * rest[k:]) / rest.var() for k in range(100)]
    assert autocorrelation(values) == pytest.approx(expected)


def test_missing_values_hide_no_period():
    values = np.sin(2 * np.pi * np.arange(600) / 30)
    values[np.random.default_rng(0).choice(600, 200, replace=False)] = np.nan
    assert seasons(autocorrelation(values))[0].period == 30


def test_hours_and_weekdays_are_told_by_the_stamps():
    stamps = every(30, 48 * 28)
    hours = (stamps - stamps.astype("datetime64[D]")) / np.timedelta64(1, "h")
    sunday = (np.arange(48 * 28) // 48) % 7 == 6  # 1 January 2024 was a Monday
    found = {cycle.name: cycle for cycle in cycles(hours + 100 * sunday, stamps)}
    assert found["weekday"].quartiles[1].argmax() == 6
    assert found["weekday"].share > 0.9
    assert found["hour of the day"].quartiles[1].argmax() == 23
    assert cycles(hours, None) == cycles(hours[:50], stamps[:50]) == ()


# Clocks and what is odd.


def test_a_clock_tells_gaps_doubles_and_disorder():
    stamps = every(5, 100)
    odd = np.concatenate([stamps[:20], stamps[19:40], stamps[45:], stamps[3:4]])
    clock = read_clock(odd)
    assert (clock.step, clock.gaps, clock.longest, clock.twice) == (300, 1, 1800, 1)
    assert (clock.back, clock.put_back) == (1, 0)
    assert read_clock(np.concatenate([stamps, stamps[-5:]])).put_back == 1
    assert read_clock(stamps[:1]) is None
    assert read_clock(stamps).uneven == 0


def test_what_is_odd_is_counted_and_named():
    gone = np.r_[np.arange(50.0), np.nan, np.inf]
    found = profile_series(
        [
            series(np.arange(52.0), "a", every(5, 52)),
            series(gone, "b", every(60, 52)),
            series(np.ones((52, 2)), "c", every(5, 52)),
            series(np.arange(3.0), "d"),
        ],
        "all",
    )
    assert found.findings == (
        "Sampling rates are mixed, so one model cannot take all: every 5 min in 2 series; "
        "1 h in b.",
        "Other channels than a has: c.",
        "1 missing value, in b.",
        "1 infinite value to be replaced, in b.",
        "2 constant channels, in c.",
        "Fewer than 16 time steps: d.",
    )
    json.dumps(found.plain(), allow_nan=False)


def test_nothing_odd_is_nothing_said():
    assert profile_series([series(np.sin(np.arange(90.0)))], "pump").findings == ()


# What is drawn.


def test_a_random_five_are_drawn_by_the_seed():
    every_one = [series(np.arange(20.0) + j, f"s{j}") for j in range(30)]

    def names(seed):
        drawn = profile_series(iter(every_one), "all", random_state=seed).drawn
        return [each.facts.name for each in drawn]

    assert names(0) == names(0) != names(1)
    assert len(set(names(0))) == 5
    often = {name for seed in range(60) for name in names(seed)}
    assert len(often) == 30  # none is left out for ever


@pytest.mark.parametrize(
    "values",
    [np.ones(30), np.full(30, np.nan), np.r_[np.inf, np.arange(29)], [1.0], np.ones((9, 6))],
    ids=["constant", "missing", "infinite", "one step", "constant channels"],
)
def test_odd_series_are_drawn_all_the_same(values):
    for stamps in (None, every(60, len(values))):
        profile = profile_series([series(values, stamps=stamps)], "pump")
        page = explore_page(series_content(profile, "pump.csv", time="at"))
        assert "genad detect pump.csv --time at" in page
        assert not re.search(r"\bnan\b|\binf\b", page.partition("</style>")[2])


def test_many_channels_are_drawn_in_part_and_listed():
    values = np.random.default_rng(0).normal(size=(60, 9))
    content = series_content(profile_series([series(values)], "smd"), "smd")
    (drawn,) = content.drawn
    assert (len(drawn.traces), len(drawn.channels)) == (4, 9)
    assert drawn.left_out == "5 more channels not drawn."
    assert content.series == ()


# The command.


@pytest.fixture
def folder(tmp_path):
    for number in range(7):
        values = np.sin(2 * np.pi * np.arange(600) / 288) + number
        write(tmp_path / "metrics" / f"m{number}.csv", values, skip=range(100, 110 + number))
    return "metrics"


def test_a_folder_becomes_one_page(run, folder, tmp_path):
    ended = run(folder, "--time", "at")
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "7 series, " in ended.out
    assert "7 gaps of more than twice the usual step" in ended.out
    page = (tmp_path / "explore.html").read_text()
    assert page.count("<article>") == 5
    assert "A random 5 of 7." in page
    assert not re.search(r"url\(|@import|https?://|<script|<img", page)


def test_a_file_with_a_time_column_is_a_series(run, tmp_path):
    write(tmp_path / "one.csv", np.sin(2 * np.pi * np.arange(1000) / 288))
    ended = run("one.csv", "--time", "at", "--json", "-o", "page.html")
    found = json.loads(ended.out)
    assert (found["kind"], found["series"][0]["steps"]) == ("series", 1000)
    assert found["series"][0]["clock"]["step"] == 300
    assert found["drawn"][0]["channels"][0]["seasons"][0]["period"] in range(285, 293)
    assert found["files"] == {"page": "page.html"}


def test_mixed_sampling_rates_are_named_not_refused(run, folder, tmp_path):
    write(tmp_path / folder / "slow.csv", np.arange(50.0), minutes=60)
    ended = run(folder, "--json")
    assert ended.code == 0
    mixed = json.loads(ended.out)["findings"][0]
    assert mixed.endswith("every 5 min in 7 series; 1 h in slow.csv.")


def test_what_cannot_be_explored_is_said_in_one_sentence(fails, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "holds no .csv" in fails(1, "empty")
    assert "has no column 'when'" in fails(2, folder, "--time", "when")
    (tmp_path / folder / "z.csv").write_text("at,value\n2024-01-01,1\nsoon,2\n")
    assert "z.csv, row 2: 'soon'" in fails(1, folder, "--time", "at")
    (tmp_path / folder / "z.csv").write_text("at,value\n2024-01-01,high\n2024-01-02,low\n")
    assert "'value' holds text" in fails(1, folder, "--time", "at")
    assert "leave out --label and --time" in fails(2, "nab", "--time", "at")


def test_labels_of_a_file_are_drawn_and_named(run, tmp_path):
    rows = [f"{START + timedelta(hours=i)},{i % 24},{int(50 <= i < 60)}" for i in range(120)]
    (tmp_path / "one.csv").write_text("\n".join(["at,load,fault", *rows]) + "\n")
    assert run("one.csv", "--time", "at", "--label", "fault", "--quiet").code == 0
    page = (tmp_path / "explore.html").read_text()
    assert page.count('class="label"') == 1
    assert "genad detect one.csv --time at --label fault" in page
