"""What `import genad` offers, and what it costs."""

import subprocess
import sys

import pytest

import genad
from genad import detectors
from genad.registry import detector_classes, find_detector

HEAVY = (
    "torch",
    "sklearn",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "matplotlib",
    "typer",
    "jinja2",
)


def isort_style(name):
    """Return ruff's order (RUF022): constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", genad.__all__)
def test_every_name_is_there(name):
    assert getattr(genad, name).__name__ == name
    assert name in dir(genad)


def test_the_names_are_sorted_and_unique():
    assert genad.__all__ == sorted(set(genad.__all__), key=isort_style)


def test_the_homes_list_the_same_names():
    homes = [name for names in genad._HOMES.values() for name in names]
    assert sorted(homes) == sorted(genad.__all__)


def test_every_detector_is_exported_and_registered():
    assert set(detectors.__all__) <= set(genad.__all__)
    assert detectors.__all__ == sorted(detectors.__all__, key=isort_style)
    for name in detectors.__all__:
        assert detector_classes()[name.lower()] is getattr(genad, name)
        assert find_detector(name) is getattr(genad, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Magic'"):
        _ = genad.Magic
    with pytest.raises(
        genad.errors.ParameterError, match=r"no detector 'magic'; choose one of .*vae"
    ):
        find_detector("magic")


def test_import_loads_nothing_heavy():
    code = f"import sys, genad; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
