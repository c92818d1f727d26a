"""A tensor computation recorded once and replayed without the autograd engine.

Small networks on a processor spend most of a training step in the machinery around the arithmetic:
building the graph of derivatives, allocating results, dispatching. `Recording` runs the function
once under a tracer that sees the primitive operations, forward and backward alike, gives each
result a buffer of its own, and from then on calls just those operations on those buffers. It is to
the CPU what graph capture is to a GPU, with the same condition: shapes never change.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

from genad.training.bindings import is_random, writer
from genad.training.memory import Memory

# Results that depend on shapes alone.
_CONSTANT = {"ones_like", "zeros_like", "full_like", "full", "zeros", "ones", "scalar_tensor"}
_CONSTANT |= {"new_zeros", "new_ones", "new_full", "arange"}
# Memory that some operation to come will fill.
_EMPTY = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"}
_PRODUCTS = {"mm", "addmm", "bmm", "baddbmm", "mv", "addmv"}

Call = Callable[[], Any]


class Unrecordable(Exception):
    """The function does something that cannot be replayed on fixed buffers."""


class Recording:
    """The operations of one call of `function`, ready to be run again on other values.

    Operations whose results nothing needs are left out, those on constants alone are done once,
    and tensors that are to be joined are computed in their place in the joint one.

    Parameters
    ----------
    function : takes tensors, returns a tuple of tensors; may draw random numbers (every replay
        draws afresh) and may differentiate inside. Its tensors must have fixed shapes and must
        not steer Python branches.
    example : the inputs to record with.

    Raises
    ------
    Unrecordable
        If an operation writes into a tensor that is computed only once, or cannot be traced.

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
        self._inputs = [tensor.detach().clone() for tensor in example]
        try:
            # The tracer counts the arguments of a bound method wrongly.
            traced = make_fx(lambda *inputs: function(*inputs))(*example)
            with torch.no_grad():
                plan = _Plan(traced, self._inputs)
                self._calls, self._outputs = plan.calls(), plan.outputs
        except (RuntimeError, TypeError) as error:  # of Python branches or, in an LSTM, of oneDNN
            raise Unrecordable(f"the tracer cannot follow: {error}") from error

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the recorded operations on new inputs of the recorded shapes."""
        with torch.inference_mode():
            return self.replay(*inputs)

    def replay(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Do as a call does, faster: for callers already in inference mode."""
        for buffer, value in zip(self._inputs, inputs, strict=True):
            buffer.copy_(value)
        for call in self._calls:
            call()
        return self._outputs


class _Plan:
    """What a traced function computes, and in which memory."""

    def __init__(self, traced: GraphModule, inputs: list[Tensor]) -> None:
        self.outputs: tuple[Tensor, ...] = ()
        self._steps: list[Call | _Join] = []
        self._memory = Memory()
        self._constant = _constants(traced.graph)
        self._needed = _needed(traced.graph, self._constant)
        self._values: dict[Node, Any] = {}
        given = iter(inputs)
        for node in traced.graph.nodes:
            if node.op == "placeholder":
                self._values[node] = next(given)
                self._memory.own(self._values[node])
            elif node.op == "get_attr":
                self._values[node] = getattr(traced, str(node.target)).detach()
                self._memory.give(self._values[node])
            elif node.op == "call_function":
                self._values[node] = self._compute(node)
            else:
                (outputs,) = torch.fx.node.map_arg(node.args, self._values.__getitem__)
                self.outputs = tuple(outputs)

    def calls(self) -> list[Call]:
        """Return what a replay has to do, one after the other."""
        calls: list[Call] = []
        for step in self._steps:
            calls += step(self._memory) if isinstance(step, _Join) else [step]
        return calls

    def _compute(self, node: Node) -> Any:
        """Return the value of one operation, and note how to compute it again if need be."""
        args: tuple[Any, ...] = torch.fx.node.map_arg(node.args, self._values.__getitem__)
        kwargs: dict[str, Any] = torch.fx.node.map_arg(node.kwargs, self._values.__getitem__)
        operation = node.target
        if not isinstance(operation, OpOverload):  # an item of a tuple
            return operation(*args, **kwargs)  # type: ignore[operator]
        name = operation.overloadpacket.__name__
        if name == "detach":
            return args[0]
        if torch.Tag.inplace_view in operation.tags:
            return self._reshaped(operation, args, kwargs)
        if operation._schema.is_mutable:
            if not self._memory.write(args[0]):
                raise Unrecordable(f"{operation} writes into a constant")
            self._steps.append(partial(operation._op, *args, **kwargs))
            return operation(*args, **kwargs)
        value = args[0].view(args[1]) if name == "_unsafe_view" else operation(*args, **kwargs)
        if node in self._constant or _is_view(operation) or name == "_unsafe_view":
            self._memory.note(value)
            return value
        self._memory.own(value, aligned=name in _PRODUCTS)
        if node in self._needed and name not in _EMPTY:
            self._steps.append(self._step(operation, args, kwargs, value))
        return value

    def _reshaped(
        self, operation: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Tensor:
        """Return what an operation such as `transpose_` makes of a tensor, which stays as it is."""
        view = torch.ops.aten.alias.default(args[0])
        place = view.untyped_storage().data_ptr()
        value: Tensor = operation(view, *args[1:], **kwargs)
        if value.untyped_storage().data_ptr() != place:
            raise Unrecordable(f"{operation} takes other memory")
        self._memory.note(value)
        return value

    def _step(
        self, operation: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], value: Any
    ) -> "Call | _Join":
        if operation.overloadpacket.__name__ == "addmm":
            # Spares the operation this view, which is the same every time.
            args = (args[0].expand(value.shape), *args[1:])
            self._memory.note(args[0])
        call = writer(operation, args, kwargs, value)
        name = operation.overloadpacket.__name__
        return _Join(name, value, args, call) if name in ("cat", "stack") else call


class _Join:
    """Tensors put together in one, a copy of them only where they cannot be computed there."""

    def __init__(self, name: str, whole: Tensor, args: tuple[Any, ...], copy: Call) -> None:
        self.whole, self.copy = whole, copy
        tensors, dim = args[0], args[1] if len(args) > 1 else 0
        if name == "stack":
            slots = list(whole.unbind(dim))
        else:
            slots = list(torch.split(whole, [tensor.shape[dim] for tensor in tensors], dim))
        self.parts = list(zip(tensors, slots, strict=True))

    def __call__(self, memory: Memory) -> list[Call]:
        calls = memory.join(self.whole, self.parts)
        return calls if len(calls) < len(self.parts) else [self.copy]


def _constants(graph: Graph) -> set[Node]:
    """Return the operations whose results are the same at every replay."""
    constant: set[Node] = set()
    for node in graph.nodes:
        operation = node.target
        if node.op == "call_function" and isinstance(operation, OpOverload):
            if operation.overloadpacket.__name__ in _CONSTANT:
                constant.add(node)
                continue
            if operation._schema.is_mutable or is_random(operation):
                continue
        if node.all_input_nodes and constant.issuperset(node.all_input_nodes):
            constant.add(node)
    return constant


def _needed(graph: Graph, constant: set[Node]) -> set[Node]:
    """Return the operations that outputs, writes and the state of the generator depend on."""
    needed: set[Node] = set()
    for node in reversed(graph.nodes):
        operation = node.target
        lasting = isinstance(operation, OpOverload) and (
            operation._schema.is_mutable or is_random(operation)
        )
        wanted = node.op == "output" or lasting or not needed.isdisjoint(node.users)
        if wanted and node not in constant:
            needed.add(node)
    return needed


def _is_view(operation: OpOverload) -> bool:
    return any(result.alias_info is not None for result in operation._schema.returns)
