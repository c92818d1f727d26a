"""The best weights of a stage, and for how long there have been no better ones."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class Best:
    """The weights of the lowest held-out loss so far, of each of several models on its own.

    Parameters
    ----------
    values : the flat vectors of weights that are trained; those of several models are rows, one
        after the other.
    members : how many models there are.
    patience : a model that has not become better for so many epochs has ended: nothing later
        counts. None for never.

    Examples
    --------
    >>> weights = torch.tensor([1.0, 2.0])
    >>> best = Best([weights], members=2, patience=1)
    >>> best.consider(torch.tensor([5.0, 5.0]))
    >>> _ = weights.add_(10)
    >>> best.consider(torch.tensor([4.0, 6.0])), best.over()
    (None, False)
    >>> best.bring_back()
    >>> weights
    tensor([11.,  2.])
    """

    def __init__(self, values: Sequence[Tensor], members: int, patience: int | None) -> None:
        self.values, self.patience = values, patience
        self.kept = [value.clone() for value in values]
        self.losses = torch.full((members,), math.inf, dtype=torch.float64)
        self.waited = torch.zeros(members, dtype=torch.int64)

    def consider(self, losses: Tensor) -> None:
        """Take the held-out losses of the present weights, of shape (members,)."""
        losses = losses.double().cpu()
        better = (losses < self.losses) & ~self._ended()
        self.losses = torch.where(better, losses, self.losses)
        self.waited = torch.where(better, 0, self.waited + 1)
        for kept, value in zip(self.kept, self.values, strict=True):
            self._copy(value, kept, better)

    def over(self) -> bool:
        """Return whether all models have ended."""
        return bool(self._ended().all())

    def bring_back(self) -> None:
        """Put the best weights, where there are any, in the place of the present ones."""
        for kept, value in zip(self.kept, self.values, strict=True):
            self._copy(kept, value, self.losses.isfinite())

    def state(self) -> tuple[list[Tensor], dict[str, Any]]:
        """Return the weights and JSON-able facts that `load_state` needs."""
        return self.kept, {"best": self.losses.tolist(), "waited": self.waited.tolist()}

    def load_state(self, kept: Sequence[Tensor], facts: dict[str, Any]) -> None:
        """Go back to what `state` returned."""
        for mine, given in zip(self.kept, kept, strict=True):
            mine.copy_(given)
        self.losses = torch.tensor(facts["best"], dtype=torch.float64)
        self.waited = torch.tensor(facts["waited"])

    def _ended(self) -> Tensor:
        patience = math.inf if self.patience is None else self.patience
        return self.waited >= patience

    def _copy(self, source: Tensor, target: Tensor, which: Tensor) -> None:
        members = len(self.losses)
        for here, there, wanted in zip(
            source.view(members, -1), target.view(members, -1), which.tolist(), strict=True
        ):
            if wanted:
                there.copy_(here)
