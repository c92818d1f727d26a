"""Images of which one class is normal, or all but one: the protocols that papers report."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from genad.benchmark.judging import figures
from genad.benchmark.specs import BASELINES as EVERY_BASELINE
from genad.benchmark.tabular import file_digest
from genad.benchmark.task import Answer, Figures, Inputs, Task
from genad.data.datasets import Dataset, ImageSet, fetch_dataset, load_images

_BASELINES_SAY = (
    "Baselines read pixels as they are and learn from 10,000 of the images at most, OneClassSVM "
    "from 2,000."
)
ONE_CLASS = (
    "One class is normal: its part of the authors' training images trains, all of their test "
    "images test. The split is the same for every seed.",
    "No pre-training, no other data. Labels: for the metrics alone.",
    _BASELINES_SAY,
)
LEFT_OUT = (
    "Training and test images of the authors together; 80 % of all classes but one train, drawn "
    "at random; the rest and all images of that one, the anomaly, test (Zenati et al., 2018, arXiv "
    "1802.06222). Every seed has its own split.",
    "No pre-training, no other data. Labels: for the metrics alone.",
    _BASELINES_SAY,
)
_FEWER = {"OneClassSVM": 2000}  # its time grows with their square
BASELINES = tuple(
    replace(spec, parameters=(*spec.parameters, ("most_rows", _FEWER[spec.label])))
    if spec.label in _FEWER
    else spec
    for spec in EVERY_BASELINE
    if spec.label != "kNN, k = 5"
)
"""What stands in every table of images; pixels are compared as they are."""


@dataclass(frozen=True)
class ImageTask(Task):
    """One split of a data set of images.

    Parameters
    ----------
    name : of the task.
    dataset : a name of `genad.list_datasets`.
    chosen : the number of the class that is normal, or that is left out.
    test_images : a random sample of so many test images, the same for all detectors; by default
        all.

    Examples
    --------
    >>> OneClass("mnist/7", "mnist", 7, test_images=2500).chosen
    7
    """

    name: str
    dataset: str
    chosen: int
    test_images: int | None = None

    def digest(self) -> str:  # noqa: D102
        return file_digest(fetch_dataset(self.dataset))

    def inputs(self, seed: int) -> Inputs:  # noqa: D102
        data, tested = self._sample(seed)
        inputs = Inputs(data.train, data.test[tested])
        for images in (inputs.train, inputs.test):
            images.setflags(write=False)
        return inputs

    def judge(self, seed: int, answer: Answer) -> Figures:  # noqa: D102
        data, tested = self._sample(seed)
        return figures(data.test_labels[tested], answer)

    def _sample(self, seed: int) -> tuple[Dataset, NDArray[np.intp]]:
        """Return the split, and the numbers of the test images in random order."""
        data = self._split(_images(self.dataset), seed)
        order = np.random.default_rng(seed).permutation(len(data.test))
        return data, order[: self.test_images]

    @abstractmethod
    def _split(self, images: ImageSet, seed: int) -> Dataset: ...


class OneClass(ImageTask):
    """One class is normal."""

    def _split(self, images: ImageSet, seed: int) -> Dataset:
        return images.one_class(self.chosen)


class LeftOut(ImageTask):
    """One class is the anomaly, and is left out of training."""

    def _split(self, images: ImageSet, seed: int) -> Dataset:
        return images.leave_one_class_out(self.chosen, random_state=seed)


@lru_cache(maxsize=1)
def _images(name: str) -> ImageSet:
    """Return the images; a worker has one class after the other of the same."""
    return load_images(name)
