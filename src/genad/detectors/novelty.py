"""Novelty: denoisers and nearest neighbours on two encodings, each trusted as far as it proves."""

from dataclasses import replace
from typing import Literal, final

import torch
from torch import Tensor

from genad.data.samples import Samples
from genad.detector import TrainedDetector
from genad.detectors.dae import Levels
from genad.detectors.look import Look
from genad.detectors.strangeness import drawn, made_strange
from genad.parameters import PositiveFloat, PositiveInt, Sizes
from genad.training import Model, Objective

# An encoding with odds of o to one to tell a strange row from a normal one weighs o ** _TRUST.
_TRUST = 8.0
# With so many rows what is learnt weighs half as much as what is remembered.
_ROWS_TO_LEARN = 1000
# More rows than this do not make the test of the encodings better.
_TESTED = 5000


@final
class Novelty(TrainedDetector):
    r"""Denoisers and nearest neighbours, put on one scale by their p-values and added up.

    .. math:: A(x) = - \sum_m w_m \log p_m(x)

    p_m(x) is the share of normal rows that member m scores as high as x. There are three members
    on the scaled columns and three on their rank-normal scores: a `DAE`, the nearest neighbours in
    its hidden layer, and the nearest neighbours in the encoding itself.

    Which encoding fits differs from table to table, and no label says so. It is put to a test: how
    well the nearest neighbours tell held-out rows from the same rows with a quarter of their
    values taken from other rows. This compares encodings, not members: whatever knows best how
    columns depend on one another passes best, whether or not the anomalies break just that. What
    is learnt counts the less, the fewer rows there are.

    Parameters
    ----------
    score : "hybrid" (all members) or "learned" (without the neighbours in the encodings).
    hidden, levels : of the denoisers, as in `DAE`.
    neighbours : how many nearest neighbours count.
    memory : rows to keep at most for the neighbours, drawn at random.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0, 3.0]
    >>> detector = Novelty(hidden=(32,), epochs=50, random_state=0).fit(X)
    >>> detector.is_anomaly([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]])
    array([False,  True])
    """

    family = "diffusion"
    default_updates = 1200

    score: Literal["hybrid", "learned"] = "hybrid"
    hidden: Sizes = (192, 192)
    levels: Levels = (0.2, 0.4, 0.8, 1.6, 3.2)
    neighbours: PositiveInt = 5
    memory: PositiveInt = 20_000
    batch_size: PositiveInt = 192
    lr: PositiveFloat = 2e-3

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _NoveltyModel(shape[0], self)


class _NoveltyModel(Model):
    weights: Tensor

    def __init__(self, size: int, options: Novelty) -> None:
        super().__init__()
        self.learned = options.scored_by == "learned"
        self.plain, self.ranks = (
            Look(
                size,
                ranked=ranked,
                learned=self.learned,
                hidden=options.hidden,
                levels=options.levels,
                neighbours=options.neighbours,
                memory=options.memory,
            )
            for ranked in (False, True)
        )
        self.looks = {"plain": self.plain, "ranks": self.ranks}
        self.register_buffer("weights", torch.ones(2, 2 if self.learned else 3).double())

    def prepare(self, samples: Samples) -> None:
        for look in self.looks.values():
            look.prepare(samples[:])

    def objectives(self) -> list[Objective]:
        return [self._objective(name, look) for name, look in self.looks.items()]

    def _objective(self, name: str, look: Look) -> Objective:
        (objective,) = look.denoiser.objectives()
        return replace(objective, name=name, loss=lambda x: look.denoiser.loss(look.encode(x)))

    def validation(self, x: Tensor) -> Tensor:
        looks = self.looks.values()
        return torch.stack([look.denoiser.validation(look.encode(x)) for look in looks]).sum(0)

    @torch.no_grad()
    def finish(self, samples: Samples, held_out: Samples) -> None:
        rows, aside = samples[:], held_out[:]
        for look in self.looks.values():
            look.finish(rows, aside)
        normal = drawn(aside if len(aside) else rows, _TESTED)
        strange = made_strange(normal, rows)
        odds = [look.log_odds(rows, normal, strange) for look in self.looks.values()]
        trust = torch.softmax(_TRUST * torch.stack(odds), 0)
        learnt = len(rows) / (len(rows) + _ROWS_TO_LEARN)
        members = trust.new_tensor([learnt / 2, learnt / 2] + [1.0] * (not self.learned))
        self.weights.copy_(trust[:, None] * members / members.sum())

    def _tails(self, x: Tensor) -> list[tuple[Look, Tensor]]:
        """Return the looks, each with the weighted tails of its members."""
        pairs = zip(self.weights, self.looks.values(), strict=True)
        return [(look, weights[:, None] * look.tails(x)) for weights, look in pairs]

    def score(self, x: Tensor) -> Tensor:
        return torch.cat([tails for _, tails in self._tails(x)]).sum(0)

    def contributions(self, x: Tensor) -> Tensor:
        shares = [look.contributions(x, tails) for look, tails in self._tails(x)]
        return torch.stack(shares).sum(0)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.plain.denoiser.reconstruct(x)
