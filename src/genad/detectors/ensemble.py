"""Ensemble: several detectors of one make, trained as one, and what they agree on."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast, final

import numpy as np
import torch
from torch import Tensor, nn

from genad.blocks import in_blocks
from genad.data.samples import Samples
from genad.detector import (
    CausalDetector,
    ConditionalDetector,
    TrainedDetector,
    WrappingDetector,
    draw,
)
from genad.detectors.vae import VAE
from genad.errors import ParameterError
from genad.nets.tails import Tail, shared_out
from genad.parameters import PositiveInt, RandomState
from genad.training import BatchedModel, History, Model

# More scores than this teach nothing about their distribution.
_REFERENCE = 5000


@final
class Ensemble(WrappingDetector):
    r"""Mean of the calibrated scores of n detectors that differ by their random numbers.

    .. math:: A(x) = -\frac1n \sum_i \log p_i(x)

    p_i(x) is the share of held-out samples that member i scores as high as x; in a series it is
    taken step by step. A member that had bad luck is outvoted, and `confidence` says where they
    disagree. Members are trained side by side: of a small network eight take far less than eight
    times as long as one.

    Each member has a seed of its own, for its weights and the order of its batches. A loss that
    differentiates within (the gradient penalty of `FAnoGAN`), steers Python by a tensor, or runs
    torch's own recurrent kernels is computed for one member after the other: the same models, but
    no time is saved. Nor is it with wide networks, which keep a processor busy one by one.

    Parameters
    ----------
    detector : what to train several of; by default a `VAE`. Its threshold, its held-out rows, seed
        and device are decided by the parameters of the ensemble.
    n : the number of members.
    scaler, window, stride : in the place of the detector's, if given.

    References
    ----------
    Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles (Lakshminarayanan
    et al., 2017), without adversarial examples; the mean is of -log p, as scores of members are
    not on one scale.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> member = VAE(latent=2, epochs=50, batch_size=32, lr=1e-2)
    >>> ensemble = Ensemble(detector=member, n=4, random_state=0).fit(X)
    >>> ensemble.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    >>> ensemble.confidence([[1.0, -2.0, 3.0]])
    array([1.])
    """

    family = "ensemble"
    kinds: ClassVar[tuple[str, ...]] = ("table", "series", "image")

    detector: TrainedDetector | None = None
    n: PositiveInt = 8

    def _inner(self) -> TrainedDetector:
        given = VAE() if self.detector is None else self.detector
        if isinstance(given, CausalDetector | ConditionalDetector):
            raise ParameterError(
                f"{type(given).__name__} goes through a series step by step or learns from labels, "
                "which an ensemble cannot do; take a detector such as VAE."
            )
        return self._in_our_place(given)

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _EnsembleModel(partial(self._inner()._assemble, shape), self.n, shape)

    def _train(self, model: Model, samples: Samples, held_out: Samples, seed: int) -> History:
        return self._inner()._train(model, samples, held_out, seed)

    def confidence(self, X: Any) -> Any:
        """Return the share of the members that agree with the ensemble, in [0, 1], of shape (n,).

        A member flags what is as rare in its own eyes as the threshold is in the ensemble's. 1 says
        that all judge a sample alike, 0.5 that the verdict is a draw: look at it yourself. It tells
        how far chance in training matters, not whether the verdict is right.
        """
        source = self._read(X)
        verdicts = self.is_anomaly(X)
        model = cast(_EnsembleModel, self.model_)
        limit = float(self.calibration_.tail(self.threshold_))
        opinions = [self._over(source, partial(model.opinion, i)) for i in range(self.n)]
        if not isinstance(verdicts, list):
            return _agreement(verdicts, np.stack(opinions) > limit)
        each = zip(verdicts, zip(*opinions, strict=True), strict=True)
        return [_agreement(verdict, np.stack(seen) > limit) for verdict, seen in each]

    def sample(self, n: int = 1, *, random_state: RandomState = None) -> Any:
        """Return synthetic rows, windows or images, n of them, of all members in turn.

        Parameters
        ----------
        n : how many.
        random_state : seed of the draws.

        Raises
        ------
        genad.errors.ParameterError
            If n is not positive, or the members have no prior to draw from, as autoencoders.
        """
        return draw(self, n, random_state)


def _agreement(verdict: Any, flagged: Any) -> Any:
    return (flagged == verdict).mean(0)


class _EnsembleModel(BatchedModel):
    lowest: Tensor

    def __init__(self, make: Callable[[], Model], members: int, shape: tuple[int, ...]) -> None:
        super().__init__(make, members)
        # Steps of a window are judged one by one, or no step would stand out in it.
        self.steps = shape[0] if len(shape) == 2 else 1
        self.tails = nn.ModuleList(Tail() for _ in range(members))
        # A tail begins at zero, but a log-likelihood may be on either side of it.
        self.register_buffer("lowest", torch.zeros(members, dtype=torch.float64))

    @property
    def generates(self) -> bool:
        return self.each()[0].generates

    def finish(self, samples: Samples, held_out: Samples) -> None:
        super().finish(samples, held_out)
        unseen = held_out if len(held_out) else samples
        count = min(len(unseen), -(-_REFERENCE // self.steps))
        places = torch.linspace(0, len(unseen) - 1, count, device=unseen.device).round().long()
        some = unseen[places]
        for number, tail in enumerate(self.tails):
            scores = in_blocks(partial(self._scores, number), some, some.device, 4096)
            self.lowest[number] = scores.min()
            cast(Tail, tail).fit(torch.from_numpy(scores - scores.min()).flatten().to(some.device))

    def _scores(self, number: int, x: Tensor) -> Tensor:
        member = self.each()[number]
        return member.score(x) if self.steps == 1 else member.step_scores(x)

    def opinion(self, number: int, x: Tensor) -> Tensor:
        """Return -log p of samples, or of all steps of windows, in the eyes of one member."""
        scores = self._scores(number, x).double() - self.lowest[number]
        tails: Tensor = self.tails[number](scores.clamp(min=0))
        return tails

    def step_scores(self, x: Tensor) -> Tensor:
        return torch.stack([self.opinion(i, x) for i in range(self.members)]).mean(0)

    def score(self, x: Tensor) -> Tensor:
        scores = self.step_scores(x)
        return scores if self.steps == 1 else scores.sum(1)

    def contributions(self, x: Tensor) -> Tensor:
        """Return the mean of the members' shares, each of its -log p."""
        each = enumerate(self.each())
        shares = [shared_out(self.opinion(i, x), member.contributions(x)) for i, member in each]
        return torch.stack(shares).mean(0)

    def reconstruct(self, x: Tensor) -> Tensor:
        return torch.stack([member.reconstruct(x) for member in self.each()]).mean(0)

    def sample(self, n: int) -> Tensor:
        turns = torch.arange(n) % self.members
        samples = [m.sample(int((turns == i).sum())) for i, m in enumerate(self.each()) if i < n]
        order = turns.argsort(stable=True).argsort()
        return torch.cat(samples)[order.to(samples[0].device)]
