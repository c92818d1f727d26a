"""Modules whose buffers are as long as the training data was, and take that length when loaded."""

from typing import Any

from torch import Tensor, nn


class DataSized(nn.Module):
    """Base of modules with buffers whose first axis counts rows of the training data.

    A model that is loaded is built from the shape of one sample, before anything is known of the
    data; its buffers are empty until the saved ones come and say how long they are.

    Examples
    --------
    >>> import torch
    >>> class Kept(DataSized):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.register_buffer("rows", torch.zeros(0, 2))
    >>> kept = Kept()
    >>> kept.load_state_dict({"rows": torch.ones(3, 2)})
    <All keys matched successfully>
    >>> kept.rows.shape
    torch.Size([3, 2])
    """

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        for name, buffer in self.named_buffers(recurse=False):
            saved = state_dict.get(prefix + name)
            # Any other shape stays as it is, for torch to refuse.
            if saved is not None and saved.shape[1:] == buffer.shape[1:]:
                setattr(self, name, buffer.new_zeros(saved.shape))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
