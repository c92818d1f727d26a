"""Networks: shapes, the mirror of encoder and decoder, and spectral normalisation."""

import math

import pytest
import torch
from torch import nn

from genad.nets import (
    Discriminator,
    JointDiscriminator,
    SpectralLinear,
    Vectors,
    latent_size,
    mlp,
)

SHAPES = [(5,), (1,), (4, 3), (2, 3, 4)]


def widths(net):
    """Return the sizes in and out of the linear layers, in order."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in layers]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hidden", [(8, 6), (7,), ()])
def test_encoder_and_decoder_fit_the_shape_and_mirror_each_other(shape, hidden):
    nets = Vectors(shape, hidden)
    down, up = nets.encoder(2), nets.decoder(2)
    x = torch.randn(9, *shape)
    assert down(x).shape == (9, 2)
    assert up(down(x)).shape == x.shape
    assert widths(up) == [(b, a) for a, b in reversed(widths(down))]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_bounded_encoder_bends_what_is_far(shape):
    free, x = Vectors(shape, (8,)).encoder(2), torch.randn(50, *shape)
    bounded = Vectors(shape, (8,)).encoder(2, bound=3.0)
    bounded.load_state_dict(free.state_dict())
    assert bounded(1e4 * x).abs().max() <= 3
    expected = 3 * torch.tanh(free(x) / 3)
    torch.testing.assert_close(bounded(x), expected)
    torch.testing.assert_close(bounded(0.01 * x), free(0.01 * x), atol=0.05, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hidden", [(8, 6), [7]])
@pytest.mark.parametrize("spectral", [False, True])
def test_a_discriminator_reads_its_logit_from_its_features(shape, hidden, spectral):
    nets = Vectors(shape, hidden)
    net, x = Discriminator(nets, spectral=spectral).eval(), torch.randn(9, *shape)
    assert net(x).shape == (9,)
    assert net.features(x).shape == (9, hidden[-1])
    torch.testing.assert_close(net(x), net.head(net.features(x))[:, 0])
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    assert all(isinstance(layer, SpectralLinear) == spectral for layer in layers)


@pytest.mark.parametrize("shapes", [((5,), (2,)), ((4, 3), (2,)), ((4, 3), (4, 3))])
@pytest.mark.parametrize("hidden", [(8, 6), (7,), (9, 8, 7)])
def test_a_joint_discriminator_sees_both_parts(shapes, hidden):
    net = JointDiscriminator(*(Vectors(shape, hidden) for shape in shapes))
    x, z = (torch.randn(9, *shape, requires_grad=True) for shape in shapes)
    assert net(x, z).shape == (9,)
    assert net.features(x, z).shape == (9, hidden[-1])
    for slope in torch.autograd.grad(net(x, z).sum(), (x, z)):
        assert (slope.flatten(1).abs().amax(1) > 0).all()


def test_mlp_ends_as_asked():
    assert [type(layer) for layer in mlp([3, 4, 2])] == [nn.Linear, nn.LeakyReLU, nn.Linear]
    assert isinstance(mlp([3, 4], final=True)[-1], nn.LeakyReLU)
    assert mlp([3, 4], final=True)[-1].negative_slope == 0.2


@pytest.mark.parametrize(("size", "expected"), [(1, 1), (3, 1), (4, 1), (40, 10), (1000, 32)])
def test_the_latent_is_a_quarter_within_limits(size, expected):
    assert latent_size((size,), None) == expected
    assert latent_size((size // 2, 2), None) == latent_size((size // 2 * 2,), None)
    assert latent_size((size,), 7) == 7


@pytest.mark.parametrize("sizes", [(20, 10), (10, 20), (7, 1), (1, 7)])
def test_a_spectral_layer_has_a_largest_singular_value_of_one(sizes):
    layer, x = SpectralLinear(*sizes), torch.randn(16, sizes[0])
    for _ in range(200):
        layer(x)
    values = torch.linalg.svdvals(layer.weight / layer.sigma())
    assert values.max().item() == pytest.approx(1, abs=1e-3)
    moved = layer(x) - layer(torch.zeros_like(x))
    assert (moved.norm(dim=1) <= 1.001 * x.norm(dim=1)).all()


def test_a_spectral_layer_moves_in_training_only():
    layer, x = SpectralLinear(6, 5), torch.randn(3, 6)
    before = layer.u.clone()
    first, second = layer(x), layer(x)
    assert not torch.equal(layer.u, before)
    assert not torch.equal(first, second)
    layer.eval()
    before = layer.u.clone()
    assert torch.equal(layer(x), layer(x))
    assert torch.equal(layer.u, before)
    assert layer.u.norm().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("sizes", [(64, 32), (256, 128), (100, 700), (1, 256)])
def test_a_spectral_layer_does_not_change_with_the_number_of_threads(sizes, threads):
    layer, x = SpectralLinear(*sizes), torch.randn(64, sizes[0])
    outputs = []
    for number in (1, 2):
        threads(number)
        layer.train()
        layer.load_state_dict(layer.state_dict() | {"u": torch.ones(sizes[1])})
        outputs.append((layer(x), layer.eval()(x), layer.sigma()))
    assert all(torch.equal(one, two) for one, two in zip(*outputs, strict=True))


def test_the_gradient_of_a_spectral_layer_passes_through_its_norm():
    layer, x = SpectralLinear(3, 2).double().eval(), torch.randn(4, 3, dtype=torch.float64)
    (slope,) = torch.autograd.grad((layer(x) - layer.bias).square().sum(), layer.weight)
    # A longer weight changes nothing, so the gradient is at right angles to it.
    assert (slope * layer.weight).sum().item() == pytest.approx(0, abs=1e-9)
    assert slope.abs().max() > 0


def test_a_zero_weight_gives_no_nan():
    layer = SpectralLinear(3, 2)
    nn.init.zeros_(layer.weight)
    out = layer(torch.randn(4, 3))
    out.sum().backward()
    assert out.isfinite().all()
    assert layer.weight.grad.isfinite().all()


def test_initial_weights_come_from_torchs_generator():
    torch.manual_seed(3)
    first = Discriminator(Vectors((5,), (8,)), spectral=True).state_dict()
    torch.manual_seed(3)
    again = Discriminator(Vectors((5,), (8,)), spectral=True).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(math.isfinite(tensor.sum()) for tensor in first.values())
