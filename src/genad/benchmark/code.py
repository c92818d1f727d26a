"""Digests of code: of a class, of all of ours that it builds on, and of the libraries' versions."""

import ast
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import genad

_ROOT = Path(genad.__file__).parent
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")


@cache
def code_digest(cls: type) -> str:
    """Return a digest of all source code of ours that a class may run, comments and prose aside.

    It covers the class's module and, from import to import, every module of genad that it needs;
    for a class from elsewhere, its own file and the version of its package.

    Examples
    --------
    >>> from genad import VAE, ZScore
    >>> code_digest(VAE) == code_digest(VAE), code_digest(VAE) == code_digest(ZScore)
    (True, False)
    """
    total = hashlib.sha256()
    for part in (*_sources(cls), *_versions(cls)):
        total.update(part.encode() + b"\0")
    return total.hexdigest()


def _sources(cls: type) -> Iterator[str]:
    if cls.__module__.partition(".")[0] == "genad":
        yield from (f"{module} {_meaning(_file(module))}" for module in _closure(cls.__module__))
    elif (file := inspect.getsourcefile(cls)) is not None:
        yield f"{cls.__module__} {_meaning(Path(file))}"


def _versions(cls: type) -> Iterator[str]:
    # An adapter's class is ours, but what it runs is of the package that its path names.
    roots = {cls.__module__.partition(".")[0], getattr(cls, "path", "").partition(".")[0]}
    packages = {name for root in roots - {"genad", ""} for name in _packages().get(root, ())}
    yield from (f"{name} {version(name)}" for name in sorted({*LIBRARIES, *packages}))


@cache
def _packages() -> Mapping[str, list[str]]:
    return packages_distributions()


@cache
def _closure(module: str) -> tuple[str, ...]:
    """Return the modules of genad that a module imports, directly or not, and itself."""
    found, waiting = set(), [module]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return tuple(sorted(found))


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(_tree(_file(module))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "genad":
            # `from genad.detectors import vae` may name a module or something in one.
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in [str(node.module), *inner] if _is_module(name))


def _file(module: str) -> Path:
    path = _ROOT.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    # The front door names everything and holds nothing.
    return name != "genad" and _file(name).is_file()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _meaning(path: Path) -> str:
    """Return a module's code without comments, layout and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return ast.dump(tree)
