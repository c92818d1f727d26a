"""Generative anomaly detection: learn what normal looks like, then score what does not fit.

Everything public is importable from here; torch is imported when a detector is first asked for.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genad.data.datasets import fetch_dataset, list_datasets, load_dataset
    from genad.detector import CausalDetector, Detector, LatentDetector, TrainedDetector
    from genad.detectors import (
        ALAD,
        DAE,
        EGBAD,
        MADGAN,
        SSGAN,
        VAE,
        AnoGAN,
        AutoDetector,
        AutoEncoder,
        ConditionalGAN,
        ConditionalVAE,
        Ensemble,
        FAnoGAN,
        Forecaster,
        GANomaly,
        NearestNeighbours,
        Novelty,
        PretrainedClassifier,
        RollingZScore,
        SkipGANomaly,
        StreamingNovelty,
        TadGAN,
        TransformPrediction,
        WindowedGaussian,
        ZScore,
    )
    from genad.registry import load

__version__ = version("genad")

_HOMES = {
    "genad.data.datasets": ("fetch_dataset", "list_datasets", "load_dataset"),
    "genad.detector": ("CausalDetector", "Detector", "LatentDetector", "TrainedDetector"),
    "genad.detectors": (
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
    ),
    "genad.registry": ("load",),
}

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
    "CausalDetector",
    "ConditionalGAN",
    "ConditionalVAE",
    "Detector",
    "Ensemble",
    "FAnoGAN",
    "Forecaster",
    "GANomaly",
    "LatentDetector",
    "NearestNeighbours",
    "Novelty",
    "PretrainedClassifier",
    "RollingZScore",
    "SkipGANomaly",
    "StreamingNovelty",
    "TadGAN",
    "TrainedDetector",
    "TransformPrediction",
    "WindowedGaussian",
    "ZScore",
    "fetch_dataset",
    "list_datasets",
    "load",
    "load_dataset",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'genad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
