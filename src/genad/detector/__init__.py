"""The base classes of all detectors."""

from genad.detector.base import Detector, Scores
from genad.detector.causal import CausalDetector, CausalModel, Follower, Stream
from genad.detector.conditional import ConditionalDetector
from genad.detector.saving import rebuild
from genad.detector.trained import LatentDetector, TrainedDetector

__all__ = [
    "CausalDetector",
    "CausalModel",
    "ConditionalDetector",
    "Detector",
    "Follower",
    "LatentDetector",
    "Scores",
    "Stream",
    "TrainedDetector",
    "rebuild",
]
