"""Synthetic data from a fitted detector's model."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from genad.errors import ParameterError
from genad.parameters import RandomState
from genad.training import resolve_device

if TYPE_CHECKING:
    from genad.detector.base import Detector

# So many samples are drawn at a time.
_DRAWS = 1024


def draw(
    detector: "Detector",
    n: int,
    random_state: RandomState,
    sample: Callable[[int], Tensor] | None = None,
) -> Any:
    """Return n synthetic rows, windows or images of a fitted detector, in the units of the data.

    Parameters
    ----------
    detector : fitted.
    n : how many.
    random_state : seed of the draws.
    sample : draws so many samples; by default the model does.

    Raises
    ------
    genad.errors.ParameterError
        If n is not positive, or the model has no prior to draw from, as an autoencoder.
    """
    check_is_fitted(detector)
    if not detector.model_.generates:
        raise ParameterError(
            f"{type(detector).__name__} learns no distribution to draw samples from; take a VAE "
            "or a GAN with a prior, such as FAnoGAN."
        )
    if n < 1:
        raise ParameterError(f"n={n} samples were asked for; ask for at least one.")
    sample = sample or detector.model_.sample
    device = resolve_device(detector.device)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    with (
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        torch.inference_mode(),
    ):
        torch.manual_seed(seed)
        sizes = [min(_DRAWS, n - start) for start in range(0, n, _DRAWS)]
        samples = torch.cat([sample(size).cpu() for size in sizes])
    return detector.view_.decode(samples.numpy())
