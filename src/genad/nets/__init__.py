"""Networks: `nn.Module` only, no loss, no device, no training.

`networks` chooses the kind that suits the shape of one sample, so that a detector never needs to
know which view its samples come from.
"""

from genad.nets.adversaries import Discriminator, JointDiscriminator
from genad.nets.build import networks
from genad.nets.conditional import Classes, ConditionalNetworks
from genad.nets.mlp import mlp
from genad.nets.networks import PRIOR_BULK, Networks, Vectors, latent_size
from genad.nets.spectral import SpectralLinear

__all__ = [
    "PRIOR_BULK",
    "Classes",
    "ConditionalNetworks",
    "Discriminator",
    "JointDiscriminator",
    "Networks",
    "SpectralLinear",
    "Vectors",
    "latent_size",
    "mlp",
    "networks",
]
