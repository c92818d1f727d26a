"""Novelty detection: denoisers, memories, ranks and tails, and the detectors made of them."""

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from genad.detectors.dae import DAE, DenoisingModel
from genad.detectors.neighbours import NearestNeighbours
from genad.nets.denoiser import Denoiser
from genad.nets.memory import Memory
from genad.nets.ranks import Damped, RankNormal
from genad.nets.tails import Tail
from helpers import line

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32))
OTHERS = torch.from_numpy(np.random.default_rng(1).normal(size=(80, 4)).astype(np.float32))


def brute(x, rows, k, p):
    """Return the k smallest distances by the definition, in float64."""
    steps = np.abs(x.double().numpy()[:, None] - rows.double().numpy())
    return np.sort((steps**p).sum(2) ** (1 / p), axis=1)[:, :k]


# Memory.


@pytest.mark.parametrize("p", [1, 2])
def test_distances_to_the_nearest_are_exact(p):
    memory = Memory(4, p)
    memory.keep(ROWS)
    distances, places = memory.nearest(OTHERS, 7)
    np.testing.assert_allclose(distances, brute(OTHERS, ROWS, 7, p), rtol=1e-5)
    steps = torch.linalg.vector_norm(OTHERS[:, None] - ROWS[places], p, dim=2)
    torch.testing.assert_close(steps, distances)


@pytest.mark.parametrize("p", [1, 2])
def test_a_kept_row_is_not_its_own_neighbour(p):
    memory = Memory(4, p)
    memory.keep(ROWS)
    expected = brute(ROWS, ROWS, 4, p)[:, 1:]
    np.testing.assert_allclose(memory.distances(ROWS, 3), expected, rtol=1e-5)
    memory.keep(torch.cat([ROWS, ROWS[:1]]))  # of two that are equal, one is left
    assert float(memory.distances(ROWS[:1], 1)) == 0


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_small_distances_keep_their_digits(offset):
    memory = Memory(4, 2)
    memory.keep(ROWS + offset)
    near = ROWS[:10] + offset + 0.01
    np.testing.assert_allclose(
        memory.distances(near, 1), brute(near, ROWS + offset, 1, 2), rtol=1e-3
    )


@pytest.mark.parametrize("p", [1, 2])
def test_where_few_are_kept_the_farthest_stands_for_those_that_lack(p):
    memory = Memory(1, p)
    memory.keep(torch.tensor([[0.0], [3.0]]))
    assert memory.distances(torch.tensor([[1.0], [3.0]]), 4).tolist() == [[1, 2, 2, 2], [3] * 4]
    memory.keep(torch.tensor([[5.0]]))
    assert memory.distances(torch.tensor([[1.0], [5.0]]), 2).tolist() == [[4, 4], [0, 0]]


# Ranks.


def test_ranks_are_normal_scores_and_ties_share_one():
    values = torch.tensor([[3.0], [1.0], [3.0], [2.0], [3.0], [9.0]])
    encode = RankNormal(1)
    encode.fit(values)
    expected = norm.ppf((rankdata(values[:, 0]) - 0.5) / 6)
    np.testing.assert_allclose(encode(values)[:, 0], expected, atol=1e-6)


def test_ranks_do_not_change_with_a_monotone_map_of_a_column():
    encode, mapped = RankNormal(4), RankNormal(4)
    encode.fit(ROWS)
    mapped.fit(ROWS.exp())
    torch.testing.assert_close(mapped(ROWS.exp()), encode(ROWS))


@pytest.mark.parametrize("n", [50, 20_000])
def test_ranks_rise_within_and_beyond_the_range(n):
    encode = RankNormal(1)
    encode.fit(torch.randn(n, 1))
    x = torch.linspace(-30, 30, 10_001)[:, None]
    scores = encode(x)[:, 0]
    assert (scores.diff() >= 0).all()
    assert (scores.diff()[(x[1:, 0].abs() > 6)] > 0).all()
    inner = x[:, 0].abs() < 1
    torch.testing.assert_close(scores[inner], x[inner, 0], atol=0.4 if n == 50 else 0.05, rtol=0)


def test_ranks_of_a_constant_column_are_zero_until_it_changes():
    encode = RankNormal(1)
    encode.fit(torch.full((20, 1), 2.0))
    assert encode(torch.tensor([[2.0]])).item() == 0
    assert encode(torch.tensor([[3.0]])).item() == pytest.approx(
        norm.ppf(1 - 0.5 / 20) + 2 * np.log(2), abs=1e-5
    )


def test_damped_is_undone_and_keeps_small_values():
    x = torch.tensor([-40.0, -0.01, 0.0, 2.0, 500.0])
    torch.testing.assert_close(Damped(3.0).inverse(Damped(3.0)(x)), x)
    assert Damped(3.0)(x)[1].item() == pytest.approx(-0.01, rel=1e-4)


# Tails.


def test_a_tail_counts_at_the_reference_and_rises_everywhere():
    reference = torch.rand(50)
    tail = Tail()
    tail.fit(reference)
    as_high = (reference[:, None] <= reference).sum(1)
    torch.testing.assert_close(tail(reference), -((as_high + 0.5).double() / 51).log())
    assert (tail(torch.linspace(0, 1e6, 5000)).diff() >= 0).all()
    assert (tail(torch.linspace(0, 2, 5000)).diff() > 0).all()
    assert float(tail(torch.tensor([0.0]))) == 0


def test_a_tail_of_equal_references_is_finite_and_rises():
    tail = Tail()
    tail.fit(torch.zeros(9))
    assert tail(torch.tensor([0.0, 1.0])).diff() > 0
    assert tail(torch.tensor([0.0, 1e30])).isfinite().all()


# The denoiser.


def test_without_a_network_the_denoiser_is_the_best_linear_estimate():
    net = Denoiser(4, (8,))
    torch.nn.init.zeros_(net.outputs.weight)
    torch.nn.init.zeros_(net.outputs.bias)
    level = torch.full((len(ROWS), 1), 2.0)
    torch.testing.assert_close(net(ROWS, level), ROWS / (1 + 2.0**2))


def test_the_denoising_loss_is_one_for_the_best_linear_estimate_of_noise():
    model, x = DenoisingModel((4,), (8,), (1.0,)), torch.randn(20_000, 4)
    torch.nn.init.zeros_(model.denoiser.outputs.weight)
    torch.nn.init.zeros_(model.denoiser.outputs.bias)
    assert model.loss(x)["denoising"].mean().item() == pytest.approx(1, abs=0.03)
    assert model.validation(x).mean().item() == pytest.approx(1, abs=0.03)
    assert torch.equal(model.validation(x), model.validation(x))


def test_few_rows_are_noised_several_times_over():
    model = DenoisingModel((4,), (8,), (1.0,))
    assert len(model.loss(ROWS[:10])["denoising"]) == 190
    assert len(model.loss(ROWS)["denoising"]) == len(ROWS)


def test_the_levels_of_a_dae_count_alike_on_held_out_rows():
    X = line(400)
    detector = DAE(hidden=(16,), epochs=20, random_state=0).fit(X)
    reference = detector.calibration_.reference_scores
    assert np.mean(reference**2) <= 25  # of five levels, each of mean square one
    assert np.mean(reference) == pytest.approx(5, rel=0.3)


# Nearest neighbours.


def test_neighbours_without_bending_are_those_of_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    train, test = line(200), line(50, seed=1)
    settings = {"scaler": "none", "bend": None, "metric": "euclidean", "random_state": 0}
    theirs = NearestNeighbors(n_neighbors=3).fit(train).kneighbors(test)[0]
    for aggregate, expected in (("mean", theirs.mean(1)), ("farthest", theirs[:, 2])):
        detector = NearestNeighbours(neighbours=3, aggregate=aggregate, **settings).fit(train)
        np.testing.assert_allclose(detector.anomaly_score(test), expected, rtol=1e-4)


def test_a_training_row_scores_as_if_it_had_not_been_one():
    X = line(100)
    settings = {"scaler": "none", "neighbours": 2, "random_state": 0}
    known = NearestNeighbours(**settings).fit(X)
    unknown = NearestNeighbours(**settings).fit(X[1:])
    np.testing.assert_allclose(known.anomaly_score(X[:1]), unknown.anomaly_score(X[:1]))


def test_a_full_memory_draws_what_it_keeps():
    X = line(100)
    detector = NearestNeighbours(memory=30, random_state=0).fit(X)
    assert len(detector.model_.memory.rows) == 30
    assert len(torch.unique(detector.model_.memory.rows, dim=0)) == 30
