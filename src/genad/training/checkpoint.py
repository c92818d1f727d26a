"""A training run on disk, so that an interrupted fit can go on where it was."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from genad.data.samples import Labelled, Samples, blocks
from genad.errors import ModelFormatError, ParameterError

# Samples that are made on the way are made so many at a time.
_BLOCK = 4096


@dataclass(frozen=True)
class Checkpoint:
    """The file that holds a run, and the fingerprint of the run it may hold.

    Parameters
    ----------
    path : a .safetensors file; it is written anew and then renamed, so it is always whole.
    fingerprint : what determines the run (parameters and data); a file of another run is refused.
    """

    path: Path
    fingerprint: str

    @classmethod
    def of(cls, path: str | Path, run: list[Any], samples: Samples) -> Self:
        """Return the checkpoint of the run that JSON-able facts and training samples determine."""
        digest = hashlib.sha256(json.dumps(run, sort_keys=True).encode())
        for block in blocks(samples, _BLOCK):
            digest.update(block.cpu().numpy().tobytes())
        if isinstance(samples, Labelled):
            digest.update(samples.labels.cpu().numpy().tobytes())
        return cls(Path(path), digest.hexdigest())

    def write(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Write tensors and JSON-able facts in one file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        metadata = {"fingerprint": self.fingerprint, "facts": json.dumps(facts)}
        save_file({name: t.contiguous() for name, t in tensors.items()}, temporary, metadata)
        temporary.replace(self.path)

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Return what was written, or None where there is no file yet.

        Raises
        ------
        ModelFormatError
            If the file is damaged or no checkpoint.
        ParameterError
            If the file belongs to a run with other parameters or data.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            fingerprint, facts = metadata["fingerprint"], json.loads(metadata["facts"])
        except (SafetensorError, KeyError, ValueError, OSError) as error:
            raise ModelFormatError(
                f"{self.path} is damaged or is no checkpoint of genad ({error}); delete it to "
                "train from the start."
            ) from error
        if fingerprint != self.fingerprint:
            raise ParameterError(
                f"The checkpoint {self.path} belongs to a run with other parameters or other "
                "data; use the same ones, or another path, or delete it."
            )
        return tensors, facts

    def remove(self) -> None:
        """Delete the file: the run it belongs to is complete."""
        self.path.unlink(missing_ok=True)


def random_state_of(device: torch.device) -> dict[str, Tensor]:
    """Return the state of torch's generators that training on `device` draws from."""
    states = {"random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["random.cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_state(tensors: dict[str, Tensor], device: torch.device) -> None:
    """Put the generators back into the state that `random_state_of` returned."""
    torch.set_rng_state(tensors["random.cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random.cuda"], device)
