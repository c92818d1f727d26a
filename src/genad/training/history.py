"""What happened in training, as data."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples.

    Parameters
    ----------
    stage, epoch : both from 0.
    terms : mean of each loss term, under "objective.term".
    validation : mean held-out loss, or None where the model has none.
    seconds : wall-clock time.
    """

    stage: int
    epoch: int
    terms: dict[str, float]
    validation: float | None
    seconds: float


@dataclass
class History:
    """The epochs of one fit, and why it ended.

    Examples
    --------
    >>> history = History([Epoch(0, 0, {"model.error": 2.0}, 1.5, 0.1)])
    >>> history.curve("model.error"), history.curve("validation")
    ([2.0], [1.5])
    """

    epochs: list[Epoch] = field(default_factory=list)
    stopped: str = "not trained"

    def curve(self, name: str) -> list[float]:
        """Return one term, or "validation", over the epochs that have it."""
        values = [
            epoch.validation if name == "validation" else epoch.terms.get(name)
            for epoch in self.epochs
        ]
        return [value for value in values if value is not None]

    def names(self) -> list[str]:
        """Return the names of all terms, in order of appearance."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch.terms))

    def to_config(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "History":
        """Return the history that `to_config` described."""
        return cls([Epoch(**epoch) for epoch in config["epochs"]], config["stopped"])
