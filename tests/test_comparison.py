"""Comparing generative models: what each figure is of, and that comparing changes no model."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.base import clone

from genad import VAE, AutoEncoder, ConditionalVAE, FAnoGAN
from genad.comparison import (
    compare,
    image_subject,
    series_subject,
    table_subject,
    unlabelled_subject,
)
from genad.comparison.judge import ClassifierJudge, ComponentsJudge, judge_for
from genad.comparison.quality import Standard, collapse
from genad.comparison.run import suited
from genad.comparison.series import cut, over_steps
from genad.data import load_dataset
from genad.data.datasets import Series
from genad.detectors import vae
from genad.errors import DataError, ParameterError
from genad.training import Look
from helpers import line
from shapes import shape_set, shapes

SMALL = {"hidden": (8,), "latent": 2, "batch_size": 32, "lr": 5e-3, "random_state": 0}


@pytest.fixture(scope="module", autouse=True)
def _short():
    """Let the judge learn for a moment: these shapes are easy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genad.comparison.judge._UPDATES", 60)
        yield


@pytest.fixture(scope="module")
def subject():
    return image_subject(shape_set(), samples=120)


@pytest.fixture(scope="module")
def judge(subject):
    return ClassifierJudge(subject)


@pytest.fixture(scope="module")
def standard(subject, judge):
    return Standard(judge, subject.unseen, len(subject.train))


@pytest.fixture(scope="module")
def found(subject):
    models = {"gan": FAnoGAN(**SMALL), "cvae": ConditionalVAE(**SMALL | {"lr": 2e-2}, epochs=6)}
    trainings = []
    result = compare(
        models, subject, updates=20, looks=2, watch=lambda name: trainings.append(name) or ()
    )
    return result, trainings


def rows_in(some, others):
    """Return how many images are among others."""
    known = {image.tobytes() for image in others}
    return sum(image.tobytes() in known for image in some)


# The data.


def test_what_is_compared_with_was_never_learnt_from(subject):
    images = shape_set()
    assert rows_in(subject.train, images.train) == len(subject.train) == 300
    assert rows_in(subject.unseen, images.test) == len(subject.unseen) == 120
    assert rows_in(subject.unseen, subject.train) == 0
    assert rows_in(subject.trial.scored, subject.trial.normal) == 0


def test_the_draws_are_as_many_as_asked_for_and_repeat():
    first, again = (image_subject(shape_set(), most=40, samples=30) for _ in range(2))
    assert (len(first.train), len(first.classes), len(first.unseen)) == (40, 40, 30)
    assert len(first.trial.normal) == len(first.trial.classes) == 40
    np.testing.assert_array_equal(first.train, again.train)
    other = image_subject(shape_set(), most=40, samples=30, random_state=1)
    assert not np.array_equal(first.train, other.train)


def test_one_class_is_normal_or_one_the_anomaly():
    images = shape_set()
    alone = image_subject(images, normal=2).trial
    assert set(alone.classes) == {2}
    assert alone.told == "square is normal, all other classes are anomalies."
    rest = image_subject(images, anomaly=2).trial
    assert set(rest.classes) == {0, 1}
    np.testing.assert_array_equal(alone.anomalies, ~rest.anomalies)
    pairs = zip(rest.normal, rest.classes, strict=True)
    known = dict(zip(map(bytes, images.train), images.train_classes, strict=True))
    assert all(known[bytes(image)] == number for image, number in pairs)


def test_draws_of_one_kind_are_refused():
    images = shape_set()
    only = replace(images, test=images.test[:1], test_classes=images.test_classes[:1])
    with pytest.raises(DataError, match="The 1 images drawn to be scored are all"):
        image_subject(only)


def test_a_table_is_compared_with_its_other_normal_rows():
    data = load_dataset("breast_cancer")
    subject = table_subject(data, samples=200)
    assert subject.trial.normal is subject.train
    assert len(subject.unseen) == int((~subject.trial.anomalies).sum())
    assert subject.unseen.num_columns == 30
    only = replace(data, test=data.test.slice(0, 3), test_labels=np.array([True] * 3))
    with pytest.raises(DataError, match="The 3 rows drawn from breast_cancer"):
        table_subject(only)


def test_windows_of_a_series_are_compared():
    wave = np.sin(np.arange(400) / 3.0)[:, None]
    subject = series_subject(Series("wave", wave, ((300, 310),), 200), window=9, samples=50)
    assert subject.windows.shape == subject.unseen.shape == (50, 9, 1)
    assert len(subject.trial.normal) == len(subject.trial.scored) == 200
    assert subject.trial.anomalies.sum() == 10
    starts = {window.tobytes() for window in cut(wave[200:], 9)}
    normal = {window.tobytes() for window in (*cut(wave[200:300], 9), *cut(wave[310:], 9))}
    assert {window.tobytes() for window in subject.unseen} <= normal < starts
    anomalous = [len(window) for window, k in zip(*places_of(subject), strict=True) if k]
    assert anomalous and set(anomalous) == {9}
    with pytest.raises(DataError, match="too few for windows of 150"):
        series_subject(Series("wave", wave, (), 200), window=150)
    plain = series_subject(Series("wave", wave, (), 200), window=9)
    assert (plain.places, plain.trial) == (None, None)


def places_of(subject):
    return subject.places.data, subject.places.classes


def test_scores_of_windows_are_averaged_over_steps():
    scores = np.random.default_rng(0).random(20)
    found = over_steps(scores, 5)
    assert found.shape == (24,)
    for step in range(24):
        around = scores[max(0, step - 4) : step + 1]
        assert found[step] == pytest.approx(around.mean())


# The judge.


def test_the_judge_knows_the_classes_and_has_a_unit(subject, judge):
    assert judge.accuracy > 0.95
    features = judge.features(subject.train)
    assert features.shape == (300, 64)
    assert (features**2).mean() == pytest.approx(1)
    assert f"{100 * judge.accuracy:.1f} % accurate" in judge.told


def test_the_judge_repeats_and_leaves_the_generator_alone(subject, judge):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    again = ClassifierJudge(subject)
    assert torch.equal(torch.rand(1), expected)
    np.testing.assert_array_equal(again.features(subject.unseen), judge.features(subject.unseen))


def test_the_judge_explains_how_unsure_it_is(judge):
    images, _ = shapes(4, seed=2)
    x = judge.view.samples(judge.view.read(images, VAE(), reset=True), "cpu")[:]
    with torch.no_grad():
        score = judge.model.score(x)
    assert (score >= 0).all()
    assert judge.model.contributions(x).flatten(1).sum(1) == pytest.approx(score, abs=1e-4)


def test_narrow_tables_are_judged_by_their_columns():
    subject = unlabelled_subject("rows", line(100))
    judge = judge_for(subject)
    features = judge.features(line(50, seed=1))
    scaled = (line(50, seed=1) - subject.train.mean(0)) / subject.train.std(0)
    apart = scaled[:, None] - scaled[None]
    expected = np.sqrt((apart**2).sum(2))
    found = np.sqrt(((features[:, None] - features[None]) ** 2).sum(2))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    assert judge.classes(line(5)) is None
    assert "the 3 columns" in judge.told


def test_wide_data_is_judged_by_its_principal_components():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 200))
    judge = ComponentsJudge(unlabelled_subject("wide", wide))
    features, vectors = judge.features(wide), judge.vectors(wide)
    assert features.shape == (400, 64)
    assert features.var(0).sum() == pytest.approx(vectors.var(0).sum(), rel=1e-3)
    assert "first 64 principal components of the 200 columns" in judge.told


def test_images_without_classes_are_judged_by_their_pixels():
    subject = unlabelled_subject("shapes", shapes(60)[0])
    assert (subject.kind, subject.places, subject.trial) == ("image", None, None)
    assert judge_for(subject).features(subject.unseen).shape == (30, 64)
    assert "64 pixels" in judge_for(subject).told


# Quality.


def test_real_samples_are_good_samples(standard):
    quality = standard.quality(shapes(120, seed=3)[0])
    assert quality.precision > 0.8 and quality.recall > 0.8
    assert quality.spread == pytest.approx(1, abs=0.1)
    assert quality.coverage.covered == 3
    assert collapse(quality, quality, ()) == ""


def test_noise_is_far_from_real(standard):
    real = standard.quality(shapes(120, seed=3)[0])
    noise = standard.quality(np.random.default_rng(0).integers(0, 255, (120, 8, 8), np.uint8))
    assert noise.frechet > 5 * real.frechet
    assert noise.kernel > 5 * abs(real.kernel)


def test_a_collapse_is_seen(standard):
    real = standard.quality(shapes(120, seed=3)[0])
    images, classes = shapes(400, seed=3)
    same = standard.quality(np.repeat(images[:1], 120, axis=0))
    assert (same.spread, same.coverage.covered) == (pytest.approx(0, abs=1e-6), 1)
    assert collapse(same, real, ()).startswith("Samples are only 0.00 times as far apart")
    one_class = replace(standard.quality(images[classes == 1]), spread=0.9)
    assert "as if there were 1.0 classes" in collapse(one_class, real, ())


def test_variety_that_was_lost_on_the_way_is_seen(standard):
    real = standard.quality(shapes(120, seed=3)[0])
    steps = [(0, 0.01), (1, 1.5), (2, 0.7)]
    looks = [Look(epochs, {"spread": value}) for epochs, value in steps]
    assert "once they were 2.1 times as far apart" in collapse(real, real, looks)
    assert collapse(real, real, looks[:2]) == ""


# The comparison.


def test_every_model_has_all_its_figures(found):
    result, trainings = found
    assert trainings == ["gan", "gan, one class", "cvae", "cvae, one class"]
    for each in result.contenders:
        assert len(each.samples) == result.compared == 120
        assert each.looks[0].epochs == 0
        assert each.looks[-1].epochs == each.costs.epochs
        assert set(each.looks[0].figures) == {"frechet", "spread", "covered", "effective"}
        assert each.latent.points.shape == (120, 2)
        assert each.ranking.n == each.untrained_ranking.n == 120
        assert each.quality != each.untrained
        assert each.costs.fit_seconds > 0 and each.costs.scored_per_second > 0
    assert result.raw.neighbour_accuracy > 0.9
    assert result.nearest.roc_auc > 0.9


def test_what_is_asked_for_is_counted(found):
    gan, cvae = found[0].contenders
    assert gan.asked is None
    assert len(cvae.asked.by_class) == 3
    assert cvae.asked.accuracy == pytest.approx(np.mean(cvae.asked.by_class))
    assert cvae.asked.accuracy > 0.9
    assert cvae.asked.samples.shape == (30, 8, 8)


def test_comparing_changes_no_model(found, subject):
    cvae = found[0].contenders[1].detector
    alone = clone(cvae).set_params(callbacks=()).fit(subject.train, subject.classes)
    for name, tensor in alone.model_.state_dict().items():
        assert torch.equal(tensor, cvae.model_.state_dict()[name]), name


def test_the_last_look_is_at_the_model_itself(found):
    cvae = found[0].contenders[1]
    assert cvae.looks[-1].figures["spread"] == pytest.approx(cvae.quality.spread, rel=0.2)


def test_models_are_left_as_they_were(subject):
    model = VAE(**SMALL)
    copy = suited(model, subject)
    assert (copy.likelihood, copy.scaler) == ("bernoulli", "minmax")
    assert suited(model, unlabelled_subject("rows", line(50))).likelihood == "gaussian"
    assert model.get_params() == VAE(**SMALL).get_params()
    assert suited(FAnoGAN(), subject).get_params() == FAnoGAN().get_params()


def test_a_comparison_repeats(subject):
    one, two = (compare({"vae": VAE(**SMALL)}, subject, updates=5, looks=1) for _ in range(2))
    assert one.contenders[0].quality == two.contenders[0].quality
    assert one.contenders[0].looks == two.contenders[0].looks
    assert one.contenders[0].ranking == two.contenders[0].ranking
    other = compare({"vae": VAE(**SMALL)}, subject, updates=5, looks=1, random_state=1)
    assert one.contenders[0].quality != other.contenders[0].quality


def test_a_collapsed_model_is_warned_of(subject, monkeypatch):
    monkeypatch.setattr(vae.VAEModel, "sample", lambda self, n: torch.zeros(n, 1, 8, 8))
    (each,) = compare({"vae": VAE(**SMALL)}, subject, updates=5, looks=1).contenders
    assert each.warning.startswith("Samples are only 0.00 times as far apart")


def test_a_table_needs_no_second_training():
    trainings = []
    found = compare(
        {"vae": VAE(**SMALL, epochs=2)},
        table_subject(load_dataset("breast_cancer"), samples=150),
        looks=1,
        watch=lambda name: trainings.append(name) or (),
    )
    (each,) = found.contenders
    assert isinstance(each.samples, pa.Table)
    assert each.asked is None and each.quality.coverage is None
    assert each.latent.points.shape == (150, 2)
    assert each.ranking.prevalence == found.nearest.prevalence
    scores = each.detector.anomaly_score(found.subject.trial.scored)
    labels = found.subject.trial.anomalies
    pairs = scores[labels][:, None] > scores[~labels][None]
    assert each.ranking.roc_auc == pytest.approx(pairs.mean(), abs=1e-6)


def test_without_labels_there_are_no_figures_of_labels():
    found = compare({"gan": FAnoGAN(**SMALL, epochs=1)}, unlabelled_subject("rows", line(80)))
    (each,) = found.contenders
    assert (found.accuracy, found.raw, found.nearest) == (None, None, None)
    assert (each.latent, each.ranking, each.costs.scored_per_second) == (None, None, None)
    assert each.quality.frechet >= 0


def test_what_draws_no_samples_is_refused_before_anything_is_trained(subject):
    trainings = []
    models = {"vae": VAE(**SMALL), "ae": AutoEncoder(**SMALL)}
    with pytest.raises(ParameterError, match="ae learns no distribution"):
        compare(models, subject, watch=lambda name: trainings.append(name) or ())
    assert trainings == []
