"""The page and the command of a comparison: all in its place, and limits from the figures."""

import json
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from genad import VAE, ConditionalGAN
from genad.comparison import Quality, compare, image_subject, table_subject
from genad.data import load_dataset
from genad.metrics import RankingReport
from genad.report import compare_page
from genad.report.compare import compare_content
from genad.report.compare_limits import limits
from genad.report.compare_samples import losses
from genad.report.grids import Column, Entry, grid
from genad.training import Look
from helpers import line, messy
from shapes import shape_set, shapes

SMALL = {"hidden": (8,), "latent": 2, "batch_size": 32, "epochs": 1, "random_state": 0}


@pytest.fixture(scope="module", autouse=True)
def _short():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genad.comparison.judge._UPDATES", 40)
        yield


@pytest.fixture(scope="module")
def found():
    models = {"cgan": ConditionalGAN(**SMALL), "vae": VAE(**SMALL)}
    images = replace(shape_set(120, 80), class_names=("<b>bar</b>", "dash", "square"))
    return compare(models, image_subject(images), looks=1)


@pytest.fixture(scope="module")
def content(found):
    return compare_content(found, "genad compare shapes")


def changed(found, number=0, **changes):
    """Return a comparison with other figures of one model."""
    contenders = list(found.contenders)
    contenders[number] = replace(contenders[number], **changes)
    return replace(found, contenders=tuple(contenders))


# The content.


def test_every_part_is_there(found, content):
    assert [row.name for row in content.samples] == ["real", "cgan", "vae"]
    assert [one.name for one in content.looked] == [
        "Fréchet distance",
        "effective classes",
        "classes",
        "spread",
    ]
    assert [space.name for space in content.spaces] == ["cgan", "vae"]
    assert [len(space.maps) for space in content.spaces] == [2, 2]
    assert [key.group for key in content.keys] == [0, 1]
    assert len({line.group for one in content.looked for line in one.chart.lines}) == 2
    assert [row.name for row in content.costs.rows] == ["cgan", "vae"]
    assert content.again == "genad compare shapes"


def test_references_stand_beside_the_models(content):
    for table, references in (
        (content.quality, ["real samples", "cgan", "vae"]),
        (content.separability, ["the data itself", "a guess", "cgan", "vae"]),
        (content.detection, ["a random score", "nearest training sample", "cgan", "vae"]),
    ):
        assert [row.name for row in table.rows if row.reference] == references
        assert [row.name for row in table.rows if not row.reference] == ["cgan", "vae"]
        assert not any(cell.best for row in table.rows if row.reference for cell in row.cells)
    random = content.detection.rows[0]
    assert random.cells[0].text == "0.500"


def test_asked_for_classes_are_shown_by_class(found, content):
    real, cgan, vae = content.samples
    labels = [picture.label for picture in cgan.pictures]
    assert labels == sorted(labels) and len(set(labels)) == 3
    assert {picture.label for picture in real.pictures} == set(found.subject.class_names)
    assert {picture.label for picture in vae.pictures} == {""}
    assert len(vae.pictures) == 20


def test_losses_are_named(found):
    assert [losses(each.detector) for each in found.contenders] == [
        "binary cross-entropy",
        "Bernoulli cross-entropy and KL divergence",
    ]
    wasserstein = ConditionalGAN(**SMALL, loss="wasserstein").fit(line(40))
    assert losses(wasserstein) == "Wasserstein distance with gradient penalty"


def test_the_page_stands_alone_and_escapes(found):
    html = compare_page(found, "genad compare <shapes>")
    assert html.count("<h2>") == 8
    assert "&lt;b&gt;bar&lt;/b&gt;" in html and "<b>bar</b>" not in html
    assert "genad compare &lt;shapes&gt;" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "collapse</span>" not in html or any(each.warning for each in found.contenders)
    warned = compare_page(changed(found, warning="Samples are all alike."))
    assert "collapse</span> Samples are all alike." in warned


def test_a_table_is_shown_as_rows():
    data = table_subject(load_dataset("breast_cancer"), samples=60)
    found = compare({"vae": VAE(**SMALL)}, data, looks=1)
    content = compare_content(found, "")
    real, vae = content.samples
    assert real.header[:2] == vae.header[:2] == ("mean radius", "mean texture")
    assert len(real.rows) == len(vae.rows) == 5
    assert [one.name for one in content.looked] == ["Fréchet distance", "spread"]
    assert [key.name for key in content.classes] == ["normal", "anomaly"]
    html = compare_page(found)
    assert '<th scope="col" class="n">mean radius</th>' in html
    assert "the 30 columns" in html


# Limits.


GOOD = Quality(1.0, 0.0, 0.9, 0.9, 1.0, None)


def said(found):
    return " ".join(limits(found))


def test_limits_follow_from_the_figures(found):
    fine = replace(found, real=GOOD)
    for number in range(2):
        ranking = RankingReport(0.99, 0.9, 0.5, 80, 40)
        fine = changed(
            fine,
            number,
            quality=GOOD,
            untrained=replace(GOOD, frechet=99.0),
            warning="",
            looks=(),
            ranking=ranking,
            untrained_ranking=replace(ranking, roc_auc=0.6),
        )
    fine = replace(fine, nearest=RankingReport(0.9, 0.8, 0.5, 80, 40))
    assert "vae:" not in said(fine).replace("vae: neighbours", "")
    worse = {
        "90% of its samples look like nothing real": {"quality": replace(GOOD, precision=0.1)},
        "80% of what is real is like nothing": {"quality": replace(GOOD, recall=0.2)},
        "hardly closer to real ones than before": {"untrained": GOOD},
        "Samples are alike.": {"warning": "Samples are alike."},
        "owes nothing to training": {"untrained_ranking": RankingReport(0.99, 0.9, 0.5, 80, 40)},
        "does not reach the plain distance": {"ranking": RankingReport(0.8, 0.7, 0.5, 80, 40)},
        "still getting better": {"looks": tuple(Look(n, {"frechet": 10.0 - n}) for n in range(9))},
    }
    for sentence, changes in worse.items():
        assert sentence not in said(fine)
        assert sentence in said(changed(fine, 1, **changes)), sentence


def test_models_without_an_encoder_are_named(found):
    both = changed(changed(found, 0, latent=None), 1, latent=None)
    assert "cgan and vae: no encoder" in said(both)
    assert compare_content(both, "").spaces == ()


# Tables of figures.


def test_the_best_is_marked_among_models_alone():
    columns = [Column("up", "higher"), Column("down", "lower"), Column("plain"), Column("none")]
    entries = [
        Entry("bound", (9.0, 0.0, 1.0, None), reference=True),
        Entry("a", (1.0, 3.0, 1.0, None)),
        Entry("b", (2.0, float("nan"), 2.0, None)),
        Entry("c", (None, 2.0, 3.0, None)),
    ]
    table = grid(columns, entries)
    assert [column.name for column in table.columns] == ["up", "down", "plain"]
    best = [(row.name, j) for row in table.rows for j, cell in enumerate(row.cells) if cell.best]
    assert best == [("b", 0), ("c", 1)]
    assert table.rows[3].cells[0].text == "–"


def test_equal_figures_have_no_best():
    table = grid([Column("same", "higher")], [Entry("a", (1.0,)), Entry("b", (1.0,))])
    assert not any(cell.best for row in table.rows for cell in row.cells)


# The command.


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    images, classes = shapes(150)
    np.savez(folder / "shapes.npz", X=images, y=np.array(["bar", "dash", "square"])[classes])
    np.save(folder / "plain.npy", images)
    (folder / "there.html").touch()
    table = pa.table({**messy(200), "state": ["bad" if k % 9 == 0 else "good" for k in range(200)]})
    csv.write_csv(table, folder / "pump.csv")
    wave = np.sin(np.arange(300) / 3.0)
    wave[250:260] = 4.0
    table = pa.table({"value": wave, "fault": (wave > 2).astype(int)})
    csv.write_csv(table, folder / "wave.csv")
    return folder


@pytest.fixture
def workplace(work):
    return work


@pytest.fixture
def run(run):
    return partial(run, "compare")


def test_images_of_a_file_are_compared(run, work):
    line = ["shapes.npz", "-m", "gan,conditionalvae", "--epochs", "1", "--looks", "1"]
    ended = run(*line, "--normal", "dash", "--out", "one.html", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert [model["detector"] for model in told["models"]] == ["FAnoGAN", "ConditionalVAE"]
    assert told["models"][0]["asked"] is None
    assert len(told["models"][1]["asked"]["by_class"]) == 3
    assert told["samples"] == 30
    page = (work / "one.html").read_text(encoding="utf-8")
    assert "dash is normal, all other classes are anomalies." in page
    assert "genad compare shapes.npz" in page
    again = run(*line, "--normal", "1", "--out", "two.html", "--json")
    assert json.loads(again.out)["models"][0]["quality"] == told["models"][0]["quality"]


def test_a_table_is_compared_with_its_labels(run, work):
    line = ["pump.csv", "--models", "vae", "--epochs", "1", "--looks", "1", "--ignore", "constant"]
    ended = run(*line, "--label", "state", "--out", "labelled.html")
    assert ended.code == 0, ended.err
    assert "Detection" in ended.out and "nearest training sample" in ended.out
    assert "state" not in (work / "labelled.html").read_text(encoding="utf-8").split("<pre>")[0]
    ended = run(*line, "--out", "unlabelled.html", "--quiet")
    assert (ended.code, ended.out) == (0, "")
    page = (work / "unlabelled.html").read_text(encoding="utf-8")
    assert "There are no labels" in page and "<h2>Detection</h2>" not in page


def test_images_without_classes_are_compared(run, work):
    ended = run("plain.npy", "-m", "vae", "--epochs", "1", "--looks", "1", "-o", "plain", "--quiet")
    assert ended.code == 0, ended.err
    assert "64 pixels" in (work / "plain/compare.html").read_text(encoding="utf-8")


def test_a_series_is_compared_by_its_windows(run, work):
    line = ["wave.csv", "-m", "vae,tadgan", "--epochs", "1", "--looks", "1", "--samples", "60"]
    ended = run(*line, "--window", "12", "--label", "fault", "--json", "-o", "wave.html")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["samples"] == 60
    assert told["nearest"]["roc_auc"] > 0.9
    assert all(0 <= model["ranking"]["roc_auc"] <= 1 for model in told["models"])
    page = (work / "wave.html").read_text(encoding="utf-8")
    assert "12 values of a window" in page and page.count("<title>window</title>") == 24


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["shapes.npz", "-m", "magic"], 2, "no detector 'magic'"),
        (["shapes.npz", "-m", "vae,VAE"], 2, "--models names vae twice"),
        (["shapes.npz", "-m", " , "], 2, "--models names no model"),
        (["shapes.npz", "-m", "transformprediction"], 2, "transformprediction generates nothing"),
        (["shapes.npz", "-m", "autoencoder"], 2, "autoencoder learns no distribution"),
        (["shapes.npz", "-m", "vae", "--normal", "disc"], 2, "has no class 'disc': --normal is"),
        (["shapes.npz", "-m", "vae", "--normal", "9"], 2, "has no class '9'"),
        (["shapes.npz", "-m", "vae", "--normal", "bar", "--anomaly", "bar"], 2, "give one of them"),
        (["shapes.npz", "-m", "vae", "--label", "y"], 2, "leave out --label"),
        (["pump.csv", "-m", "vae", "--normal", "good"], 2, "--normal is a class of images"),
        (["pump.csv", "-m", "vae", "--label", "stat"], 2, "no column 'stat'"),
        (["pump.csv", "-m", "vae", "--anomaly", "bad"], 2, "name their column with --label"),
        (["wave.csv", "-m", "vae", "--window", "200"], 1, "too few for windows of 200"),
        (["nowhere.csv", "-m", "vae"], 2, "neither a file here nor a data set"),
        (["breast_cancer", "-m", "vae", "--label", "x"], 2, "brings its own labels"),
        (["shapes.npz", "-m", "vae", "--out", "there.html"], 2, "there.html exists already"),
    ],
)
def test_misuse_is_one_sentence(fails, arguments, code, sentence):
    assert sentence in fails(code, *arguments)
