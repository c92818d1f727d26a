"""The judges: features that samples are compared by, learnt from the real data alone."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genad.comparison.subject import Subject
from genad.comparison.vectors import Vectors
from genad.data.images import Images, read_images
from genad.data.samples import blocks, with_labels
from genad.nets import networks
from genad.training import Model, Objective, Options, Terms, attribute, resolve_device, train
from genad.training.schedule import one_cycle

Features = NDArray[np.float64]
Classes = NDArray[np.int64]

_FEATURES = 64  # few enough for the covariance of a thousand samples to be well known
_UPDATES, _BATCH, _LR, _WEIGHT_DECAY = 1000, 128, 2e-3, 0.01
_BLOCK = 1024


class Judge(Protocol):
    """Maps samples, in the units of the data, to features that tell how alike they are."""

    @property
    def told(self) -> str:
        """What the features are, a sentence."""

    def features(self, data: Any) -> Features:
        """Return features of shape (n, d)."""

    def classes(self, data: Any) -> Classes | None:
        """Return the class that each sample looks like, of shape (n,); None without classes."""


class ClassifierJudge:
    """The last hidden layer, 64 wide, of a small convolutional classifier of the real images.

    It is trained on the images that the generators learn from, with their classes; the unit is the
    root of the mean square of a feature. Distances in its features hold for this data and this
    judge alone: they are no FID, whose features come from photographs and whose figures cannot be
    compared with these.

    Parameters
    ----------
    subject : with classes.
    random_state : seed of the training.
    device : where to compute.

    Attributes
    ----------
    accuracy : on images that it has not learnt from.
    """

    def __init__(self, subject: Subject, *, random_state: int = 0, device: str = "auto") -> None:
        self.view, self.device = Images("standard"), resolve_device(device)
        source = read_images(subject.train)
        self.view.fit(source)
        samples = with_labels(self.view.samples(source, self.device), subject.classes)
        devices = [self.device] if self.device.type == "cuda" else []
        epochs = max(1, round(_UPDATES * _BATCH / len(source)))
        with torch.random.fork_rng(devices):
            torch.manual_seed(random_state)
            self.model = _Classifier(self.view.shape, len(subject.class_names)).to(self.device)
            train(self.model, samples, samples[:0], Options(epochs, _BATCH, _LR))
        # Without a unit the figures would be as large as the classifier's weights happen to be.
        self.unit = 1.0
        self.unit = float(np.sqrt((self.features(subject.train) ** 2).mean()))
        self.accuracy = self._accuracy(subject)

    @property
    def told(self) -> str:  # noqa: D102
        return (
            f"Features are the last hidden layer, {_FEATURES} wide, of a small classifier trained "
            f"on the same images, {100 * self.accuracy:.1f} % accurate on others."
        )

    def features(self, data: Any) -> Features:  # noqa: D102
        return self._over(data, lambda x: self.model.body(x)) / self.unit

    def classes(self, data: Any) -> Classes:  # noqa: D102
        found: Classes = self._over(data, lambda x: self.model(x)).argmax(1)
        return found

    def _over(self, data: Any, function: Any) -> Features:
        samples = self.view.samples(read_images(data), self.device)
        with torch.inference_mode():
            parts = [function(block).cpu().double() for block in blocks(samples, _BLOCK)]
        return torch.cat(parts).numpy()

    def _accuracy(self, subject: Subject) -> float:
        if subject.places is None:
            return float("nan")
        return float((self.classes(subject.places.data) == subject.places.classes).mean())


class _Classifier(Model):
    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        super().__init__()
        trunk, width = networks(shape).trunk()
        self.body = nn.Sequential(trunk, nn.Linear(width, _FEATURES), nn.LeakyReLU(0.2))
        self.head = nn.Linear(_FEATURES, classes)

    def objectives(self) -> list[Objective]:
        nets = (self.body, self.head)
        return [
            Objective("classifier", nets, self.loss, weight_decay=_WEIGHT_DECAY, schedule=one_cycle)
        ]

    def loss(self, x: Tensor, y: Tensor) -> Terms:
        return {"cross_entropy": cross_entropy(self(x), y, reduction="none")}

    def score(self, x: Tensor) -> Tensor:
        """Return how unsure the class of each image is: minus the largest log-probability."""
        sure: Tensor = self(x).log_softmax(1).max(1).values
        return -sure

    def contributions(self, x: Tensor) -> Tensor:
        return attribute(self.score, x, torch.zeros_like(x))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(x))
        return logits


class ComponentsJudge:
    """The samples as plain vectors, of more than 64 elements the first 64 principal components.

    For data without classes. Elements that vary much count much.

    Parameters
    ----------
    subject : the data.
    """

    def __init__(self, subject: Subject) -> None:
        self.vectors, self.kind = Vectors(subject), subject.kind
        values = self.vectors(subject.learnt)
        self.centre, self.width = values.mean(0), values.shape[1]
        self.axes = np.eye(self.width)
        if self.width > _FEATURES:
            _, axes = np.linalg.eigh(np.cov(values, rowvar=False))
            self.axes = axes[:, -_FEATURES:]

    @property
    def told(self) -> str:  # noqa: D102
        what = {
            "image": "pixels",
            "series": "values of a window, its channels standardised",
            "table": "columns, standardised, texts as flags",
        }[self.kind]
        most = min(self.width, _FEATURES)
        taken = f"the {self.width} {what}"
        if self.width > most:
            taken = f"the first {most} principal components of {taken}"
        return f"Features are {taken}: there are no classes that a classifier could learn."

    def features(self, data: Any) -> Features:  # noqa: D102
        features: Features = (self.vectors(data) - self.centre) @ self.axes
        return features

    def classes(self, data: Any) -> None:
        """Return None: there are no classes to tell apart."""


def judge_for(subject: Subject, *, random_state: int = 0, device: str = "auto") -> Judge:
    """Return the judge that suits the data."""
    if subject.classes is None:
        return ComponentsJudge(subject)
    return ClassifierJudge(subject, random_state=random_state, device=device)
