"""The baselines of tables for series: every window is a row."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, final

import torch
from sklearn.utils._param_validation import StrOptions
from torch import Tensor

from genad.benchmark.baselines import KNN, PCA, Baseline, Forest, Machine
from genad.benchmark.specs import Spec
from genad.data.samples import Samples
from genad.detector import Detector
from genad.parameters import PositiveInt
from genad.training import Model

_METHODS: Mapping[str, Callable[..., Baseline]] = {
    "PCA": PCA,
    "kNN, k = 1": partial(KNN, k=1),
    "IsolationForest": Forest,
    "OneClassSVM": Machine,
}
Method = Annotated[str, StrOptions({*_METHODS})]

BY_WINDOWS = {
    f"{label} (windows)": (label.lower(), {"step_score": "windows"})
    for label in ("NearestNeighbours", "DAE", "VAE", "AutoEncoder", "EGBAD")
}
"""Variants for suites of series: detectors whose steps have the whole scores of their windows."""


@final
class OfWindows(Detector):
    """A baseline of tables on the windows of a series, each a long row.

    Parameters
    ----------
    method : which one.
    most_rows : learn from a random sample of so many windows if there are more.

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.sin(np.arange(200.0))
    >>> steps[150] = 3.0
    >>> detector = OfWindows(method="PCA", window=6, random_state=0).fit(steps[:100])
    >>> int(detector.anomaly_score(steps).argmax())
    150
    """

    family = "baseline"
    kinds = ("series",)

    method: Method = "PCA"
    most_rows: PositiveInt = 10_000

    def _build(self, shape: tuple[int, ...]) -> Model:
        return _Rows(self.method, self.most_rows)


class _Rows(Model):
    additive = False

    def __init__(self, method: str, most_rows: int) -> None:
        super().__init__()
        self.method, self.most_rows = method, most_rows

    def prepare(self, samples: Samples) -> None:
        chosen = torch.randperm(len(samples))[: self.most_rows].sort().values
        rows = _as_rows(samples[chosen.to(samples.device)])
        seed = int(torch.randint(2**31 - 1, ()))
        self.baseline = _METHODS[self.method](random_state=seed).fit(rows)

    def score(self, x: Tensor) -> Tensor:
        return torch.from_numpy(self.baseline.anomaly_score(_as_rows(x))).to(x.device)

    def contributions(self, x: Tensor) -> Tensor:
        share = self.score(x) / x[0].numel()  # evenly: a baseline gives no reasons
        return share.view(-1, *[1] * (x.dim() - 1)).expand(x.shape)


def _as_rows(windows: Tensor) -> object:
    return windows.detach().flatten(1).double().cpu().numpy()


def window_baselines(*, within: str = "", **parameters: int | str) -> tuple[Spec, ...]:
    """Return the baselines on windows, with parameters such as `window` and `stride`.

    Examples
    --------
    >>> [spec.label for spec in window_baselines(window=8)]
    ['PCA', 'kNN, k = 1', 'IsolationForest', 'OneClassSVM']
    """
    return tuple(
        Spec(
            method,
            "genad.benchmark.windows:OfWindows",
            (("method", method), *parameters.items()),
            "baseline",
            within,
        )
        for method in _METHODS
    )
