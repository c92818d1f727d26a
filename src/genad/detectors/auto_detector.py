"""AutoDetector: the detector that suits the data, chosen by its kind, its shape and the time."""

from collections.abc import Callable
from typing import Any, ClassVar, cast, final

import torch
from torch import Tensor

from genad.data.samples import Samples
from genad.data.views import Collector, View
from genad.detector import (
    CausalDetector,
    Detector,
    Stream,
    TrainedDetector,
    WrappingDetector,
    remade,
)
from genad.detectors import budget as clock
from genad.detectors.neighbours import NearestNeighbours
from genad.detectors.suiting import facts, suiting
from genad.detectors.z_score import ZScore
from genad.errors import ParameterError
from genad.parameters import PositiveFloat, plain_parameters
from genad.training import Callback, History, Model


@final
class AutoDetector(WrappingDetector):
    """The score of the detector that suits the data, which it chooses by written rules.

    Tables of 500 rows or more go to `Novelty`, smaller ones to `NearestNeighbours`; a series of one
    channel with time stamps to `StreamingNovelty`, of ten channels or more to `TadGAN`, other
    series, in windows, to `NearestNeighbours`; images to `TransformPrediction`. docs/auto.md gives
    the rules with the figures that they rest on. No label and no score has a say.

    Nothing is chosen by chance, but with a budget the training is as long as the machine allows, so
    that another machine may come to another model; `choice_` says what was done.

    Parameters
    ----------
    budget : seconds that a fit should take at most. A few steps are timed, and the training is cut
        or a quicker detector taken where they say that time would run out. A promise kept roughly:
        other programs may slow the machine down. By default there is no limit.
    window : steps in a window, or "auto"; with it the data is read as series.
    scaler, stride : in the place of the chosen detector's, if given.
    checkpoint : a file to keep a training in while it lasts, as in `TrainedDetector`; not used with
        a budget.
    callbacks : `genad.training.Callback` objects that watch a training.

    Attributes
    ----------
    chosen_ : the chosen detector, not fitted.
    choice_ : what was chosen and why, in a sentence or two.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = AutoDetector(random_state=0).fit(X)
    >>> detector.choice_
    'NearestNeighbours was chosen: of 200 rows a network learns no more than neighbours tell.'
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "automatic"
    kinds: ClassVar[tuple[str, ...]] = ("table", "series", "image")

    budget: PositiveFloat | None = None
    checkpoint: str | None = None
    callbacks: tuple[Callback, ...] = ()

    @property
    def detector_(self) -> Detector:
        """The chosen detector, fitted, with all that it can do."""
        detector = self._inner()
        own = ("chosen_", "choice_")
        learnt = {k: v for k, v in vars(self).items() if k.endswith("_") and k not in own}
        for name, value in learnt.items():
            setattr(detector, name, value)
        return detector

    def stream(self) -> Stream:
        """Return a stream at the start of a new series, if the chosen detector goes step by step.

        Raises
        ------
        genad.errors.ParameterError
            If it does not.
        """
        detector = self.detector_
        if not isinstance(detector, CausalDetector):
            raise ParameterError(
                f"AutoDetector chose {type(detector).__name__}, which scores no stream; take "
                "StreamingNovelty."
            )
        return detector.stream()

    def _inner(self) -> Detector:
        inner, window = self._in_our_place(self.chosen_), self.chosen_.window
        # "auto" leaves the window to whoever was chosen.
        return inner.set_params(window=window) if self.window == "auto" and window else inner

    def _view(self, X: Any) -> View[Any]:
        self._started = clock.now()
        choice = suiting(facts(X, self.window))
        self._choose(choice.detector, choice.why)
        return super()._view(X)

    def _choose(self, detector: Detector, why: str) -> None:
        self.chosen_ = detector
        self.choice_ = f"{type(detector).__name__} was chosen: {why}"

    def _build(self, shape: tuple[int, ...]) -> Model:
        return self._inner()._build(shape)

    def _train(self, model: Model, samples: Samples, held_out: Samples, seed: int) -> History:
        inner = self._inner()
        if self.budget is not None:
            history = self._within(self.budget, model, samples, held_out, seed)
        else:
            if isinstance(inner, TrainedDetector):
                inner.set_params(checkpoint=self.checkpoint, callbacks=self.callbacks)
            history = inner._train(model, samples, held_out, seed)
        history.notes.insert(0, self.choice_)
        return history

    def _within(
        self, budget: float, model: Model, samples: Samples, held_out: Samples, seed: int
    ) -> History:
        """Train for as long as the budget allows, or take what needs no training."""
        inner = self._inner()
        if isinstance(inner, CausalDetector):
            return inner._train(model, samples, held_out, seed)  # it learns nothing but a threshold
        if isinstance(inner, TrainedDetector):
            plan = clock.plan(inner, model, samples, self._started + budget)
            if plan.enough:
                if plan.updates < plan.wanted:
                    self.choice_ += (
                        f" To stay within {budget:g} s it was trained for {plan.updates:,} of "
                        f"{plan.wanted:,} updates."
                    )
                inner.set_params(epochs=plan.epochs, callbacks=self.callbacks)
                return inner._train(model, _some(samples, plan.samples), held_out, seed)
        return self._quick(budget, samples, held_out)

    def _quick(self, budget: float, samples: Samples, held_out: Samples) -> History:
        """Take the best of the detectors that are not trained for which there is time."""
        shape, first = tuple(samples[:1].shape[1:]), type(self.chosen_).__name__
        seen = {name: getattr(self.chosen_, name) for name in ("scaler", "window", "stride")}
        remember = self.view_.kind in NearestNeighbours.kinds
        for detector in (NearestNeighbours(), ZScore()) if remember else (ZScore(),):
            self.chosen_ = detector.set_params(**seen)  # the data has been read already
            model = self._inner()._build(shape).to(samples.device)
            needed = clock.seconds_to_fit(detector, model, samples, held_out)
            if needed <= self._left(budget):
                break
        if type(detector).__name__ != first:
            short = f"{budget:g} s are too short for {first}"
            late = "" if needed <= self._left(budget) else ", and for anything that learns more"
            self._choose(detector, f"{short}{late}.")
        model.prepare(samples)
        self.model_ = model
        return History()

    def _left(self, budget: float) -> float:
        return budget - (clock.now() - self._started)

    def _normal(self, source: Any, held: Any) -> Any:
        return self.detector_._normal(source, held)

    def _scores(self, source: Any, *, reference: bool) -> Any:
        return self.detector_._scores(source, reference=reference)

    def _over(
        self,
        source: Any,
        function: Callable[[Tensor], Tensor],
        collector: Collector | None = None,
    ) -> Any:
        return self.detector_._over(source, function, collector)

    def _more(self) -> dict[str, Any]:
        return plain_parameters({"chosen": self.chosen_, "choice": self.choice_})

    def _take_more(self, more: dict[str, Any]) -> None:
        self.chosen_, self.choice_ = remade(more["chosen"]), str(more["choice"])


def _some(samples: Samples, most: int) -> Samples:
    """Return all samples, or so many drawn at random."""
    if len(samples) <= most:
        return samples
    places = torch.randperm(len(samples))[:most].sort().values
    return cast(Samples, samples[places.to(samples.device)])
