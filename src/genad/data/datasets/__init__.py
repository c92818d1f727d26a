"""Named public data sets: listed, fetched once, checked, and split for one-class learning."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from genad.data.datasets import (
    adbench,
    ai4i2020,
    breast_cancer,
    cifar10,
    creditcard,
    ecg5000,
    fashion_mnist,
    grid_stability,
    kddcup99,
    mnist,
    nab,
    smd,
    ucr,
)
from genad.data.datasets.base import Dataset, DatasetInfo, ImageSet, Series, Source
from genad.errors import ParameterError

__all__ = [
    "Dataset",
    "DatasetInfo",
    "ImageSet",
    "Series",
    "fetch_dataset",
    "list_datasets",
    "load_dataset",
    "load_images",
    "load_series",
]

_SINGLE: tuple[Source[Dataset], ...] = (
    breast_cancer.SOURCE,
    kddcup99.SOURCE,
    ai4i2020.SOURCE,
    creditcard.SOURCE,
    grid_stability.SOURCE,
    ecg5000.SOURCE,
    *adbench.SOURCES,
)
_SPLIT = {source.info.name: source for source in _SINGLE}
_IMAGES = {
    source.info.name: source for source in (mnist.SOURCE, fashion_mnist.SOURCE, cifar10.SOURCE)
}
_SERIES = {source.info.name: source for source in (nab.SOURCE, ucr.SOURCE, smd.SOURCE)}
_ALL: dict[str, Source[Any]] = {**_SPLIT, **_IMAGES, **_SERIES}


def list_datasets() -> list[DatasetInfo]:
    """List the facts of every data set; nothing is downloaded.

    Examples
    --------
    >>> [info.name for info in list_datasets() if info.domain == "finance"]
    ['creditcard', 'adbench/5_campaign']
    """
    return [source.info for source in _ALL.values()]


def fetch_dataset(name: str) -> Path:
    """Make sure that the files of a data set are here and unchanged; return where.

    They are looked for in the folder that the environment variable GENAD_DATA_HOME names; without
    it they are downloaded once, from their canonical home, into the user's cache.

    Parameters
    ----------
    name
        One of :func:`list_datasets`; the number of an ADBench set may be left out.

    Examples
    --------
    >>> fetch_dataset("breast_cancer").name
    'breast_cancer.csv'
    """
    return _ALL[_find(name)[0]].fetch()


def load_dataset(
    name: str,
    *,
    random_state: int = 0,
    normal_class: int | None = None,
    anomaly_class: int | None = None,
) -> Dataset:
    """Load a data set as normal data to train on and labelled data to test on.

    Tables are split at random, see their modules for the protocol; images keep the split of their
    authors; of a collection of series, name one, as in ``"nab/nyc_taxi"``, ``"ucr/204"`` or
    ``"smd/machine-1-2"``: it is cut where its training part ends.

    Parameters
    ----------
    name
        One of :func:`list_datasets`; the number of an ADBench set may be left out.
    random_state
        Seed of the split of a table.
    normal_class, anomaly_class
        For images: the one class that is normal, or the one that is anomalous.

    Examples
    --------
    >>> dataset = load_dataset("breast_cancer")
    >>> dataset.train.column_names[:2], dataset.test_labels.shape
    (['mean radius', 'mean texture'], (391,))
    """
    key, member = _find(name)
    if key in _IMAGES:
        return _IMAGES[key].load().one_class(normal_class, anomaly_class)
    if normal_class is not None or anomaly_class is not None:
        raise ParameterError(f"{key} has no classes: leave out normal_class and anomaly_class.")
    if key in _SERIES:
        return _one_series(key, member).dataset()
    return _SPLIT[key].load(random_state)


def load_series(name: str) -> list[Series]:
    """Load series with labelled windows: ``nab``, ``ucr`` or ``smd``.

    Parameters
    ----------
    name
        Name of the collection, or of one series in it, as in ``"nab/nyc_taxi"``.

    Examples
    --------
    >>> load_series("mnist")
    Traceback (most recent call last):
    ...
    genad.errors.ParameterError: mnist is not a collection of series: choose nab, ucr or smd.
    """
    key, member = _find(name)
    if key not in _SERIES:
        raise ParameterError(f"{key} is not a collection of series: choose nab, ucr or smd.")
    return [_one_series(key, member)] if member else _SERIES[key].load()


def load_images(name: str) -> ImageSet:
    """Load images with all their classes: ``mnist``, ``fashion_mnist`` or ``cifar10``.

    Parameters
    ----------
    name
        Name of the data set.

    Examples
    --------
    >>> load_images("nab")
    Traceback (most recent call last):
    ...
    genad.errors.ParameterError: nab holds no images: choose mnist, fashion_mnist or cifar10.
    """
    key, _ = _find(name)
    if key not in _IMAGES:
        raise ParameterError(f"{key} holds no images: choose mnist, fashion_mnist or cifar10.")
    return _IMAGES[key].load()


def _find(name: str) -> tuple[str, str]:
    """Return the registered name that `name` means, and the member of a collection it names."""
    wanted = name.strip().lower()
    for key in _ALL:
        if wanted.replace("-", "_") in (key.lower(), _without_number(key)):
            return key, ""
    collection, _, member = wanted.partition("/")
    if collection in _SERIES and member:
        return collection, member
    near = ", ".join(_nearest(wanted))
    which = f"the nearest names are {near}" if near else "`genad data list` names them all"
    raise ParameterError(f"There is no data set {name!r}: {which}.")


def _nearest(wanted: str) -> list[str]:
    """Return the names most like what was asked for, at most one for each data set."""
    meant = {spelt: key for key in _ALL for spelt in (key.lower(), _without_number(key))}
    nearest: dict[str, str] = {}
    for spelt in get_close_matches(wanted, meant, n=6, cutoff=0.3):
        nearest.setdefault(meant[spelt], spelt)
    return list(nearest.values())[:3]


def _without_number(key: str) -> str:
    collection, _, table = key.lower().partition("/")
    return f"{collection}/{table.split('_', 1)[1]}" if table else collection


def _one_series(key: str, member: str) -> Series:
    every = {series.name: series for series in _SERIES[key].load()}
    for name, series in every.items():
        low = name.lower()
        if member.removesuffix(".csv") in (low, PurePosixPath(low).name, low.split("_", 1)[0]):
            return series
    near = get_close_matches(member, every, n=3, cutoff=0) if member else list(every)[:3]
    asked = f"has no series {member!r}" if member else f"holds {len(every)} series"
    raise ParameterError(
        f"{key} {asked}: name one, as in {', '.join(f'{key}/{name}' for name in near)}."
    )
