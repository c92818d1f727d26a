"""Losses against their closed forms, numerical integration and scipy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from genad import VAE, losses
from helpers import line

MEANS = st.floats(-3, 3)
LOG_VARIANCES = st.floats(-4, 3)


def columns(*values):
    """Return float64 tensors of shape (1, 1)."""
    return tuple(torch.tensor([[value]], dtype=torch.float64) for value in values)


@given(MEANS, LOG_VARIANCES)
def test_gaussian_kl_is_the_integral(mean, log_variance):
    posterior, prior = stats.norm(mean, math.exp(log_variance / 2)), stats.norm()

    def integrand(z):
        return posterior.pdf(z) * (posterior.logpdf(z) - prior.logpdf(z))

    reach = 12 * math.exp(log_variance / 2)
    expected, _ = quad(integrand, mean - reach, mean + reach, limit=200)
    kl = losses.gaussian_kl(*columns(mean, log_variance)).item()
    assert kl == pytest.approx(expected, abs=1e-6)


def test_gaussian_kl_adds_over_the_latent_and_vanishes_at_the_prior():
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    single = [losses.gaussian_kl(mean[:, [j]], log_variance[:, [j]]) for j in range(3)]
    torch.testing.assert_close(losses.gaussian_kl(mean, log_variance), sum(single))
    assert torch.equal(losses.gaussian_kl(torch.zeros(4, 2), torch.zeros(4, 2)), torch.zeros(4))
    assert (losses.gaussian_kl(mean, log_variance) > 0).all()


@given(MEANS, MEANS, LOG_VARIANCES)
def test_gaussian_nll_is_scipys(x, mean, log_variance):
    nll = losses.gaussian_nll(*columns(x, mean, log_variance)).item()
    assert nll == pytest.approx(-stats.norm(mean, math.exp(log_variance / 2)).logpdf(x))


@given(st.sampled_from([0, 1]), st.floats(-30, 30))
def test_bernoulli_nll_is_scipys(x, logit):
    probability = 1 / (1 + math.exp(-logit))
    nll = losses.bernoulli_nll(*columns(float(x), logit)).item()
    assert nll == pytest.approx(-stats.bernoulli(probability).logpmf(x), abs=1e-9, rel=1e-3)


def test_bernoulli_nll_of_a_share_is_the_mixture_and_extremes_are_finite():
    x, logits = columns(0.3, 1.7)
    parts = [losses.bernoulli_nll(torch.full_like(x, k), logits) for k in (0.0, 1.0)]
    torch.testing.assert_close(losses.bernoulli_nll(x, logits), 0.7 * parts[0] + 0.3 * parts[1])
    assert losses.bernoulli_nll(*columns(0.0, 1e4)).item() == 1e4


def test_standard_normal_log_density_is_scipys():
    z = torch.randn(6, 4, dtype=torch.float64)
    expected = stats.multivariate_normal(np.zeros(4)).logpdf(z.numpy())
    np.testing.assert_allclose(losses.standard_normal_log_density(z), expected)


@given(st.floats(-500, 500))
def test_adversarial_losses_are_cross_entropies(logit):
    (given_logit,) = columns(logit)
    real, fake = losses.real_loss(given_logit).item(), losses.fake_loss(given_logit).item()
    assert real == pytest.approx(np.logaddexp(0, -logit))
    assert fake == pytest.approx(np.logaddexp(0, logit))
    assert fake - real == pytest.approx(logit, abs=1e-9)


@pytest.mark.parametrize("shape", [(3,), (2, 4)])
def test_gradient_penalty_of_a_linear_critic_is_the_excess_of_its_slope(shape):
    slope = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    real, fake = torch.randn(2, 5, *shape, dtype=torch.float64)
    penalty = losses.gradient_penalty(lambda u: (u * slope).flatten(1).sum(1), real, fake)
    assert penalty.shape == (5,)
    torch.testing.assert_close(penalty, (slope.norm() - 1).square().expand(5))
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
    (gradient,) = torch.autograd.grad(penalty.mean(), slope)
    torch.testing.assert_close(gradient, 2 * (1 - 1 / slope.norm()) * slope.detach())


def test_gradient_penalty_is_taken_between_real_and_fake():
    real, fake = torch.ones(1000, 1), torch.zeros(1000, 1)
    penalty = losses.gradient_penalty(lambda u: u.square().sum(1) / 2, real, fake)  # slope u
    assert ((penalty >= 0) & (penalty <= 1)).all()
    assert penalty.mean().item() == pytest.approx(1 / 3, abs=0.03)  # of (u - 1)^2, u uniform


def test_gradient_penalty_of_a_flat_critic_is_one_and_has_a_finite_gradient():
    weight = torch.zeros(3, requires_grad=True)
    x = torch.randn(4, 3)
    penalty = losses.gradient_penalty(lambda u: (u * weight).sum(1), x, -x)
    torch.testing.assert_close(penalty, torch.ones(4), atol=1e-5, rtol=0)
    assert torch.autograd.grad(penalty.sum(), weight)[0].isfinite().all()


def test_errors_are_element_by_element():
    x, x_hat = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(losses.absolute_error(x, x_hat), torch.abs(x - x_hat))
    torch.testing.assert_close(losses.squared_error(x, x_hat), (x - x_hat) ** 2)
    torch.testing.assert_close(losses.per_sample(x), x.sum((1, 2)))


# A VAE without hidden layers is a linear Gaussian model, whose likelihood is known.


def linear_vae(score, noise):
    """Return a fitted linear VAE that scores with the given draws, of shape (draws, 1, 2)."""
    kwargs = {"hidden": (), "latent": 2, "epochs": 150, "lr": 1e-2, "random_state": 0}
    detector = VAE(score=score, **kwargs).fit(line(300))
    detector.model_.noise = noise
    return detector


def exact_nll(detector, X):
    """Return -log p(x) of p(x) = N(b, W W' + diag(variance)), in the scaled units."""
    model = detector.model_
    weight, bias = (t.detach().double().numpy() for t in model.decoder.parameters())
    variance = model.log_variance[0].detach().double().clamp(min=-9).exp().numpy()
    scaled = detector.view_.encoder.scaler.transform(X)
    return -stats.multivariate_normal(bias, weight @ weight.T + np.diag(variance)).logpdf(scaled)


def test_the_elbo_bounds_the_likelihood_and_many_samples_reach_it():
    X, noise = line(100, seed=1), torch.randn(3000, 1, 2)
    elbo, tight = (linear_vae(score, noise) for score in ("elbo", "importance_weighted"))
    exact, bound, estimate = exact_nll(elbo, X), elbo.anomaly_score(X), tight.anomaly_score(X)
    np.testing.assert_array_equal(exact, exact_nll(tight, X))
    assert (bound > exact - 0.05).all()
    assert (estimate < bound + 0.05).all()
    np.testing.assert_allclose(estimate, exact, atol=0.1)


def test_more_importance_samples_are_tighter():
    """By Jensen's inequality: all draws together, against the mean of groups and of single ones."""
    X, noise = line(100, seed=1), torch.randn(64, 1, 2)
    detector, means = linear_vae("importance_weighted", noise), []
    for size in (1, 8, 64):
        scores = []
        for group in torch.split(noise, size):
            detector.model_.noise = group
            scores.append(detector.anomaly_score(X))
        means.append(np.mean(scores, axis=0))
    assert (means[0] > means[1]).all()
    assert (means[1] > means[2]).all()


def test_the_elbo_is_the_reconstruction_plus_beta_times_the_divergence():
    X = line(50, seed=1)
    kwargs = {"latent": 2, "hidden": (8,), "epochs": 3, "random_state": 0, "beta": 2.0}
    elbo, bare = (
        VAE(score=score, **kwargs).fit(line(150))
        for score in ("elbo", "reconstruction_probability")
    )
    x = torch.from_numpy(elbo.view_.encoder.scaler.transform(X).astype(np.float32))
    kl = losses.gaussian_kl(*elbo.model_.posterior(x)).detach().numpy()
    expected = bare.anomaly_score(X) + 2 * kl
    np.testing.assert_allclose(elbo.anomaly_score(X), expected, rtol=1e-5, atol=1e-5)
