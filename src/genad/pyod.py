"""Our detectors in PyOD's terms, for code that expects those: 0 / 1 labels and its signs."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from genad.detector import Detector
from genad.errors import MissingDependencyError


def as_pyod(detector: Detector, contamination: float = 0.1) -> Any:
    """Return a detector of ours as one of PyOD's, a subclass of `pyod.models.base.BaseDetector`.

    `decision_function` is our `anomaly_score` (higher is more anomalous), `predict` says 1 for an
    anomaly and 0 for a normal row, and the threshold flags the share `contamination` of the
    training rows, as PyOD does it; our own threshold is in `detector_`, the fitted detector.

    Parameters
    ----------
    detector : any of ours, not fitted; it is cloned when the adapter is fitted.
    contamination : share of anomalies in the training data, in (0, 0.5].

    Raises
    ------
    MissingDependencyError
        If PyOD is not installed.

    Examples
    --------
    >>> from genad import ZScore
    >>> X = np.append(np.zeros((9, 1)), [[5.0]], axis=0)
    >>> as_pyod(ZScore()).fit(X).labels_  # doctest: +SKIP
    array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    """
    return _adapter()(detector, contamination)


def __getattr__(name: str) -> Any:
    # The class is made when it is first asked for, and found under its name when it is unpickled.
    if name == "PyODDetector":
        return _adapter()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _adapter() -> type:
    try:
        from pyod.models.base import BaseDetector
    except ImportError as error:
        raise MissingDependencyError(
            "Our detectors as PyOD's need PyOD: install it with pip install 'genad[bench]'."
        ) from error

    class PyODDetector(BaseDetector):  # type: ignore[misc]
        """A detector of genad behind PyOD's face; see `as_pyod`."""

        def __init__(self, detector: Detector, contamination: float = 0.1) -> None:
            super().__init__(contamination=contamination)
            self.detector = detector

        def fit(self, X: Any, y: Any = None) -> "PyODDetector":
            """Fit a clone of the detector; labels are ignored."""
            self._set_n_classes(y)
            self.detector_ = clone(self.detector).fit(X)
            self.decision_scores_ = self.detector_.anomaly_score(X)
            self._process_decision_scores()
            return self

        def decision_function(self, X: Any) -> NDArray[np.float64]:
            """Return the anomaly scores, higher for the more anomalous."""
            scores: NDArray[np.float64] = self.detector_.anomaly_score(X)
            return scores

    PyODDetector.__qualname__, PyODDetector.__module__ = "PyODDetector", __name__
    return PyODDetector
