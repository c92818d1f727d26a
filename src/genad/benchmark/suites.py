"""The suites by name; one file each, and one line here."""

from importlib import import_module

from genad.benchmark.suite import Suite
from genad.errors import ParameterError

SUITES = {
    "adbench": "genad.benchmark.adbench:SUITE",
    "kdd99": "genad.benchmark.kdd99:SUITE",
    "nab": "genad.benchmark.nab_suite:SUITE",
    "smd": "genad.benchmark.smd:SUITE",
    "ucr": "genad.benchmark.ucr:SUITE",
}


def find_suite(name: str) -> Suite:
    """Return the suite of that name; its file has it as `SUITE`.

    A suite from elsewhere is named by its place, "package.module:SUITE".

    Raises
    ------
    ParameterError
        If there is none.

    Examples
    --------
    >>> len(find_suite("adbench").tasks)
    22
    """
    place = name if ":" in name else SUITES.get(name.lower(), "")
    module, _, attribute = place.partition(":")
    try:
        suite = getattr(import_module(module), attribute) if place else None
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            f"There is no suite {name!r} ({error}); write package.module:SUITE."
        ) from error
    if not isinstance(suite, Suite):
        raise ParameterError(f"There is no suite {name!r}; choose one of {', '.join(SUITES)}.")
    return suite
