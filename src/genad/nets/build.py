"""The kinds of networks there are, and which of them suit the shape of a sample."""

from collections.abc import Sequence

from genad.errors import ParameterError
from genad.nets.conv import Convolutions
from genad.nets.conv1d import TimeConvolutions
from genad.nets.networks import Networks, Shape, Vectors
from genad.nets.recurrent import GRU, LSTM, RNN

# By the number of axes of a sample (a row, a window of a series, an image); the first is "auto".
_KINDS: dict[int, dict[str, type[Networks]]] = {
    1: {"mlp": Vectors},
    2: {"conv": TimeConvolutions, "mlp": Vectors, "rnn": RNN, "lstm": LSTM, "gru": GRU},
    3: {"conv": Convolutions, "mlp": Vectors},
}


def networks(shape: Shape, net: str = "auto", hidden: Sequence[int] | None = None) -> Networks:
    """Return the maker of networks of the asked kind for samples of a shape.

    Parameters
    ----------
    shape : of one sample: (features,), (window, channels) or (channels, height, width).
    net : the kind, or "auto" for what suits the shape.
    hidden : widths of the layers; by default the kind's own.

    Raises
    ------
    ParameterError
        If the kind does not suit the shape.

    Examples
    --------
    >>> import torch
    >>> networks((6,)).encoder(2)(torch.zeros(5, 6)).shape
    torch.Size([5, 2])
    """
    kinds = _KINDS[len(shape)]
    if net != "auto" and net not in kinds:
        samples = {1: "rows of a table", 2: "windows of a series", 3: "images"}[len(shape)]
        allowed = ", ".join(repr(kind) for kind in ("auto", *kinds))
        raise ParameterError(f"net={net!r} does not suit {samples}; take one of {allowed}.")
    return kinds[next(iter(kinds)) if net == "auto" else net](shape, hidden)
