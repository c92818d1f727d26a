"""The detectors: one file each, with what is particular to its paper and nothing else."""

from genad.detectors.alad import ALAD
from genad.detectors.anogan import AnoGAN
from genad.detectors.auto_detector import AutoDetector
from genad.detectors.autoencoder import AutoEncoder
from genad.detectors.conditional_gan import ConditionalGAN
from genad.detectors.conditional_vae import ConditionalVAE
from genad.detectors.dae import DAE
from genad.detectors.egbad import EGBAD
from genad.detectors.ensemble import Ensemble
from genad.detectors.f_anogan import FAnoGAN
from genad.detectors.forecaster import Forecaster
from genad.detectors.ganomaly import GANomaly
from genad.detectors.madgan import MADGAN
from genad.detectors.neighbours import NearestNeighbours
from genad.detectors.novelty import Novelty
from genad.detectors.pretrained_classifier import PretrainedClassifier
from genad.detectors.rolling_z_score import RollingZScore
from genad.detectors.skip_ganomaly import SkipGANomaly
from genad.detectors.ss_gan import SSGAN
from genad.detectors.streaming_novelty import StreamingNovelty
from genad.detectors.tadgan import TadGAN
from genad.detectors.transform_prediction import TransformPrediction
from genad.detectors.vae import VAE
from genad.detectors.windowed_gaussian import WindowedGaussian
from genad.detectors.z_score import ZScore

__all__ = [
    "ALAD",
    "DAE",
    "EGBAD",
    "MADGAN",
    "SSGAN",
    "VAE",
    "AnoGAN",
    "AutoDetector",
    "AutoEncoder",
    "ConditionalGAN",
    "ConditionalVAE",
    "Ensemble",
    "FAnoGAN",
    "Forecaster",
    "GANomaly",
    "NearestNeighbours",
    "Novelty",
    "PretrainedClassifier",
    "RollingZScore",
    "SkipGANomaly",
    "StreamingNovelty",
    "TadGAN",
    "TransformPrediction",
    "WindowedGaussian",
    "ZScore",
]
