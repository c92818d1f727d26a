"""The variety of generated samples: its measure, its loss, and what training does about it."""

import math
import re
import warnings

import numpy as np
import pytest
import torch
from torch import nn

import genad
from genad import AutoEncoder, ConditionalGAN, FAnoGAN
from genad.data.samples import Labelled
from genad.losses import per_sample
from genad.training import (
    Checkpoint,
    CollapseWarning,
    Model,
    Objective,
    Options,
    train,
    variety,
)
from genad.training import collapse as collapse_module
from genad.training.collapse import GOOD, LEAST, Watch
from genad.training.updater import Updater
from helpers import ALL, line, settings_for, tiny
from test_training import Interrupt, same, weights_of

REAL = torch.randn(300, 3, generator=torch.Generator().manual_seed(1))
OPTIONS = Options(epochs=60, batch_size=300, lr=0.05, recoveries=2)


class Shrinking(Model):
    """A generator that is paid for making its samples more and more alike."""

    def __init__(self, pull=1.0):
        super().__init__()
        self.pull = pull
        self.generator = nn.Linear(3, 3, bias=False)
        nn.init.eye_(self.generator.weight)
        self.register_buffer("seen", torch.zeros(1))

    def objectives(self):
        return [Objective("generator", (self.generator,), self.loss, betas=(0.0, 0.9))]

    def loss(self, x):
        self.seen += 1
        return {"size": self.pull * self.generator.weight.diag().sum()}

    def generators(self):
        return [self.generator]

    def sample(self, n):
        return self.generator(torch.randn(n, 3))

    def score(self, x):
        return per_sample(x)

    def contributions(self, x):
        return x


@pytest.fixture(autouse=True)
def _every_update_counts(monkeypatch):
    """Trainings are short here: a look counts after a quarter of the epochs."""
    monkeypatch.setattr(collapse_module, "_UPDATES", 0)


def run(options=OPTIONS, pull=1.0, **kwargs):
    torch.manual_seed(0)
    model = Shrinking(pull)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
        return model, train(model, REAL, REAL[:0], options, **kwargs)


# ---------------------------------------------------------------- the measure


def test_equal_samples_have_no_variety_and_real_ones_all():
    assert variety(torch.ones(50, 3), REAL) == 0
    assert variety(REAL, REAL) == 1
    assert variety(REAL.flip(0) + 7, REAL) == pytest.approx(1)
    assert variety(0.25 * REAL, REAL) == pytest.approx(0.25)
    assert variety(-9 * REAL, REAL) == 1


def test_what_varies_too_much_makes_up_for_nothing():
    real = torch.tensor([[0.0, 0.0], [2.0, 6.0]])
    assert variety(torch.tensor([[0.0, 1.0], [100.0, 1.0]]), real) == pytest.approx(1 / 4)


def test_of_constant_data_there_is_nothing_to_lose():
    assert variety(torch.randn(5, 2), torch.ones(5, 2)) == 1


def test_one_sample_per_class_is_no_variety():
    y = torch.arange(300) % 3
    real = REAL + 5 * y[:, None]
    prototypes = 5.0 * y[:, None].expand(300, 3)
    assert variety(prototypes, real) > 0.7
    assert variety(prototypes, real, y) == 0
    assert variety(real, real, y) == 1
    assert variety(prototypes + 0.5 * REAL, real, y) == pytest.approx(0.5)


# ---------------------------------------------------------------- looks


def test_looks_are_few_and_alike():
    model = Shrinking()
    watch = Watch(model, REAL, 250, updates=1)
    before = torch.get_rng_state()
    found = [watch.look(epoch) for epoch in range(250)]
    assert torch.equal(torch.get_rng_state(), before)
    seen = [value for value in found if value is not None]
    assert found[:3] == [None, None, seen[0]]
    assert len(seen) == 83
    assert len(set(seen)) == 1
    assert len([1 for epoch in range(7) if Watch(model, REAL, 7, updates=1).look(epoch)]) == 7


def test_classes_are_asked_for_as_the_training_data_has_them():
    asked = []

    class Asked(Shrinking):
        def sample(self, n, y):
            asked.append((n, y))
            return torch.randn(n, 3)

    labels = torch.arange(300) % 4
    Watch(Asked(), Labelled(REAL, labels), 1, updates=1).look(0)
    ((n, y),) = asked
    assert n == 300
    assert torch.equal(y.bincount(), labels.bincount())


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_watching_changes_no_bit_of_the_training(cls, monkeypatch):
    if "recoveries" not in cls._get_param_names() or "table" not in cls.kinds:
        pytest.skip("no training, or none on rows")
    watched = tiny(cls).fit(line(100))
    monkeypatch.setattr(type(watched.model_), "generators", lambda self: [])
    plain = tiny(cls, recoveries=0).fit(line(100))
    assert same(weights_of(plain.model_), weights_of(watched.model_))
    assert plain.history_.curve("variety") == []


def test_of_gans_the_variety_is_in_the_history_while_the_generator_trains():
    history = tiny(FAnoGAN, epochs=3).fit(line(100)).history_
    looked = [epoch.variety is not None for epoch in history.epochs]
    assert looked == [epoch.stage == 0 for epoch in history.epochs]
    assert all(0 <= value <= 1 for value in history.curve("variety"))
    assert tiny(AutoEncoder).fit(line(100)).history_.curve("variety") == []


def test_a_gan_that_learns_has_variety(tmp_path):
    X = np.random.default_rng(0).normal(size=(300, 2))
    y = X[:, 0] > 0
    detector = ConditionalGAN(hidden=(16,), epochs=80, lr=5e-3, random_state=0).fit(X, y)
    assert detector.history_.curve("variety")[-1] > GOOD
    assert detector.history_.notes == []
    detector.save(tmp_path / "model")
    assert genad.load(tmp_path / "model").history_ == detector.history_


# ---------------------------------------------------------------- collapse


def test_training_goes_back_to_the_last_good_state_and_on_in_smaller_steps():
    model, history = run()
    curve = history.curve("variety")
    assert curve[0] > 0.9
    falls = [i for i in range(1, 60) if curve[i] > curve[i - 1]]  # where it went back
    assert len(falls) == 2
    for fall in falls:
        assert max(curve[fall - 3 : fall]) < LEAST
        assert GOOD - 0.06 < curve[fall] < GOOD + 0.06
    assert falls[0] == 18  # the first of 60 epochs that counts is that of number 15
    assert curve[falls[1] - 4] >= LEAST
    steps = [curve[i] - curve[i + 1] for i in (0, falls[0], falls[1])]
    np.testing.assert_allclose(np.divide(steps[:2], steps[1:]), 2, rtol=0.1)
    assert len(history.notes) == 3
    for note, fall in zip(history.notes, falls, strict=False):
        assert f"of epoch {fall} vary only {curve[fall - 1]:.2f} times" in note
        good = int(re.search(r"went on from epoch (\d+) with half the learning rate", note)[1])
        assert curve[good - 1] >= GOOD
    assert history.notes[2].endswith("has collapsed; lower lr, or train for fewer epochs.")
    assert float(model.seen) == good + 60 - falls[1]  # buffers go back too


def test_a_collapse_that_stays_is_warned_of_once():
    torch.manual_seed(0)
    with pytest.warns(CollapseWarning, match="of epoch 18 vary only 0.1. times as much") as warned:
        train(Shrinking(), REAL, REAL[:0], Options(epochs=60, batch_size=300, lr=0.05))
    assert len(warned) == 1


def test_the_first_part_of_a_training_may_have_little_variety():
    grow = Options(epochs=40, batch_size=300, lr=0.1)
    torch.manual_seed(0)
    model = Shrinking(pull=-1.0)
    nn.init.zeros_(model.generator.weight)
    history = train(model, REAL, REAL[:0], grow)  # a warning would be an error
    curve = history.curve("variety")
    assert sum(value < LEAST for value in curve[:10]) == 2
    assert curve[-1] == 1
    torch.manual_seed(0)
    slow = Shrinking(pull=-1e-30)
    nn.init.zeros_(slow.generator.weight)
    with pytest.warns(CollapseWarning, match="of epoch 13 vary only 0.00 times"):
        train(slow, REAL, REAL[:0], Options(epochs=40, batch_size=300, lr=1e-9, recoveries=2))


@pytest.mark.parametrize("pull", [0.1, -1.0])
def test_a_training_that_does_not_collapse_is_the_same_with_any_number_of_recoveries(pull):
    options = Options(epochs=20, batch_size=100, lr=0.005, recoveries=0)
    plain, history = run(options, pull)
    guarded, other = run(Options(epochs=20, batch_size=100, lr=0.005, recoveries=3), pull)
    assert same(weights_of(plain), weights_of(guarded))
    assert history.notes == other.notes == []


@pytest.mark.parametrize("epoch", [2, 12, 16, 17, 18, 27, 40, 58])
@pytest.mark.parametrize("ema", [None, 0.5])
def test_an_interrupted_run_collapses_and_recovers_as_it_would_have(epoch, ema, tmp_path):
    options = Options(epochs=60, batch_size=300, lr=0.05, recoveries=2, ema=ema)
    expected, history = run(options)
    assert len(history.notes) >= 2
    checkpoint = Checkpoint(tmp_path / "run", "this run")
    with pytest.raises(KeyboardInterrupt):
        run(options, checkpoint=checkpoint, callbacks=[Interrupt(0, epoch)])
    model, resumed = run(options, checkpoint=checkpoint)
    assert same(weights_of(model), weights_of(expected))
    assert resumed.notes == history.notes
    assert resumed.curve("variety") == history.curve("variety")
    norms = [each.gradient_norms for each in history.epochs]
    assert [each.gradient_norms for each in resumed.epochs] == norms


def test_the_first_updates_do_not_count(monkeypatch):
    def fails(epochs, updates):
        watch = Watch(Shrinking(), REAL, epochs, updates)
        watch.model.generator.weight.data.zero_()
        for epoch in range(epochs):
            watch.look(epoch)
            if watch.collapsed:
                return epoch
        return None

    monkeypatch.setattr(collapse_module, "_UPDATES", 200)
    assert fails(40, updates=1000) == 12
    assert fails(40, updates=10) == 22
    assert fails(20, updates=10) is None
    assert fails(4, updates=1000) == 3


def test_a_detector_that_collapses_says_so(monkeypatch):
    monkeypatch.setattr(collapse_module, "variety", lambda made, real: 0.1)
    with pytest.warns(CollapseWarning, match="vary only 0.10 times"):
        detector = tiny(FAnoGAN, epochs=12).fit(line(60))
    (note,) = detector.history_.notes
    assert "of epoch 6 " in note


# ---------------------------------------------------------------- gradients


def test_the_gradient_norm_is_the_root_of_the_running_mean_square():
    torch.manual_seed(0)
    net = nn.Linear(3, 2)
    objective = Objective("o", (net,), lambda x: {"e": net(x).square()}, betas=(0.5, 0.9))
    updater = Updater(Shrinking(), objective, lr=0.01, clip=None, ema=None)
    assert updater.gradient_norm() == 0
    mean = 0.0
    for step in range(1, 31):
        _, gradient = updater._eager(REAL)
        mean = 0.9 * mean + 0.1 * gradient.double().square().sum().item()
        updater.step(REAL)
        expected = math.sqrt(mean / (1 - 0.9**step))
        assert updater.gradient_norm() == pytest.approx(expected, rel=1e-5)


def test_every_objective_has_its_gradient_norms_in_the_history():
    detector = tiny(FAnoGAN, **settings_for(FAnoGAN, epochs=3)).fit(line(100))
    for objective in detector.model_.objectives():
        norms = detector.history_.gradient_norms(objective.name)
        assert len(norms) == 3
        assert min(norms) > 0
    assert detector.history_.gradient_norms("nobody") == []
