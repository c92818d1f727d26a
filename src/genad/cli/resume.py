"""What Ctrl-C stops is kept on disk, and the user is told how to go on."""

import shlex
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genad.cli.errors import Failed, Interrupted, Misuse
from genad.detector import Detector
from genad.errors import DataError, TrainingDiverged
from genad.files import Kept
from genad.training import Callback, CollapseWarning


@dataclass(frozen=True)
class Unfinished:
    """The places beside `out` that hold a run while it lasts, and the command to go on with it.

    Parameters
    ----------
    out : what is made.
    arguments : of the command.

    Examples
    --------
    >>> run = Unfinished(Path("out/"), ["detect", "pump.csv"])
    >>> run.checkpoint.name, run.fitted.name
    ('out.checkpoint.safetensors', 'out.fitted')
    """

    out: Path
    arguments: Sequence[str]

    @property
    def checkpoint(self) -> Path:
        """The file of a training that is not finished."""
        return self._beside("checkpoint.safetensors")

    @property
    def fitted(self) -> Path:
        """The folder of a detector that is fitted, but whose rows are not all scored."""
        return self._beside("fitted")

    def discard(self) -> None:
        """Remove whatever there is."""
        self.checkpoint.unlink(missing_ok=True)
        shutil.rmtree(self.fitted, ignore_errors=True)

    def held(self) -> str:
        """Say what there is, or nothing."""
        if self.fitted.exists():
            return f"what was learnt is in {self.fitted}"
        if self.checkpoint.exists():
            return f"what was trained so far is in {self.checkpoint}"
        return ""

    def how_to_go_on(self) -> str:
        """Say how."""
        again = [*self.arguments, *(["--resume"] if "--resume" not in self.arguments else [])]
        return f"go on with: {shlex.join(['genad', *again])}"

    def _beside(self, suffix: str) -> Path:
        out = self.out.absolute()
        return out.with_name(f"{out.name}.{suffix}")


@contextmanager
def resumable(
    detector: Detector,
    out: Path,
    arguments: Sequence[str],
    callback: Callback,
    resume: bool,
    force: bool,
) -> Iterator[Kept]:
    """Watch a training, and keep what was learnt for a run that ends before its work is done.

    Parameters
    ----------
    detector : not yet fitted.
    out : what is made; what is kept stands beside it.
    arguments : of the command, to tell the user how to go on.
    callback : watches the training.
    resume : go on with what was kept.
    force : throw away what was kept.
    """
    run = Unfinished(out, arguments)
    if not resume:
        _clear(run, force)
    _set(detector, callbacks=(callback,), checkpoint=str(run.checkpoint))
    try:
        with _explained(run), warnings.catch_warnings():
            warnings.simplefilter("ignore", CollapseWarning)  # the result's notes say it
            yield Kept(run.fitted)
        run.discard()
    finally:
        _set(detector, callbacks=(), checkpoint=None)


def _set(detector: Detector, **of_the_run: Any) -> None:
    """Set parameters of the detector, or of one inside it, where it has them."""
    for name in detector.get_params():
        own = name.rpartition("__")[2]
        if own in of_the_run:
            detector.set_params(**{name: of_the_run[own]})


def _clear(run: Unfinished, force: bool) -> None:
    held = run.held()
    if held and not force:
        raise Misuse(
            f"An earlier run was interrupted, and {held}: add --resume to go on with it, or "
            "--force to start again."
        )
    run.discard()


@contextmanager
def _explained(run: Unfinished) -> Iterator[None]:
    """Say how to go on after what ends a run early, if anything was kept of it."""
    try:
        yield
    except KeyboardInterrupt:
        if not run.held():
            raise
        raise Interrupted(f"Interrupted: {run.held()}; {run.how_to_go_on()}") from None
    except TrainingDiverged:
        run.discard()  # there is nothing in it to go on with
        raise
    except DataError as error:
        if not run.fitted.exists():
            raise
        raise Failed(f"{error} But {run.held()}; {run.how_to_go_on()}") from error
