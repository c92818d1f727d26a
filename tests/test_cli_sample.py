"""`genad fit` on images and classes, and `genad sample`: what they write, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import csv, parquet

import genad
from genad.cli import main
from genad.data import ImageSet, open_table
from genad.files import as_image_tables, fit_images
from helpers import tiny

SMALL = ["--epochs", "2", "--set", "hidden=8", "--set", "latent=2", "--quiet"]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Make a folder of labelled images, a table and a series, and models of them."""
    folder = tmp_path_factory.mktemp("work")
    rng = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 200)):
        (folder / "photos" / name).mkdir(parents=True)
        for i in range(20):
            pixels = (level + rng.integers(-20, 20, (8, 8))).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{i}.png")
    kind = np.repeat(["ale", "stout"], 60)
    bitter = np.where(kind == "ale", 20.0, 60.0) + rng.normal(size=120)
    beer = pa.table({"bitter": bitter, "hue": np.where(kind == "ale", "gold", "black")})
    csv.write_csv(beer.append_column("kind", pa.array(kind)), folder / "beer.csv")
    wave = np.sin(np.arange(300) / 5)
    csv.write_csv(pa.table({"t": np.arange(300) * 1.0, "wave": wave}), folder / "wave.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fit = [("photos", "conditionalgan", "pictures"), ("photos", "vae", "plain")]
        fit += [("photos", "conditionalvae", "smooth"), ("beer.csv", "vae", "brew")]
        for data, model, out in fit:
            assert main(["fit", data, "--model", model, "--out", out, *SMALL]) == 0
        labels = ["--label", "kind", "--epochs", "60", "--set", "lr=0.01", "--quiet"]
        assert main(["fit", "beer.csv", "-m", "conditionalvae", "-o", "beers", *labels]) == 0
        series = ["--window", "12", "--model", "vae", "--out", "waves", *SMALL]
        assert main(["detect", "wave.csv", "--ignore", "t", *series]) == 0
        assert main(["fit", "beer.csv", "-m", "zscore", "-o", "zscore", "--quiet"]) == 0
        yield folder


@pytest.fixture
def workplace(work):
    return work


# ---------------------------------------------------------------- images


@pytest.mark.parametrize("model", ["pictures", "smooth", "plain"])
def test_a_picture_of_samples(run, model):
    ended = run("sample", model, "-n", 12, "--columns", 4, "--out", f"{model}.png", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["samples"], found["kind"]) == (0, 12, "image")
    with Image.open(found["files"]["samples"]) as image:
        assert image.size == (4 * 56 + 3 * 2, 3 * 56 + 2 * 2)  # 8 pixels, enlarged; gaps of 2
        assert image.mode == "L"


def test_pictures_of_a_class_by_its_folders_name(run):
    assert genad.load("pictures").classes_.tolist() == ["dark", "light"]
    run("sample", "pictures", "-n", 5, "--label", "Light", "--out", "light.npz")
    with np.load("light.npz") as file:
        expected = genad.load("pictures").sample(5, label="light", random_state=0)
        np.testing.assert_array_equal(file["X"], expected)
    run("sample", "pictures", "-n", 5, "--label", "light", "--seed", 1, "--out", "other.npz")
    with np.load("other.npz") as file:
        assert not np.array_equal(file["X"], expected)


def test_images_of_some_classes_only(run):
    fit = ["fit", "photos", "-m", "vae", "-o", "dark", *SMALL[:-1]]
    ended = run(*fit, "--class", "DARK", "--json")
    found = json.loads(ended.out)
    assert (found["train_rows"], found["notes"]) == (20, ["Fitted only on images of DARK."])
    assert genad.load("dark").view_.centre < 60
    shown = run(*fit, "--force").out
    assert "VAE on photos: fitted" in shown
    assert "40 images" in shown
    assert "of 8 x 8 pixels" in shown


def test_a_random_sample_of_a_data_sets_images_and_its_names():
    rng = np.random.default_rng(0)
    pixels, classes = rng.integers(0, 255, (50, 4, 4)).astype(np.uint8), np.arange(50) % 2
    images = ImageSet("toy", pixels, classes, pixels, classes, ("shirt", "ankle boot"))
    table = as_image_tables(images)[0]
    detector = tiny(genad.ConditionalVAE)
    fitted = fit_images(detector, table, most=30)
    assert (fitted.name, fitted.rows) == ("toy (train)", 30)
    assert fitted.notes == ["Fitted on a random sample of 30 of 50 images."]
    assert detector.classes_.tolist() == ["ankle boot", "shirt"]
    assert detector.sample(3, label="ankle boot").shape == (3, 4, 4)
    again = tiny(genad.ConditionalVAE)
    fit_images(again, table, most=30)
    np.testing.assert_array_equal(again.anomaly_score(pixels), detector.anomaly_score(pixels))


# ---------------------------------------------------------------- rows and series


@pytest.mark.parametrize("name", ["ale.csv", "ale.parquet", "ale.tsv"])
def test_rows_with_their_columns_and_categories(run, name):
    assert run("sample", "beers", "-n", 40, "--label", "ale", "-o", name).code == 0
    table = open_table(name).read()
    assert table.column_names == ["bitter", "hue"]
    assert set(table["hue"].to_pylist()) <= {"gold", "black", "(missing)", "(other)"}
    assert table["hue"].to_pylist().count("gold") > 30
    assert abs(np.median(table["bitter"].to_numpy()) - 20) < 10
    run("sample", "beers", "-n", 40, "--label", "stout", "-o", f"stout-{name}")
    assert abs(np.median(open_table(f"stout-{name}").read()["bitter"].to_numpy()) - 60) < 10


def test_rows_as_arrays_that_hold_no_code(run):
    run("sample", "brew", "-n", 7, "-o", "brew.npz")
    with np.load("brew.npz") as file:
        assert sorted(file) == ["bitter", "hue", "kind"]
        assert file["bitter"].shape == file["hue"].shape == (7,)


def test_windows_one_after_the_other(run):
    ended = run("sample", "waves", "-n", 3)  # in the folder that detect made
    assert ended.code == 0
    assert "VAE makes 3 windows: synthetic" in ended.out
    table = open_table("samples.csv").read()
    assert table.column_names == ["window", "step", "wave"]
    assert table["window"].to_pylist() == [number for number in (1, 2, 3) for _ in range(12)]
    assert table["step"].to_pylist() == list(range(1, 13)) * 3
    drawn = genad.load("waves/model").sample(3, random_state=0)
    np.testing.assert_allclose(table["wave"].to_numpy(), drawn.ravel(), rtol=1e-6)


def test_the_seed_decides(run):
    names = ["a.parquet", "b.parquet", "c.parquet"]
    for name, seed in zip(names, (0, 0, 3), strict=True):
        assert run("sample", "brew", "-o", name, "--seed", seed, "--quiet").out == ""
    first, again, other = (parquet.read_table(name) for name in names)
    assert first.num_rows == 10
    assert first.equals(again)
    assert not first.equals(other)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sample", "plain", "-o", "x.csv"], "--out x.csv has to end in .png or .npz"),
        (["sample", "brew", "-o", "x.png"], "has to end in .csv, .tsv, .csv.gz, .tsv.gz, .parq"),
        (["sample", "plain", "--label", "3"], "A VAE knows no classes: leave out --label"),
        (["sample", "zscore"], "A ZScore makes no samples: fit a VAE or a GAN"),
        (["sample", "pictures", "--label", "sneaker"], "no class 'sneaker'; choose one of dark"),
        (["sample", "pictures", "-n", "0"], "greater than or equal to 1"),
        (["fit", "photos", "-m", "vae", "--class", "grey"], "photos has no class 'grey': choose"),
        (["fit", "photos", "-m", "vae", "--label", "kind"], "leave out --label and --ignore"),
        (["fit", "beer.csv", "-m", "vae", "--class", "ale"], "--class is for images, but beer.csv"),
        (["fit", "beer.csv", "-m", "vae", "--size", "8"], "--size is for images, but beer.csv"),
        (["fit", "beer.csv", "-m", "conditionalvae", "--label", "x"], "no column 'x'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_misuse_is_one_sentence(run, arguments, says):
    before = sorted(Path().rglob("*"))
    ended = run(*arguments)
    assert ended.code == 2, ended.err
    assert says in " ".join(ended.err.split())
    assert ended.out == ""
    assert sorted(Path().rglob("*")) == before


def test_an_earlier_file_stays_unless_forced(run):
    Path("kept.csv").write_text("mine")
    assert run("sample", "brew", "-o", "kept.csv").code == 2
    assert Path("kept.csv").read_text() == "mine"
    assert run("sample", "brew", "-o", "kept.csv", "--force").code == 0
    assert open_table("kept.csv").read().num_rows == 10


def test_a_collapse_is_said_once_among_the_notes(run, monkeypatch, recwarn):
    from genad.training import collapse

    monkeypatch.setattr(collapse, "variety", lambda made, real, *y: 0.0)
    monkeypatch.setattr(collapse, "_UPDATES", 0)
    few = ["--epochs", "6", "--set", "hidden=8", "--json"]
    for data in ("photos", "beer.csv"):
        ended = run("fit", data, "-m", "fanogan", "-o", f"flat-{data}", *few)
        assert (ended.code, ended.err) == (0, "")
        (note,) = json.loads(ended.out)["notes"]
        assert "of epoch 5 vary only 0.00 times as much as the training data" in note
    assert not recwarn.list
