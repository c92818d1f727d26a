"""Progress bars on stderr, for people: silent where stderr is no terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from genad.training import Callback, Epoch


class Bars(Callback):
    """One bar for the training's epochs and one for each pass over the rows.

    Parameters
    ----------
    quiet : show nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description:>9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(compact=True),
        )
        disable = quiet or not console.is_terminal
        self._progress = Progress(*columns, console=console, transient=True, disable=disable)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def on_start(self, epochs: int) -> None:
        """Show the bar of the training."""
        self.start("training", epochs)

    def on_epoch(self, epoch: Epoch) -> None:
        """Move on by an epoch."""
        self.step("training")

    def training(self, name: str) -> Callback:
        """Return what shows a bar of its own, of that name, for one training of several."""
        return _Training(self, name)

    def start(self, name: str, epochs: int) -> None:
        """Show a bar of epochs."""
        self._tasks[name] = self._progress.add_task(name, total=epochs, unit="epochs")

    def step(self, name: str) -> None:
        """Move a bar on by one."""
        self._progress.advance(self._tasks[name])

    def rows(self, doing: str, rows: int, total: int) -> None:
        """Move on by some rows, as a `genad.files.Watch`."""
        if doing not in self._tasks:
            # A text file does not say how many rows it has: its total is 0.
            self._tasks[doing] = self._progress.add_task(doing, total=total or None, unit="rows")
        self._progress.advance(self._tasks[doing], rows)


class _Training(Callback):
    """The bar of one training of several."""

    def __init__(self, bars: Bars, name: str) -> None:
        self.bars, self.name = bars, name

    def on_start(self, epochs: int) -> None:
        self.bars.start(self.name, epochs)

    def on_epoch(self, epoch: Epoch) -> None:
        self.bars.step(self.name)
