"""`genad detect` and `genad score` on images: scores, the page with its maps, and what is wrong."""

import json
import re

import numpy as np
import pytest
from PIL import Image

import genad
from genad.data import ImageFolder, ImageSet, open_table
from genad.data.images import ImageArray
from genad.files import ImageTable, ImageTask, detect_images
from genad.report import detect_page
from genad.report.images import found_images
from genad.report.pictures import heat

TINY = ["--model", "autoencoder", "--epochs", "1", "--set", "hidden=8", "--set", "latent=2"]


def noise(n, *shape, seed=0):
    return np.random.default_rng(seed).integers(100, 130, (n, *shape), np.uint8)


def save(folder, images):
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number:02}.png")


@pytest.fixture
def scans(tmp_path):
    """Make a folder of good images and two with a bright corner."""
    save(tmp_path / "scans" / "good", noise(30, 8, 8))
    scratched = noise(2, 8, 8, seed=1)
    scratched[:, :3, :3] = 255
    save(tmp_path / "scans" / "scratched", scratched)
    return "scans"


def test_a_folder_is_scored_and_shown(run, scans, tmp_path):
    ended = run("detect", scans, "--anomaly", "scratched", "--normal-only", "--model", "zscore")
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert re.search(r"scratched/0[01]\.png +\S+ +> 0\.9999 +scratched +anomaly", ended.out)
    assert re.search(r"ROC AUC +1\.000 +0\.500", ended.out)
    assert "which also chose what was learnt from" in ended.out
    table = open_table("out/scores.csv").read()
    assert table.column_names[:3] == ["image", "class", "anomaly_score"]
    images = ImageFolder(scans)
    assert table["image"].to_pylist() == [str(p.relative_to("scans")) for p in images.paths]
    detector = genad.load("out/model")
    assert table["anomaly_score"].to_pylist() == detector.anomaly_score(images).tolist()
    page = (tmp_path / "out" / "report.html").read_text()
    assert 'id="images"' in page
    assert page.count('alt="anomaly map"') == page.count('alt="image"') == 20
    assert set(re.findall(r'src="([^,]+),', page)) == {"data:image/png;base64"}
    assert not re.search(r"url\(|@import|https?://|<script|\bnan\b", page)
    assert "ImageFolder" in page


def test_a_network_shows_what_it_expected(run, scans, tmp_path):
    ended = run("detect", scans, *TINY, "--json", "--top", "0.1")
    found = json.loads(ended.out)
    assert found["rows"] == 32
    assert found["flagged"] == 3
    assert found["top"][0]["values"].keys() == {"image", "class"}
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count('alt="expected"') == 20


def test_a_saved_model_scores_new_images(run, scans, fails, tmp_path):
    assert run("fit", scans, "--class", "good", "--model", "zscore").code == 0
    ended = run("score", "model", scans, "--anomaly", "scratched", "--json")
    found = json.loads(ended.out)
    assert found["ranking"]["roc_auc"] == 1.0
    assert open_table("scores.csv").read().num_rows == 32
    save(tmp_path / "small", noise(3, 7, 8))
    said = fails(1, "score", "model", "small", "-o", "new.csv")
    assert "7 x 8 pixels" in said
    assert "8 x 8 pixels" in said
    assert run("score", "model", "small", "--size", "8", "-o", "new.csv").code == 0


def test_the_map_is_brightest_where_the_image_is_odd(tmp_path):
    images = noise(60, 8, 8)
    images[17, 2, 5] = 255
    table = ImageTable("toy", ImageArray(images), None, ())
    found = detect_images(genad.ZScore(random_state=0), ImageTask(table, table), tmp_path / "s.csv")
    assert found.images[0].name == "18"
    place = np.unravel_index(found.images[0].anomaly_map.argmax(), (8, 8))
    assert place == (2, 5)
    *_, drawn = found_images(found).panels[0].pictures
    assert drawn.pixels[2, 5].sum() > 600


def test_colour_and_every_layout_reach_the_page(tmp_path):
    colour = noise(40, 6, 6, 3)
    colour[5] = 250
    for name, images in {
        "hwc": colour,
        "chw": colour.transpose(0, 3, 1, 2),
        "float": colour / 255,
        "deep": colour.astype(np.uint16) * 99,
    }.items():
        table = ImageTable(name, ImageArray(images), None, ())
        detector = genad.ZScore(random_state=0)
        found = detect_images(detector, ImageTask(table, table), tmp_path / f"{name}.csv")
        first = found.images[0]
        assert first.name == "6"
        assert first.image.shape == (3, 6, 6)
        assert first.expected is None or first.expected.shape == (3, 6, 6)
        assert first.anomaly_map.sum() == pytest.approx(found.scores[5])
        shown = found_images(found).panels[0].pictures
        assert {picture.pixels.shape for picture in shown} == {(6, 6, 3)}
        assert "Most anomalous images" in detect_page(found, model=None)


def test_heat_grows_brighter():
    colours = heat(np.linspace(-1, 2, 40).reshape(1, -1), 0.0, 1.0).astype(int).sum(-1)[0]
    assert (np.diff(colours) >= 0).all()
    assert heat(np.full((2, 2), np.nan), 0.0, 0.0).tolist() == [[[0, 0, 4]] * 2] * 2


def test_what_is_wrong_is_said_in_one_sentence(fails, scans, tmp_path):
    detect = "detect", scans, "--model", "zscore"
    assert "no class 'dented'" in fails(2, *detect, "--anomaly", "dented")
    assert "name them (--anomaly)" in fails(2, *detect, "--normal-only")
    assert "are anomalies then" in fails(1, *detect, "--anomaly", "good", "--anomaly", "scratched")
    assert "leave out --label" in fails(2, *detect, "--label", "kind")
    save(tmp_path / "plain", noise(5, 8, 8))
    assert "have no classes" in fails(2, "detect", "plain", "--model", "zscore", "--anomaly", "x")
    save(tmp_path / "other", noise(5, 6, 8))
    assert "6 x 8" in fails(1, *detect, "--train", "other")
    (tmp_path / scans / "good" / "bad.png").write_bytes(b"no image")
    assert "good/bad.png is damaged" in fails(1, *detect)
    assert "madgan" in fails(2, "detect", "plain", "--model", "madgan").lower()
    save(tmp_path / "mixed", [*noise(3, 8, 8), noise(1, 8, 8, 3)[0]])
    assert "(--channels 1 or 3)" in fails(1, "detect", "mixed", "--model", "zscore")
    assert "not 2" in fails(2, "detect", "mixed", "--model", "zscore", "--channels", "2")
    for option in ("--size", "--channels"):
        said = fails(2, "detect", "mnist", "--model", "zscore", option, "3")
        assert f"{option} is for a folder of images, but mnist is a data set" in said


@pytest.mark.parametrize(("channels", "expected"), [("1", 1), ("3", 3)])
def test_grey_and_coloured_images_are_made_alike(run, tmp_path, channels, expected):
    save(tmp_path / "mixed", [*noise(20, 8, 8), *noise(20, 8, 8, 3)])
    save(tmp_path / "grey", noise(20, 8, 8))
    command = "fit", "mixed", "--model", "zscore", "--channels", channels
    assert run(*command).code == 0
    assert genad.load("model").view_.centre.shape == (expected,)
    ended = run("explore", "mixed", "--channels", channels, "--out", "mixed.html", "--json")
    assert f"all are in {'grey' if expected == 1 else 'colour'}" in ended.out
    ended = run("explore", "grey", "--channels", channels, "--out", "grey.html", "--json")
    assert json.loads(ended.out)["shape"] == [expected, 8, 8]


def test_size_and_channels_are_of_the_folder_where_a_data_set_stands_beside_it(
    run, tmp_path, monkeypatch
):
    pixels, classes = noise(40, 8, 8), np.zeros(40, np.int64)
    toys = ImageSet("mnist", pixels, classes, pixels[:9], classes[:9], ("all",))
    monkeypatch.setattr("genad.cli.image_inputs.load_images", lambda name: toys)
    save(tmp_path / "large", [*noise(5, 16, 16), *noise(5, 12, 12, 3)])
    options = "--model", "zscore", "--size", "8", "--channels", "1", "--json"
    assert json.loads(run("detect", "large", "--train", "mnist", *options).out)["rows"] == 10
    assert (
        json.loads(run("detect", "mnist", "--train", "large", *options, "--force").out)["rows"] == 9
    )


@pytest.mark.parametrize("command", ["detect", "explore", "compare"])
def test_tables_have_neither_size_nor_channels(fails, command):
    more = ["--models", "vae"] if command == "compare" else []
    for option in ("--size", "--channels"):
        said = fails(2, command, "breast_cancer", option, "3", *more)
        assert f"{option} is for images, but breast_cancer holds none" in said
    assert "--on-error is raise or skip" in fails(2, command, "mnist", "--on-error", "guess", *more)


def test_damaged_images_are_left_out_by_choice(run, scans, tmp_path):
    (tmp_path / scans / "good" / "bad.png").write_bytes(b"no image")
    ended = run("detect", scans, "--model", "zscore", "--on-error", "skip", "--json")
    found = json.loads(ended.out)
    assert found["rows"] == 32
    assert [note for note in found["notes"] if "good/bad.png" in note]
