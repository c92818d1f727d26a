"""The training loop: what it minimises, records, stops at, averages, and takes up again."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from genad import AutoEncoder
from genad.errors import ModelFormatError, ParameterError, TrainingDiverged
from genad.losses import per_sample, squared_error
from genad.training import (
    Callback,
    Checkpoint,
    Epoch,
    History,
    Model,
    Objective,
    Options,
    attribute,
    resolve_device,
    train,
)
from genad.training import loop as loop_module
from genad.training.schedule import constant, one_cycle
from genad.training.updater import Updater
from helpers import each_detector, fitted, line, tiny

SAMPLES = torch.from_numpy(line(100).astype(np.float32))
HELD_OUT = torch.from_numpy(line(40, seed=1).astype(np.float32))
PATIENT = Options(epochs=6, batch_size=32, lr=0.02)


class Toy(Model):
    """A denoising autoencoder, then, as a second stage, a network that adds what it lacks."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(3, 1), nn.Linear(1, 3)
        self.rest = nn.Linear(3, 3)
        self.batches = []

    def objectives(self):
        return [
            Objective("down", (self.encoder,), self.loss, steps=2),
            Objective("up", (self.decoder,), self.loss, lr_scale=0.5, betas=(0.5, 0.99)),
            Objective("rest", (self.rest,), self.rest_loss, stage=1),
        ]

    def reconstruct(self, x):
        return self.decoder(self.encoder(x))

    def loss(self, x):
        self.batches.append(x)
        x_hat = self.reconstruct(x + 0.1 * torch.randn_like(x))
        penalty = 1e-3 * self.encoder.weight.square().sum()
        return {"error": per_sample(squared_error(x, x_hat)), "penalty": penalty}

    def rest_loss(self, x):
        return {"error": per_sample(squared_error(x, self.reconstruct(x) + self.rest(x)))}

    def score(self, x):
        return per_sample(self.contributions(x))

    def contributions(self, x):
        return squared_error(x, self.reconstruct(x))


class Watch(Callback):
    """Notes every call, and the weights and the mode at the end of every epoch."""

    def __init__(self, model, stop_at=None):
        self.model, self.stop_at = model, stop_at
        self.announced, self.epochs, self.weights, self.ended = None, [], [], None

    def on_start(self, epochs):
        self.announced = epochs

    def on_epoch(self, epoch):
        self.epochs.append(epoch)
        self.weights.append(weights_of(self.model))
        return (epoch.stage, epoch.epoch) == self.stop_at

    def on_end(self, history):
        self.ended = history


class Interrupt(Callback):
    """Ctrl-C at the end of one epoch."""

    def __init__(self, stage, epoch):
        self.at = (stage, epoch)

    def on_epoch(self, epoch):
        if (epoch.stage, epoch.epoch) == self.at:
            raise KeyboardInterrupt


def ctrl_c(*_):
    raise KeyboardInterrupt


def facts(history):
    """Return all that a history says but the seconds."""
    epochs = [(e.stage, e.epoch, e.terms, e.validation) for e in history.epochs]
    return epochs, history.stopped


def weights_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(ours, theirs):
    return all(torch.equal(ours[name], theirs[name]) for name in theirs)


def run(options=PATIENT, held_out=HELD_OUT, **kwargs):
    """Return a toy model trained from seed 0, and its history."""
    torch.manual_seed(0)
    model = Toy()
    torch.manual_seed(1)
    return model, train(model, SAMPLES, held_out, options, **kwargs)


# The loop.


def test_stages_follow_one_another_and_the_history_tells_all():
    model, history = run()
    where = [(epoch.stage, epoch.epoch) for epoch in history.epochs]
    assert where == [(stage, epoch) for stage in (0, 1) for epoch in range(6)]
    assert history.names() == ["down.error", "down.penalty", "up.error", "up.penalty", "rest.error"]
    assert history.stopped == "all epochs done"
    assert len(history.curve("down.error")) == len(history.curve("rest.error")) == 6
    assert len(history.curve("validation")) == 12
    assert history.curve("rest.error")[-1] < history.curve("down.error")[0]
    final = model.score(HELD_OUT).double().mean().item()
    assert history.curve("validation")[-1] == pytest.approx(final)
    assert all(epoch.seconds > 0 for epoch in history.epochs)


def test_the_history_goes_through_json():
    _, history = run()
    assert History.from_config(json.loads(json.dumps(history.to_config()))) == history
    assert isinstance(history.epochs[0], Epoch)


def test_every_epoch_shows_each_sample_once_in_an_order_of_its_own():
    model, _ = run(Options(epochs=2, batch_size=32))
    per_epoch = 4 * 3  # batches; two steps of the first objective, one of the second
    assert [len(batch) for batch in model.batches[:per_epoch:3]] == [32, 32, 32, 4]
    orders = []
    for epoch in (0, 1):
        mine = model.batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        for step in range(3):
            seen = torch.cat(mine[step::3])
            assert sorted(seen.tolist()) == sorted(SAMPLES.tolist())
        orders.append(torch.cat(mine[::3]))
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], SAMPLES)


def test_the_terms_are_the_means_over_the_epoch():
    torch.manual_seed(0)
    model = Toy()
    objective = Objective("only", (model.encoder,), lambda x: {"size": model.encoder(x).square()})
    model.objectives = lambda: [objective]
    history = train(model, SAMPLES, HELD_OUT[:0], Options(epochs=1, batch_size=25, lr=1e-12))
    expected = model.encoder(SAMPLES).square().mean().item()
    assert history.curve("only.size") == pytest.approx([expected])


def test_the_terms_of_batches_of_all_sizes_count_alike():
    torch.manual_seed(0)
    net = nn.Linear(3, 2)

    def loss(x):
        return {"size": net(x).square(), "penalty": net.weight.square().sum()}

    updater = Updater(Toy(), Objective("o", (net,), loss), lr=0.1, clip=None, ema=None)
    for _ in range(2):
        expected = []
        for rows in (32, 32, 7, 1):
            expected.append([term.mean().item() for term in loss(SAMPLES[:rows]).values()])
            updater.step(SAMPLES[:rows])
        means = updater.means()
        assert list(means) == ["size", "penalty"]
        assert list(means.values()) == pytest.approx(np.mean(expected, 0).tolist())


def test_without_held_out_rows_there_is_no_validation_and_no_early_stop():
    _, history = run(Options(epochs=3, patience=1), held_out=HELD_OUT[:0])
    assert history.curve("validation") == []
    assert len(history.epochs) == 6


def test_a_model_without_a_held_out_loss_is_trained_to_the_end(monkeypatch):
    monkeypatch.setattr(Toy, "validation", lambda self, x: None)
    _, history = run(Options(epochs=3, patience=1))
    assert history.curve("validation") == []
    assert len(history.epochs) == 6


def test_training_and_evaluation_modes():
    modes = []

    class Asking(Toy):
        def loss(self, x):
            modes.append(self.training)
            return super().loss(x)

        def validation(self, x):
            modes.append(self.training)
            return super().validation(x)

    model = Asking()
    train(model, SAMPLES, HELD_OUT, Options(epochs=1, batch_size=100))
    assert modes == [True, True, True, False, False]
    assert not model.training


def test_an_objective_moves_its_own_parameters_only():
    torch.manual_seed(0)
    model = Toy()
    before = weights_of(model)
    updater = Updater(model, model.objectives()[1], lr=0.1, clip=None, ema=None)
    updater.step(SAMPLES)
    after = weights_of(model)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"decoder.weight", "decoder.bias"}


@pytest.mark.parametrize("schedule", [constant, one_cycle])
@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.999), (0.0, 0.9)])
def test_adam_is_torchs_adam(betas, weight_decay, schedule):
    torch.manual_seed(0)
    ours, theirs = nn.Linear(4, 3).double(), nn.Linear(4, 3).double()
    theirs.load_state_dict(ours.state_dict())
    x, y = torch.randn(20, 4, dtype=torch.float64), torch.randn(20, 3, dtype=torch.float64)
    objective = Objective(
        "o",
        (ours,),
        lambda x: {"e": (ours(x) - y).square()},
        betas=betas,
        weight_decay=weight_decay,
        schedule=schedule,
    )
    updater = Updater(Toy(), objective, lr=0.03, clip=None, ema=None)
    adam = torch.optim.AdamW(theirs.parameters(), betas=betas, weight_decay=weight_decay)
    for step in range(50):
        updater.progress = step / 50
        updater.step(x)
        adam.param_groups[0]["lr"] = 0.03 * schedule(step / 50)
        adam.zero_grad()
        (theirs(x) - y).square().mean().backward()
        adam.step()
    torch.testing.assert_close(ours.weight, theirs.weight, atol=1e-6, rtol=0)


def test_the_learning_rate_is_scaled_by_the_objective():
    torch.manual_seed(0)
    model = Toy()
    rates = [Updater(model, o, lr=0.1, clip=None, ema=None).adam.lr for o in model.objectives()]
    assert rates == [0.1, 0.05, 0.1]


def test_one_cycle_is_torchs_one_cycle():
    steps = 200
    optimiser = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    # torch counts the last step as the end, and ends slightly above zero.
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 1.0, total_steps=steps + 1, pct_start=(0.3 * steps + 1) / (steps + 1)
    )
    for step in range(steps):
        assert one_cycle(step / steps) == pytest.approx(theirs.get_last_lr()[0], abs=1e-5)
        optimiser.step()
        theirs.step()
    assert [constant(progress) for progress in (0, 0.5, 1)] == [1, 1, 1]


# Callbacks.


def test_callbacks_see_every_epoch_as_it_ends():
    torch.manual_seed(0)
    model = Toy()
    watch = Watch(model)
    history = train(model, SAMPLES, HELD_OUT, PATIENT, callbacks=[watch, Callback()])
    assert watch.announced == 12
    assert watch.epochs == history.epochs
    assert watch.ended is history
    assert same(watch.weights[-1], model.state_dict())


def test_a_callback_may_end_a_stage():
    torch.manual_seed(0)
    model = Toy()
    watch = Watch(model, stop_at=(0, 1))
    history = train(model, SAMPLES, HELD_OUT, PATIENT, callbacks=[watch])
    assert [epoch.stage for epoch in history.epochs] == [0] * 2 + [1] * 6
    assert history.stopped == "stopped early after 2 epochs"


def test_a_detector_passes_its_callbacks_on():
    watch = Watch(nn.Identity())
    detector = tiny(AutoEncoder, callbacks=(watch,)).fit(line(60))
    assert watch.epochs == detector.history_.epochs
    assert len(watch.epochs) == 3


# Early stopping, averages, clipping, divergence.


def validations(values):
    """Return a `validation` that gives the values in turn."""
    left = iter(values)
    return lambda self, x: torch.full((len(x),), next(left))


def test_early_stopping_brings_the_best_weights_back(monkeypatch):
    values = [5.0, 3.0, 4.0, 3.5, 9.0]
    monkeypatch.setattr(Toy, "validation", validations(values + values))
    torch.manual_seed(0)
    model = Toy()
    watch = Watch(model)
    options = Options(epochs=50, batch_size=32, lr=0.02, patience=3)
    history = train(model, SAMPLES, HELD_OUT, options, callbacks=[watch])
    assert history.curve("validation") == values * 2
    assert history.stopped == "stopped early after 5 epochs"
    best = watch.weights[1]  # of stage 0; stage 1 moves `rest` alone
    assert same(weights_of(model), best | {k: watch.weights[6][k] for k in best if "rest" in k})
    assert not same(weights_of(model), watch.weights[-1])


def test_without_patience_the_last_weights_stay(monkeypatch):
    monkeypatch.setattr(Toy, "validation", validations([1.0, 2.0, 3.0] * 2))
    torch.manual_seed(0)
    model = Toy()
    watch = Watch(model)
    train(model, SAMPLES, HELD_OUT, Options(epochs=3), callbacks=[watch])
    assert same(weights_of(model), watch.weights[-1])


def test_patience_that_never_runs_out_still_keeps_the_best(monkeypatch):
    monkeypatch.setattr(Toy, "validation", validations([3.0, 1.0, 2.0] * 2))
    torch.manual_seed(0)
    model = Toy()
    watch = Watch(model)
    history = train(model, SAMPLES, HELD_OUT, Options(epochs=3, patience=9), callbacks=[watch])
    assert history.stopped == "all epochs done"
    assert torch.equal(model.encoder.weight, watch.weights[1]["encoder.weight"])


def test_the_average_is_the_decayed_mean_of_the_weights():
    torch.manual_seed(0)
    model = Toy()
    updater = Updater(model, model.objectives()[0], lr=0.1, clip=None, ema=0.6)
    expected = updater.values.clone()
    for step in range(1, 31):
        updater.step(SAMPLES)
        decay = min(0.6, step / (step + 9))
        expected = decay * expected + (1 - decay) * updater.values
        torch.testing.assert_close(updater.average, expected)
    last = updater.values.clone()
    updater.swap_average()
    torch.testing.assert_close(model.encoder.weight.flatten(), expected[:3])
    updater.swap_average()
    assert torch.equal(updater.values, last)


@pytest.mark.parametrize("patience", [None, 2])
def test_the_averaged_weights_are_validated_and_kept(patience):
    options = Options(epochs=6, batch_size=32, lr=0.02, ema=0.9, patience=patience)
    model, history = run(options)
    plain, _ = run(Options(epochs=6, batch_size=32, lr=0.02))
    assert not same(weights_of(model), weights_of(plain))
    final = model.score(HELD_OUT).double().mean().item()
    first_stage = [e.validation for e in history.epochs if e.stage == 0]
    kept = first_stage[-1] if patience is None else min(first_stage)
    assert final == pytest.approx(kept)


def test_a_gradient_is_clipped_to_the_norm(monkeypatch):
    torch.manual_seed(0)
    model = Toy()
    updater = Updater(model, model.objectives()[0], lr=0.1, clip=0.25, ema=None)
    _, gradient = updater._eager(1000 * SAMPLES)
    given = []
    monkeypatch.setattr(updater, "_eager", lambda batch: (torch.zeros(2), batch))
    monkeypatch.setattr(updater.adam, "step", lambda gradient, factor: given.append(gradient))
    for scale in (1.0, 1e-12 / gradient.norm().item(), 0.0):
        updater.step(scale * gradient)
    assert given[0].norm().item() == pytest.approx(0.25)
    torch.testing.assert_close(given[0] / 0.25, gradient / gradient.norm())
    torch.testing.assert_close(given[1] * gradient.norm() * 1e12, gradient)
    assert torch.equal(given[2], 0 * gradient)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_training(monkeypatch, bad):
    calls = []

    def loss(self, x):
        calls.append(x)
        return {"error": self.encoder(x).sum(1) * (bad if len(calls) > 8 else 1)}

    monkeypatch.setattr(Toy, "loss", loss)
    model = Toy()
    model.objectives = lambda: [Objective("toy", (model.encoder,), model.loss)]
    with pytest.raises(
        TrainingDiverged, match=r"'toy.error' became (nan|-?inf) in epoch 3; lower lr"
    ):
        train(model, SAMPLES, HELD_OUT, Options(epochs=9, batch_size=32))
    assert len(calls) == 12
    assert not model.training


def test_a_diverging_detector_says_what_to_do():
    with pytest.raises(TrainingDiverged, match=r"lower lr \(now 1e\+30\), set clip=1\.0, or scale"):
        tiny(AutoEncoder, lr=1e30, epochs=20).fit(line(100))


# Sharing a distance out.


def test_a_linear_distance_is_shared_out_by_its_slope():
    x, start, slope = torch.randn(3, 5, 4)
    shares = attribute(lambda u: ((u - start) * slope).sum(1), x, start)
    torch.testing.assert_close(shares, (x - start) * slope, atol=1e-5, rtol=1e-5)


def test_a_smooth_distance_is_shared_out_along_the_path():
    x, start = 2 * torch.randn(5, 2), torch.zeros(5, 2)
    shares = attribute(lambda u: u[:, 0].square() + u[:, 1].pow(4), x, start, steps=200)
    expected = torch.stack([x[:, 0].square(), x[:, 1].pow(4)], 1)
    torch.testing.assert_close(shares, expected, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("at_start", [0.0, 3.0, -3.0])
def test_shares_always_sum_to_the_distance(at_start):
    x, start = torch.randn(5, 2, 3), torch.randn(5, 2, 3)
    start[0] = x[0]

    def distance(u):
        return (u - start).abs().flatten(1).sum(1) + at_start

    shares = attribute(distance, x, start, steps=3)
    torch.testing.assert_close(shares.flatten(1).sum(1), distance(x), atol=1e-4, rtol=1e-4)


# Checkpoints.


STAGES = [
    Options(epochs=4, batch_size=32, lr=0.02, **extra)
    for extra in (
        {},
        {"patience": 2},
        {"ema": 0.9},
        {"clip": 0.1},
        {"patience": 1, "ema": 0.5, "clip": 0.5},
    )
]


@pytest.mark.parametrize("options", STAGES, ids=str)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.49, 0.5, 0.99])
def test_an_interrupted_run_ends_with_the_same_weights(options, share, tmp_path):
    expected, history = run(options)
    last = history.epochs[int(share * len(history.epochs))]
    checkpoint = Checkpoint(tmp_path / "run.safetensors", "this run")
    with pytest.raises(KeyboardInterrupt):
        run(options, checkpoint=checkpoint, callbacks=[Interrupt(last.stage, last.epoch)])
    assert [path.name for path in tmp_path.iterdir()] == ["run.safetensors"]
    torch.randn(7)  # whatever happens in between
    model, resumed = run(options, checkpoint=checkpoint)
    assert same(weights_of(model), weights_of(expected))
    assert facts(resumed) == facts(history)


@pytest.mark.parametrize(
    ("stopped_by", "interrupted_in"),
    [("patience", "on_epoch"), ("patience", "rest_loss"), ("callback", "rest_loss")],
)
def test_a_stage_that_stopped_early_stays_stopped(
    stopped_by, interrupted_in, tmp_path, monkeypatch
):
    """The interrupt comes as the stage ends, or before the next one has had an epoch."""

    def start(losses, *callbacks, checkpoint=None):
        monkeypatch.setattr(Toy, "validation", validations(losses))
        stop = Watch(nn.Identity(), stop_at=(0, 2) if stopped_by == "callback" else None)
        return run(options, callbacks=[stop, *callbacks], checkpoint=checkpoint)

    options = Options(epochs=5, batch_size=32, patience=2 if stopped_by == "patience" else None)
    losses = [1.0, 2.0, 3.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    expected, history = start(losses)
    assert [epoch.stage for epoch in history.epochs] == [0] * 3 + [1] * 5
    checkpoint = Checkpoint(tmp_path / "run", "this run")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Toy, "rest_loss", ctrl_c)
        start(losses, *[Interrupt(0, 2)] * (interrupted_in == "on_epoch"), checkpoint=checkpoint)
    model, resumed = start(losses[3:], checkpoint=checkpoint)
    assert same(weights_of(model), weights_of(expected))
    assert facts(resumed) == facts(history)


def test_an_interrupt_amid_an_epoch_goes_back_to_its_start(tmp_path, monkeypatch):
    expected, _ = run()
    checkpoint, loss, calls = Checkpoint(tmp_path / "run", "this run"), Toy.loss, []

    def failing(self, x):
        calls.append(x)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return loss(self, x)

    monkeypatch.setattr(Toy, "loss", failing)
    with pytest.raises(KeyboardInterrupt):
        run(checkpoint=checkpoint)
    model, _ = run(checkpoint=checkpoint)
    assert same(weights_of(model), weights_of(expected))


def test_the_run_is_written_down_now_and_then(tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "_CHECKPOINT_SECONDS", 0)
    checkpoint, seen = Checkpoint(tmp_path / "deep" / "run", "this run"), []

    class Look(Callback):
        def on_epoch(self, epoch):
            seen.append(checkpoint.read()[1]["epoch"])

    run(checkpoint=checkpoint, callbacks=[Look()])
    assert seen == [1, 2, 3, 4, 5, 6] * 2
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run"]


@each_detector
def test_every_detector_can_be_resumed(cls, tmp_path):
    prefix = "detector__" if "detector" in cls._get_param_names() else ""
    if f"{prefix}checkpoint" not in tiny(cls).get_params():
        assert fitted(cls).history_.epochs == []
        return

    def kept(**of_the_run):
        detector = tiny(cls).set_params(
            **{f"{prefix}{name}": value for name, value in of_the_run.items()}
        )
        return detector.fit(line(150))

    stages = {epoch.stage for epoch in fitted(cls).history_.epochs}
    X, file = line(100, seed=1), tmp_path / "run"
    for stage in stages:
        with pytest.raises(KeyboardInterrupt):
            kept(checkpoint=str(file), callbacks=(Interrupt(stage, 1),))
        assert file.exists()
        resumed = kept(checkpoint=str(file))
        np.testing.assert_array_equal(resumed.anomaly_score(X), fitted(cls).anomaly_score(X))
        assert resumed.threshold_ == fitted(cls).threshold_
        assert not file.exists()


def interrupted(file, **changes):
    with pytest.raises(KeyboardInterrupt):
        tiny(AutoEncoder, checkpoint=str(file), callbacks=(Interrupt(0, 0),), **changes).fit(
            line(60)
        )


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    file = tmp_path / "run"
    interrupted(file)
    before = file.read_bytes()
    for changes, rows in (({"lr": 0.1}, 60), ({"random_state": 1}, 60), ({}, 61)):
        with pytest.raises(ParameterError, match="belongs to a run with other parameters"):
            tiny(AutoEncoder, checkpoint=str(file), **changes).fit(line(rows))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage", [lambda data: data[:50], lambda data: b"hello", lambda data: b""]
)
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    file = tmp_path / "run"
    interrupted(file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ModelFormatError, match="delete it to train from the start"):
        tiny(AutoEncoder, checkpoint=str(file)).fit(line(60))


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_a_checkpoint_needs_a_seed(tmp_path, random_state):
    detector = tiny(AutoEncoder, checkpoint=str(tmp_path / "run"), random_state=random_state)
    with pytest.raises(ParameterError, match="give an integer"):
        detector.fit(line(60))


# How long, and where.


def test_by_default_there_are_as_many_epochs_as_make_the_updates():
    class Brief(Callback):
        def on_start(self, epochs):
            self.epochs = epochs

        def on_epoch(self, epoch):
            return True

    for rows, validation_fraction, batches in ((640, 0.0, 10), (100, 0.2, 2), (65, 0.0, 2)):
        brief = Brief()
        detector = tiny(AutoEncoder, epochs=None, callbacks=(brief,))
        detector.set_params(validation_fraction=validation_fraction).fit(line(rows))
        assert brief.epochs == math.ceil(AutoEncoder.default_updates / batches)


def test_devices():
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("magic", "cuda:99"):
        with pytest.raises(ParameterError, match=f"device '{name}' cannot be used on this machine"):
            resolve_device(name)
