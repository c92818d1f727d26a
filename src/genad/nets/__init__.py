"""Networks: `nn.Module` only, no loss, no device, no training.

`encoder`, `decoder`, `Discriminator` and `JointDiscriminator` choose the network that suits the
shape of one sample, so that a detector never needs to know which view its samples come from.
"""

from genad.nets.adversaries import Discriminator, JointDiscriminator
from genad.nets.build import PRIOR_BULK, decoder, encoder, latent_size
from genad.nets.mlp import mlp
from genad.nets.spectral import SpectralLinear

__all__ = [
    "PRIOR_BULK",
    "Discriminator",
    "JointDiscriminator",
    "SpectralLinear",
    "decoder",
    "encoder",
    "latent_size",
    "mlp",
]
