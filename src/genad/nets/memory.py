"""A memory: rows that are kept, and the distances of other rows to the nearest of them."""

import torch
from torch import Tensor

from genad.nets.sized import DataSized

_BLOCK = 2**24  # values held at a time
_SPARE = 16  # candidates beyond those asked for
_SAME = 1e-6  # a distance below this, relative to the size of the row, is rounding


class Memory(DataSized):
    """Rows that are kept, and the distances of other rows to the nearest of them.

    A row is not its own neighbour: if it is in the memory, it is left out once. So a row that was
    learnt from scores as if it had not been.

    Parameters
    ----------
    size : of a row.
    p : of the norm that measures: 1 for the sum of absolute differences, 2 for Euclid's.

    Examples
    --------
    >>> memory = Memory(1)
    >>> memory.keep(torch.tensor([[0.0], [1.0], [5.0]]))
    >>> memory.distances(torch.tensor([[2.0], [5.0]]), 2)
    tensor([[1., 2.],
            [4., 5.]])
    """

    rows: Tensor

    def __init__(self, size: int, p: int = 1) -> None:
        super().__init__()
        self.p = p
        self.register_buffer("rows", torch.zeros(0, size))

    def keep(self, rows: Tensor) -> None:
        """Take rows of shape (n, size) in the place of those that are kept."""
        self.rows = rows.detach().clone()

    def distances(self, x: Tensor, k: int) -> Tensor:
        """Return the distances to the k nearest, rising, of shape (n, k)."""
        return self.nearest(x, k)[0]

    def nearest(self, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the distances to the k nearest, rising, and their places, both of shape (n, k).

        Where fewer are kept, the farthest stands for those that lack.
        """
        width = max(len(self.rows), (k + 1 + _SPARE) * x.shape[1])
        rows_at_a_time = max(1, _BLOCK // width)
        found = [self._nearest(block, k) for block in torch.split(x, rows_at_a_time)]
        distances, places = zip(*found, strict=True)
        return torch.cat(distances), torch.cat(places)

    def _nearest(self, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        distances, places = self._candidates(x, k + 1)
        more = torch.arange(k + 1, device=x.device).clamp(max=distances.shape[1] - 1)
        itself = distances[:, :1] <= _SAME * x.abs().amax(1, keepdim=True)
        numbers = torch.where(itself, more[1:], more[:-1])
        return distances.gather(1, numbers), places.gather(1, numbers)

    def _candidates(self, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return distances and places of the k nearest, or of all there are, each row included."""
        count = len(self.rows)
        if self.p != 2:
            distances = torch.cdist(x, self.rows, self.p)
            return torch.topk(distances, min(k, count), largest=False)
        # Products find the candidates quickly, but lose the digits of small distances; in less than
        # float32 they would lose the candidates as well.
        with torch.autocast(x.device.type, enabled=False):
            rough = torch.addmm(self.rows.square().sum(1), x, self.rows.T, alpha=-2)
        places = rough.topk(min(k + _SPARE, count), largest=False).indices
        squares = (x[:, None] - self.rows[places]).square().sum(2)
        apart = squares > 0
        # No distance is zero, and its derivative finite: none instead of the root's.
        exact = torch.where(apart, squares, 1.0).sqrt() * apart
        distances, order = exact.topk(min(k, count), largest=False)
        return distances, places.gather(1, order)
