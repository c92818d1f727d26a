"""Convolutional networks: exact sizes, the mirror, the norm, and scores that stand alone."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from genad.errors import ParameterError
from genad.nets import Discriminator, JointDiscriminator, networks
from genad.nets.conv import ChannelsLast, Convolutions
from genad.nets.linear import Linear
from genad.nets.residual import ResidualBlock, residual_trunk
from genad.nets.spectral import SpectralConv
from genad.nets.unet import UNet

SHAPES = [(1, 28, 28), (3, 32, 32), (1, 8, 8), (2, 13, 30), (5, 3, 40), (1, 2, 2)]


def channels(net):
    """Return the channels in and out of the convolutions, in order."""
    kinds = nn.Conv2d | nn.ConvTranspose2d
    layers = [layer for layer in net.modules() if isinstance(layer, kinds)]
    return [(layer.in_channels, layer.out_channels) for layer in layers]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hidden", [None, (8,), [6]])
def test_encoder_and_decoder_fit_any_size_and_mirror_each_other(shape, hidden):
    nets = networks(shape, "auto", hidden)
    assert isinstance(nets, Convolutions)
    down, up = nets.encoder(2), nets.decoder(2)
    x = torch.randn(3, *shape)
    assert down(x).shape == (3, 2)
    assert up(down(x)).shape == x.shape
    assert channels(up) == [(b, a) for a, b in reversed(channels(down))]


@pytest.mark.parametrize(
    ("shape", "hidden", "sides"),
    [
        ((1, 28, 28), (32, 64, 128), [(28, 28), (14, 14), (7, 7), (3, 3)]),
        ((3, 32, 32), (32, 64, 128), [(32, 32), (16, 16), (8, 8), (4, 4)]),
        ((3, 64, 90), (32, 64, 128, 256), [(64, 90), (32, 45), (16, 22), (8, 11), (4, 5)]),
        ((1, 5, 5), (32,), [(5, 5), (2, 2)]),
        ((1, 256, 256), (32, 64, 128, 256, 256, 256), None),
    ],
)
def test_channels_double_as_the_sides_halve(shape, hidden, sides):
    nets = Convolutions(shape)
    assert nets.hidden == hidden
    if sides is not None:
        assert nets.sides == sides
        x = torch.zeros(2, *shape)
        trunk, width = nets.trunk()
        shapes = [x.shape] + [(x := layer(x)).shape for layer in trunk]
        assert [shape[2:] for shape in shapes[:-1:3]] == sides
        assert x.shape == (2, width)


def test_too_many_halvings_are_refused():
    with pytest.raises(ParameterError, match="halves images 3 times, but these have 4 x 40"):
        Convolutions((1, 4, 40), (8, 8, 8))
    with pytest.raises(ParameterError, match=r"net='gru' does not suit images; take one of"):
        networks((1, 8, 8), "gru")


def test_every_pixel_reaches_the_features():
    """Sides that are odd on the way leave pixels over, which the next ones must still see."""
    for shape in SHAPES:
        x = torch.randn(1, *shape, requires_grad=True)
        trunk, _ = Convolutions(shape).trunk()
        (slope,) = torch.autograd.grad(trunk(x).sum(), x)
        assert (slope != 0).all()


@pytest.mark.parametrize("spectral", [False, True])
def test_discriminators_of_images(spectral):
    nets = networks((3, 12, 12), hidden=(8, 16))
    one, x, z = Discriminator(nets, spectral=spectral), torch.randn(5, 3, 12, 12), torch.randn(5, 2)
    assert one(x).shape == (5,)
    pair = JointDiscriminator(nets, nets.for_latents(2), spectral=spectral)
    assert pair(x, z).shape == (5,)
    twice = JointDiscriminator(nets, nets, spectral=spectral)
    assert twice(x, x).shape == (5,)
    layers = [layer for layer in pair.modules() if isinstance(layer, nn.Conv2d)]
    assert all(isinstance(layer, SpectralConv) == spectral for layer in layers)


def test_a_spectral_convolution_has_norm_one_and_moves_in_training_only():
    layer, x = SpectralConv(3, 6, 4, stride=2, padding=1), torch.randn(2, 3, 8, 8)
    for _ in range(200):
        layer(x)
    values = torch.linalg.svdvals(layer.weight.flatten(1) / layer.sigma())
    assert values.max().item() == pytest.approx(1, abs=1e-3)
    expected = torch.conv2d(x, layer.weight / layer.sigma(), layer.bias, stride=2, padding=1)
    before = layer.eval().u.clone()
    torch.testing.assert_close(layer(x), expected)
    assert torch.equal(layer.u, before)
    nn.init.orthogonal_(layer.weight)  # the old u is far from the new weight's
    layer.train()(x)
    assert not torch.equal(layer.u, before)


def test_channels_lie_side_by_side():
    x = ChannelsLast()(torch.randn(2, 3, 4, 4))
    assert x.is_contiguous(memory_format=torch.channels_last)
    trunk, _ = Convolutions((1, 16, 16), (4, 8)).trunk()
    x = torch.randn(2, 1, 16, 16)
    for layer in list(trunk)[:-1]:
        x = layer(x)
    assert x.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 13, 30)])
@pytest.mark.parametrize("kind", ["trunk", "decoder", "residual"])
def test_an_image_gets_the_same_bits_in_any_batch(shape, kind, threads):
    nets, x = networks(shape), torch.randn(256, *shape)
    if kind == "trunk":
        trunk, width = nets.trunk()
        net = nn.Sequential(trunk, Linear(width, 8))
    elif kind == "decoder":
        net, x = nets.decoder(8), torch.randn(256, 8)
    else:
        net = residual_trunk(shape[0], (8, 16)).eval()
    with torch.no_grad():
        threads(1)
        alone = net(x)
        order = torch.randperm(256)
        assert torch.equal(net(x[order]), alone[order])
        assert torch.equal(torch.cat([net(part) for part in x.split(64)]), alone)
        threads(2)
        assert torch.equal(net(x), alone)


def test_a_residual_block_adds_to_its_input():
    block, x = ResidualBlock(4, 4), torch.randn(3, 4, 5, 5)
    nn.init.zeros_(block.body[-1].weight)
    assert torch.equal(block(x), x)
    assert ResidualBlock(4, 8)(x).shape == (3, 8, 3, 3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("hidden", [None, (8,)])
def test_a_unet_fits_any_size_and_bridges_every_one(shape, hidden):
    nets = Convolutions(shape, hidden)
    net, x = UNet(nets), torch.randn(2, *shape)
    assert net(x).shape == x.shape
    assert channels(net) == [
        *pairwise(nets.widths),
        *(
            (out * (1 if i == 0 else 2), width)
            for i, (width, out) in enumerate(reversed(list(pairwise(nets.widths))))
        ),
    ]
    with torch.no_grad():
        for parameter in net.downs[-1].parameters():
            parameter.zero_()  # nothing is left but the bridges
    blocked = net(x)
    assert ((blocked[0] - blocked[1]).abs().max() > 1e-6) == (len(nets.hidden) > 1)
