"""Times as people write them, such as 60s, 5m or 1h30m."""

import re

from genad.cli.errors import Misuse

_PARTS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit})?" for unit in _PARTS))


def seconds_of(text: str) -> float:
    """Return how many seconds a text means; a plain number is seconds.

    Examples
    --------
    >>> seconds_of("60s"), seconds_of("1h30m"), seconds_of("2.5")
    (60.0, 5400.0, 2.5)
    >>> seconds_of("soon")
    Traceback (most recent call last):
    ...
    genad.cli.errors.Misuse: --budget is a time such as 60s, 5m or 1h30m, not 'soon'.
    """
    written = text.strip().lower()
    found = _DURATION.fullmatch(written + "s" * written[-1:].isdigit())
    parts = {unit: value for unit, value in found.groupdict().items() if value} if found else {}
    seconds = sum(_PARTS[unit] * float(value) for unit, value in parts.items())
    if seconds <= 0:
        raise Misuse(f"--budget is a time such as 60s, 5m or 1h30m, not {text!r}.")
    return seconds
