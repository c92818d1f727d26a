"""The suites by name, and where each is written down."""

from importlib import import_module

from genad.benchmark.suite import Suite
from genad.errors import ParameterError

_IMAGES = "genad.benchmark.image_suites"
SUITES = {
    "adbench": "genad.benchmark.adbench:SUITE",
    "kdd99": "genad.benchmark.kdd99:SUITE",
    "mnist": f"{_IMAGES}:MNIST",
    "mnist-quick": f"{_IMAGES}:MNIST_QUICK",
    "fashion": f"{_IMAGES}:FASHION",
    "fashion-quick": f"{_IMAGES}:FASHION_QUICK",
    "cifar10": f"{_IMAGES}:CIFAR10",
    "cifar10-quick": f"{_IMAGES}:CIFAR10_QUICK",
    "mnist-left-out": f"{_IMAGES}:MNIST_LEFT_OUT",
    "mnist-left-out-quick": f"{_IMAGES}:MNIST_LEFT_OUT_QUICK",
    "nab": "genad.benchmark.nab_suite:SUITE",
    "smd": "genad.benchmark.smd:SUITE",
    "ucr": "genad.benchmark.ucr:SUITE",
}


def find_suite(name: str) -> Suite:
    """Return the suite of that name.

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
