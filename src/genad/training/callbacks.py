"""Hooks that watch training from outside."""

from genad.training.history import Epoch, History


class Callback:
    """Override what is needed; every hook does nothing by default.

    Examples
    --------
    >>> class Tally(Callback):
    ...     seen = 0
    ...     def on_epoch(self, epoch):
    ...         self.seen += 1
    """

    def on_start(self, epochs: int) -> None:
        """Take note of how many epochs there will be at most, all stages together."""

    def on_epoch(self, epoch: Epoch) -> bool | None:
        """Look at an epoch that has just ended; return True to end this stage of training."""

    def on_end(self, history: History) -> None:
        """Look at the whole history."""
