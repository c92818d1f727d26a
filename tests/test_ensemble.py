"""Ensembles: members trained side by side as they would be alone, and what they agree on."""

import json

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn
from torch.func import vmap

import genad
from genad import VAE, AutoEncoder, Ensemble
from genad.errors import ModelFormatError, ParameterError
from genad.nets.spectral import SpectralLinear
from genad.training import BatchedModel, Callback, Model, Objective, Options, train
from genad.training.joint import JointLoss, _side_by_side
from genad.training.joint_linear import JointLinear
from helpers import fitted, line

SAMPLES = torch.from_numpy(line(100)).float()
HELD_OUT = torch.from_numpy(line(30, seed=1)).float()


class Side(BatchedModel):
    """Models side by side, and nothing else."""

    def score(self, x):
        return torch.stack([model.score(x) for model in self.each()]).mean(0)

    def contributions(self, x):
        return torch.stack([model.contributions(x) for model in self.each()]).mean(0)


def small():
    return AutoEncoder(hidden=(8,), latent=2)._build((3,))


def alone(number, members, options, make=small):
    """Return the member of that number, trained as any model is, on its own random numbers."""
    torch.manual_seed(0)
    seed = int(torch.randint(2**31 - 1, (members,))[number])
    torch.manual_seed(seed)
    model = make()
    model.prepare(SAMPLES)
    return model, train(model, SAMPLES, HELD_OUT, options)


def together(members, options, make=small):
    torch.manual_seed(0)
    model = Side(make, members)
    model.prepare(SAMPLES)
    return model, train(model, SAMPLES, HELD_OUT, options)


@pytest.mark.parametrize(
    "extra",
    [{}, {"clip": 0.5}, {"ema": 0.9}, {"patience": 2, "lr": 0.2}],
    ids=["plain", "clip", "ema", "patience"],
)
def test_a_member_is_trained_as_it_would_be_alone(extra):
    options = Options(**{"epochs": 12, "batch_size": 32, "lr": 0.02} | extra)
    batched, history = together(3, options)
    lengths = []
    for number, member in enumerate(batched.each()):
        expected, own = alone(number, 3, options)
        lengths.append(len(own.epochs))
        for ours, theirs in zip(member.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)
    assert len(history.epochs) == max(lengths)
    first, second = (member.encoder[1].weight for member in batched.each()[:2])
    assert not torch.equal(first, second)
    if "patience" in extra:
        assert len(set(lengths)) > 1  # they end at different times, and each keeps its best


class Judged(Model):
    """A loss with all that cannot be computed side by side, where it is wanted."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.layer = kind, SpectralLinear(3, 2)

    def objectives(self):
        return [Objective("judged", (self.layer,), self.loss)]

    def loss(self, x):
        if self.kind == "differentiates":
            x = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.layer(x).sum(), x, create_graph=True)
            return {"size": slope.square().sum(1) + self.layer(x).square().sum(1)}
        if self.kind == "steers" and self.layer.u[0] > 2:
            return {}
        return {"size": self.layer(x).square().sum(1)}

    def score(self, x):
        return self.layer(x).square().sum(1)

    def contributions(self, x):
        return x


@pytest.mark.parametrize(
    ("kind", "possible"), [("plain", True), ("differentiates", False), ("steers", False)]
)
def test_what_cannot_be_computed_at_once_is_computed_in_turn(kind, possible):
    options = Options(epochs=3, batch_size=50, lr=0.02)
    batched, _ = together(2, options, lambda: Judged(kind))
    loss = JointLoss(batched.each(), 0)
    rows = torch.stack([nn.utils.parameters_to_vector(m.parameters()) for m in batched.each()])
    loss(rows.detach(), torch.stack([SAMPLES, SAMPLES]))
    assert loss.possible is possible
    for number, member in enumerate(batched.each()):
        expected, _ = alone(number, 2, options, lambda: Judged(kind))
        # Buffers too: u moves on with every step of training.
        for name, tensor in expected.state_dict().items():
            torch.testing.assert_close(member.state_dict()[name], tensor, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("sizes", [(3, 8), (8, 3), (1, 5)])
def test_joint_linear_layers_are_linear_layers(sizes):
    inputs, outputs = sizes
    tensors = [torch.randn(4, *shape) for shape in ((7, inputs), (outputs, inputs), (outputs,))]
    results = []
    for joint in (False, True):
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        with JointLinear() if joint else torch.enable_grad():
            y = vmap(lambda x, w, b: nn.functional.linear(x, w, b).tanh())(*leaves)
        results.append([y, *torch.autograd.grad(y.square().sum(), leaves)])
    for plain, ours in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain)
        assert ours.is_contiguous()


def test_tensors_that_lie_apart_are_copied():
    values = torch.arange(12.0)
    for parts in ([values[0:2], values[3:5], values[7:9]], [values[:2], values[2:4].clone()]):
        joint = _side_by_side(parts)
        assert torch.equal(joint, torch.stack(parts))
        assert joint.data_ptr() != values.data_ptr()


def test_orders_go_on_where_a_resumed_run_was():
    torch.manual_seed(0)
    model = Side(small, 2)
    orders = [model.order(SAMPLES) for _ in range(4)]
    assert not torch.equal(orders[0][0], orders[0][1])
    torch.manual_seed(0)
    resumed = Side(small, 2)
    for epoch in (2, 0, 3):
        resumed.drawn.fill_(epoch)
        assert torch.equal(resumed.order(SAMPLES), orders[epoch])


# The detector.


def test_one_member_is_an_ensemble():
    member = AutoEncoder(hidden=(4,), latent=1, epochs=2)
    ensemble = Ensemble(detector=member, n=1, random_state=0).fit(line(40))
    assert len(ensemble.history_.epochs) == 2
    assert ensemble.confidence(line(5)).tolist() == [1.0] * 5


def test_the_score_is_the_mean_of_the_members_tails():
    ensemble, X = fitted(Ensemble), line(40, seed=2)
    samples = torch.from_numpy(ensemble.view_.encode(ensemble._read(X), 0, 40))
    with torch.no_grad():
        tails = [ensemble.model_.opinion(i, samples).numpy() for i in range(2)]
    np.testing.assert_allclose(ensemble.anomaly_score(X), np.mean(tails, 0), rtol=1e-5, atol=1e-6)
    for number, member in enumerate(ensemble.model_.each()):  # as rare, so as high
        order = member.score(samples).detach().numpy().argsort()
        assert (np.diff(tails[number][order]) >= 0).all()


def test_confidence_is_the_share_that_agrees(monkeypatch):
    ensemble, X = fitted(Ensemble), line(5, seed=2)
    assert ensemble.confidence([[50.0, 50.0, 50.0]]).tolist() == [1.0]
    far, near = np.full(5, 1e6), np.zeros(5)
    given = iter([far, near])
    monkeypatch.setattr(Ensemble, "_over", lambda *_: next(given))
    monkeypatch.setattr(Ensemble, "is_anomaly", lambda *_: np.array([1, 0, 1, 0, 0], bool))
    assert ensemble.confidence(X).tolist() == [0.5] * 5
    given = iter([far, far])
    assert ensemble.confidence(X).tolist() == [1.0, 0.0, 1.0, 0.0, 0.0]


def test_confidence_in_series_has_their_shape():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(60, 2)), rng.normal(size=(40, 2))]
    member = VAE(window=4, hidden=(4,), latent=1, epochs=1, samples=2)
    ensemble = Ensemble(detector=member, n=2, random_state=0).fit(series)
    assert [each.shape for each in ensemble.confidence(series)] == [(60,), (40,)]
    assert all(set(each) <= {0.0, 0.5, 1.0} for each in ensemble.confidence(series))
    assert ensemble.view_.window == 4
    assert ensemble.confidence(series[1]).shape == (40,)


def test_data_is_read_as_the_detector_reads_it_unless_told_otherwise():
    member = AutoEncoder(scaler="minmax", hidden=(4,), latent=1, epochs=0)
    X = line(30)
    for ensemble, scaler in (
        (Ensemble(detector=member, n=1), "minmax"),
        (Ensemble(detector=member, n=1, scaler="robust"), "robust"),
    ):
        assert ensemble.fit(X).view_.encoder.scaler.name == scaler
    assert member.scaler == "minmax"
    assert member.random_state is None


def test_parameters_of_the_detector_are_parameters():
    ensemble = Ensemble(detector=VAE(latent=2), n=3)
    assert ensemble.get_params()["detector__latent"] == 2
    assert "detector__latent" not in ensemble.get_params(deep=False)
    copy = clone(ensemble).set_params(detector__latent=1, n=2)
    assert (copy.detector.latent, ensemble.detector.latent) == (1, 2)
    assert copy.detector is not ensemble.detector


def test_what_cannot_be_an_ensemble_is_refused():
    with pytest.raises(ValueError, match="'n' parameter of Ensemble must be an int in the range"):
        Ensemble(n=0).fit(line(20))
    with pytest.raises(ValueError, match="'detector' parameter of Ensemble must be an instance"):
        Ensemble(detector=genad.ZScore()).fit(line(20))
    with pytest.raises(ParameterError, match="Forecaster goes through a series step by step"):
        Ensemble(detector=genad.Forecaster()).fit(np.zeros(100))
    with pytest.raises(ParameterError, match=r"DAE takes .*, but this is image data"):
        Ensemble(detector=genad.DAE()).fit(np.zeros((9, 8, 8)))


def test_members_draw_samples_in_turn():
    ensemble = fitted(Ensemble)
    assert ensemble.sample(5, random_state=0).shape == (5, 3)
    again = ensemble.sample(5, random_state=0)
    np.testing.assert_array_equal(ensemble.sample(5, random_state=0), again)
    plain = Ensemble(detector=AutoEncoder(epochs=0), n=1).fit(line(20))
    with pytest.raises(ParameterError, match="learns no distribution"):
        plain.sample(2)


def test_only_a_detector_can_come_out_of_a_file(tmp_path):
    from genad.storage import read_model, write_model

    fitted(Ensemble).save(tmp_path / "model")
    config, arrays = read_model(tmp_path / "model")
    assert config["parameters"]["detector"]["detector"] == "VAE"
    config["parameters"]["detector"]["detector"] = "Popen"
    facts = {k: v for k, v in config.items() if k not in ("format", "format_version")}
    write_model(tmp_path / "other", json.loads(json.dumps(facts)), arrays)
    with pytest.raises(ModelFormatError, match="'Popen', which no installed package provides"):
        genad.load(tmp_path / "other")


def test_members_of_a_small_network_train_on_one_thread(threads):
    used = []

    class Look(Callback):
        def on_epoch(self, record):
            used.append(torch.get_num_threads())

    threads(2)
    member = AutoEncoder(hidden=(64,), latent=2, epochs=1, callbacks=(Look(),))
    Ensemble(detector=member, n=32, random_state=0).fit(line(100))  # together large
    assert used == [1] and torch.get_num_threads() == 2
