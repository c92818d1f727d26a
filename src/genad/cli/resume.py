"""A training that Ctrl-C stops is kept on disk, and the user is told how to go on."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from genad.cli.errors import Interrupted, Misuse
from genad.detector import Detector, TrainedDetector
from genad.errors import TrainingDiverged
from genad.training import Callback


def checkpoint_of(out: Path) -> Path:
    """Return the file beside `out` that keeps a training while it lasts.

    Examples
    --------
    >>> checkpoint_of(Path("model/")).name
    'model.checkpoint.safetensors'
    """
    out = out.absolute()
    return out.with_name(f"{out.name}.checkpoint.safetensors")


@contextmanager
def resumable(
    detector: Detector,
    out: Path,
    arguments: Sequence[str],
    callback: Callback,
    resume: bool,
    force: bool,
) -> Iterator[None]:
    """Watch a training, and keep it in a checkpoint that a Ctrl-C leaves behind.

    Parameters
    ----------
    detector : not yet fitted.
    out : what is made; the checkpoint stands beside it.
    arguments : of the command, to tell the user how to go on.
    callback : watches the training.
    resume : go on with a checkpoint that is there.
    force : throw away a checkpoint that is there.
    """
    if not isinstance(detector, TrainedDetector):
        yield
        return
    checkpoint = checkpoint_of(out)
    if checkpoint.exists() and not resume:
        _discard(checkpoint, force)
    detector.set_params(callbacks=(callback,), checkpoint=str(checkpoint))
    try:
        yield
    except KeyboardInterrupt:
        if not checkpoint.exists():
            raise
        raise Interrupted(_how_to_go_on(checkpoint, arguments)) from None
    except TrainingDiverged:
        checkpoint.unlink(missing_ok=True)  # there is nothing in it to go on with
        raise
    finally:
        detector.set_params(callbacks=(), checkpoint=None)


def _discard(checkpoint: Path, force: bool) -> None:
    if not force:
        raise Misuse(
            f"{checkpoint} holds an interrupted training: add --resume to go on with it, or "
            "--force to start again."
        )
    checkpoint.unlink()


def _how_to_go_on(checkpoint: Path, arguments: Sequence[str]) -> str:
    again = [*arguments, *(["--resume"] if "--resume" not in arguments else [])]
    command = shlex.join(["genad", *again])
    return f"Interrupted: what was trained so far is in {checkpoint}; go on with: {command}"
