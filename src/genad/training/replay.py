"""A tensor computation recorded once and replayed without the autograd engine.

Small networks on a processor spend most of a training step in the machinery around the arithmetic:
building the graph of derivatives, allocating results, dispatching. `Recording` runs the function
once under a tracer that sees the primitive operations, forward and backward alike, gives each
result a buffer of its own, and from then on calls just those operations on those buffers. It is to
the CPU what graph capture is to a GPU, with the same condition: shapes never change.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import Node
from torch.fx.experimental.proxy_tensor import make_fx

# Results that depend on shapes alone are computed once, when the recording is made.
_CONSTANT = {"ones_like", "zeros_like", "full_like", "full", "zeros", "ones", "scalar_tensor"}
_CONSTANT |= {"new_zeros", "new_ones", "new_full", "arange"}


class Unrecordable(Exception):
    """The function does something that cannot be replayed on fixed buffers."""


class Recording:
    """The operations of one call of `function`, ready to be run again on other values.

    Parameters
    ----------
    function : takes tensors, returns a tuple of tensors; may draw random numbers (every replay
        draws afresh) and may differentiate inside. Its tensors must have fixed shapes and must
        not steer Python branches.
    example : the inputs to record with.

    Raises
    ------
    Unrecordable
        If an operation writes into a tensor that is computed only once, or does not run outside
        the autograd engine.

    Notes
    -----
    The outputs are buffers that the next replay overwrites: copy what must last.

    Examples
    --------
    >>> w = torch.tensor([2.0], requires_grad=True)
    >>> def slope(x):
    ...     return torch.autograd.grad((w * x).square().sum(), (w,))
    >>> recording = Recording(slope, torch.tensor([1.0]))
    >>> recording(torch.tensor([3.0]))
    (tensor([36.]),)
    """

    def __init__(self, function: Callable[..., tuple[Tensor, ...]], *example: Tensor) -> None:
        # The tracer counts the arguments of a bound method wrongly.
        traced = make_fx(lambda *inputs: function(*inputs))(*example)
        self._inputs = [tensor.detach().clone() for tensor in example]
        self._calls: list[Callable[[], Any]] = []
        self._outputs: tuple[Tensor, ...] = ()
        values: dict[Node, Any] = {}
        # Memory that the function may write to: given from outside, or computed anew each time.
        self._writable = {tensor.untyped_storage().data_ptr() for tensor in self._inputs}
        inputs = iter(self._inputs)
        with torch.no_grad():
            for node in traced.graph.nodes:
                if node.op == "placeholder":
                    values[node] = next(inputs)
                elif node.op == "get_attr":
                    values[node] = getattr(traced, str(node.target)).detach()
                    self._note(values[node])
                elif node.op == "call_function":
                    values[node] = self._plan(node, values)
                else:
                    (outputs,) = torch.fx.node.map_arg(node.args, values.__getitem__)
                    self._outputs = tuple(outputs)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the recorded operations on new inputs of the recorded shapes."""
        with torch.inference_mode():
            for buffer, value in zip(self._inputs, inputs, strict=True):
                buffer.copy_(value)
            for call in self._calls:
                call()
        return self._outputs

    def _plan(self, node: Node, values: dict[Node, Any]) -> Any:
        """Return the value of one operation, and note how to compute it again if need be."""
        args: tuple[Any, ...] = torch.fx.node.map_arg(node.args, values.__getitem__)
        kwargs: dict[str, Any] = torch.fx.node.map_arg(node.kwargs, values.__getitem__)
        operation = node.target
        if not isinstance(operation, OpOverload):  # an item of a tuple
            return operation(*args, **kwargs)  # type: ignore[operator]
        name = operation.overloadpacket.__name__
        if operation._schema.is_mutable:
            if args[0].untyped_storage().data_ptr() not in self._writable:
                raise Unrecordable(f"{operation} writes into a constant")
            self._calls.append(partial(operation._op, *args, **kwargs))
            return operation(*args, **kwargs)
        if name == "_unsafe_view":
            return args[0].view(args[1])
        try:
            value = operation(*args, **kwargs)
        except RuntimeError as error:  # some need what only the autograd engine hands them
            raise Unrecordable(f"{operation} does not run by itself: {error}") from error
        if name in _CONSTANT or _is_view(operation):
            return value
        self._calls.append(_writer(operation, args, kwargs, value))
        for result in value if isinstance(value, tuple | list) else (value,):
            self._note(result)
        return value

    def _note(self, value: Any) -> None:
        if isinstance(value, Tensor):
            self._writable.add(value.untyped_storage().data_ptr())


def _is_view(operation: OpOverload) -> bool:
    return any(result.alias_info is not None for result in operation._schema.returns)


def _writer(
    operation: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], value: Any
) -> Callable[[], Any]:
    """Return a call that computes `operation` again into the buffer `value`."""
    if not isinstance(value, Tensor):
        return partial(_copy_all, operation, args, kwargs, value)
    public = getattr(torch, operation.overloadpacket.__name__, None)
    candidates = [(public, "out")] if public is not None else []
    candidates += [(found._op, slot) for found, slot in _out_variants(operation)]
    scratch = value.clone()
    for function, slot in candidates:
        try:
            function(*args, **{**kwargs, slot: scratch})
        except (TypeError, RuntimeError):  # this binding does not take these arguments
            continue
        if scratch.shape == value.shape and scratch.stride() == value.stride():
            return partial(function, *args, **{**kwargs, slot: value})
    return partial(_copy_one, operation, args, kwargs, value)


def _out_variants(operation: OpOverload) -> list[tuple[OpOverload, str]]:
    """Return the overloads that take the same arguments and write their one result in place."""
    wanted = [argument.name for argument in operation._schema.arguments]
    packet, found = operation.overloadpacket, []
    for name in packet.overloads():
        variant = getattr(packet, name)
        arguments = variant._schema.arguments
        written = [argument.name for argument in arguments if argument.is_out]
        if len(written) == 1 and [a.name for a in arguments if not a.is_out] == wanted:
            found.append((variant, written[0]))
    return found


def _copy_one(
    operation: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], value: Tensor
) -> None:
    value.copy_(operation(*args, **kwargs))


def _copy_all(
    operation: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], values: Sequence[Any]
) -> None:
    for buffer, fresh in zip(values, operation(*args, **kwargs), strict=True):
        if isinstance(buffer, Tensor):
            buffer.copy_(fresh)
