"""A watch over samples during training: what it sees, and that it leaves no trace."""

import numpy as np
import pytest
import torch

from genad import VAE, FAnoGAN
from genad.training import SampleWatch
from helpers import line, tiny

BOTH = pytest.mark.parametrize("cls", [VAE, FAnoGAN])


def spread(samples):
    return {"spread": float(samples.std())}


def fit(cls, *callbacks, **changes):
    return tiny(cls, **{"epochs": 6, "callbacks": callbacks} | changes).fit(line(150))


@BOTH
def test_training_goes_on_as_if_nobody_had_looked(cls):
    def judge(samples):
        return {"mean": float(samples.mean() + torch.randn(()))}

    watched = fit(cls, SampleWatch(judge, samples=7)).model_.state_dict()
    for name, tensor in fit(cls).model_.state_dict().items():
        assert torch.equal(tensor, watched[name]), name


def test_looks_are_spread_over_all_stages():
    watch = SampleWatch(spread, times=4)
    fit(FAnoGAN, watch)
    assert [look.epochs for look in watch.looks] == [0, 3, 6, 9, 12]


def test_more_looks_than_epochs_are_one_an_epoch():
    watch = SampleWatch(spread, times=50)
    fit(VAE, watch, epochs=3)
    assert [look.epochs for look in watch.looks] == [0, 1, 2, 3]


def test_the_draws_are_the_same_each_time():
    """A generator that no longer changes is seen to be the same, as f-AnoGAN's in stage 1."""
    watch = SampleWatch(spread, times=4)
    fit(FAnoGAN, watch)
    seen = [look.figures["spread"] for look in watch.looks]
    assert seen[2] == seen[3] == seen[4]
    assert len(set(seen[:3])) == 3


@pytest.mark.parametrize("changes", [{"ema": 0.9}, {"patience": 2, "lr": 0.1, "epochs": 30}])
def test_the_last_look_is_at_what_comes_out(changes):
    watch = SampleWatch(lambda x: {"mean": float(x.mean())}, samples=20, seed=3)
    detector = fit(VAE, watch, **changes)
    torch.manual_seed(3)
    with torch.no_grad():
        mean = float(detector.model_.sample(20).mean())
    assert watch.looks[-1].figures["mean"] == mean
    assert watch.looks[-1].epochs == len(detector.history_.epochs)


def test_the_model_is_judged_in_evaluation_mode_and_goes_on_in_its_own():
    modes = []
    watch = SampleWatch(lambda x: modes.append(watch.model.training) or {})
    detector = fit(VAE, watch)
    assert not any(modes)
    assert not detector.model_.training


def test_a_watch_can_be_used_again():
    watch = SampleWatch(spread, times=2)
    fit(VAE, watch)
    fit(VAE, watch)
    assert [look.epochs for look in watch.looks] == [0, 3, 6]
    assert all(np.isfinite(look.figures["spread"]) for look in watch.looks)
