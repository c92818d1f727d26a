"""Networks for windows of series: shapes, what each layer computes, and single steps of cells."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv1d

from genad.blocks import in_blocks
from genad.errors import ParameterError
from genad.losses import gradient_penalty
from genad.nets import Discriminator, JointDiscriminator, SpectralLinear, networks
from genad.nets.conv1d import Double, Halve, TimeConvolutions
from genad.nets.recurrent import CELLS, Cells
from genad.nets.stepping import stepping

KINDS = ["conv", "mlp", "rnn", "lstm", "gru"]
WINDOWS = [1, 2, 3, 7, 8, 25, 100, 129]

each_kind = pytest.mark.parametrize("kind", KINDS)
each_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


def test_the_network_of_a_window_is_convolutional_unless_asked_otherwise():
    assert isinstance(networks((20, 2)), TimeConvolutions)
    with pytest.raises(ParameterError, match="'lstm' does not suit rows of a table"):
        networks((20,), "lstm")


@each_kind
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("channels", [1, 3])
def test_windows_of_any_length_pass_down_and_up(kind, window, channels):
    nets, x = networks((window, channels), kind), torch.randn(4, window, channels)
    latents = nets.encoder(5)(x)
    assert latents.shape == (4, 5)
    assert nets.decoder(5)(latents).shape == x.shape


@each_kind
@pytest.mark.parametrize("hidden", [(), (6,), (6, 5), (6, 5, 4, 3)])
def test_widths_are_as_asked(kind, hidden):
    nets, x = networks((12, 2), kind, hidden), torch.randn(4, 12, 2)
    trunk, width = nets.trunk()
    assert trunk(x).shape == (4, width)
    assert nets.decoder(3)(nets.encoder(3)(x)).shape == x.shape
    if kind in CELLS:
        layers = [layer for layer in trunk.modules() if isinstance(layer, nn.RNNBase)]
        assert [layer.hidden_size for layer in layers] == list(hidden)


@pytest.mark.parametrize(
    ("window", "lengths"),
    [(8, [8, 4]), (25, [25, 13, 7]), (100, [100, 50, 25, 13]), (200, [200, 100, 50, 25, 13])],
)
def test_time_is_halved_until_few_steps_are_left(window, lengths):
    nets = TimeConvolutions((window, 2))
    assert nets.lengths == lengths
    assert list(nets.hidden) == [16, 32, 64, 64][: len(lengths) - 1]


@pytest.mark.parametrize("time", [1, 2, 5, 8])
def test_halving_is_a_convolution_of_width_four_and_stride_two(time):
    layer, x = Halve(3, 5).double(), torch.randn(2, time, 3, dtype=torch.float64)
    kernel = layer.linear.weight.view(5, 4, 3).transpose(1, 2)
    padded = nn.functional.pad(x.transpose(1, 2), (1, 1 + time % 2))
    expected = conv1d(padded, kernel, layer.linear.bias, stride=2).transpose(1, 2)
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("length", [5, 6])
def test_doubling_makes_two_steps_of_three(length):
    layer, x = Double(4, 2, length).double(), torch.randn(3, 3, 4, dtype=torch.float64)
    kernel = layer.linear.weight.view(4, 3, 4).transpose(1, 2)
    pairs = conv1d(x.transpose(1, 2), kernel, layer.linear.bias, padding=1)
    expected = pairs.transpose(1, 2).reshape(3, 6, 2)[:, :length]
    torch.testing.assert_close(layer(x), expected)


@each_cell
def test_recurrent_layers_follow_one_another_in_the_order_of_time(cell):
    cells, x = Cells(cell, (2, 6, 4)), torch.randn(3, 9, 2)
    first, second = cells
    torch.testing.assert_close(cells(x), second(first(x)[0])[0])
    later = x.clone()
    later[:, 5:] += 1
    torch.testing.assert_close(cells(later)[:, :5], cells(x)[:, :5])
    assert not torch.allclose(cells(later)[:, 5], cells(x)[:, 5])


@each_kind
def test_every_step_matters_to_the_features_and_is_made_of_the_latent(kind):
    nets = networks((30, 2), kind)
    x = torch.randn(1, 30, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(nets.encoder(3)(x).sum(), x)
    assert (slope.abs() > 0).all()
    z = torch.randn(1, 3, requires_grad=True)
    for step in (0, 15, 29):
        (slope,) = torch.autograd.grad(nets.decoder(3)(z)[0, step].sum(), z)
        assert (slope.abs() > 0).all()


@each_kind
@pytest.mark.parametrize("channels", [1, 5])
def test_a_result_has_the_same_bits_in_every_batch(kind, channels, threads):
    nets, x = networks((20, channels), kind), torch.randn(300, 20, channels)
    both = nn.Sequential(nets.encoder(4), nets.decoder(4)).eval()
    whole = in_blocks(both, x, torch.device("cpu"), 1000)
    for number in (1, 2):
        threads(number)
        for rows in (slice(0, 1), slice(250, 300), slice(7, 200)):
            part = in_blocks(both, x[rows], torch.device("cpu"), 64)
            np.testing.assert_array_equal(part, whole[rows])


@each_kind
def test_a_critic_can_be_trained_through_its_slope(kind):
    critic = Discriminator(networks((6, 2), kind, (5,))).double()
    real, fake = torch.randn(2, 3, 6, 2, dtype=torch.float64)
    weight = next(critic.parameters())

    def penalty():
        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            return gradient_penalty(critic, real, fake).sum()

    (slope,) = torch.autograd.grad(penalty(), weight)
    with torch.no_grad():
        weight[0, 0] += 1e-5
        above = penalty_value(critic, real, fake)
        weight[0, 0] -= 2e-5
        below = penalty_value(critic, real, fake)
    assert slope[0, 0].item() == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-8)


def penalty_value(critic, real, fake):
    with torch.random.fork_rng([]), torch.enable_grad():
        torch.manual_seed(0)
        return gradient_penalty(critic, real, fake).sum().item()


@each_kind
def test_spectral_networks_norm_every_linear_layer(kind):
    net = Discriminator(networks((20, 2), kind), spectral=True)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    assert layers
    assert all(isinstance(layer, SpectralLinear) for layer in layers)


@each_kind
@pytest.mark.parametrize("hidden", [None, (6, 5)])
def test_a_joint_discriminator_sees_windows_and_latents(kind, hidden):
    nets = networks((20, 2), kind, hidden)
    x, z = torch.randn(4, 20, 2, requires_grad=True), torch.randn(4, 3, requires_grad=True)
    for net, pair in (
        (JointDiscriminator(nets, nets.for_latents(3), spectral=True), (x, z)),
        (JointDiscriminator(nets, nets), (x, x.detach().requires_grad_())),
        (JointDiscriminator(nets.for_latents(3), nets.for_latents(3)), (z, z)),
    ):
        assert net(*pair).shape == (4,)
        for slope in torch.autograd.grad(net(*pair).sum(), pair):
            assert (slope.flatten(1).abs().amax(1) > 0).all()


# One step at a time.


@each_cell
@pytest.mark.parametrize("channels", [1, 4])
def test_steps_of_a_cell_are_those_of_the_layer(cell, channels):
    layer, x = cell(channels, 7, batch_first=True), torch.randn(1, 50, channels)
    expected = layer(x)[0][0].detach().numpy()
    single = stepping(layer)
    found = [single.step(row).copy() for row in x[0].numpy()]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@each_cell
def test_a_cell_goes_on_from_the_states_of_another(cell):
    layer, x = cell(2, 5), np.random.default_rng(0).normal(size=(20, 2))
    one, other = stepping(layer), stepping(layer)
    for row in x[:10]:
        one.step(row)
    for mine, theirs in zip(other.states().values(), one.states().values(), strict=True):
        np.copyto(mine, theirs)
    for row in x[10:]:
        np.testing.assert_array_equal(one.step(row), other.step(row))


@each_cell
def test_a_cell_keeps_its_weights_when_the_layer_is_trained_on(cell):
    layer, x = cell(1, 3), np.ones(1)
    single = stepping(layer)
    expected = stepping(layer).step(x).copy()
    with torch.no_grad():
        for weight in layer.parameters():
            weight.zero_()
    np.testing.assert_array_equal(single.step(x), expected)


@each_kind
def test_initial_weights_come_from_torchs_generator(kind):
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        weights.append(networks((9, 2), kind).encoder(2).state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
