"""Recurrent layers one step at a time, in numpy: so small, a step of torch is mostly overhead."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

Values = NDArray[np.float32]
_HALF = np.float32(0.5)


class Cell(ABC):
    """A recurrent layer that takes one step at a time, at the same cost for ever.

    Parameters
    ----------
    layer : a layer of torch, of one direction; its weights are copied.

    Examples
    --------
    >>> import torch
    >>> layer = nn.LSTM(2, 3)
    >>> cell = stepping(layer)
    >>> for row in ([1.0, 0.0], [0.0, 1.0]):
    ...     out = cell.step(np.array(row))
    >>> bool(np.allclose(out, layer(torch.eye(2))[0][-1].detach(), atol=1e-6))
    True
    """

    def __init__(self, layer: nn.RNNBase) -> None:
        weights = {name: w.detach().cpu().numpy() for name, w in layer.named_parameters()}
        outer, inner = weights["weight_ih_l0"], weights["weight_hh_l0"]
        joined = self._join(outer, inner, weights["bias_ih_l0"], weights["bias_hh_l0"])
        self._weights, self._bias = (np.ascontiguousarray(each, np.float32) for each in joined)
        self._channels = outer.shape[1]
        self._input = np.zeros(self._weights.shape[1], np.float32)
        self._sums = np.empty(len(self._weights), np.float32)
        self.state = self._input[self._channels :]
        """What the layer puts out and hands on to the next step, of shape (width,)."""

    @abstractmethod
    def _join(self, outer: Values, inner: Values, *biases: Values) -> tuple[Values, Values]:
        """Return one matrix for inputs and state side by side, and one vector of biases."""

    @abstractmethod
    def _turn(self, sums: Values) -> None:
        """Change the state by the sums of all gates."""

    def step(self, x: NDArray[Any]) -> Values:
        """Take in values of shape (channels,); return the state, which the next step overwrites."""
        self._input[: self._channels] = x
        np.dot(self._weights, self._input, out=self._sums)
        np.add(self._sums, self._bias, out=self._sums)
        self._turn(self._sums)
        return self.state

    def states(self) -> dict[str, Values]:
        """Return the arrays themselves that one step hands on to the next."""
        return {"state": self.state}


class _Elman(Cell):
    def _join(self, outer: Values, inner: Values, *biases: Values) -> tuple[Values, Values]:
        return np.hstack([outer, inner]), biases[0] + biases[1]

    def _turn(self, sums: Values) -> None:
        np.tanh(sums, out=self.state)


class _LongShortTermMemory(Cell):
    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__(layer)
        self.memory, self._part = np.zeros_like(self.state), np.empty_like(self.state)
        self._input_gate, self._forget, self._output, self._new = np.split(self._sums, 4)
        self._gates = self._sums[: 3 * len(self.state)]

    def _join(self, outer: Values, inner: Values, *biases: Values) -> tuple[Values, Values]:
        joined = np.column_stack([outer, inner, biases[0] + biases[1]])
        i, f, g, o = np.split(joined, 4)
        # A sigmoid is a hyperbolic tangent of half its argument: one call serves all gates.
        joined = np.concatenate([_HALF * i, _HALF * f, _HALF * o, g])
        return joined[:, :-1], joined[:, -1]

    def _turn(self, sums: Values) -> None:
        np.tanh(sums, out=sums)
        _to_share(self._gates)
        np.multiply(self.memory, self._forget, out=self.memory)
        np.multiply(self._input_gate, self._new, out=self._part)
        np.add(self.memory, self._part, out=self.memory)
        np.tanh(self.memory, out=self._part)
        np.multiply(self._output, self._part, out=self.state)

    def states(self) -> dict[str, Values]:
        return {"state": self.state, "memory": self.memory}


class _GatedRecurrentUnit(Cell):
    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__(layer)
        self._reset, self._keep, self._outer, self._inner = np.split(self._sums, 4)
        self._gates = self._sums[: 2 * len(self.state)]

    def _join(self, outer: Values, inner: Values, *biases: Values) -> tuple[Values, Values]:
        (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(outer, 3), np.split(inner, 3)
        (r_i, z_i, n_i), (r_o, z_o, n_o) = (np.split(bias, 3) for bias in biases)
        # The new state's sums over inputs and state stay apart: the reset gate comes between.
        weights = [
            [_HALF * r_x, _HALF * r_h],
            [_HALF * z_x, _HALF * z_h],
            [n_x, np.zeros_like(n_h)],
            [np.zeros_like(n_x), n_h],
        ]
        return np.block(weights), np.concatenate(
            [_HALF * (r_i + r_o), _HALF * (z_i + z_o), n_i, n_o]
        )

    def _turn(self, sums: Values) -> None:
        np.tanh(self._gates, out=self._gates)
        _to_share(self._gates)
        np.multiply(self._inner, self._reset, out=self._inner)
        np.add(self._outer, self._inner, out=self._outer)
        np.tanh(self._outer, out=self._outer)
        # (1 - z) n + z h, as n + z (h - n)
        np.subtract(self.state, self._outer, out=self.state)
        np.multiply(self.state, self._keep, out=self.state)
        np.add(self.state, self._outer, out=self.state)


def _to_share(gates: Values) -> None:
    """Change hyperbolic tangents into the sigmoids of twice the arguments, in place."""
    np.multiply(gates, _HALF, out=gates)
    np.add(gates, _HALF, out=gates)


_CELLS: dict[type[nn.RNNBase], Callable[[nn.RNNBase], Cell]] = {
    nn.RNN: _Elman,
    nn.LSTM: _LongShortTermMemory,
    nn.GRU: _GatedRecurrentUnit,
}


def stepping(layer: nn.RNNBase) -> Cell:
    """Return a recurrent layer of torch as one that takes a step at a time, from its start.

    Examples
    --------
    >>> stepping(nn.GRU(2, 3)).step(np.zeros(2)).shape
    (3,)
    """
    return _CELLS[type(layer)](layer)
