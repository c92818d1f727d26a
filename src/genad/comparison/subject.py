"""What generative models are compared on: real data, split for the uses that are made of it."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genad.data.choice import kind_of
from genad.data.datasets import Dataset, ImageSet
from genad.errors import DataError

Classes = NDArray[np.int64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """Real samples with classes, to be looked for in latent spaces.

    Parameters
    ----------
    data : of n samples.
    classes : positions in `names`, of shape (n,).
    names : of the classes.
    """

    data: Any = field(repr=False)
    classes: Classes = field(repr=False)
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Trial:
    """A task of detection: normal samples to learn from, and others to score.

    Parameters
    ----------
    normal : to learn from.
    classes : of `normal`, as in `Subject`.
    scored : to score.
    anomalies : True for an anomaly, of shape (scored,).
    told : which samples are normal and which are not, a sentence.
    """

    normal: Any = field(repr=False)
    classes: Classes | None = field(repr=False)
    scored: Any = field(repr=False)
    anomalies: NDArray[np.bool_] = field(repr=False)
    told: str


@dataclass(frozen=True, eq=False)
class Subject:
    """Real data, split for the uses that a comparison makes of it.

    Parameters
    ----------
    name : of the data.
    kind : of the data.
    train : what generators learn from.
    classes : of `train`, positions in `class_names`, of shape (n,); None where it has none.
    unseen : real samples of the same kind that no generator has learnt from.
    class_names : of the classes; none where there are none.
    places : real samples with classes, or None without labels.
    trial : the task of detection, or None without labels.
    notes : what a reader must know of the split, a sentence each.
    windows : of a series, windows of `train`; samples of it are windows.
    """

    name: str
    kind: Literal["image", "table", "series"]
    train: Any = field(repr=False)
    classes: Classes | None = field(repr=False)
    unseen: Any = field(repr=False)
    class_names: tuple[str, ...]
    places: Places | None
    trial: Trial | None
    notes: tuple[str, ...] = ()
    windows: Any = field(default=None, repr=False)

    @property
    def learnt(self) -> Any:
        """What generators learn from, in the form that their samples have."""
        return self.train if self.windows is None else self.windows


def image_subject(
    images: ImageSet,
    *,
    normal: int | None = None,
    anomaly: int | None = None,
    most: int = 10_000,
    samples: int = 2000,
    random_state: int = 0,
) -> Subject:
    """Return images with classes as a subject; without a class, class 0 is the normal one.

    Parameters
    ----------
    images : in the split that their authors made.
    normal, anomaly : the one class that is normal, or the one that is anomalous, in the trial.
    most : learn from so many training images, drawn at random, if there are more.
    samples : compare with so many test images, and score them.
    random_state : seed of the draws.

    Examples
    --------
    >>> pixels, classes = np.zeros((6, 4, 4), np.uint8), np.array([0, 1, 1, 0, 1, 1])
    >>> toy = ImageSet("toy", pixels, classes, pixels, classes, ("cat", "dog"))
    >>> image_subject(toy, anomaly=1).trial.told
    'All classes but dog are normal, dog is the anomaly.'
    """
    rng = np.random.default_rng(random_state)
    train = _drawn(rng, len(images.train), most)
    test = _drawn(rng, len(images.test), samples)
    unseen, classes = images.test[test], images.test_classes[test]
    return Subject(
        name=images.name,
        kind="image",
        train=images.train[train],
        classes=images.train_classes[train],
        unseen=unseen,
        class_names=images.class_names,
        places=Places(unseen, classes, images.class_names),
        trial=_one_class(images, normal, anomaly, test, rng, most),
        notes=(
            f"Models learn from {len(train):,} of {len(images.train):,} training images, and are "
            f"compared with {len(test):,} of {len(images.test):,} test images.",
        ),
    )


def table_subject(
    data: Dataset, *, most: int = 10_000, samples: int = 2000, random_state: int = 0
) -> Subject:
    """Return a table with normal and anomalous rows as a subject: generators learn the normal rows.

    Parameters
    ----------
    data : normal rows to learn from, and labelled rows.
    most, samples, random_state : as in `image_subject`.

    Examples
    --------
    >>> from genad.data import load_dataset
    >>> subject = table_subject(load_dataset("breast_cancer"))
    >>> len(subject.train), len(subject.unseen), len(subject.trial.scored)
    (178, 179, 391)
    """
    rng = np.random.default_rng(random_state)
    train, test = _drawn(rng, len(data.train), most), _drawn(rng, len(data.test), samples)
    anomalies = data.test_labels[test]
    if anomalies.all() or not anomalies.any():
        raise DataError(
            f"The {len(test)} rows drawn from {data.name} to compare with are all of one kind; "
            "draw more with --samples."
        )
    normal, scored = _rows(data.train, train), _rows(data.test, test)
    told = "Models learn from normal rows; the labels say which of the others are anomalies."
    return Subject(
        name=data.name,
        kind="table",
        train=normal,
        classes=None,
        unseen=_rows(data.test, test[~anomalies]),
        class_names=(),
        places=Places(scored, anomalies.astype(np.int64), ("normal", "anomaly")),
        trial=Trial(normal, None, scored, anomalies, told),
        notes=(
            f"Models learn from {len(train):,} normal rows, and are compared with "
            f"{int((~anomalies).sum()):,} other normal rows.",
        ),
    )


def unlabelled_subject(
    name: str, data: Any, *, most: int = 10_000, samples: int = 2000, random_state: int = 0
) -> Subject:
    """Return data without labels as a subject: half of it to learn from, the rest unseen.

    Parameters
    ----------
    name : of the data.
    data : a table, an array of rows, or an array of images.
    most, samples, random_state : as in `image_subject`.

    Examples
    --------
    >>> subject = unlabelled_subject("pump", np.zeros((9, 2)))
    >>> subject.train.shape, subject.unseen.shape, subject.trial
    ((4, 2), (5, 2), None)
    """
    order = np.random.default_rng(random_state).permutation(len(data))
    half = len(data) // 2
    train, unseen = np.sort(order[:half][:most]), np.sort(order[half:][:samples])
    told = (
        f"Models learn from {len(train):,} samples drawn at random, and are compared with "
        f"{len(unseen):,} others."
    )
    return Subject(
        name=name,
        kind="image" if kind_of(data, None) == "image" else "table",
        train=_rows(data, train),
        classes=None,
        unseen=_rows(data, unseen),
        class_names=(),
        places=None,
        trial=None,
        notes=(told, "There are no labels, so there are no figures of classes or of detection."),
    )


def _one_class(
    images: ImageSet,
    normal: int | None,
    anomaly: int | None,
    test: Rows,
    rng: np.random.Generator,
    most: int,
) -> Trial:
    split = images.one_class(normal, anomaly)
    flipped = anomaly is not None
    chosen = int((anomaly if flipped else normal) or 0)
    classes = images.train_classes[(images.train_classes == chosen) != flipped]
    kept = _drawn(rng, len(classes), most)
    anomalies = split.test_labels[test]
    name = images.class_names[chosen]
    if anomalies.all() or not anomalies.any():
        raise DataError(
            f"The {len(test)} images drawn to be scored are all normal or all anomalies with "
            f"{name} as the one class: draw more with --samples."
        )
    told = (
        f"All classes but {name} are normal, {name} is the anomaly."
        if flipped
        else f"{name} is normal, all other classes are anomalies."
    )
    return Trial(split.train[kept], classes[kept], images.test[test], anomalies, told)


def _drawn(rng: np.random.Generator, n: int, most: int) -> Rows:
    return np.sort(rng.permutation(n)[:most])


def _rows(data: Any, rows: Rows) -> Any:
    return data[rows] if isinstance(data, np.ndarray) else data.take(rows)
