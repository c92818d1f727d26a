"""Detectors that have another detector inside, and read their data as that one does."""

from abc import abstractmethod
from typing import Any

from genad.data.views import View
from genad.detector.base import Detector

_OF_THE_VIEW = ("scaler", "window", "stride")


class WrappingDetector(Detector):
    """Base of the detectors that are made of another one's parts.

    What is held out, the threshold, the seed and the device are its own; how data is read is the
    inner detector's, unless `scaler`, `window` or `stride` is given here.
    """

    @abstractmethod
    def _inner(self) -> Detector:
        """Return the detector inside, not fitted."""

    def _in_our_place(self, inner: Detector) -> Detector:
        """Return a detector with the parameters that are decided here."""
        given = {name: getattr(self, name) for name in _OF_THE_VIEW}
        changed = {name: v for name, v in given.items() if v != getattr(Detector, name)}
        inner.set_params(random_state=self.random_state, device=self.device, **changed)
        return inner

    def _make_view(self, kind: str) -> View[Any]:
        return self._inner()._make_view(kind)

    def _view(self, X: Any) -> View[Any]:
        return self._inner()._view(X)
