"""PretrainedClassifier: a forecaster whose last layer makes way for a classifier of few labels."""

from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genad.data.samples import Labelled, Samples
from genad.data.series import Recordings
from genad.data.windows import Cut
from genad.detector import CausalDetector, CausalModel, Follower, TrainedDetector
from genad.detectors.forecaster import ForecasterModel
from genad.errors import DataError
from genad.losses import bernoulli_nll
from genad.nets.stepping import stepping
from genad.parameters import PositiveFloat, PositiveInt, Sizes
from genad.streaming.state import Arrays, Config
from genad.training import Model, Objective, Terms

Values = NDArray[np.float64]


@final
class PretrainedClassifier(CausalDetector, TrainedDetector):
    r"""Log-odds that a step is an anomaly, by a recurrent network that first learnt to forecast.

    .. math:: A(x_t) = w_2^\top \max(0, W_1 h_t + b_1) + b_2, \qquad
              h_t = \mathrm{cell}(x_t, h_{t-1})

    The network learns to forecast the next values from all of the series, which takes no labels.
    Then its last layer is taken off, two dense layers are put on, and all of it is tuned on the
    labelled steps: every one of the rarer class, and `ratio` times as many of the other, drawn at
    random. For series of which a few anomalies are known, and more of the same kind are expected:
    what is unlike all labelled anomalies may pass unnoticed.

    `fit(X, y)` takes a label for each step: 1 for an anomaly, 0 for normal, -1 or NaN where nobody
    knows. Where there are no anomalies and normal steps among them, or no labels at all, it stays
    what it was before the last layer was taken off: a `Forecaster`, with that one's score. A step's
    score depends on what came before it alone, so `stream` gives the same scores. The threshold
    rests on held-out steps as everywhere, without those that are labelled anomalies.

    Parameters
    ----------
    window : steps in the stretches of the series that it is trained on.
    cell : "lstm", "gru" or "rnn" (Elman's).
    hidden : width of each recurrent layer.
    dense : width of the first dense layer.
    ratio : steps of the majority class for each of the minority.

    References
    ----------
    Semi-supervised Sequence Learning (Dai and Le, 2015): so for texts, by forecasts of the next
    word. Deviations: series, and a label for each step in the place of one for the whole.

    Examples
    --------
    >>> X, y = np.sin(np.arange(900) / 4), np.zeros(900)
    >>> for start in range(80, 900, 100):
    ...     X[start : start + 6] += 1.2
    ...     y[start : start + 6] = 1
    >>> y[500:] = np.nan
    >>> detector = PretrainedClassifier(window=20, hidden=(16,), epochs=10, random_state=0)
    >>> scores = detector.fit(X, y).anomaly_score(X)
    >>> bool(scores[780:786].max() > scores[800:870].max())  # one that it was not told of
    True
    """

    family = "classifier"
    taught = True
    default_updates = 1000

    window: PositiveInt | None = 100
    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    hidden: Sizes = (64,)
    dense: PositiveInt = 32
    ratio: PositiveFloat = 1.0
    lr: float = 3e-3

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _ClassifierModel(shape, self)

    def _labelled(self, source: Recordings, y: Any) -> Recordings:
        if y is None:
            return source
        labels = _as_classes(self.view_.item_labels(source, y))
        both = {0, 1} <= set(labels.tolist())
        return self.view_.labelled(source, labels) if both else source

    def _scores(self, source: Recordings, *, reference: bool) -> Any:
        """Return one score per step of each series; as a reference, without known anomalies."""
        scores = super()._scores(source, reference=reference)
        if not reference or self.contamination != "auto":
            return scores
        each = scores if source.many else [scores]
        normal = [
            score if recording.labels is None else score[recording.labels != 1]
            for recording, score in zip(source.each, each, strict=True)
        ]
        return normal if sum(map(len, normal)) else each


def _as_classes(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return 1, 0 and, where nobody knows, -1."""
    try:
        numbers = labels.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(len(labels), np.inf)
    numbers = np.where(np.isnan(numbers), -1, numbers)
    strange = np.flatnonzero(~np.isin(numbers, (-1, 0, 1)))
    if len(strange):
        raise DataError(
            f"y holds {labels[strange[0]]!r} at step {strange[0] + 1}; a label is 1 for an "
            "anomaly, 0 for normal, and -1 or NaN where nobody knows."
        )
    return numbers.astype(np.int64)


class _ClassifierModel(CausalModel):
    """A forecaster, and two dense layers that take the place of its last one."""

    additive = False
    classifies: Tensor

    def __init__(self, shape: tuple[int, ...], options: PretrainedClassifier) -> None:
        super().__init__()
        self.forecaster = ForecasterModel(shape, options.cell, options.hidden, 1)
        width = options.hidden[-1]
        self.head = nn.Sequential(
            nn.Linear(width, options.dense), nn.ReLU(), nn.Linear(options.dense, 1)
        )
        self.ratio = options.ratio
        self.register_buffer("classifies", torch.zeros((), dtype=torch.bool))
        self._marked: _Marked | None = None

    def prepare(self, samples: Samples) -> None:
        self.forecaster.prepare(samples)
        self._marked = _marked(samples, self.ratio)

    def objectives(self) -> list[Objective]:
        first = self.forecaster.objectives()
        if self._marked is None:
            return first
        modules = (self.forecaster.cells, self.head)
        return [*first, Objective("classifier", modules, self.loss, stage=1)]

    def stage_samples(self, stage: int, samples: Samples) -> Samples:
        if stage == 0 or self._marked is None:
            return samples.samples if isinstance(samples, Labelled) else samples
        self.classifies.fill_(True)
        return self._marked

    def loss(self, x: Tensor) -> Terms:
        """Return the cross-entropy of the marked step of windows, whose mark is a last channel."""
        logits, marks = self.head(self.forecaster.cells(x[..., :-1])).squeeze(2), x[..., -1]
        known = marks >= 0
        losses = bernoulli_nll(marks.clamp(min=0), logits)
        return {"cross_entropy": torch.where(known, losses, 0.0).sum(1)}

    def validation(self, x: Tensor) -> Tensor | None:
        return None if self.classifies else self.forecaster.validation(x)

    def finish(self, samples: Samples, held_out: Samples) -> None:
        self._marked = None
        if not self.classifies:
            self.forecaster.finish(samples, held_out)

    def follower(self) -> Follower:
        return _Follower(self) if self.classifies else self.forecaster.follower()


class _Marked:
    """Windows of which one step is marked with its label, in a channel of its own; -1 elsewhere.

    Parameters
    ----------
    windows : to cut from.
    steps : the marked ones, of shape (n,).
    length : how many samples to be; the windows take turns.
    """

    def __init__(self, windows: Cut, steps: Tensor, length: int) -> None:
        # The window that ends with a step; at the start of a series, the first that holds it.
        places = torch.searchsorted(windows.starts, steps - windows.window + 1)
        self.starts = windows.starts[places]
        self.positions, self.length = steps - self.starts, length
        self.cut = Cut(windows.values, self.starts, windows.window)
        self.labels = windows.labels[steps].float() if windows.labels is not None else steps

    @property
    def device(self) -> torch.device:
        return self.cut.device

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: Tensor | slice) -> Tensor:
        rows = torch.arange(self.length, device=self.device)[key] % len(self.starts)
        x = self.cut[rows]
        marks = torch.full_like(x[..., :1], -1)
        marks[torch.arange(len(rows)), self.positions[rows], 0] = self.labels[rows]
        return torch.cat([x, marks], 2)


def _marked(samples: Samples, ratio: float) -> _Marked | None:
    """Return windows of labelled steps, the majority class down-sampled, or None without both."""
    windows = samples.samples if isinstance(samples, Labelled) else samples
    if not isinstance(windows, Cut) or windows.labels is None:
        return None
    few, many = sorted((torch.nonzero(windows.labels == kind)[:, 0] for kind in (0, 1)), key=len)
    if not len(few):
        return None
    drawn = torch.randperm(len(many), device=many.device)[: max(1, round(ratio * len(few)))]
    steps = torch.cat([few, many[drawn]])
    # Half as many updates as the forecasts took, whatever the number of labels.
    return _Marked(windows, steps, max(len(steps), len(windows) // 2))


class _Follower(Follower):
    """Carries the state of the cells; a step that was scored is not computed again."""

    def __init__(self, model: _ClassifierModel) -> None:
        self.cells = [stepping(layer) for layer in model.forecaster.cells]
        dense = [layer for layer in model.head if isinstance(layer, nn.Linear)]
        self.layers = [
            (layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy())
            for layer in dense
        ]
        self.last = np.zeros(model.forecaster.shape[1])
        self._scored: tuple[Values, list[NDArray[Any]]] | None = None

    def score_one(self, x: Values) -> float:
        before = [state.copy() for state in self._states().values()]
        (w_1, b_1), (w_2, b_2) = self.layers
        score = float((w_2 @ np.maximum(w_1 @ self._step(x) + b_1, 0) + b_2)[0])
        self._scored = x, [state.copy() for state in self._states().values()]
        self._go_to(before)
        return score

    def shares_one(self, x: Values) -> Values:
        """Return by how much each channel's change since the last step adds to the score."""
        whole = self.score_one(x)
        return np.array([whole - self.score_one(self._without(x, j)) for j in range(len(x))])

    def _without(self, x: Values, channel: int) -> Values:
        changed = x.copy()
        changed[channel] = self.last[channel]
        return changed

    def learn_one(self, x: Values) -> None:
        if self._scored is not None and np.array_equal(self._scored[0], x):
            self._go_to(self._scored[1])
        else:
            self._step(x)
        self.last, self._scored = np.array(x), None

    def _step(self, x: Values) -> NDArray[Any]:
        state: NDArray[Any] = x
        for cell in self.cells:
            state = cell.step(state)
        return state

    def _states(self) -> Arrays:
        return {
            f"{number}.{name}": state
            for number, cell in enumerate(self.cells)
            for name, state in cell.states().items()
        }

    def _go_to(self, states: list[NDArray[Any]]) -> None:
        for state, wanted in zip(self._states().values(), states, strict=True):
            np.copyto(state, wanted)

    def state(self) -> tuple[Config, Arrays]:
        states = {name: state.copy() for name, state in self._states().items()}
        return {}, states | {"last": self.last.copy()}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        for name, state in self._states().items():
            np.copyto(state, arrays[name], casting="no")
        self.last, self._scored = arrays["last"].copy(), None
