"""How much memory a process holds, as far as the system tells (Linux does)."""

import re
import resource
import sys
from pathlib import Path

_MIB = 1024 * 1024


def resident(process: int) -> int:
    """Return the bytes that a process holds now, or 0 where the system does not tell.

    Examples
    --------
    >>> import os
    >>> resident(os.getpid()) >= 0
    True
    """
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


class Peak:
    """The most memory that this process holds from here on, above what it holds now.

    Examples
    --------
    >>> peak = Peak()
    >>> block = bytearray(50_000_000)
    >>> peak.mib() > 40
    True
    """

    def __init__(self) -> None:
        try:
            # From now on the kernel counts the high-water mark anew.
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        except OSError:
            self._start = _largest_ever()
        else:
            self._start = _largest_since()

    def mib(self) -> float:
        """Return the peak so far, in MiB."""
        return max(0, (_largest_since() or _largest_ever()) - self._start) / _MIB


def _largest_since() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def _largest_ever() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
