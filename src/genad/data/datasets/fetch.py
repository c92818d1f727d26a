"""The files of a data set: found in a local folder or downloaded once, and always checked."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import IO

from genad.data.datasets.digests import digest
from genad.errors import DatasetError

__all__ = [
    "DATA_HOME",
    "Home",
    "check_digest",
    "data_folder",
    "fetch_files",
    "pinned_files",
    "verify",
]

DATA_HOME = "GENAD_DATA_HOME"


@dataclass(frozen=True)
class Home:
    """Where the files of a data set live.

    Parameters
    ----------
    folder
        Name of the folder that holds them here.
    files
        Their paths below that folder, with ``/``.
    urls
        Public addresses, tried in order: of a folder (ending in ``/``) that holds the files under
        the same paths, of an archive that holds them anywhere, or of the only file itself.

    Examples
    --------
    >>> Home("kddcup99", ("kddcup.data_10_percent.gz",), ("https://kdd.ics.uci.edu/x/",)).folder
    'kddcup99'
    """

    folder: str
    files: tuple[str, ...]
    urls: tuple[str, ...]


def data_folder(name: str) -> Path:
    """Return the folder of a data set: below GENAD_DATA_HOME if that is set, else in the cache.

    Examples
    --------
    >>> data_folder("nab").name
    'nab'
    """
    own = os.environ.get(DATA_HOME)
    if own:
        return Path(own).expanduser() / name
    import pooch

    return Path(pooch.os_cache("genad")) / name


def pinned_files(folder: str) -> tuple[str, ...]:
    """List the files of a data set that have a pinned digest, as paths below its folder.

    Examples
    --------
    >>> pinned_files("kddcup99")
    ('kddcup.data_10_percent.gz',)
    """
    start = f"{folder}/"
    return tuple(key.removeprefix(start) for key in _pinned() if key.startswith(start))


def fetch_files(home: Home) -> Path:
    """Make sure that all files of a data set are here and unchanged; return their folder.

    Examples
    --------
    >>> fetch_files(Home("nowhere", (), ())).name
    'nowhere'
    """
    folder = data_folder(home.folder)
    missing = [file for file in home.files if not (folder / file).is_file()]
    if missing and os.environ.get(DATA_HOME):
        raise DatasetError(
            f"{folder / missing[0]} is missing: put it there, or unset {DATA_HOME} to download it."
        )
    if missing:
        _download(home, missing, folder)
    for file in home.files:
        if file not in missing:
            verify(folder / file, f"{home.folder}/{file}")
    return folder


def verify(path: Path, key: str) -> None:
    """Raise DatasetError if a file does not have the digest that is pinned for `key`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "kddcup.data_10_percent.gz"
    ...     _ = path.write_bytes(b"something else")
    ...     try:
    ...         verify(path, "kddcup99/kddcup.data_10_percent.gz")
    ...     except DatasetError as error:
    ...         print("expected" in str(error))
    True
    """
    scheme, _ = _pinned()[key]
    if scheme != "unpinned":
        check_digest(path, key, digest(path, scheme))


def check_digest(path: Path, key: str, got: str) -> None:
    """Raise DatasetError if `got` is not the digest that is pinned for `key`.

    Examples
    --------
    >>> key = "kddcup99/kddcup.data_10_percent.gz"
    >>> check_digest(Path("kdd.gz"), key, _pinned()[key][1])
    """
    scheme, expected = _pinned()[key]
    if got != expected:
        raise DatasetError(
            f"{path} is not what it should be: its {scheme} digest is {got}, expected {expected}; "
            f"delete it and fetch it again."
        )


@cache
def _pinned() -> dict[str, tuple[str, str]]:
    text = resources.files(__package__).joinpath("digests.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {key: (scheme, value) for key, scheme, value in lines}


def _download(home: Home, files: list[str], folder: Path) -> None:
    """Bring files in under other names, check them, and only then move them to their place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as scratch:
            for file, path in _bring(home, files, Path(scratch)).items():
                verify(path, f"{home.folder}/{file}")
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                path.replace(folder / file)
    except OSError as error:
        raise DatasetError(
            f"{home.folder} cannot be kept in {folder}: {error.strerror or error}."
        ) from error


def _bring(home: Home, files: list[str], scratch: Path) -> dict[str, Path]:
    paths = {file: scratch / file for file in files}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    if home.urls[0].endswith((".zip", ".tar.gz")):
        archive = scratch / PurePosixPath(home.urls[0]).name
        _get(home.urls, archive, home)
        _extract(archive, paths)
        return paths
    for file, path in paths.items():
        _get(tuple(url + file if url.endswith("/") else url for url in home.urls), path, home)
    return paths


def _get(urls: tuple[str, ...], path: Path, home: Home) -> None:
    import pooch

    downloader = pooch.HTTPDownloader(progressbar=False)
    for url in urls:
        try:
            downloader(url, str(path), None)
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            failed = error
        else:
            return
    raise DatasetError(
        f"{urls[0]} cannot be downloaded ({type(failed).__name__}): put {home.folder}/"
        f"{home.files[0]} into a folder of your own and set {DATA_HOME} to that folder."
    ) from failed


def _extract(archive: Path, paths: dict[str, Path]) -> None:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                _copy(packed.namelist(), packed.open, paths)
        else:
            with tarfile.open(archive) as packed_tar:
                _copy(packed_tar.getnames(), packed_tar.extractfile, paths)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise DatasetError(f"{archive.name} is damaged: fetch it again.") from error


def _copy(
    members: list[str], opened: Callable[[str], IO[bytes] | None], paths: dict[str, Path]
) -> None:
    places = {PurePosixPath(member).name: member for member in members}
    for file, path in paths.items():
        name = PurePosixPath(file).name
        source = opened(places[name]) if name in places else None
        if source is None:
            raise DatasetError(f"The archive does not hold {name}: its home must have changed.")
        with source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
