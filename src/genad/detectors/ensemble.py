"""Ensemble: several detectors of one make, trained as one network, and what they agree on."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, cast, final

import torch
from sklearn.base import BaseEstimator, clone
from torch import Tensor, nn

from genad.blocks import in_blocks
from genad.data.samples import Samples, blocks
from genad.detector import Detector, Scores, TrainedDetector
from genad.detectors.autoencoder import AutoEncoder
from genad.errors import ModelFormatError
from genad.nets.tails import Tail, shared_out
from genad.parameters import PositiveInt, parameters_from_plain
from genad.training import History, Model, Objective
from genad.training.batched import batched_objectives

# More samples than this teach nothing about a distribution of scores.
_REFERENCE = 5000


@final
class Ensemble(Detector):
    r"""Mean of the calibrated scores of n detectors that differ by their random weights.

    .. math:: A(x) = -\frac1n \sum_i \log p_i(x)

    p_i(x) is the share of normal samples that member i scores as high as x. A member that had bad
    luck is outvoted, and where the members disagree the verdict is not to be trusted: see
    `confidence`. Training all at once costs a small network far less than n times one.

    Parameters
    ----------
    detector : what to train several of: a detector that is trained, `AutoEncoder` by default. How
        data is read, held out and judged is the ensemble's business, by its own parameters.
    n : the number of members.

    References
    ----------
    Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles (Lakshminarayanan
    et al., 2017).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> member = AutoEncoder(latent=1, epochs=60, lr=1e-2)
    >>> ensemble = Ensemble(detector=member, n=4, random_state=0).fit(X)
    >>> ensemble.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    >>> bool(ensemble.confidence([[1.0, -2.0, 3.0]])[0] > 0.9)
    True
    """

    family = "ensemble"
    kinds: ClassVar[tuple[str, ...]] = ("table", "image")

    detector: TrainedDetector | None = None
    n: PositiveInt = 8

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name and, if `deep`, the member's as ``detector__lr``."""
        parameters: dict[str, Any] = BaseEstimator.get_params(self, deep=deep)
        return parameters

    @classmethod
    def _from_plain(cls, config: dict[str, Any]) -> Self:
        member = config["detector"]
        if member is not None:
            config = config | {"detector": _remade(member)}
        return cls(**parameters_from_plain(config))

    def _member(self) -> TrainedDetector:
        return AutoEncoder() if self.detector is None else self.detector

    def _build(self, shape: tuple[int, ...]) -> Model:
        member = self._member()
        return _EnsembleModel([member._build(shape) for _ in range(self.n)])

    def _train(self, model: Model, samples: Samples, held_out: Samples, seed: int) -> History:
        member = clone(self._member()).set_params(random_state=seed)
        history: History = member._train(model, samples, held_out, seed)
        return history

    def confidence(self, X: Any) -> Scores:
        """Return how far the members agree on each sample, in [0, 1], of shape (n,).

        It is one minus twice the standard deviation of their anomaly probabilities: 1 if all
        think the same of it, 0 if half of them call it certain and half of them impossible.
        """
        confidence: Scores = self._over(self._read(X), self.model_.confidence)
        return confidence


class _EnsembleModel(Model):
    def __init__(self, members: Sequence[Model]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.tails = nn.ModuleList(Tail() for _ in members)

    def _each(self) -> list[Model]:
        return [member for member in self.members if isinstance(member, Model)]

    def prepare(self, samples: Samples) -> None:
        for member in self._each():
            member.prepare(samples)

    def objectives(self) -> list[Objective]:
        return batched_objectives(self._each())

    def validation(self, x: Tensor) -> Tensor | None:
        losses = [member.validation(x) for member in self._each()]
        known = [loss for loss in losses if loss is not None]
        return torch.stack(known).mean(0) if known else None

    @torch.no_grad()
    def finish(self, samples: Samples, held_out: Samples) -> None:
        for member in self._each():
            member.finish(samples, held_out)
        unseen = torch.cat(list(blocks(held_out if len(held_out) else samples, _REFERENCE))[:1])
        for member, tail in zip(self._each(), self.tails, strict=True):
            scores = in_blocks(member.score, unseen, unseen.device, _REFERENCE)
            cast(Tail, tail).fit(torch.from_numpy(scores))

    def _tails(self, x: Tensor) -> Tensor:
        """Return -log p of samples in the eyes of every member, of shape (members, n)."""
        pairs = zip(self._each(), self.tails, strict=True)
        return torch.stack([tail(member.score(x)) for member, tail in pairs])

    def score(self, x: Tensor) -> Tensor:
        return self._tails(x).mean(0)

    def confidence(self, x: Tensor) -> Tensor:
        return 1 - 2 * (-torch.expm1(-self._tails(x))).std(0, correction=0)

    def contributions(self, x: Tensor) -> Tensor:
        pairs = zip(self._each(), self._tails(x), strict=True)
        shares = [shared_out(tails, member.contributions(x)) for member, tails in pairs]
        return torch.stack(shares).mean(0)

    def reconstruct(self, x: Tensor) -> Tensor:
        return torch.stack([member.reconstruct(x) for member in self._each()]).mean(0)


def _remade(config: dict[str, Any]) -> TrainedDetector:
    """Return the unfitted member that `genad.parameters.plain_parameters` described."""
    found: list[type[TrainedDetector]] = [TrainedDetector]
    for cls in found:
        if cls.__name__ == config["detector"]:
            return cls(**parameters_from_plain(config["parameters"]))
        found += cls.__subclasses__()
    raise ModelFormatError(
        f"The members are {config['detector']} detectors, which no installed package provides; "
        "install the package that they come from."
    )
