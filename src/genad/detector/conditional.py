"""Detectors that learn from labels to make samples of a chosen class."""

from abc import abstractmethod
from functools import partial
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from genad.detector.sampling import draw
from genad.detector.trained import LatentDetector
from genad.errors import DataError, ParameterError
from genad.nets import ConditionalNetworks
from genad.parameters import RandomState
from genad.training import Model, resolve_device


class ConditionalDetector(LatentDetector):
    """Base of the detectors that learn what samples of each class look like.

    `fit` takes the classes as `y`: a whole number or a text for each row, time step or image, of
    a list of series also one for each series; a window is of the class that most of its steps are.
    Without `y`, a folder of images gives the names of its sub-folders, and other data is all of
    one class, named 0. Scoring needs no label: a sample counts as of the class that it fits best.

    Attributes
    ----------
    classes_ : the classes, sorted, of shape (classes,).
    """

    @abstractmethod
    def _build_for(self, nets: ConditionalNetworks) -> Model:
        """Return an untrained model; its `sample` takes the numbers of classes."""

    @final
    def _build(self, shape: tuple[int, ...]) -> Model:
        return self._build_for(ConditionalNetworks(self._networks(shape), len(self.classes_)))

    @final
    def _labelled(self, source: Any, y: Any) -> Any:
        self.classes_, numbers = _classes(self.view_.item_labels(source, y))
        return self.view_.labelled(source, numbers)

    @final
    def sample(
        self, n: int = 1, *, label: int | str | None = None, random_state: RandomState = None
    ) -> Any:
        """Return synthetic rows, windows or images, n of them, in the units of the data.

        Parameters
        ----------
        n : how many.
        label : the class they are to be of; by default classes are drawn as they were frequent in
            the training data.
        random_state : seed of the draws.

        Raises
        ------
        genad.errors.ParameterError
            If n is not positive, or there was no such class.
        """
        check_is_fitted(self)
        if label is None:
            return draw(self, n, random_state)
        number = torch.tensor([self._number(label)], device=resolve_device(self.device))
        return draw(self, n, random_state, partial(_draw_class, self.model_, number))

    def _number(self, label: int | str) -> int:
        """Return the number of the class that a label means, whatever its case."""
        names = [str(name) for name in self.classes_.tolist()]
        for wanted, known in (
            (str(label), names),
            (str(label).casefold(), [name.casefold() for name in names]),
        ):
            if known.count(wanted) == 1:
                return known.index(wanted)
        raise ParameterError(
            f"This {type(self).__name__} was trained on no class {label!r}; choose one of "
            f"{', '.join(names)}."
        )


def _draw_class(model: Any, number: torch.Tensor, n: int) -> Any:
    return model.sample(n, number.expand(n))


def _classes(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the distinct labels, sorted, and the number of each one among them."""
    if labels.dtype.kind == "O":
        kinds = {type(label) for label in labels}
        if kinds == {str}:
            labels = labels.astype(str)
        elif all(issubclass(kind, int | np.integer) for kind in kinds):
            labels = labels.astype(np.int64)
    if labels.dtype.kind == "f" and np.array_equal(labels, np.floor(labels)):
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iubU":
        raise DataError(
            f"y holds {labels.dtype} values, some of them no class or missing; give a whole number "
            "or a text for each sample."
        )
    classes, numbers = np.unique(labels, return_inverse=True)
    return classes, numbers.astype(np.int64)
