"""The calls from Python that run a primitive operation, into a given tensor, at the least cost."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

# Methods that fill a tensor just as these operations fill theirs.
_DRAWS = {"randn": "normal_", "randn_like": "normal_", "rand": "uniform_", "rand_like": "uniform_"}
# Bindings of their own parse arguments faster than the general way into the dispatcher does.
_BINDINGS = (torch, torch._C._nn)


def is_random(operation: OpOverload) -> bool:
    """Return whether an operation draws random numbers."""
    return torch.Tag.nondeterministic_seeded in operation.tags


def writer(
    operation: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], value: Any
) -> Callable[[], Any]:
    """Return a call that computes an operation again into its result.

    Parameters
    ----------
    operation : a primitive operation that writes to none of its arguments.
    args, kwargs : what it was called with.
    value : what it returned.

    Examples
    --------
    >>> x, y = torch.tensor([1.0]), torch.tensor([2.0])
    >>> total = x + y
    >>> call = writer(torch.ops.aten.add.Tensor, (x, y), {}, total)
    >>> _ = x.fill_(5), call()
    >>> total
    tensor([7.])
    """
    if not isinstance(value, Tensor):
        return partial(_copy_all, operation, args, kwargs, value)
    name = operation.overloadpacket.__name__
    if name in _DRAWS and "generator" not in kwargs:
        return getattr(value, _DRAWS[name])  # type: ignore[no-any-return]
    for function, slot in _candidates(operation):
        scratch = torch.empty_like(value)
        try:
            function(*args, **{**kwargs, slot: scratch})
        except (TypeError, RuntimeError):  # this binding does not take these arguments
            continue
        if is_random(operation) or _same(scratch, value):
            return partial(function, *args, **{**kwargs, slot: value})
    return partial(_copy_one, operation, args, kwargs, value)


def _candidates(operation: OpOverload) -> Iterator[tuple[Callable[..., Any], str]]:
    """Yield functions that may compute an operation, and their parameter for the result."""
    packet = operation.overloadpacket
    for module in _BINDINGS:
        if function := getattr(module, packet.__name__, None):
            yield function, "out"
    wanted = [argument.name for argument in operation._schema.arguments]
    for name in packet.overloads():
        variant = getattr(packet, name)
        arguments = variant._schema.arguments
        written = [argument.name for argument in arguments if argument.is_out]
        if len(written) == 1 and [a.name for a in arguments if not a.is_out] == wanted:
            yield variant._op, written[0]


def _same(ours: Tensor, theirs: Tensor) -> bool:
    """Return whether two results agree in shape, layout and every bit that matters."""
    if ours.shape != theirs.shape or ours.stride() != theirs.stride():
        return False
    return bool(((ours == theirs) | (ours.isnan() & theirs.isnan())).all())


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
