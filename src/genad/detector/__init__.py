"""The base classes of all detectors."""

from genad.detector.base import Detector, Scores
from genad.detector.saving import rebuild
from genad.detector.trained import LatentDetector, TrainedDetector

__all__ = ["Detector", "LatentDetector", "Scores", "TrainedDetector", "rebuild"]
