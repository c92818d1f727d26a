"""Precision: shorter numbers for what networks multiply, where the processor is faster so."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Precision = Literal["auto", "float32", "bfloat16"]


def arithmetic(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which convolutions and matrix products take numbers of a precision.

    Weights stay float32, and so do sums that need it; only what goes into a product is rounded.

    Parameters
    ----------
    precision : "float32" or "bfloat16".
    device : where to compute.

    Examples
    --------
    >>> layer = torch.nn.Linear(2, 2)
    >>> with arithmetic("bfloat16", torch.device("cpu")):
    ...     layer(torch.zeros(1, 2)).dtype
    torch.bfloat16
    """
    if precision == "float32":
        return nullcontext()
    # No cache of rounded weights: it would not notice that a step of training changed them.
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False)


def resolve_precision(precision: str, shape: tuple[int, ...], device: torch.device) -> str:
    """Return what "auto" means for samples of a shape: bfloat16 where it is measured to be faster.

    That is for images, of three axes, on processors that multiply such numbers.

    Examples
    --------
    >>> resolve_precision("auto", (30,), torch.device("cpu"))
    'float32'
    """
    if precision != "auto":
        return precision
    short = len(shape) == 3 and device.type == "cpu" and _multiplies_bfloat16()
    return "bfloat16" if short else "float32"


def _multiplies_bfloat16() -> bool:
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported is not None and supported())
