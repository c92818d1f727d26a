"""Forecaster: a recurrent network forecasts the next values, and the residual is the score."""

from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genad.data.samples import Samples, moments
from genad.detector import CausalDetector, CausalModel, Follower, TrainedDetector
from genad.errors import ParameterError
from genad.losses import squared_error
from genad.nets.recurrent import CELLS, Cells
from genad.nets.stepping import stepping
from genad.parameters import PositiveInt, Sizes, WindowSize
from genad.streaming.state import Arrays, Config
from genad.training import Model, Objective, Terms

# So many windows tell the normal spread of the residuals.
_WINDOWS = 2048
# In scaled units; a channel that is exactly predictable still has some spread.
_LEAST_SPREAD = 1e-3


@final
class Forecaster(CausalDetector, TrainedDetector):
    r"""Squared error of forecasts of the next values, in units of its own normal spread.

    .. math:: A(x_t) = \frac1H \sum_{h=1}^H \sum_j
              \left(\frac{x_{tj} - \hat x_{tj}^{(h)}}{\sigma_{hj}}\right)^2

    where the forecast with the upper index h was made h steps before. A step's score depends on
    what came before it and on nothing after: `stream` gives the same scores as `anomaly_score`,
    carrying the state of the network from step to step. After the start of a series, while the
    network knows little, forecasts are worse; the spread there is measured apart.

    Parameters
    ----------
    window : steps in the stretches of the series that it is trained on.
    cell : "rnn" (Elman's), "lstm" or "gru".
    hidden : width of each recurrent layer.
    horizon : H, the steps ahead that are forecast at every step. Above 1 an anomaly scores on
        although the network has adapted to it, and a single step of noise scores less.

    References
    ----------
    Long Short Term Memory Networks for Anomaly Detection in Time Series (Malhotra et al., 2015),
    section 2. Deviation: errors of different horizons and channels count as independent.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.sin(np.arange(1000) / 4)
    >>> detector = Forecaster(window=50, hidden=(16,), epochs=20, random_state=0).fit(X)
    >>> X[500] += 2.0
    >>> int(detector.anomaly_score(X).argmax())
    500
    """

    family = "forecaster"
    default_updates = 1000

    window: WindowSize | None = 100
    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    hidden: Sizes = (64,)
    horizon: PositiveInt = 1
    lr: float = 3e-3

    def _build(self, shape: tuple[int, ...]) -> Model:
        if self.horizon >= shape[0]:
            raise ParameterError(
                f"horizon={self.horizon} must be less than window={shape[0]}, the steps it is "
                "learnt from; give a larger window."
            )
        return ForecasterModel(shape, self.cell, self.hidden, self.horizon)


class ForecasterModel(CausalModel):
    """Recurrent layers, and a linear map from their state to the next values.

    Parameters
    ----------
    shape : (window, channels).
    cell, hidden, horizon : see `Forecaster`.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, shape: tuple[int, ...], cell: str, hidden: Sizes, horizon: int) -> None:
        super().__init__()
        window, channels = shape
        self.shape = horizon, channels
        self.cells = Cells(CELLS[cell], (channels, *hidden))
        self.head = nn.Linear(hidden[-1], horizon * channels)
        self.register_buffer("mean", torch.zeros(channels))
        # By the number of steps seen; the last is for all that is longer.
        self.register_buffer("spread", torch.ones(window // 2 + 1, *self.shape))

    def prepare(self, samples: Samples) -> None:  # noqa: D102
        self.mean.copy_(moments(samples)[0].mean(0))

    def objectives(self) -> list[Objective]:  # noqa: D102
        return [Objective("forecaster", (self.cells, self.head), self.loss)]

    def loss(self, x: Tensor) -> Terms:
        """Return the mean squared error of each horizon's forecasts, of shape (n,)."""
        errors = self.squared_errors(x)
        return {f"ahead_{h + 1}": error[:, h + 1 :].mean((1, 2)) for h, error in enumerate(errors)}

    def squared_errors(self, x: Tensor) -> list[Tensor]:
        """Return, by horizon, the squared error of the forecasts of every step of windows.

        Each is of the shape of `x`; before the first forecast, the mean is in its place.
        """
        forecasts = self.head(self.cells(x)).unflatten(2, self.shape)
        errors = []
        for h, forecast in enumerate(forecasts.unbind(2)):
            start = self.mean.expand(len(x), min(h + 1, x.shape[1]), -1)
            errors.append(squared_error(x, torch.cat([start, forecast[:, : -(h + 1)]], 1)))
        return errors

    def validation(self, x: Tensor) -> Tensor:  # noqa: D102
        terms = self.loss(x).values()
        return torch.stack(list(terms)).mean(0)

    @torch.no_grad()
    def finish(self, samples: Samples, held_out: Samples) -> None:  # noqa: D102
        known = held_out if len(held_out) else samples
        chosen = torch.linspace(0, len(known) - 1, min(len(known), _WINDOWS)).long()
        errors = torch.stack([e.mean(0) for e in self.squared_errors(known[chosen])], 1)
        half = len(self.spread) - 1
        steady = errors[half:].mean(0)
        # A start makes forecasts worse, never better.
        variance = torch.cat([torch.maximum(errors[:half], steady), steady[None]])
        self.spread.copy_(variance.sqrt().clamp(min=_LEAST_SPREAD))

    def follower(self) -> Follower:  # noqa: D102
        return _Follower(self)


class _Follower(Follower):
    def __init__(self, model: ForecasterModel) -> None:
        self.cells = [stepping(layer) for layer in model.cells]
        self.head = model.head.weight.detach().cpu().numpy()
        self.bias = model.head.bias.detach().cpu().numpy()
        self.spread = model.spread.double().cpu().numpy()
        self.horizon, channels = model.shape
        self.seen = 0
        # Forecasts of the steps to come, by step and by horizon.
        self.pending = np.zeros((self.horizon, self.horizon, channels))
        self.pending[0, 0] = model.mean.cpu().numpy()

    def shares_one(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        made = min(max(self.seen, 1), self.horizon)
        spread = self.spread[min(self.seen, len(self.spread) - 1), :made]
        errors = (self.pending[0, :made] - x) / spread
        shares: NDArray[np.float64] = (errors * errors).sum(0) / made
        return shares

    def learn_one(self, x: NDArray[np.float64]) -> None:
        state: NDArray[Any] = x
        for cell in self.cells:
            state = cell.step(state)
        forecasts = (self.head @ state + self.bias).reshape(self.horizon, -1)
        self.pending[:-1] = self.pending[1:]
        for h, forecast in enumerate(forecasts):
            self.pending[h, h] = forecast
        self.seen += 1

    def expected(self) -> NDArray[np.float64]:
        forecast: NDArray[np.float64] = self.pending[0, 0].copy()
        return forecast

    def _states(self) -> Arrays:
        states = {
            f"{number}.{name}": state
            for number, cell in enumerate(self.cells)
            for name, state in cell.states().items()
        }
        return states | {"pending": self.pending}

    def state(self) -> tuple[Config, Arrays]:
        return {"seen": self.seen}, {name: each.copy() for name, each in self._states().items()}

    def load_state(self, config: Config, arrays: Arrays) -> None:
        self.seen = int(config["seen"])
        for name, state in self._states().items():
            np.copyto(state, arrays[name], casting="no")
