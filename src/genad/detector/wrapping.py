"""Detectors that have another detector inside, and read their data as that one does."""

from abc import abstractmethod
from typing import Any, TypeVar

from genad.data.views import View
from genad.detector.base import Detector

D = TypeVar("D", bound=Detector)

_OF_THE_VIEW = ("scaler", "window", "stride", "step_score")
_OURS = ("contamination", "threshold", "validation_fraction", "random_state", "device")


class WrappingDetector(Detector):
    """Base of the detectors that are made of another one's parts.

    What is held out, the threshold, the seed and the device are its own; how data is read is the
    inner detector's, unless `scaler`, `window`, `stride` or `step_score` is given here.
    """

    @abstractmethod
    def _inner(self) -> Detector:
        """Return the detector inside, not fitted."""

    def _in_our_place(self, inner: D) -> D:
        """Return the same detector, but with the parameters that are decided here."""
        given = {name: getattr(self, name) for name in _OF_THE_VIEW}
        changed = {name: v for name, v in given.items() if v != getattr(Detector, name)}
        ours = changed | {name: getattr(self, name) for name in _OURS}
        # Not a clone: callbacks are to be called, not copied.
        return type(inner)(**inner.get_params(deep=False) | ours)

    @property
    def _by_windows(self) -> bool:
        return super()._by_windows or self._inner()._by_windows

    def _make_view(self, kind: str) -> View[Any]:
        return self._inner()._make_view(kind)

    def _view(self, X: Any) -> View[Any]:
        return self._inner()._view(X)
