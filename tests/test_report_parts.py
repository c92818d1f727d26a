"""The parts that pages share: pictures, points, lines and projections."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from genad.errors import DataError
from genad.report.about import Fact
from genad.report.lines import line, lines, lines_chart
from genad.report.pictures import Picture, as_pixels, data_uri, picture, pictures, png, sheet
from genad.report.projections import pca, tsne
from genad.report.scatter import COLOURS, colours, scatter, scatter_chart

HOSTILE = "<script>alert(1)</script>\"'"


def shown(uri):
    """Return the pixels that a reader sees."""
    text = uri.removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


# Pictures.


@pytest.mark.parametrize("shape", [(9, 7), (7, 9, 3), (1, 1)])
def test_a_picture_keeps_its_pixels(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(shown(data_uri(pixels)), pixels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels)))), pixels)


@pytest.mark.parametrize("layout", ["hw", "chw", "hwc"])
def test_every_layout_is_shown(layout):
    grey = np.random.default_rng(0).integers(0, 256, (2, 8, 6), np.uint8)
    colour = np.stack([grey, 255 - grey, grey // 2], axis=1)
    given_as = {"hw": grey, "chw": colour, "hwc": colour.transpose(0, 2, 3, 1)}[layout]
    expected = grey if layout == "hw" else colour.transpose(0, 2, 3, 1)
    assert np.array_equal(as_pixels(given_as), expected)


def test_values_of_any_type_span_black_to_white():
    ramp = np.linspace(0, 1, 12).reshape(1, 3, 4)
    deep = (ramp * 4095).astype(np.uint16)
    for images in (ramp, ramp.astype(np.float32), deep, ramp * 7 - 3, ramp > 0.5):
        seen = as_pixels(images)
        assert (seen.dtype, seen.min(), seen.max()) == (np.uint8, 0, 255)
    assert as_pixels(np.full((1, 2, 2), 9, np.uint16)).tolist() == [[[0, 0], [0, 0]]]
    assert as_pixels(ramp, span=(0, 2)).max() == 128
    dim = as_pixels((ramp * 100).astype(np.uint8))
    assert dim.max() == 100  # a byte is shown as it is


def test_a_picture_is_enlarged_by_whole_numbers_and_keeps_its_sides():
    for height, width in [(28, 28), (16, 8), (40, 64), (600, 300), (1, 1)]:
        html = picture(Picture(np.zeros((height, width), np.uint8)))
        wide, high = map(int, re.search(r'width="(\d+)" height="(\d+)"', html).groups())
        assert high / wide == pytest.approx(height / width, rel=0.05)
        assert max(high, wide) <= 96
        assert height >= 64 or high % height == 0


def test_large_pictures_do_not_make_a_page_large():
    noise = np.random.default_rng(0).integers(0, 256, (900, 700), np.uint8)
    assert shown(data_uri(noise)).shape == (160, 124)


def test_captions_are_escaped():
    (one,) = pictures(np.zeros((1, 2, 2)), [HOSTILE], [HOSTILE])
    assert "<script" not in picture(one)
    assert picture(one).count("&lt;script&gt;") == 3


def test_a_sheet_holds_all_images_in_order():
    images = np.arange(1, 6, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    whole = sheet(images, columns=2, scale=2)
    assert whole.shape == (3 * 4 + 2 * 2, 2 * 6 + 2)
    firsts = [whole[6 * (i // 2), 8 * (i % 2)] for i in range(5)]
    assert firsts == [1, 2, 3, 4, 5]
    assert whole[-1, -1] == 255
    with pytest.raises(DataError, match="shows nothing"):
        sheet(images[:0], columns=2)


# Points.


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_every_point_is_drawn_inside_the_chart(points):
    svg = scatter(scatter_chart("t", "d", points))
    places = [float(v) for pair in re.findall(r"M([-\d.e]+),([-\d.e]+)h0", svg) for v in pair]
    assert len(places) == 2 * len(points)
    assert all(0 <= place <= 100 for place in places)


def test_thousands_of_points_stay_small():
    rng = np.random.default_rng(0)
    svg = scatter(scatter_chart("t", "d", rng.normal(size=(5000, 2)), rng.integers(0, 10, 5000)))
    assert len(svg) < 80_000
    assert svg.count("<path") == 10


def test_more_classes_than_colours_share_the_last():
    names = [str(j) for j in range(15)]
    classes = np.repeat(np.arange(15), np.arange(1, 16))
    groups, keys = colours(classes, names)
    assert [key.group for key in keys] == list(range(COLOURS))
    assert [key.name for key in keys] == [*names[6:], "6 other classes"]
    assert (groups[classes < 6] == COLOURS - 1).all()
    assert (groups[classes == 14] == 8).all()


def test_names_in_charts_are_escaped():
    _, keys = colours([0], [HOSTILE])
    svg = scatter(scatter_chart(HOSTILE, HOSTILE, [[0, 0]], [0], keys))
    assert [each.text for each in ElementTree.fromstring(svg).iter("title")] == [HOSTILE] * 2
    drawn = lines(lines_chart(HOSTILE, HOSTILE, (line(HOSTILE, [1.0, 2.0]),)))
    assert [each.text for each in ElementTree.fromstring(drawn).iter("title")] == [HOSTILE] * 2


# Lines.


def test_a_long_line_keeps_its_course_in_few_points():
    drawn = line("loss", np.linspace(5, 1, 10_000))
    assert len(drawn.x) == 400
    assert np.allclose(drawn.y, 5 - 4 * (drawn.x - 1) / 9999)


def test_lines_of_any_length_share_axes():
    chart = lines_chart("t", "d", (line("a", [1.0, 9.0]), line("b", [4.0] * 7, 1), line("c", [])))
    assert (chart.x.low, chart.x.high) == (1, 7)
    assert chart.y.high >= 9
    svg = ElementTree.fromstring(lines(chart))
    assert len([e for e in svg.iter("path") if "line" in e.get("class")]) == 2
    assert lines(lines_chart("t", "d", ())).count("<path") == 0
    assert "nan" not in lines(lines_chart("t", "d", (line("a", [3.0]),)))


# Projections.


def two_groups(n=30):
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(n, 4, 3)), rng.normal(8.0, size=(n, 4, 3))])


@pytest.mark.parametrize("project", [pca, tsne])
def test_groups_that_lie_apart_are_seen_apart(project):
    found = project(two_groups())
    first, second = found.points[:30], found.points[30:]
    between = np.linalg.norm(first.mean(0) - second.mean(0))
    assert between > 2 * max(first.std(), second.std())
    assert np.array_equal(project(two_groups()).points, found.points)


def test_pca_is_the_closed_form():
    rng = np.random.default_rng(1)
    samples = rng.normal(size=(50, 3)) * [5.0, 2.0, 0.1] + 7
    found = pca(samples)
    values = np.linalg.eigvalsh(np.cov(samples.T))[::-1]
    assert found.shares == pytest.approx((values / values.sum())[:2])
    assert found.points.var(0, ddof=1) == pytest.approx(values[:2])


@pytest.mark.parametrize("project", [pca, tsne])
@pytest.mark.parametrize(
    "samples", [np.ones((5, 3)), np.arange(6.0).reshape(6, 1), np.eye(2), np.eye(3) * 1e200]
)
def test_projections_stand_degenerate_samples(project, samples):
    found = project(samples)
    assert found.points.shape == (len(samples), 2)
    assert np.isfinite(found.points).all()


def test_a_projection_is_bounded_and_says_which_samples_it_drew():
    samples = np.arange(40.0).reshape(40, 1)
    found = pca(samples, most=10, random_state=3)
    assert len(found.points) == len(set(found.rows)) == 10
    order = np.argsort(found.points[:, 0])
    assert sorted(found.rows[order].tolist()) in (
        found.rows[order].tolist(),
        found.rows[order][::-1].tolist(),
    )
    with pytest.raises(DataError, match="two samples or more"):
        pca(samples[:1])


@pytest.mark.parametrize(
    ("value", "long"), [("conditionalgan", True), ("at most 0.99 %", False), ("", False)]
)
def test_a_tile_has_smaller_letters_for_a_word_that_would_not_fit(value, long):
    assert Fact("best", value).long == long
