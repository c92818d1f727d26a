"""A look at rows: one encoding of them, and the members that judge them by it."""

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from genad.blocks import in_blocks
from genad.detectors.dae import DenoisingModel
from genad.detectors.neighbours import NeighbourModel
from genad.detectors.strangeness import drawn, log_odds
from genad.nets.ranks import RankNormal
from genad.nets.tails import Tail, shared_out

# More rows than this teach nothing about a distribution of scores.
_REFERENCE = 5000
# Noise level at which a denoiser's hidden layer is read.
_LEVEL = 0.4


class Look(nn.Module):
    """The members of `Novelty` that see rows in one encoding.

    A denoiser, the nearest neighbours in its hidden layer and, unless only what is learnt shall
    count, the nearest neighbours in the encoding itself; each with the tail of its scores.

    Parameters
    ----------
    size : of a row.
    ranked : whether the encoding is the rank-normal scores of the columns, or the row as it is.
    learned : whether only what is learnt counts.
    hidden, levels : of the denoiser.
    neighbours, memory : how many count, and how many rows are kept.

    Examples
    --------
    >>> sizes = {"hidden": (8,), "levels": (1.0,), "neighbours": 3, "memory": 100}
    >>> look = Look(4, ranked=True, learned=False, **sizes)
    >>> rows, others = torch.randn(50, 4), torch.randn(20, 4)
    >>> look.prepare(rows)
    >>> look.finish(rows, others)
    >>> look.tails(others).shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        size: int,
        *,
        ranked: bool,
        learned: bool,
        hidden: Sequence[int],
        levels: Sequence[float],
        neighbours: int,
        memory: int,
    ) -> None:
        super().__init__()
        self.size, self.memory, self.learned = size, memory, learned
        self.nearest = range(neighbours)
        self.ranks = RankNormal(size) if ranked else None
        self.denoiser = DenoisingModel((size,), hidden, levels)
        self.hidden = NeighbourModel((hidden[0],), self.nearest, p=2, bend=None, memory=memory)
        self.near = None if learned else self._neighbours()
        self.calibrated = nn.ModuleList(Tail() for _ in range(2 if learned else 3))

    def _neighbours(self) -> NeighbourModel:
        # Ranks have no long tails to bend.
        bend = 3.0 if self.ranks is None else None
        return NeighbourModel((self.size,), self.nearest, p=1, bend=bend, memory=self.memory)

    def encode(self, x: Tensor) -> Tensor:
        """Return rows of shape (n, size) encoded, of the same shape."""
        return x if self.ranks is None else cast(Tensor, self.ranks(x))

    def prepare(self, rows: Tensor) -> None:
        """Learn the encoding."""
        if self.ranks is not None:
            self.ranks.fit(rows)

    def _scores(self, x: Tensor) -> Tensor:
        """Return what the members say of rows, of shape (n, members)."""
        seen = self.encode(x)
        features = self.denoiser.features(seen, _LEVEL)
        scores = [self.denoiser.score(seen), self.hidden.score(features)]
        return torch.stack(scores if self.near is None else [*scores, self.near.score(seen)], 1)

    def finish(self, rows: Tensor, held_out: Tensor) -> None:
        """Fill the memories, and learn how the members score rows that they have not learnt."""
        known = drawn(torch.cat([rows, held_out]), self.memory)
        features = _of(lambda x: self.denoiser.features(self.encode(x), _LEVEL), known)
        self.hidden.finish(features, features[:0])
        if self.near is not None:
            self.near.finish(self.encode(known), known[:0])
        self.denoiser.finish(self.encode(rows), self.encode(held_out))
        # What is in a memory is not its own neighbour, but what was learnt is known.
        unseen = _of(self._scores, drawn(held_out if len(held_out) else rows, _REFERENCE))
        remembered = _of(self._scores, drawn(known, _REFERENCE))
        for tail, scores in zip(self.calibrated, [unseen.T[0], *remembered.T[1:]], strict=True):
            cast(Tail, tail).fit(scores)

    def tails(self, x: Tensor) -> Tensor:
        """Return -log p of rows, of shape (members, n)."""
        pairs = zip(self.calibrated, self._scores(x).T, strict=True)
        return torch.stack([tail(scores) for tail, scores in pairs])

    def contributions(self, x: Tensor, tails: Tensor) -> Tensor:
        """Return tails of shape (members, n), summed and shared out over the columns."""
        seen = self.encode(x)
        # What a hidden layer sees is in no column: the denoiser speaks for it.
        total = shared_out(tails[0] + tails[1], self.denoiser.contributions(seen))
        return (
            total
            if self.near is None
            else total + shared_out(tails[2], self.near.contributions(seen))
        )

    def log_odds(self, rows: Tensor, normal: Tensor, strange: Tensor) -> Tensor:
        """Return how well neighbours among `rows` tell strange rows from normal ones.

        The rows that the strange ones were made of must not be among `rows`, or these would find
        what is left of themselves.
        """
        near = self._neighbours()
        near.finish(self.encode(rows), rows[:0])
        return log_odds(near.score(self.encode(normal)), near.score(self.encode(strange)))


def _of(function: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return a function of rows, computed as for scoring, bit by bit."""
    return torch.from_numpy(in_blocks(function, rows, rows.device, 4096)).to(rows)
