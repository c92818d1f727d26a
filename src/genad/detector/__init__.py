"""The base classes of all detectors."""

from genad.detector.base import Detector, Scores
from genad.detector.causal import CausalDetector, CausalModel, Follower, Stream
from genad.detector.conditional import ConditionalDetector
from genad.detector.sampling import draw
from genad.detector.saving import rebuild, remade
from genad.detector.trained import LatentDetector, TrainedDetector
from genad.detector.wrapping import WrappingDetector

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
    "WrappingDetector",
    "draw",
    "rebuild",
    "remade",
]
