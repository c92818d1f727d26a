"""Where tensors live."""

from functools import cache

import torch

from genad.errors import ParameterError


@cache
def resolve_device(device: str) -> torch.device:
    """Return the device of that name; "auto" is a GPU where there is one, else the processor.

    Raises
    ------
    ParameterError
        If the device does not exist on this machine.

    Examples
    --------
    >>> resolve_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ParameterError(
            f"The device {device!r} cannot be used on this machine; choose 'cpu', or 'auto' "
            "to take a GPU where there is one."
        ) from error
    return torch.device(device)
