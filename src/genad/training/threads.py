"""How many threads a training step is worth."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import torch

# Below so many multiplications a step is over before another thread has woken up.
_WORTH_A_THREAD = 1_000_000


@contextmanager
def threads_for(batch: tuple[int, ...], parameters: int) -> Iterator[None]:
    """Work on one thread while steps are small, and on as many as before otherwise.

    Beside other programs, the threads of a tiny step mostly wait for each other: on a busy machine
    such a fit can take ten times as long as on one thread.

    Parameters
    ----------
    batch : shape of a batch of samples; every parameter may meet each of their elements but those
        of a row, which it meets once.
    parameters : how many the model has.

    Examples
    --------
    >>> before = torch.get_num_threads()
    >>> with threads_for((64, 30), parameters=5000):
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    meetings = batch[0] * (1 if len(batch) == 2 else prod(batch[1:]))
    before = torch.get_num_threads()
    torch.set_num_threads(1 if meetings * parameters < _WORTH_A_THREAD else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
