"""The page of a detection: its facts, its escaping, that it needs nothing else, and its charts."""

import ast
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import genad
from genad.detection import Detection, TopAnomaly
from genad.metrics import FlagReport, RankingReport
from genad.registry import detector_classes
from genad.report import charts, detect_page
from genad.report.about import paper, parameters, training
from genad.report.anomalies import anomalies, drivers, shares
from genad.report.axes import Axis
from genad.report.content import detect_content
from genad.report.formats import clip, duration, number, percent, probability
from genad.report.scores import score_histogram
from genad.thresholds import Fixed
from genad.training import Callback, Epoch, History

HOSTILE = "<script>alert(1)</script>"
QUOTES = "\"'><img src=x onerror=alert(1)>&amp;"
COLUMNS = ["speed", "load", "heat", HOSTILE, QUOTES, "torque"]
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Outline(HTMLParser):
    """Collect tags and text, and fail on a tag closed out of turn."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def outline(page):
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def text_of(page):
    return " ".join(" ".join(outline(page).texts).split())


def normal_rows(n=100):
    return np.random.default_rng(0).normal(size=(n, len(COLUMNS)))


def frame(rows):
    return pa.table(dict(zip(COLUMNS, rows.T, strict=True)))


def detect(detector, scored=30, far=3, top=8):
    """Return the detection of some rows, the first of them far off."""
    rows = np.random.default_rng(1).normal(size=(scored, len(COLUMNS)))
    rows[:far] += 9
    detector.fit(frame(normal_rows()))
    table = frame(rows)
    scores, shared = detector.anomaly_score(table), detector.explain(table)
    expected, rare = detector.reconstruct(table), detector.anomaly_probability(table)
    best = np.argsort(-scores, kind="stable")[:top].tolist()
    listed = [
        TopAnomaly(
            row=i + 1,
            score=float(scores[i]),
            probability=float(rare[i]),
            flagged=bool(scores[i] > detector.threshold_),
            values=table.slice(i, 1).to_pylist()[0],
            contributions=dict(zip(COLUMNS, shared[i].tolist(), strict=True)),
            excess=dict(zip(COLUMNS, shared[i].tolist(), strict=True)),
            expected=expected.slice(i, 1).to_pylist()[0],
            label=None,
        )
        for i in best
    ]
    flagged = int((scores > detector.threshold_).sum())
    return Detection(
        detector=detector,
        train="normal.csv",
        scored="new.csv",
        train_rows=100,
        scores=scores,
        threshold=detector.threshold_,
        flagged=flagged,
        top=listed,
        ranking=None,
        flags=None,
        fit_seconds=1.5,
        score_seconds=0.25,
        notes=["Column 'id' identifies rows and was left out."],
        command="genad detect new.csv --train normal.csv",
    )


@pytest.fixture(scope="module")
def by_z_score():
    return detect(genad.ZScore(random_state=0))


@pytest.fixture(scope="module")
def by_gan():
    return detect(genad.GANomaly(hidden=(4,), epochs=3, random_state=0))


def with_scores(detection, scores, threshold=None):
    scores = np.array(scores, dtype=np.float64)
    threshold = detection.threshold if threshold is None else threshold
    flagged = int((scores > threshold).sum())
    return replace(detection, scores=scores, threshold=threshold, flagged=flagged)


def with_row(detection, **changes):
    return replace(detection, top=[replace(detection.top[0], **changes)])


def none_flagged(detection):
    low = np.linspace(0, detection.threshold / 2, 30)
    top = [replace(row, flagged=False) for row in detection.top]
    return replace(with_scores(detection, low), top=top)


def with_labels(detection):
    labelled = [replace(row, label=row.flagged) for row in detection.top]
    ranking, flags = RankingReport(0.9, 0.7, 0.1, 30, 3), FlagReport(0.75, 1.0, 0.857, 4)
    return replace(detection, ranking=ranking, flags=flags, top=labelled)


def missing_values(detection):
    values = {"speed": float("nan"), "load": None, "heat": "", "torque": True}
    expected = {"speed": None, "load": 1.5, "heat": "warm", "torque": 0.25}
    return with_row(detection, values=values, expected=expected)


def hostile_everywhere(detection):
    names = {"train": HOSTILE, "scored": QUOTES, "command": HOSTILE, "notes": [HOSTILE, QUOTES]}
    return with_row(replace(detection, **names), values=dict.fromkeys(COLUMNS, HOSTILE))


def long_names(detection):
    names = [f"{'a long name ' * 30}{j}" for j in range(6)]
    values = dict.fromkeys(names, "a long value " * 50)
    return with_row(detection, values=values, excess=dict.fromkeys(names, 1.0), expected={})


VARIANTS = {
    "as it is": lambda detection: detection,
    "with labels": with_labels,
    "none flagged": none_flagged,
    "one row": lambda detection: replace(with_scores(detection, [5.0], 1.0), top=detection.top[:1]),
    "all scores equal": lambda detection: with_scores(detection, [2.0, 2.0, 2.0], 2.0),
    "infinite scores": lambda detection: with_scores(detection, [1.0, np.inf, np.inf]),
    "no finite score": lambda detection: with_scores(detection, [np.inf]),
    "scores far apart": lambda detection: with_scores(detection, [-1e30, 0.0, 1e-30, 1e30]),
    "no top rows": lambda detection: replace(detection, top=[]),
    "no shares": lambda detection: with_row(detection, excess={}),
    "missing values": missing_values,
    "hostile everywhere": hostile_everywhere,
    "long names": long_names,
}


@pytest.fixture(params=VARIANTS)
def page(request, by_gan):
    return detect_page(VARIANTS[request.param](by_gan), model=QUOTES)


def test_every_page_is_well_formed_and_complete(page):
    assert page.startswith("<!DOCTYPE html>")
    parsed = outline(page)
    assert parsed.tags.count("h1") == 1
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 0
    assert not re.search(r"\bnan\b|\{\{|\}\}", page)


def test_no_page_refers_to_anything_outside(page):
    parsed = outline(page)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(parsed.tags)
    outward = ("src", "href", "srcset", "action", "data", "xlink:href", "poster")
    assert not [name for name, _ in parsed.attributes if name in outward or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://", page)
    assert str(Path.cwd()) not in page


def test_every_chart_is_well_formed_and_described(page):
    drawn = re.findall(r'<svg class="chart.*?</svg>.*?</svg>', page, flags=re.DOTALL)
    for chart in drawn:
        root = ElementTree.fromstring(chart)
        assert root.find("title").text
        assert root.find("desc").text
        assert root.get("role") == "img"


def test_text_from_data_is_shown_and_not_run(by_gan):
    page = detect_page(hostile_everywhere(by_gan), model=QUOTES)
    assert HOSTILE in text_of(page)
    assert QUOTES in text_of(page)
    assert HOSTILE not in page


def test_text_in_charts_is_escaped():
    title = f"{HOSTILE} & {QUOTES}"
    bars = (charts.Bar(0, 1, 1, False, title),)
    one = Axis(0, 1)
    drawn = charts.histogram(charts.Histogram(title, title, one, one, bars, (1,), 0.5, title))
    root = ElementTree.fromstring(drawn)
    assert [element.text for element in root.iter("title")] == [title, title]
    assert root.findall("text")[-1].text == root.find("desc").text == title
    line = ElementTree.fromstring(charts.curve(charts.Curve(title, title, one, one, (1.0,))))
    assert line.find("title").text == line.find("desc").text == title


def test_names_that_cannot_be_written_do_not_stop_the_page(by_z_score):
    odd = replace(by_z_score, scored="bad\udcff\x00name\x1b.csv")
    assert "bad\ufffd\ufffdname\ufffd.csv" in detect_page(odd).encode().decode()


# The verdict.


def test_the_verdict_comes_first(by_z_score):
    content = detect_content(by_z_score, "out/model")
    assert content.verdict == f"{by_z_score.flagged} of 30 rows flagged"
    assert content.lede == "ZScore learnt what is normal from normal.csv and scored new.csv."
    facts = {fact.name: fact for fact in content.key_facts}
    assert facts["threshold"].value == number(by_z_score.threshold)
    assert "Conformal(alpha=0.01)" in facts["threshold"].note
    assert facts["learnt from"].value == "100 rows"
    assert content.notes[-1] == by_z_score.notes[0]
    page = text_of(detect_page(by_z_score))
    assert page.index(content.verdict) < page.index(facts["threshold"].value)


def false_alarms(detection):
    facts = {fact.name: fact for fact in detect_content(detection, "").key_facts}
    return facts["expected false alarms"]


def test_the_promise_is_the_conformal_one(by_z_score):
    # 20 rows are held out, so that the largest is above all but 1 of 21 new ones.
    assert false_alarms(by_z_score).value == "at most 4.8\u00a0%"
    notes, flagged = detect_content(by_z_score, "").notes, by_z_score.flagged
    assert flagged >= 3
    assert f"Were all 30 normal, at most 2 would be flagged on average; {flagged} are." in notes
    assert any(note.startswith("20 held-out rows cannot promise 1\u00a0%") for note in notes)
    one = replace(by_z_score, flagged=1)
    assert any(
        "1 flagged is no sign of anomalies" in note for note in detect_content(one, "").notes
    )


@pytest.mark.parametrize(
    ("parameters", "value", "note"),
    [
        ({"threshold": "conformal:0.1"}, "at most 9.5\u00a0%", "20 held-out"),
        ({"threshold": "quantile:0.9"}, "about 10\u00a0%", "2 of 20 held-out"),
        ({"threshold": "fixed:1e6"}, "about 0\u00a0%", "0 of 20 held-out"),
        ({"validation_fraction": 0.0}, "unknown", "no rows were held out"),
        ({"contamination": 0.05}, "unknown", "5\u00a0% of the training rows"),
    ],
)
def test_no_more_is_promised_than_holds(parameters, value, note):
    fact = false_alarms(detect(genad.ZScore(random_state=0, **parameters)))
    assert fact.value == value
    assert note in fact.note


def test_none_flagged_is_said_as_such(by_z_score):
    notes = detect_content(replace(by_z_score, flagged=0), "").notes
    assert "Were all 30 normal, at most 2 would be flagged on average; none is." in notes


def test_a_threshold_of_the_run_promises_nothing(by_z_score):
    chosen = with_scores(by_z_score, by_z_score.scores, 6.0)
    above = int((by_z_score.detector.calibration_.reference_scores > 6).sum())
    assert false_alarms(chosen).note == f"{above} of 20 held-out rows"
    notes = detect_content(chosen, "").notes
    own = number(by_z_score.detector.threshold_)
    assert f"chosen for this run; the saved model keeps its own, {own}." in " ".join(notes)
    assert not any("Were all" in note for note in notes)


def test_a_threshold_is_rounded_where_people_read_it():
    exact = Fixed(303.13393021)
    content = detect_content(detect(genad.ZScore(threshold=exact, random_state=0)), "")
    assert [fact.value for fact in content.run.given if fact.name == "threshold"] == [
        "Fixed(value=303.134)"
    ]
    assert content.key_facts[1].value == "303.1"


def test_a_fixed_threshold_is_not_given_twice():
    content = detect_content(detect(genad.ZScore(threshold="fixed:12.5", random_state=0)), "")
    assert (content.key_facts[1].value, content.key_facts[1].note) == (
        "12.5",
        "flagged if above, as it was set",
    )


def test_rows_that_stopped_the_training_promise_nothing():
    detector = genad.AutoEncoder(hidden=(4,), epochs=2, patience=1, random_state=0)
    assert false_alarms(detect(detector)).value.startswith("about ")


def test_scoring_the_training_rows_is_said(by_z_score):
    same = detect_content(replace(by_z_score, train="new.csv"), "")
    assert same.lede.endswith("and scored the same rows.")
    assert any("learnt as normal" in note for note in same.notes)
    clean = detect_content(replace(by_z_score, train="new.csv", normal_only=True), "")
    assert not any("learnt as normal" in note for note in clean.notes)
    assert not any("Were all" in note for note in same.notes)


def test_a_reference_that_is_not_held_out_is_not_called_normal():
    content = detect_content(detect(genad.ZScore(contamination=0.1, random_state=0)), "")
    assert content.reference == "100 training rows"
    assert "if all were normal" not in content.reading + content.scores.bars[0].label


def test_none_and_one_read_well(by_z_score):
    assert detect_content(none_flagged(by_z_score), "").verdict == "None of 30 rows flagged"
    assert detect_content(with_scores(by_z_score, [9e9]), "").verdict == "1 of 1 row flagged"


# The histogram.


@given(
    st.lists(st.floats(-1e30, 1e30) | st.integers(-3, 3).map(float), min_size=1),
    st.floats(-1e30, 1e30) | st.integers(-3, 3).map(float),
)
def test_every_score_is_in_a_bar_of_its_colour(by_z_score, scores, threshold):
    detection = with_scores(by_z_score, scores, threshold)
    chart = score_histogram(detection)
    assert sum(bar.height for bar in chart.bars) == len(scores)
    assert sum(bar.height for bar in chart.bars if bar.flagged) == detection.flagged
    assert max(bar.height for bar in chart.bars) <= chart.y.high
    assert 0 <= chart.x.place(threshold) <= 1
    assert sum(chart.outline) == pytest.approx(len(scores))


def test_the_outline_is_scaled_to_the_rows_scored(by_z_score):
    reference = by_z_score.detector.calibration_.reference_scores
    chart = score_histogram(with_scores(by_z_score, np.repeat(reference, 7)))
    assert chart.outline == pytest.approx([bar.height for bar in chart.bars])


def test_few_rows_far_away_can_be_seen(by_z_score):
    chart = score_histogram(with_scores(by_z_score, [*np.linspace(3, 9, 5000), 1e6]))
    assert chart.x.compressed
    assert chart.y.compressed
    assert chart.y.place(1) > 0.05
    assert chart.x.place(9) > 0.1
    near = score_histogram(with_scores(by_z_score, np.linspace(3, 9, 100)))
    assert not near.x.compressed
    assert not near.y.compressed


# Axes, curves and formats.


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-6, 1e9),
    st.sampled_from([0.0, 1e-3, 1.0, 1e3]),
    st.integers(3, 8),
)
def test_ticks_are_few_ordered_and_inside(low, length, width, most):
    axis = Axis(low, low + max(length, 1e-6 * abs(low)), width=width)
    ticks = axis.ticks(most)
    assert len(ticks) <= 1.5 * most + 2
    assert ticks == sorted(set(ticks))
    assert all(axis.low <= tick <= axis.high for tick in ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(-1e3, 1e3))
def test_an_axis_can_be_undone(value, width, centre):
    axis = Axis(0.0, 1.0, width=width, centre=centre)
    assert axis.unbend(axis.bend(value)) == pytest.approx(value, rel=1e-6, abs=1e-6 * width + 1e-6)


def test_one_panel_per_term_and_one_for_whatever_else_was_watched(by_gan):
    shown = training(by_gan.detector)
    assert [(panel.group, panel.name) for panel in shown.panels] == [
        ("discriminator", "real"),
        ("discriminator", "fake"),
        ("generator", "feature matching"),
        ("generator", "reconstruction"),
        ("generator", "latent"),
        ("held-out rows", "validation"),
        ("discriminator", "gradient norm"),
        ("generator", "gradient norm"),
    ]
    assert shown.panels[7].curve.values == pytest.approx(
        by_gan.detector.history_.gradient_norms("generator")
    )
    terms = by_gan.detector.history_.curve("generator.reconstruction")
    assert shown.panels[3].curve.values == pytest.approx(terms)
    assert shown.panels[3].ends == f"{number(terms[0], 3)} → {number(terms[-1], 3)}"
    ticks = shown.panels[3].curve.x.ticks()
    assert ticks == [round(tick) for tick in ticks]  # an epoch is a whole one
    assert shown.summary == "Trained for 3 epochs: all epochs done."
    assert "GAN" in shown.reading
    assert "held-out rows" in shown.reading


def test_without_training_the_page_says_so(by_z_score):
    assert "so there are no curves" in text_of(detect_page(by_z_score))
    untrained = genad.AutoEncoder(hidden=(4,), epochs=0).fit(normal_rows())
    assert "no epoch was run" in training(untrained).summary


def test_the_variety_of_samples_and_what_went_wrong_are_shown():
    detector = genad.ZScore().fit(normal_rows())
    epochs = [Epoch(0, k, {"critic.a": 1.0}, None, 0.1, variety=0.1 * k) for k in range(3)]
    detector.history_ = History(epochs, "all epochs done", ["Samples collapsed in epoch 2."])
    shown = training(detector)
    assert shown.summary == "Trained for 3 epochs: all epochs done. Samples collapsed in epoch 2."
    assert [(panel.group, panel.name) for panel in shown.panels] == [
        ("critic", "a"),
        ("samples", "variety"),
    ]
    assert shown.panels[1].curve.values == pytest.approx((0.0, 0.1, 0.2))


def test_stages_early_stops_and_terms_of_one_stage(by_z_score):
    detector = genad.ZScore().fit(normal_rows())
    epochs = [
        Epoch(0, 0, {"critic.a": 5.0}, None, 0.1),
        Epoch(1, 0, {f"{HOSTILE}.b": 1.0}, None, 0.1),
    ]
    detector.history_ = History(epochs, "stopped early after 1 epochs")
    shown = training(detector)
    assert shown.summary == "Trained for 2 epochs in 2 stages: stopped early after 1 epochs."
    assert [panel.curve.values for panel in shown.panels] == [(5.0,), (1.0,)]
    assert "held-out" not in shown.reading
    assert HOSTILE not in detect_page(replace(by_z_score, detector=detector))


@pytest.mark.parametrize(
    "values",
    [[1.0], [0.0, 0.0], [-3.0, -1.0], [-1.0, 2.0], [1e-9, 1e9], [7.0] * 5, [-5.0, -4.9]],
)
def test_every_curve_stays_in_its_plot(values):
    detector = genad.ZScore().fit(normal_rows())
    epochs = [Epoch(0, i, {"model.error": value}, None, 0.1) for i, value in enumerate(values)]
    detector.history_ = History(epochs, "all epochs done")
    (panel,) = training(detector).panels
    places = panel.curve.y.place(panel.curve.values)
    assert ((places >= 0) & (places <= 1)).all()
    ElementTree.fromstring(charts.curve(panel.curve))


def test_long_curves_are_averaged():
    detector = genad.ZScore().fit(normal_rows())
    epochs = [Epoch(0, i, {"model.error": float(i)}, None, 0.1) for i in range(5000)]
    detector.history_ = History(epochs, "all epochs done")
    (panel,) = training(detector).panels
    assert len(panel.curve.values) <= 120
    assert np.mean(panel.curve.values) == pytest.approx(np.mean(range(5000)), rel=1e-2)


@given(st.floats(-1e15, 1e15))
def test_numbers_keep_their_digits(value):
    assert float(number(value, 6)) == pytest.approx(value, rel=1e-5)


def test_formats_at_their_edges():
    assert [number(v) for v in (0.0, -0.5, np.inf, -np.inf)] == ["0", "-0.5", "+inf", "-inf"]
    assert number(9.99999) == "10"
    assert percent(0.0999).startswith("10")
    assert probability(0.99996) == "> 0.9999"
    assert [duration(s) for s in (59.7, 3599.9)] == ["1 min 0 s", "1 h 0 min"]
    assert len(clip("x" * 999)) == 48


# Rows and columns.


@given(st.dictionaries(st.text(max_size=3), st.floats(-1e300, 1e300)))
def test_shares_sum_to_one_or_are_none(excess):
    parts = shares(excess)
    assert list(parts) == list(excess)
    assert all(0 <= part <= 1 for part in parts.values())
    assert sum(parts.values()) == pytest.approx(1) or not any(parts.values())


@pytest.mark.parametrize(
    ("excess", "reasons"),
    [
        ([9.0, 1.0, 0.5, 0.2, 0.1, 0.1], 3),
        ([3.0, 3.0, 3.0, 2.0, 1.0, 1.0], 4),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 5),
        ([1.0, 0.0, 0.0, 0.0, 0.0, -5.0], 1),
        ([0.0] * 6, 0),
        ([-1.0, -2.0, -3.0, -1.0, -1.0, -1.0], 0),
    ],
)
def test_a_row_has_as_many_reasons_as_it_needs(by_z_score, excess, reasons):
    given = dict(zip(COLUMNS, excess, strict=True))
    (row,) = anomalies(with_row(by_z_score, excess=given))
    assert len(row.reasons) == reasons
    sizes = [reason.share for reason in row.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert {value.column for value in row.values} == set(COLUMNS)


def test_values_that_are_missing_say_so(by_z_score):
    (row,) = anomalies(missing_values(by_z_score))
    shown = [(value.column, value.value, value.expected) for value in row.values]
    assert shown == [
        ("speed", "missing", "–"),
        ("load", "missing", "1.5"),
        ("heat", "(empty)", "warm"),
        ("torque", "true", "0.25"),
    ]


def test_a_column_that_the_detector_does_not_know_is_in_the_fold_only(by_z_score):
    row = by_z_score.top[0]
    (shown,) = anomalies(with_row(by_z_score, values={"id": "a7"} | row.values))
    assert shown.values[0].column == "id"
    assert "id" not in [reason.value.column for reason in shown.reasons]


def test_drivers_are_those_of_the_flagged_rows(by_z_score):
    first, second = by_z_score.top[:2]
    flagged = replace(first, excess={"speed": 3.0, "load": 1.0}, flagged=True)
    normal = replace(second, excess={"speed": 0.0, "load": 5.0}, flagged=False)
    listed, over = drivers(replace(by_z_score, top=[flagged, normal]))
    assert [(driver.column, driver.share) for driver in listed] == [("speed", 0.75), ("load", 0.25)]
    assert listed[0].first_in == "1 of 1"
    assert over == "the 1 flagged row listed above"
    listed, over = drivers(replace(by_z_score, top=[normal]))
    assert [driver.column for driver in listed] == ["load"]
    assert over == "the 1 row listed above"


def test_a_wide_table_and_a_long_training_stay_small_enough_to_mail(by_z_score):
    rng = np.random.default_rng(0)
    names = [f"sensor_{j:03d}_{'of_the_engine_' * 9}" for j in range(500)]
    values = dict(zip(names, rng.normal(size=500).tolist(), strict=True))
    row = replace(by_z_score.top[0], values=values, excess=values, expected=values)
    detector = genad.ZScore().fit(normal_rows())
    terms = [f"generator.term_{k}" for k in range(8)]
    detector.history_ = History(
        [Epoch(0, i, {t: rng.random() for t in terms}, 1.0, 0.1) for i in range(1000)],
        "all epochs done",
    )
    wide = replace(with_labels(by_z_score), detector=detector, top=[row] * 50)
    page = detect_page(wide)
    assert len(page.encode()) < 200_000
    assert "470 columns with smaller shares not shown." in text_of(page)


# Labels, the run, the reuse.


def test_figures_stand_beside_those_of_chance(by_gan):
    content = detect_content(with_labels(by_gan), "")
    shown = {figure.name: (figure.value, figure.random) for figure in content.figures}
    assert shown == {
        "ROC AUC": ("0.900", "0.500"),
        "average precision": ("0.700", "0.100"),
        "precision": ("0.750", "0.100"),
        "recall": ("1.000", "0.133"),
        "F1": ("0.857", "0.114"),
    }
    page = text_of(detect_page(with_labels(by_gan)))
    assert "The labels were used for nothing but these figures" in page
    assert "label: anomaly" in page
    assert "labels" not in text_of(detect_page(by_gan))


def test_parameters_are_those_given_first():
    watcher = Callback()
    detector = genad.VAE(hidden=(8, 4), threshold="mad", callbacks=(watcher,), checkpoint="a/b")
    given, default = parameters(detector)
    assert [(fact.name, fact.value, fact.note) for fact in given] == [
        ("hidden", "(8, 4)", "default None"),
        ("threshold", "'mad'", "default None"),
    ]
    names = {fact.name for fact in (*given, *default)}
    assert names == set(detector.get_params()) - {"callbacks", "checkpoint"}
    seeded, _ = parameters(genad.ZScore(random_state=np.random.RandomState(0)))
    assert seeded[0].value == "RandomState(MT19937)"


OF_A_PAPER = [
    name for name in genad.detectors.__all__ if "References" in getattr(genad, name).__doc__
]


@pytest.mark.parametrize("name", OF_A_PAPER)
def test_every_detector_of_a_paper_names_it_in_one_line(name):
    line = paper(detector_classes()[name.lower()]())
    assert re.fullmatch(r".{10,160}\([^()]*\d{4}\)", line)


def test_a_detector_without_a_docstring_has_a_page(by_z_score):
    class Bare(genad.ZScore.__mro__[1]):
        def _build(self, shape):
            return genad.ZScore()._build(shape)

    Bare.__doc__ = None
    content = detect_content(replace(by_z_score, detector=Bare().fit(normal_rows())), "")
    assert content.title == "Bare on new.csv"
    assert content.run.paper == ""


def test_the_run_is_told(by_gan):
    page = text_of(detect_page(by_gan))
    assert "GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training" in page
    assert "epochs 3 default None" in page
    assert "120 rows/s" in page
    assert f"genad {genad.__version__}" in page
    assert by_gan.command in page


@pytest.mark.parametrize("model", ["out/model", "it's mine/model", 'a"b\\c'])
def test_the_lines_for_reuse_can_be_run(by_z_score, model):
    reuse = detect_content(by_z_score, model).reuse
    (load,) = (
        node
        for node in ast.walk(ast.parse(reuse.python))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "genad.load"
    )
    assert load.args[0].value == model
    assert "read_csv" in reuse.python
    assert (
        reuse.command
        == {
            "out/model": "genad score out/model new.csv",
            "it's mine/model": "genad score 'it'\"'\"'s mine/model' new.csv",
            'a"b\\c': "genad score 'a\"b\\c' new.csv",
        }[model]
    )
    unnamed = replace(by_z_score, detector=genad.ZScore().fit(normal_rows()))
    assert "np.load" in detect_content(unnamed, model).reuse.python


def test_the_same_detection_gives_the_same_page(by_gan):
    assert detect_page(by_gan) == detect_page(by_gan)
