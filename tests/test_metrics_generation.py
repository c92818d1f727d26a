"""Metrics of generated samples: closed forms, sums written out, and properties."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from genad import metrics
from genad.errors import DataError, ParameterError
from genad.metrics import (
    class_coverage,
    frechet_distance,
    kernel_distance,
    manifold_precision_recall,
    neighbour_accuracy,
    relative_spread,
    silhouette,
)

PAIRED = [frechet_distance, kernel_distance, manifold_precision_recall, relative_spread]
SPACES = [silhouette, neighbour_accuracy]


def normal(n, d, seed=0, scale=1.0, centre=0.0):
    return centre + scale * np.random.default_rng(seed).normal(size=(n, d))


def standardised(n, d, seed=0):
    """Return points whose mean is exactly 0 and whose covariance is exactly the identity."""
    points = normal(n, d, seed)
    points -= points.mean(0)
    return points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T


# The Frechet distance.


def test_frechet_distance_of_normals_with_a_common_basis():
    """|m1 - m2|^2 + sum (s1 - s2)^2, whatever the basis is."""
    basis, _ = np.linalg.qr(normal(4, 4))
    first = (standardised(50, 4) * [1, 2, 3, 4]) @ basis
    second = (standardised(70, 4, seed=1) * [4, 3, 2, 1] + [1, 0, 2, 0]) @ basis
    assert frechet_distance(first, second) == pytest.approx(5 + 9 + 1 + 1 + 9)


def test_frechet_distance_is_zero_to_itself_and_symmetric():
    first, second = normal(30, 5), normal(40, 5, seed=1, scale=2)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first))


def test_frechet_distance_of_fewer_samples_than_features():
    """The covariances have no inverse, and the distance of a shift is still that of the shift."""
    points = normal(4, 20)
    assert frechet_distance(points, points + 2.0) == pytest.approx(20 * 4.0)


def test_frechet_distance_falls_with_the_number_of_samples():
    """What the docstring warns of: the same distribution, and a distance that is bias alone."""
    few, many = (frechet_distance(normal(n, 8), normal(n, 8, seed=1)) for n in (20, 2000))
    assert few > 10 * many > 0


# The kernel distance.


@pytest.mark.parametrize("degree", [1, 3])
def test_kernel_distance_is_the_sum_over_pairs(degree):
    first, second = normal(6, 3), normal(5, 3, seed=1)

    def mean(pairs):
        return np.mean([(x @ y / 3 + 1) ** degree for x, y in pairs])

    expected = (
        mean((x, y) for i, x in enumerate(first) for j, y in enumerate(first) if i != j)
        + mean((x, y) for i, x in enumerate(second) for j, y in enumerate(second) if i != j)
        - 2 * mean((x, y) for x in first for y in second)
    )
    assert kernel_distance(first, second, degree=degree) == pytest.approx(expected)


def test_kernel_distance_of_many_samples_is_taken_in_blocks(monkeypatch):
    first, second = normal(40, 3), normal(30, 3, seed=1)
    whole = kernel_distance(first, second)
    monkeypatch.setattr("genad.metrics.generation._ROWS", 7)
    assert kernel_distance(first, second) == pytest.approx(whole)


def test_kernel_distance_is_unbiased():
    """For the same distribution it is zero on average, for any number of samples."""
    found = [kernel_distance(normal(8, 2, seed), normal(8, 2, seed + 500)) for seed in range(400)]
    assert np.mean(found) == pytest.approx(0, abs=3 * np.std(found) / 20)
    assert min(found) < 0


def test_kernel_distance_sees_what_mean_and_covariance_do_not():
    skewed = np.random.default_rng(0).exponential(size=(500, 1)) - 1
    even = normal(500, 1)
    even = (even - even.mean()) / even.std(ddof=1)
    skewed = (skewed - skewed.mean()) / skewed.std(ddof=1)
    assert frechet_distance(skewed, even) == pytest.approx(0, abs=1e-9)
    assert kernel_distance(skewed, even) > 1


# Precision and recall.


def test_the_same_set_has_both_in_full():
    points = normal(30, 2)
    report = manifold_precision_recall(points, points)
    assert (report.precision, report.recall) == (1.0, 1.0)


def test_sets_that_are_far_apart_have_neither():
    report = manifold_precision_recall(normal(30, 2), normal(30, 2, centre=100))
    assert (report.precision, report.recall) == (0.0, 0.0)


def test_collapse_costs_recall_and_noise_costs_precision():
    real = normal(200, 2)
    collapsed = manifold_precision_recall(real, 0.01 * normal(200, 2, seed=1))
    assert collapsed.precision == 1.0
    assert collapsed.recall < 0.05
    noisy = manifold_precision_recall(real, 5 * normal(200, 2, seed=1))
    assert noisy.precision < 0.4
    assert noisy.recall > 0.9


def test_a_mode_that_is_left_out_costs_its_share_of_recall():
    real = np.concatenate([normal(50, 2), normal(50, 2, seed=1, centre=50)])
    report = manifold_precision_recall(real, real[:50])
    assert (report.precision, report.recall) == (1.0, 0.5)


def test_the_two_change_places_with_the_sets():
    first, second = normal(40, 3), normal(50, 3, seed=1, scale=2)
    one = manifold_precision_recall(first, second)
    other = manifold_precision_recall(second, first)
    assert (one.precision, one.recall) == (other.recall, other.precision)


def test_the_balls_reach_to_the_kth_neighbour():
    real = [[0.0], [1.0], [3.0]]
    for k, expected in ((1, 0.0), (2, 1.0)):
        # the balls around 3 reach to 1 and to 0
        report = manifold_precision_recall(real, [[5.5], [5.5], [5.5]], k=k)
        assert report.precision == expected


# Spread.


def test_the_relative_spread_is_a_ratio_of_mean_distances():
    points = normal(40, 3)
    assert relative_spread(points, points) == pytest.approx(1)
    assert relative_spread(points, 0.3 * points[::-1] + 5) == pytest.approx(0.3)
    assert relative_spread(points, np.repeat(points[:1], 9, axis=0)) == 0
    assert np.isnan(relative_spread(np.ones((4, 2)), points[:, :2]))


# Coverage.


def test_a_class_counts_from_a_fifth_of_its_share():
    real = np.repeat([0, 1], [50, 50])
    assert class_coverage(np.repeat([0, 1], [90, 10]), real).covered == 2
    assert class_coverage(np.repeat([0, 1], [91, 9]), real).covered == 1


def test_effective_classes_are_all_of_them_only_when_even():
    real = np.arange(8)
    assert class_coverage(real, real).effective == pytest.approx(8)
    assert class_coverage([3, 3, 3], real).effective == pytest.approx(1)
    uneven = class_coverage([0] * 3 + [1], real)
    assert uneven.effective == pytest.approx(4 / 3**0.75)


def test_a_class_that_is_not_real_is_not_covered():
    report = class_coverage([0, 2, 2, 5], [0, 2])
    assert (report.covered, report.classes) == (2, 2)
    assert sum(report.shares) == pytest.approx(1)


# Separability.


@pytest.mark.parametrize("seed", range(4))
def test_silhouette_is_scikit_learns(seed):
    points, classes = normal(60, 3, seed), np.random.default_rng(seed).integers(0, 4, 60)
    points[:, 0] += classes
    assert silhouette(points, classes) == pytest.approx(silhouette_score(points, classes))


@pytest.mark.parametrize("k", [1, 4, 5])
def test_neighbour_accuracy_is_scikit_learns_but_for_ties(k):
    """Weights that fall steeply with the distance let the nearest decide between equal votes."""
    points, classes = normal(60, 2), np.random.default_rng(0).integers(0, 2, 60)
    points[:, 0] += 2 * classes

    def weights(distances):
        return 1 + 1e-9 * 2.0 ** np.argsort(-distances, axis=1, kind="stable")

    model = KNeighborsClassifier(k, weights=weights)
    expected = cross_val_score(model, points, classes, cv=LeaveOneOut()).mean()
    assert neighbour_accuracy(points, classes, k=k) == pytest.approx(expected)


def test_separability_of_many_points_is_taken_in_blocks(monkeypatch):
    points, classes = normal(50, 2), np.arange(50) % 3
    whole = [measure(points, classes) for measure in SPACES]
    monkeypatch.setattr("genad.metrics._features._BLOCK", 170)
    assert [measure(points, classes) for measure in SPACES] == pytest.approx(whole)


def test_rings_are_separable_but_no_clouds():
    """What the docstrings say of the two measures."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    points, classes = np.concatenate([circle, 1.5 * circle]), np.repeat([0, 1], 60)
    assert neighbour_accuracy(points, classes) == 1.0
    assert silhouette(points, classes) < 0.1


def test_the_silhouette_of_points_alone_or_in_one_place():
    assert silhouette([[0.0], [1.0]], [0, 1]) == 0.0
    assert silhouette([[1.0]] * 4, [0, 0, 1, 1]) == 0.0


# What all of them refuse.


@pytest.mark.parametrize("metric", PAIRED)
def test_sets_that_do_not_belong_together_are_refused(metric):
    with pytest.raises(DataError, match="Real samples have 3 features and generated ones 2"):
        metric(normal(9, 3), normal(9, 2))
    with pytest.raises(DataError, match=r"generated features have shape \(9,\)"):
        metric(normal(9, 1), np.zeros(9))
    with pytest.raises(DataError, match="1 of 9 real features hold NaN"):
        metric(np.vstack([np.full((1, 2), np.nan), normal(8, 2)]), normal(9, 2))
    with pytest.raises(DataError, match="at least"):
        metric(normal(1, 2), normal(9, 2))


@pytest.mark.parametrize("metric", SPACES)
def test_classes_that_are_none_are_refused(metric):
    with pytest.raises(DataError, match="All 5 points are of class 1"):
        metric(normal(5, 2), [1] * 5)
    with pytest.raises(DataError, match=r"classes have shape \(4,\): give 5"):
        metric(normal(5, 2), [0, 1, 0, 1])
    with pytest.raises(DataError, match="not whole numbers from 0"):
        metric(normal(5, 2), [0.0, 1.0, 0.5, 1.0, 1.0])


def test_parameters_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="k=0 is no neighbour"):
        manifold_precision_recall(normal(5, 2), normal(5, 2), k=0)
    with pytest.raises(ParameterError, match="degree=0 makes no kernel"):
        kernel_distance(normal(5, 2), normal(5, 2), degree=0)
    with pytest.raises(ParameterError, match="k is 5 for 5 points"):
        neighbour_accuracy(normal(5, 2), [0, 1, 0, 1, 1])
    assert set(dir(metrics)) >= {function.__name__ for function in PAIRED + SPACES}
