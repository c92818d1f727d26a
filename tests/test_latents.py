"""Places in the latent space: for rows, windows and images, and the same in any batch."""

import numpy as np
import pytest

from genad import VAE, TadGAN
from genad.detector import LatentDetector
from genad.errors import ParameterError
from genad.training import Model
from helpers import CLASSES, fitted, line, tiny

LATENT = [cls for cls in CLASSES if issubclass(cls, LatentDetector)]


@pytest.mark.parametrize("cls", LATENT, ids=lambda cls: cls.__name__)
def test_every_row_has_a_place_of_its_own(cls):
    detector, X = fitted(cls), line(40, seed=3)
    if type(detector.model_).latents is Model.latents:
        with pytest.raises(ParameterError, match=f"{cls.__name__} has no encoder"):
            detector.latents(X)
        return
    z = detector.latents(X)
    assert z.shape == (40, 2)
    assert np.isfinite(z).all()
    np.testing.assert_array_equal(detector.latents(X[7:9]), z[7:9])
    assert np.unique(z, axis=0).shape == z.shape


def test_the_decoder_leads_from_the_latents_to_the_reconstruction():
    detector, X = fitted(VAE), line(20, seed=3)
    x = detector.view_.samples(detector.view_.read(X, detector, reset=False), "cpu")
    again = detector.model_._mean(detector.model_.latents(x)).detach().numpy()
    decoded = detector.view_.decode(again)
    np.testing.assert_allclose(decoded, detector.reconstruct(X), rtol=1e-4, atol=1e-5)


def test_windows_and_images_have_places_too():
    series = np.sin(np.arange(60.0))[:, None]
    # a place for each window, not for each step
    assert tiny(TadGAN, window=8, epochs=1).fit(series).latents(series).shape == (53, 2)
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8)).astype(np.uint8)
    assert tiny(VAE, epochs=1).fit(images).latents(images[:5]).shape == (5, 2)
