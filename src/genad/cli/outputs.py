"""Results appear under their name only when they are complete, and replace only our own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genad.cli.errors import Failed, Misuse

MODEL = ("config.json", "weights.safetensors")
RESULTS = ("scores.csv", "scores.tsv", "scores.parquet", "scores", "events.csv")
DETECTION = (*RESULTS, "report.html", "model")


@contextmanager
def staged(out: Path, *, force: bool, holds: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield where to write what shall become `out`; it takes that place when all is done.

    Parameters
    ----------
    out : the file or folder to make.
    force : whether to replace an earlier one.
    holds : names of all that our own folder may hold; empty if `out` is a file.

    Raises
    ------
    Misuse
        If `out` exists and may not be replaced.
    Failed
        If nothing can be written there.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with staged(Path(folder) / "scores.csv", force=False) as path:
    ...         _ = path.write_text("score")
    ...     [path.name for path in Path(folder).iterdir()]
    ['scores.csv']
    """
    out = out.absolute()
    _check_free(out, force, holds)
    scratch = _scratch(out)
    try:
        yield scratch / out.name
        if out.exists():
            out.rename(scratch / f"{out.name}.old")
        (scratch / out.name).rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def page_path(out: Path, name: str) -> Path:
    """Return where a page goes: the file that was named, or one of that name in the folder.

    Examples
    --------
    >>> page_path(Path("look.html"), "explore.html").name
    'look.html'
    >>> page_path(Path("pages"), "explore.html").parts
    ('pages', 'explore.html')
    """
    return out if out.suffix.lower() in (".html", ".htm") and not out.is_dir() else out / name


def _scratch(out: Path) -> Path:
    """Make a folder beside `out`, so that a rename brings the result to its place."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise Failed(f"{out} cannot be made: {(error.strerror or str(error)).lower()}.") from error


def _check_free(out: Path, force: bool, holds: tuple[str, ...]) -> None:
    if not out.exists():
        return
    if not force:
        raise Misuse(f"{out} exists already: add --force to replace it, or give another --out.")
    if out.is_dir() != bool(holds):
        kind = "folder" if out.is_dir() else "file"
        raise Misuse(f"{out} is a {kind}, which the result is not: give another --out.")
    foreign = [path.name for path in out.iterdir() if path.name not in holds] if holds else []
    if foreign:
        raise Misuse(f"{out} holds {foreign[0]!r}, which is not ours: give another --out.")
