"""Linear layers of several models in one operation each way."""

from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear
from torch.overrides import TorchFunctionMode

# So many columns of a product a processor computes at a time.
_COLUMNS = 16


class JointLinear(TorchFunctionMode):
    """While it is on, linear layers under `torch.func.vmap` take one operation where they can.

    By itself vmap makes three of them on the way there, and has the gradient of the weights come
    out with its axes swapped, which is a copy.

    Examples
    --------
    >>> x, weight, bias = torch.ones(2, 5, 3), torch.ones(2, 4, 3), torch.ones(2, 4)
    >>> with JointLinear():
    ...     torch.func.vmap(linear)(x, weight, bias).unique()
    tensor([4.])
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = {**dict(zip(("input", "weight", "bias"), args, strict=False)), **(kwargs or {})}
        if func is linear and given["input"].dim() == 2 and given.get("bias") is not None:
            linear_layer: Any = _Linear.apply
            return linear_layer(given["input"], given["weight"], given["bias"])
        return func(*args, **(kwargs or {}))


class _Linear(torch.autograd.Function):
    """A linear layer that does nothing of its own but under vmap."""

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return linear(x, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        x, weight, _ = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return slope @ weight, slope.mT @ x, slope.sum(-2)

    @staticmethod
    def vmap(info: Any, in_dims: Any, *tensors: Tensor) -> tuple[Tensor, int]:
        x, weight, bias = (
            tensor.expand(info.batch_size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
            for tensor, dim in zip(tensors, in_dims, strict=True)
        )
        joint: Any = _Joint.apply
        return joint(x, weight, bias), 0


class _Joint(torch.autograd.Function):
    """Linear layers side by side: x (models, n, i), weight (models, o, i), bias (models, o)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if _awkward(x, weight.mT):
            return torch.baddbmm(bias[:, :, None], weight, x.mT).mT.contiguous()
        return torch.baddbmm(bias[:, None], x, weight.mT)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        x, weight, _ = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Any, Any, Any]:
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        return (
            _product(slope, weight) if wanted[0] else None,
            _product(slope.mT, x) if wanted[1] else None,
            slope.sum(1) if wanted[2] else None,
        )


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Return a b of each model."""
    if _awkward(a, b):
        return b.mT.bmm(a.mT).mT.contiguous()
    return a.bmm(b)


def _awkward(a: Tensor, b: Tensor) -> bool:
    """Return whether a b comes faster as the transpose of b' a'.

    Columns are computed some at a time: a few that are left over take as long as a full set.
    """
    rows, columns = a.shape[1], b.shape[2]
    return columns < rows and columns % _COLUMNS != 0


for _function in (_Linear, _Joint):
    # Torch asks for it at every call, and working it out takes longer than the product.
    _function.forward.__signature__ = signature(_function.forward)  # type: ignore[attr-defined]
