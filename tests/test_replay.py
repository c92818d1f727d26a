"""Recorded training steps: the same numbers, bit by bit, as without the recording."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from genad import AutoDetector, AutoEncoder
from genad.data.samples import Labelled, batch
from genad.detector import ConditionalDetector
from genad.training import Model, Objective, Options, Recording, Unrecordable, train
from genad.training import updater as updater_module
from genad.training.updater import Updater
from helpers import each_training, line, tiny

X = torch.from_numpy(line(70)).float()


def build(cls, choice):
    """Return an untrained model of a detector, and nothing of a fit."""
    if cls is AutoDetector:
        pytest.skip("has no model but that of the detector it chooses")
    torch.manual_seed(0)
    detector = tiny(cls, **choice)
    if isinstance(detector, ConditionalDetector):
        detector.classes_ = np.arange(2)
    model = detector._build((3,))
    model.prepare(X)
    return model


def samples(cls, most=70):
    """Return what a detector is trained on: with classes where these are what it learns."""
    x = X[:most]
    return Labelled(x, torch.arange(len(x)) % 2) if issubclass(cls, ConditionalDetector) else x


def trained(model, monkeypatch, first_recorded, cls=AutoEncoder):
    """Return a copy of a model, trained with recordings from the given step on, and its terms."""
    monkeypatch.setattr(updater_module, "_STEPS_BEFORE_RECORDING", first_recorded)
    model = deepcopy(model)
    torch.manual_seed(1)
    options = Options(epochs=3, batch_size=32, lr=0.01, clip=1.0)
    history = train(model, samples(cls), samples(cls, 20), options)
    return model.state_dict(), [epoch.terms for epoch in history.epochs]


@each_training
def test_a_recording_trains_to_the_same_bits(cls, choice, monkeypatch):
    model = build(cls, choice)
    eager, eager_terms = trained(model, monkeypatch, first_recorded=10**9, cls=cls)
    recorded, recorded_terms = trained(model, monkeypatch, first_recorded=2, cls=cls)
    assert recorded_terms == eager_terms
    for name, values in eager.items():
        assert torch.equal(recorded[name], values), name


@each_training
def test_every_objective_can_be_recorded(cls, choice):
    model = build(cls, choice).train()
    for objective in model.objectives():
        updater = Updater(model, objective, lr=0.01, clip=None, ema=None)
        step = batch(samples(cls), model.order(X)[..., :32])
        assert isinstance(updater._record(*step), Recording), objective.name


def test_a_denoising_autoencoder_trains_to_the_same_bits(monkeypatch):
    test_a_recording_trains_to_the_same_bits(AutoEncoder, {"noise": 0.1}, monkeypatch)


def test_making_a_recording_leaves_no_trace():
    model = nn.BatchNorm1d(3).train()
    objective = Objective("o", (model,), lambda x: {"e": model(x + torch.randn_like(x)).square()})
    updater = Updater(model, objective, lr=0.01, clip=None, ema=None)
    before, state = deepcopy(model.state_dict()), torch.get_rng_state()
    updater._record(X)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)


def test_a_shape_is_recorded_once_it_has_been_seen_often():
    model = build(AutoEncoder, {})
    updater = Updater(model, model.objectives()[0], lr=0.01, clip=None, ema=None)
    for _ in range(updater_module._STEPS_BEFORE_RECORDING - 1):
        updater.step(X[:32])
    assert updater._recordings == {}
    updater.step(X[:32])
    updater.step(X[:7])
    assert list(updater._recordings) == [X[:32].shape]


def test_a_large_network_is_not_recorded(monkeypatch):
    monkeypatch.setattr(updater_module, "_REPLAY_PARAMETERS", 10)
    model = build(AutoEncoder, {})
    assert Updater(model, model.objectives()[0], lr=0.01, clip=None, ema=None)._record(X) is None


# What can be recorded.


def test_random_numbers_are_fresh_and_those_of_the_generator():
    def draw(x):
        noise = torch.randn_like(x) + torch.rand(3)
        return noise, x + torch.randn(2, 3), torch.empty_like(x).bernoulli_(0.5)

    recording = Recording(draw, torch.zeros(2, 3))
    torch.manual_seed(5)
    expected = [draw(torch.ones(2, 3)) for _ in range(3)]
    torch.manual_seed(5)
    replayed = [[t.clone() for t in recording(torch.ones(2, 3))] for _ in range(3)]
    for ours, theirs in zip(replayed, expected, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(replayed[0][0], replayed[1][0])


def test_inputs_and_weights_are_read_anew_at_every_replay():
    weight = torch.tensor([2.0], requires_grad=True)
    recording = Recording(lambda x, y: (weight.detach() * x + y,), torch.ones(1), torch.ones(1))
    assert recording(torch.tensor([3.0]), torch.tensor([1.0]))[0].tolist() == [7]
    with torch.no_grad():
        weight.fill_(10)
    assert recording(torch.tensor([3.0]), torch.tensor([1.0]))[0].tolist() == [31]


def test_gradients_of_gradients():
    weight = torch.tensor([1.0, 2.0], requires_grad=True)

    def penalised(x):
        x = x.requires_grad_()
        (slope,) = torch.autograd.grad((x * weight).tanh().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), (weight,))

    recording = Recording(penalised, torch.ones(4, 2))
    for x in torch.randn(3, 4, 2):
        assert torch.equal(recording(x)[0], penalised(x.clone())[0])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (torch.cat([x, 2 * x]).chunk(2)[1] + 1,),
        lambda x: (x.t().reshape(3, 2) @ x.view(2, 3)[:, :2],),
        lambda x: (x.topk(2, dim=1).values, x.max(dim=1).indices),
        lambda x: (torch.where(x > 0, x, torch.zeros_like(x)).sum(0), x.mean()),
        lambda x: tuple(torch.split(x.sort(dim=1).values, 1)),
        lambda x: (x.clone().clamp_(min=0).add_(1), torch.full((2,), 3.0) * x[:, 0]),
        lambda x: (torch.logsumexp(torch.stack([x, -x]), 0), x.std(0), x.norm()),
        lambda x: (nn.functional.layer_norm(x, (3,)), nn.functional.softplus(x)),
        lambda x: (x.expand(4, 2, 3).flatten(0, 1), x[:, None].squeeze(1)),
    ],
)
def test_operations_of_all_kinds(function):
    agrees(function)


def agrees(function):
    """Check that replays agree with the function, and return the recording."""
    recording = Recording(function, torch.zeros(2, 3))
    for x in torch.randn(3, 2, 3):
        for ours, theirs in zip(recording(x), function(x), strict=True):
            assert torch.equal(ours, theirs)
    return recording


def both(x):
    """Return a part and what it is joined to, with the part in use before and after."""
    part = x * 2
    turned = part.t()
    whole = torch.cat([part, x + 1])
    return whole, part + 1, turned.contiguous(), turned


def nested(x):
    part = x * 2
    inner = torch.cat([part, x])
    return torch.cat([inner, x - 1]), inner * 2, part


def changed(x):
    part = x * 2
    whole = torch.cat([part, x + 1])
    return whole, part.add_(1), whole * 1


def changed_whole(x):
    part = x * 2
    whole = torch.cat([part, x + 1]).mul_(2)
    return whole, part


@pytest.mark.parametrize(
    ("function", "copies"),
    [
        (both, 0),
        (nested, 0),
        (lambda x: (torch.stack([x * 2, x + 1, x.exp()]),), 0),
        (lambda x: (torch.cat([x.sum(1), (x * 2).reshape(-1), x.mean().reshape(1)]),), 0),
        (lambda x: (torch.cat([x, x]),), 1),
        (lambda x: (torch.cat([2 * x, torch.ones(2, 3)]),), 1),
        (lambda x: (torch.cat([(2 * x).t(), x[0:1].t() + 1], 1),), None),
        (lambda x: (torch.cat([2 * x, x + 1], 1),), None),
        (lambda x: (torch.cat([2 * x, (x > 0).double()]),), None),
        (lambda x: (torch.cat([(2 * x)[:1], x[1:]]),), None),
        (changed, None),
        (changed_whole, None),
    ],
)
def test_tensors_are_computed_where_they_are_joined(function, copies):
    recording = agrees(function)
    names = [getattr(getattr(c, "func", c), "__name__", "") for c in recording._calls]
    if copies is not None:
        assert "cat" not in names
        assert "stack" not in names
        assert names.count("copy_") == copies


@pytest.mark.parametrize("cell", [nn.RNN, nn.GRU])
def test_recurrent_networks(cell):
    net = cell(3, 4, batch_first=True)
    weights = list(net.parameters())

    def function(x):
        states, _ = net(x.expand(5, 2, 3))
        return (states.detach(), *torch.autograd.grad(states.square().sum(), weights))

    agrees(function)


def test_a_tensor_turned_in_place():
    def function(x):
        product = x * 2
        turned = product.t_()
        return turned + 1, product.sum(0), turned.unsqueeze_(0).sum(1)

    agrees(function)


def test_what_cannot_be_traced_cannot_be_recorded():
    with pytest.raises(Unrecordable, match="the tracer cannot follow"):
        Recording(lambda x: (x * float(x.sum()),), torch.ones(3))
    with pytest.raises(Unrecordable, match="takes other memory"):
        Recording(lambda x: ((x * 2).resize_(100),), torch.ones(3))


def test_a_part_that_is_a_weight_stays_where_it_is():
    weight = torch.tensor([1.0, 2.0])
    recording = Recording(lambda x: (torch.cat([weight, x]),), torch.ones(1))
    weight.fill_(7)
    assert recording(torch.tensor([3.0]))[0].tolist() == [7, 7, 3]


def test_what_is_not_needed_is_not_computed():
    def function(x):
        x.exp().sum()
        return (x * (torch.ones(3) / 2),)

    assert len(agrees(function)._calls) == 1


def test_a_draw_that_is_not_needed_is_still_drawn():
    def function(x):
        torch.randn(3)
        return (x + torch.rand_like(x), torch.randn_like(x))

    recording = Recording(function, torch.zeros(20))
    torch.manual_seed(3)
    replayed = [tensor.clone() for tensor in recording(torch.zeros(20))]
    torch.manual_seed(3)
    for ours, theirs in zip(replayed, function(torch.zeros(20)), strict=True):
        assert torch.equal(ours, theirs)


def test_a_result_that_is_not_a_number_can_be_replayed():
    agrees(lambda x: (x.sqrt().nan_to_num(5), torch.log(x.abs() - 9).isnan()))


def test_an_input_is_not_written_to():
    recording = Recording(lambda x: (x.mul_(2),), torch.ones(3))
    x = torch.ones(3)
    assert recording(x)[0].tolist() == [2, 2, 2]
    assert x.tolist() == [1, 1, 1]


def test_a_buffer_moves_on_at_every_replay():
    count = torch.zeros(1)
    recording = Recording(lambda x: (count.add_(x),), torch.ones(1))
    start = count.item()
    values = [recording(torch.ones(1))[0].item() for _ in range(3)]
    assert values == [start + 1, start + 2, start + 3]
    assert count.item() == start + 3


def test_a_write_into_a_constant_cannot_be_recorded():
    with pytest.raises(Unrecordable, match="writes into a constant"):
        Recording(lambda x: (torch.zeros(3).add_(x),), torch.ones(3))
    with pytest.raises(Unrecordable, match="writes into a constant"):
        Recording(lambda x: (torch.zeros(2, 3)[0].add_(x),), torch.ones(3))


class Unfit(Model):
    """A model whose loss cannot be recorded."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 1)

    def objectives(self):
        return [Objective("unfit", (self.net,), self.loss)]

    def loss(self, x):
        total = torch.zeros(len(x))
        total.add_(self.net(x)[:, 0].square())
        return {"size": total}

    def score(self, x):
        return self.net(x)[:, 0]

    def contributions(self, x):
        return x


def test_what_cannot_be_recorded_is_trained_without(monkeypatch):
    torch.manual_seed(0)
    model = Unfit()
    updater = Updater(model, model.objectives()[0], lr=0.01, clip=None, ema=None)
    assert updater._record(X) is None
    eager, eager_terms = trained(model, monkeypatch, first_recorded=10**9)
    fallen_back, terms = trained(model, monkeypatch, first_recorded=1)
    assert terms == eager_terms
    assert all(torch.equal(fallen_back[name], eager[name]) for name in eager)
