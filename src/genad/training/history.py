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
    variety : how much samples of a generator vary, in units of how much the training data does
        (`genad.training.collapse`), or None where there is no generator or nobody looked.
    gradient_norms : root mean square of the norm of each objective's gradient, by the objective's
        name; a running mean over as many updates as Adam remembers.
    """

    stage: int
    epoch: int
    terms: dict[str, float]
    validation: float | None
    seconds: float
    variety: float | None = None
    gradient_norms: dict[str, float] = field(default_factory=dict)


@dataclass
class History:
    """The epochs of one fit, and why it ended.

    Parameters
    ----------
    epochs : in order.
    stopped : why it ended.
    notes : sentences about what went wrong, and what was done about it.

    Examples
    --------
    >>> history = History([Epoch(0, 0, {"model.error": 2.0}, 1.5, 0.1)])
    >>> history.curve("model.error"), history.curve("validation")
    ([2.0], [1.5])
    """

    epochs: list[Epoch] = field(default_factory=list)
    stopped: str = "not trained"
    notes: list[str] = field(default_factory=list)

    def curve(self, name: str) -> list[float]:
        """Return one term, "validation" or "variety", over the epochs that have it."""
        own = name in ("validation", "variety")
        values = [getattr(epoch, name) if own else epoch.terms.get(name) for epoch in self.epochs]
        return [value for value in values if value is not None]

    def gradient_norms(self, objective: str) -> list[float]:
        """Return the norms of an objective's gradient over the epochs of its stage.

        Examples
        --------
        >>> epoch = Epoch(0, 0, {}, None, 0.1, gradient_norms={"critic": 0.5})
        >>> History([epoch]).gradient_norms("critic")
        [0.5]
        """
        norms = [epoch.gradient_norms.get(objective) for epoch in self.epochs]
        return [norm for norm in norms if norm is not None]

    def names(self) -> list[str]:
        """Return the names of all terms, in order of appearance."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch.terms))

    def to_config(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "History":
        """Return the history that `to_config` described."""
        epochs = [Epoch(**epoch) for epoch in config["epochs"]]
        return cls(epochs, config["stopped"], config.get("notes", []))
