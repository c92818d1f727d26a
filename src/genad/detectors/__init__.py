"""The detectors: one file each, with what is particular to its paper and nothing else."""

from genad.detectors.alad import ALAD
from genad.detectors.anogan import AnoGAN
from genad.detectors.autoencoder import AutoEncoder
from genad.detectors.egbad import EGBAD
from genad.detectors.f_anogan import FAnoGAN
from genad.detectors.ganomaly import GANomaly
from genad.detectors.vae import VAE
from genad.detectors.z_score import ZScore

__all__ = ["ALAD", "EGBAD", "VAE", "AnoGAN", "AutoEncoder", "FAnoGAN", "GANomaly", "ZScore"]
