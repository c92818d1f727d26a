"""Every table detector's losses and scores against its paper's formulas, written out in numpy.

Networks are taken as functions of their inputs; all that stands between their outputs and a loss
or a score is computed here from the definition, with the deviations that the docstrings state.
"""

import math
from functools import cache

import numpy as np
import pytest
import torch

from genad import ALAD, EGBAD, VAE, AnoGAN, AutoEncoder, FAnoGAN, GANomaly, ZScore, losses
from genad.detectors import anogan
from helpers import line

N, FEATURES, LATENT = 7, 3, 2
SEED = 5
SMALL = {"hidden": (6, 5), "latent": LATENT, "epochs": 2, "random_state": 0}
X = line(N, seed=3) * [1.0, 1.0, -2.0]  # off the line it was trained on


@pytest.fixture(autouse=True)
def _in_float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@cache
def fitted(cls, **settings):
    """Return a detector whose small networks are fixed; its settings make every weight show."""
    torch.set_default_dtype(torch.float32)
    detector = cls(**({} if cls is ZScore else SMALL | settings)).fit(line(60))
    torch.set_default_dtype(torch.float64)
    detector.model_.double()
    return detector


def model_of(cls, **settings):
    return fitted(cls, **settings).model_


def call(network, *inputs):
    """Return the outputs of a network, or of any function of tensors, as an array."""
    with torch.no_grad():
        return network(*map(torch.from_numpy, inputs)).numpy()


def drawn(*draws):
    """Return what these calls draw from torch's generator when a loss is computed."""
    torch.manual_seed(SEED)
    return [draw().numpy() for draw in draws]


def latents():
    (z,) = drawn(lambda: torch.randn(N, LATENT))
    return z


def terms(model, name, x=X):
    """Return the terms of one objective as arrays."""
    (objective,) = (o for o in model.objectives() if o.name == name)
    torch.manual_seed(SEED)
    return {key: value.detach().numpy() for key, value in objective.loss(torch.tensor(x)).items()}


def score(model, x=X):
    return call(model.score, x)


def assert_same(found, expected):
    """Compare terms by their names and by every sample's value."""
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].shape == (len(values),), name
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


def log_sigmoid(logit):
    return -np.log(1 + np.exp(-logit))


def called_real(logit):
    """-log D."""
    return -log_sigmoid(logit)


def called_fake(logit):
    """-log (1 - D)."""
    return -log_sigmoid(-logit)


def l1(a, b):
    return np.abs(a - b).sum(1)


def mean_l1(a, b):
    return np.abs(a - b).mean(1)


def mean_l2(a, b):
    """The squared L2 norm over the number of elements."""
    return ((a - b) ** 2).mean(1)


# ---------------------------------------------------------------- the losses themselves

A, B, C = np.random.default_rng(0).normal(size=(3, N, FEATURES))
P = 1 / (1 + np.exp(-B))
LOSSES = {
    "real_loss": ((A,), -np.log(1 / (1 + np.exp(-A)))),
    "fake_loss": ((A,), -np.log(1 - 1 / (1 + np.exp(-A)))),
    "gaussian_kl": ((A, B), 0.5 * (A**2 + np.exp(B) - B - 1).sum(1)),
    "gaussian_nll": (
        (A, B, C),
        -np.log(np.exp(-((A - B) ** 2) / (2 * np.exp(C))) / np.sqrt(2 * np.pi * np.exp(C))),
    ),
    "bernoulli_nll": (
        (P, A),
        -P * np.log(1 / (1 + np.exp(-A))) - (1 - P) * np.log(1 / (1 + np.exp(A))),
    ),
    "standard_normal_log_density": (
        (A,),
        np.log(np.prod(np.exp(-(A**2) / 2) / np.sqrt(2 * np.pi), axis=1)),
    ),
    "absolute_error": ((A, B), np.abs(A - B)),
    "squared_error": ((A, B), (A - B) ** 2),
    "per_sample": ((A,), A[:, 0] + A[:, 1] + A[:, 2]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_formula(name):
    inputs, expected = LOSSES[name]
    found = call(getattr(losses, name), *inputs)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------- who minimises what

OBJECTIVES = {
    AnoGAN: {"discriminator": {"discriminator"}, "generator": {"generator"}},
    FAnoGAN: {"critic": {"critic"}, "generator": {"generator"}, "encoder": {"encoder"}},
    EGBAD: {"discriminator": {"discriminator"}, "generator": {"encoder", "generator"}},
    ALAD: {"discriminator": {"d_xz", "d_xx", "d_zz"}, "generator": {"encoder", "generator"}},
    GANomaly: {
        "discriminator": {"discriminator"},
        "generator": {"encoder", "decoder", "reencoder"},
    },
    VAE: {"vae": {"encoder", "decoder", "log_variance"}},
    AutoEncoder: {"autoencoder": {"encoder", "decoder"}},
    ZScore: {},
}
TRAINED = [cls for cls, objectives in OBJECTIVES.items() if objectives]
by_name = {"ids": lambda cls: cls.__name__}


@pytest.mark.parametrize("cls", OBJECTIVES, **by_name)
def test_every_objective_has_its_own_parameters(cls):
    model = model_of(cls)
    owners = {id(p): name.split(".")[0] for name, p in model.named_parameters()}
    found = {o.name: {owners[id(p)] for p in o.parameters()} for o in model.objectives()}
    assert found == OBJECTIVES[cls]
    assert all(len(set(map(id, o.parameters()))) == len(o.parameters()) for o in model.objectives())


def test_f_anogan_updates_its_critic_more_often_and_its_encoder_afterwards():
    model = model_of(FAnoGAN, critic_steps=3)
    assert [(o.name, o.steps, o.stage) for o in model.objectives()] == [
        ("critic", 3, 0),
        ("generator", 1, 0),
        ("encoder", 1, 1),
    ]


@pytest.mark.parametrize("cls", TRAINED, **by_name)
def test_a_small_step_down_every_objective_lowers_it(cls):
    """What is given to minimise can be: its gradient is that of its own terms."""
    for objective in model_of(cls).objectives():

        def total(objective=objective):
            torch.manual_seed(SEED)
            return sum(term.mean() for term in objective.loss(torch.tensor(X)).values())

        parameters, before = objective.parameters(), total()
        gradients = torch.autograd.grad(before, parameters)
        slope = sum(g.square().sum() for g in gradients)
        step = 1e-6 / slope.sqrt()
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= step * gradient
        change = total() - before
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter += step * gradient
        assert change.item() == pytest.approx(-(step * slope).item(), rel=1e-3)


@pytest.mark.parametrize("cls", [FAnoGAN, EGBAD, ALAD], **by_name)
def test_an_encoder_stays_within_three_deviations_of_the_prior(cls):
    far = np.array([[1e6, 1e6, 1e6], [-1e6, 1e6, -1e6]])
    z = call(model_of(cls).encoder, far)
    assert np.abs(z).max() <= 3
    assert np.abs(z).max() > 2.9


# ---------------------------------------------------------------- AnoGAN (Schlegl et al., 2017)


def test_anogan_losses():
    model = model_of(AnoGAN)
    fake = call(model.generator, latents())
    assert_same(
        terms(model, "discriminator"),
        {
            "real": called_real(call(model.discriminator, X)),
            "fake": called_fake(call(model.discriminator, fake)),
        },
    )
    assert_same(
        terms(model, "generator"), {"adversarial": called_real(call(model.discriminator, fake))}
    )


def trained_anogan(kind):
    """Return a generator that makes different things of different latents, searched with care."""
    search = {"steps": 500, "restarts": 16}
    return model_of(AnoGAN, score=kind, weight=0.3, epochs=190, lr=2e-3, **search)


@pytest.mark.parametrize(
    ("kind", "weight"), [("reconstruction", 0.0), ("combined", 0.3), ("discriminator", 1.0)]
)
def test_anogan_score(kind, weight):
    """(1 - lambda) R + lambda (feature matching + how much surer than a coin of a fake)."""
    model = trained_anogan(kind)
    nearest = call(model.reconstruct, X)
    f, f_hat = (call(model.discriminator.features, u) for u in (X, nearest))
    surer = called_real(call(model.discriminator, X)) - math.log(2)
    assert (surer > 0).any()
    assert (surer < 0).any()
    expected = (1 - weight) * l1(X, nearest)
    expected += weight * (mean_l1(f, f_hat) + np.maximum(surer, 0))
    np.testing.assert_allclose(score(model), expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["reconstruction", "combined", "discriminator"])
def test_anogan_finds_the_best_latent_of_the_priors_bulk(kind):
    """z* is the argmin of A over |z| <= 3, here by trying a fine grid of them all."""
    model = trained_anogan(kind)
    side = np.linspace(-3, 3, 121)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    samples = call(model.generator, grid)
    x = np.concatenate([X, 30 * X])  # what is nearest to the far ones is at the edge of the bulk
    tried = [call(model.pair_score, np.repeat(row[None], len(grid), 0), samples) for row in x]
    best, worst = np.min(tried, axis=1), np.max(tried, axis=1)
    found = score(model, x)
    assert (found <= best + 0.01 * (worst - best)).all()
    assert (found >= best - 0.01 * (worst - best)).all()  # no z outside of the bulk


def test_anogan_takes_the_best_of_its_restarts(monkeypatch):
    """Searches start from the latents of the bank whose samples are nearest, and one counts."""
    model = trained_anogan("combined")
    monkeypatch.setattr(anogan, "search_latents", lambda loss, z, **how: z)  # they stay there
    bank = call(model.generator, model.bank.numpy())
    expected = []
    for row in X:
        nearest = np.argsort(np.abs(row - bank).sum(1))[:16]
        tried = call(model.pair_score, np.repeat(row[None], 16, 0), bank[nearest])
        expected.append(tried.min())
    np.testing.assert_allclose(score(model), expected, rtol=1e-9)


# ---------------------------------------------------------------- f-AnoGAN (Schlegl et al., 2019)


def slope_norms(function, points, step=1e-6):
    """Return the length of the gradient at each point, by central differences."""
    slopes = [
        (call(function, points + step * e) - call(function, points - step * e)) / (2 * step)
        for e in np.eye(points.shape[1])
    ]
    return np.sqrt(np.square(slopes).sum(0))


def test_f_anogan_critic_loss():
    """C(G(z)) - C(x) + penalty (|grad C(u)| - 1)^2, with u between x and G(z)."""
    model = model_of(FAnoGAN, penalty=3.0)
    z, share = drawn(lambda: torch.randn(N, LATENT), lambda: torch.rand(N, 1))
    fake = call(model.generator, z)
    between = share * X + (1 - share) * fake
    found = terms(model, "critic")
    penalty = found.pop("gradient_penalty")
    expected = 3 * (slope_norms(model.critic, between) - 1) ** 2
    np.testing.assert_allclose(penalty, expected, rtol=1e-5)
    assert_same(found, {"wasserstein": call(model.critic, fake) - call(model.critic, X)})


def test_f_anogan_generator_loss():
    model = model_of(FAnoGAN)
    fake = call(model.generator, latents())
    assert_same(terms(model, "generator"), {"adversarial": -call(model.critic, fake)})


def images(model, x=X):
    """Return x_hat = G(E(x)), and the features of both."""
    x_hat = call(model.generator, call(model.encoder, x))
    return x_hat, call(model.critic.features, x), call(model.critic.features, x_hat)


def test_f_anogan_encoder_loss_is_izi_f():
    model = model_of(FAnoGAN, kappa=0.7)
    x_hat, f, f_hat = images(model)
    assert_same(
        terms(model, "encoder"),
        {"residual": mean_l2(X, x_hat), "feature_matching": 0.7 * mean_l2(f, f_hat)},
    )


def test_f_anogan_score_is_its_encoders_loss():
    """R + kappa D up to the factor 1 + kappa; each alone without any."""
    one, other, both = (
        model_of(FAnoGAN, kappa=0.7, score=kind)
        for kind in ("reconstruction", "discriminator", "combined")
    )
    x_hat, f, f_hat = images(both)
    residual, distance = mean_l2(X, x_hat), mean_l2(f, f_hat)
    np.testing.assert_allclose(score(one), residual, rtol=1e-9)
    np.testing.assert_allclose(score(other), distance, rtol=1e-9)
    np.testing.assert_allclose(score(both), (residual + 0.7 * distance) / 1.7, rtol=1e-9)


# ---------------------------------------------------------------- EGBAD (Zenati et al., 2018)


def egbad_logits(model):
    """Return the logits of the pairs (x, E(x)) and (G(z), z)."""
    z = latents()
    encoded = call(model.discriminator, X, call(model.encoder, X))
    return encoded, call(model.discriminator, call(model.generator, z), z)


def test_egbad_losses():
    """BiGAN's, non-saturating for encoder and generator, with the cycle that the class adds."""
    model = model_of(EGBAD, cycle_consistency=7.0)
    encoded, generated = egbad_logits(model)
    assert_same(
        terms(model, "discriminator"),
        {"real": called_real(encoded), "fake": called_fake(generated)},
    )
    x_hat = call(model.generator, call(model.encoder, X))
    assert_same(
        terms(model, "generator"),
        {
            "encoder": called_fake(encoded),
            "generator": called_real(generated),
            "cycle_consistency": 7 * mean_l2(X, x_hat),
        },
    )


def test_egbad_without_the_cycle_has_the_papers_loss():
    model = model_of(EGBAD, cycle_consistency=0.0)
    encoded, generated = egbad_logits(model)
    expected = {"encoder": called_fake(encoded), "generator": called_real(generated)}
    assert_same(terms(model, "generator"), expected)


@pytest.mark.parametrize(
    ("kind", "weight"), [("reconstruction", 0.0), ("combined", 0.1), ("discriminator", 1.0)]
)
def test_egbad_score(kind, weight):
    """(1 - lambda) |x - G(E(x))|_1 + lambda |f(x, E(x)) - f(G(E(x)), E(x))|_1."""
    model = model_of(EGBAD, score=kind)
    z = call(model.encoder, X)
    x_hat = call(model.generator, z)
    f, f_hat = (call(model.discriminator.features, u, z) for u in (X, x_hat))
    expected = (1 - weight) * l1(X, x_hat) + weight * l1(f, f_hat)
    np.testing.assert_allclose(score(model), expected, rtol=1e-9)


# ---------------------------------------------------------------- ALAD (Zenati et al., 2018)


def alad_logits(model):
    """Return the logits of real and of fake pairs under D_xz, D_xx and D_zz."""
    z, z_x = latents(), call(model.encoder, X)
    x_z, x_hat = call(model.generator, z), call(model.generator, z_x)
    z_hat = call(model.encoder, x_z)
    return {
        "xz": (call(model.d_xz, X, z_x), call(model.d_xz, x_z, z)),
        "xx": (call(model.d_xx, X, X), call(model.d_xx, X, x_hat)),
        "zz": (call(model.d_zz, z, z), call(model.d_zz, z, z_hat)),
    }


def test_alad_losses():
    """The same three games from both sides, equations 3 and 4."""
    model = model_of(ALAD)
    logits = alad_logits(model)
    assert_same(
        terms(model, "discriminator"),
        {name: called_real(real) + called_fake(fake) for name, (real, fake) in logits.items()},
    )
    assert_same(
        terms(model, "generator"),
        {name: called_fake(real) + called_real(fake) for name, (real, fake) in logits.items()},
    )


@pytest.mark.parametrize(
    ("kind", "weight"), [("reconstruction", 0.0), ("combined", 0.3), ("discriminator", 1.0)]
)
def test_alad_score(kind, weight):
    """|f_xx(x, x) - f_xx(x, G(E(x)))|_1, the last one; with the residual for the others."""
    model = model_of(ALAD, score=kind, weight=0.3)
    x_hat = call(model.generator, call(model.encoder, X))
    f, f_hat = (call(model.d_xx.features, X, u) for u in (X, x_hat))
    expected = (1 - weight) * l1(X, x_hat) + weight * l1(f, f_hat)
    np.testing.assert_allclose(score(model), expected, rtol=1e-9)


def test_alad_normalises_the_discriminators_and_the_encoder():
    """A layer whose weight is doubled stays the same map, but for its bias."""
    model = model_of(ALAD)
    for module, inputs in (
        (model.encoder, (X,)),
        (model.d_xz, (X, latents())),
        (model.d_xx, (X, X)),
        (model.d_zz, (latents(), latents())),
    ):
        before, weights = call(module, *inputs), [p for p in module.parameters() if p.dim() > 1]
        with torch.no_grad():
            for weight in weights:
                weight *= 2
        after = call(module, *inputs)
        with torch.no_grad():
            for weight in weights:
                weight /= 2
        np.testing.assert_allclose(after, before, rtol=1e-6)


# ---------------------------------------------------------------- GANomaly (Akcay et al., 2018)


def test_ganomaly_losses():
    """Feature matching, |x - x_hat|_1 and |z - z_hat|_2, each a mean and with its own weight."""
    model = model_of(GANomaly, weights=(2.0, 3.0, 5.0))
    z = call(model.encoder, X)
    x_hat = call(model.decoder, z)
    assert_same(
        terms(model, "discriminator"),
        {
            "real": called_real(call(model.discriminator, X)),
            "fake": called_fake(call(model.discriminator, x_hat)),
        },
    )
    f, f_hat = (call(model.discriminator.features, u) for u in (X, x_hat))
    assert_same(
        terms(model, "generator"),
        {
            "feature_matching": 2 * mean_l2(f, f_hat),
            "reconstruction": 3 * mean_l1(X, x_hat),
            "latent": 5 * mean_l2(z, call(model.reencoder, x_hat)),
        },
    )


def test_ganomaly_has_the_papers_weights_and_score():
    assert GANomaly().weights == (1.0, 50.0, 1.0)
    assert vars(GANomaly())["score"] == "latent"


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("latent", (0.0, 0.0, 1.0)),
        ("reconstruction", (1.0, 0.0, 0.0)),
        ("discriminator", (0.0, 1.0, 0.0)),
        ("combined", (0.7, 0.3, 0.0)),
    ],
)
def test_ganomaly_score(kind, parts):
    """|E1(x) - E2(D(E1(x)))|_1, or the residual, or the distance of features, or these two."""
    model = model_of(GANomaly, score=kind, weight=0.3)
    z = call(model.encoder, X)
    x_hat = call(model.decoder, z)
    f, f_hat = (call(model.discriminator.features, u) for u in (X, x_hat))
    distances = l1(X, x_hat), l1(f, f_hat), l1(z, call(model.reencoder, x_hat))
    expected = sum(part * distance for part, distance in zip(parts, distances, strict=True))
    np.testing.assert_allclose(score(model), expected, rtol=1e-9)


# ---------------------------------------------------------------- VAE (Kingma and Welling, 2013)

DRAWS = 4


def vae(**settings):
    return fitted(VAE, samples=DRAWS, **settings)


def posterior(model, x):
    """Return mean and variance of q(z|x); the log variance is bent to stay within 8."""
    mean, log_variance = np.split(call(model.encoder, x), 2, axis=1)
    return mean, np.exp(8 * np.tanh(log_variance / 8))


def negative_log_likelihood(model, x, z, likelihood):
    """Return -log p(x|z) of every value."""
    x_hat = call(model.decoder, z)
    if likelihood == "bernoulli":
        p = 1 / (1 + np.exp(-x_hat))
        return -(x * np.log(p) + (1 - x) * np.log(1 - p))
    variance = np.exp(model.log_variance[0].detach().numpy())
    return 0.5 * np.log(2 * np.pi * variance) + (x - x_hat) ** 2 / (2 * variance)


def divergence(mean, variance):
    """KL(N(mean, variance) || N(0, I)): not an estimate from draws."""
    return 0.5 * (mean**2 + variance - np.log(variance) - 1).sum(1)


LIKELIHOODS = {"gaussian": X, "bernoulli": 1 / (1 + np.exp(-X))}
each_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS)


@each_likelihood
def test_vae_loss(likelihood):
    """-log p(x|z) for one z of q(z|x), summed over the columns, + beta KL."""
    x, model = LIKELIHOODS[likelihood], vae(likelihood=likelihood, beta=0.3).model_
    mean, variance = posterior(model, x)
    z = mean + np.sqrt(variance) * latents()
    assert_same(
        terms(model, "vae", x),
        {
            "reconstruction": negative_log_likelihood(model, x, z, likelihood).sum(1),
            "kl_divergence": 0.3 * divergence(mean, variance),
        },
    )


def density(z):
    """The log density of N(0, I)."""
    return -0.5 * (z**2 + np.log(2 * np.pi)).sum(1)


@each_likelihood
@pytest.mark.parametrize("kind", ["elbo", "reconstruction_probability", "importance_weighted"])
def test_vae_score(kind, likelihood):
    x, model = LIKELIHOODS[likelihood], vae(likelihood=likelihood, beta=0.3, score=kind).model_
    mean, variance = posterior(model, x)
    errors, ratios = [], []
    for noise in model.noise.numpy():
        z = mean + np.sqrt(variance) * noise
        errors.append(negative_log_likelihood(model, x, z, likelihood).sum(1))
        q = -0.5 * ((z - mean) ** 2 / variance + np.log(2 * np.pi * variance)).sum(1)
        ratios.append(np.exp(density(z) - errors[-1] - q))
    assert len(errors) == DRAWS
    expected = {
        "elbo": np.mean(errors, axis=0) + 0.3 * divergence(mean, variance),
        "reconstruction_probability": np.mean(errors, axis=0),
        "importance_weighted": -np.log(np.mean(ratios, axis=0)),
    }
    np.testing.assert_allclose(score(model, x), expected[kind], rtol=1e-8)


def test_vae_contributions_are_the_columns_part_of_the_likelihood():
    model = vae(score="reconstruction_probability").model_
    mean, variance = posterior(model, X)
    draws = [mean + np.sqrt(variance) * noise for noise in model.noise.numpy()]
    expected = [negative_log_likelihood(model, X, z, "gaussian") for z in draws]
    np.testing.assert_allclose(call(model.contributions, X), np.mean(expected, axis=0), rtol=1e-9)


# ---------------------------------------------------------------- the plain ones


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_autoencoder_loss(noise):
    """|x - D(E(x + noise))|^2, a sum, towards the row without its noise."""
    model = model_of(AutoEncoder, noise=noise)
    (draw,) = drawn(lambda: torch.randn(N, FEATURES))
    x_hat = call(model.decoder, call(model.encoder, X + noise * draw))
    assert_same(terms(model, "autoencoder"), {"reconstruction": ((X - x_hat) ** 2).sum(1)})


def test_autoencoder_score_is_of_the_row_without_noise():
    model = model_of(AutoEncoder, noise=0.5)
    x_hat = call(model.decoder, call(model.encoder, X))
    np.testing.assert_allclose(score(model), ((X - x_hat) ** 2).sum(1), rtol=1e-9)


@pytest.mark.parametrize(("aggregate", "combine"), [("sum", np.sum), ("max", np.max)])
def test_z_score(aggregate, combine):
    """The sum or the largest of the squared z-scores, with the deviation of the population."""
    rows = line(60)
    detector = ZScore(aggregate=aggregate, scaler="none", validation_fraction=0.0).fit(rows)
    z = (X - rows.mean(0)) / rows.std(0)
    np.testing.assert_allclose(detector.anomaly_score(X), combine(z**2, axis=1), rtol=1e-5)


def test_z_score_of_a_constant_column_counts_from_its_value():
    rows = np.column_stack([line(60)[:, 0], np.full(60, 4.0)])
    detector = ZScore(scaler="none", validation_fraction=0.0).fit(rows)
    mean = rows[:, 0].mean()
    assert detector.anomaly_score([[mean, 4.0], [mean, 6.0]]) == pytest.approx([0.0, 4.0])
