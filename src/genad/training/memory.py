"""Which memory the results of recorded operations live in, so that joining them copies nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import Tensor

# Where a tensor of its own begins: at a multiple of so many bytes.
_ALIGNMENT = 64


class Memory:
    """The tensors of a recording by the memory they share, some of which can be moved.

    Examples
    --------
    >>> import torch
    >>> memory, part = Memory(), torch.tensor([1.0, 2.0])
    >>> memory.own(part)
    >>> whole = torch.zeros(4)
    >>> memory.join(whole, [(part, whole[2:])])
    []
    >>> _ = part.fill_(5)
    >>> whole
    tensor([0., 0., 5., 5.])
    """

    def __init__(self) -> None:
        self._sharing: dict[int, list[Tensor]] = defaultdict(list)
        self._owned: set[int] = set()  # written anew at every replay, and by one operation
        self._given: set[int] = set()  # from outside, such as weights
        self._aligned: set[int] = set()  # in memory that begins as it would by itself

    def note(self, value: Any) -> None:
        """Remember tensors that share memory with others, or are computed once."""
        for tensor in _tensors(value):
            self._sharing[_place(tensor)].append(tensor)

    def own(self, value: Any, *, aligned: bool = False) -> None:
        """Remember tensors that have memory of their own, which every replay writes anew.

        With `aligned` they are moved only to where memory of their own could begin, too: on some
        processors the last bits of a matrix product depend on that.
        """
        self.note(value)
        places = {_place(tensor) for tensor in _tensors(value)}
        self._owned |= places
        if aligned:
            self._aligned |= places

    def give(self, tensor: Tensor) -> None:
        """Remember a tensor from outside, which may be written to but not moved."""
        self._given.add(_place(tensor))

    def write(self, tensor: Tensor) -> bool:
        """Return whether a tensor may be changed in place; if so, it stays where it is."""
        allowed = _place(tensor) in self._owned | self._given
        if allowed:
            self.give(tensor)
        return allowed

    def join(self, whole: Tensor, parts: list[tuple[Tensor, Tensor]]) -> list[Callable[[], Any]]:
        """Let tensors live in the slots of `whole` that they are to fill.

        Parameters
        ----------
        whole : a result with memory of its own.
        parts : tensors, each with its slot, a view of `whole`.

        Returns
        -------
        calls that copy those tensors to their slots that could not be moved there.
        """
        calls: list[Callable[[], Any]] = []
        for tensor, slot in parts:
            self.note(slot)
            if self._movable(tensor, slot):
                self._move(tensor, slot)
            else:
                calls.append(partial(slot.copy_, tensor))
        return calls

    def _movable(self, tensor: Tensor, slot: Tensor) -> bool:
        old, new = _place(tensor), _place(slot)
        return (
            old != new
            and old in self._owned - self._given
            and new not in self._given
            and tensor.dtype == slot.dtype
            and tensor.is_contiguous()
            and slot.is_contiguous()
            and (old not in self._aligned or slot.data_ptr() % _ALIGNMENT == 0)
            and tensor.numel() * tensor.element_size() == tensor.untyped_storage().nbytes()
        )

    def _move(self, tensor: Tensor, slot: Tensor) -> None:
        start, storage, place = slot.storage_offset(), slot.untyped_storage(), _place(slot)
        for alias in self._sharing.pop(_place(tensor)):
            offset = start + alias.storage_offset()
            alias.set_(storage, offset, alias.shape, alias.stride())
            self._sharing[place].append(alias)


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _tensors(value: Any) -> Iterator[Tensor]:
    values = value if isinstance(value, tuple | list) else (value,)
    return (item for item in values if isinstance(item, Tensor))
