"""Imports go down only, and everything stays small enough to read."""

import ast
from functools import cache
from pathlib import Path

import pytest

import genad

ROOT = Path(genad.__file__).parent
# From the top; a unit imports from lower layers, from itself, and from no neighbour.
LAYERS = (
    ("cli",),
    ("server",),
    ("report", "distributed"),
    ("profiles",),
    ("files",),
    ("detection", "benchmark", "comparison", "pyod"),
    ("registry",),
    ("detectors",),
    ("detector",),
    ("parameters", "storage", "training", "streaming", "blocks", "events"),
    ("data", "nets", "losses", "metrics", "thresholds", "calibration"),
    ("errors",),
)
RANKS = {unit: rank for rank, units in enumerate(LAYERS) for unit in units}
# The front doors: they re-export by name, or start the command line.
DOORS = {"__init__.py", "__main__.py"}
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
LAYERED = [module for module in MODULES if module not in DOORS]


@cache
def tree(module):
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def unit(dotted):
    """Return the unit that a module of genad belongs to, such as "training"."""
    return dotted.split(".")[1]


def imported(module):
    """Return the dotted names of ours that a module imports, anywhere in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            # `from genad import thresholds` names the unit only in what follows.
            bare = node.module == "genad"
            names = [alias.name for alias in node.names if alias.name != "__version__"]
            yield from (f"genad.{name}" if bare else node.module for name in names)


def code_lines(function):
    """Return the lines of a function without those of its docstring."""
    first = function.body[0]
    text = ast.get_docstring(function, clean=False)
    documented = first.end_lineno - first.lineno + 1 if text is not None else 0
    return function.end_lineno - function.lineno + 1 - documented


@pytest.mark.parametrize("module", LAYERED)
def test_imports_go_down(module):
    own = module.removesuffix(".py").split("/")[0]
    assert own in RANKS, f"give {own} a place in LAYERS"
    for name in imported(module):
        if name.startswith("genad."):
            other = unit(name)
            assert other in RANKS, f"{module} imports {name}: import it from its home"
            assert other == own or RANKS[own] < RANKS[other], f"{module} imports {name}"


def test_an_upward_import_would_be_found(monkeypatch):
    upward = ast.parse("def f():\n    from genad.training import train")
    monkeypatch.setitem(globals(), "tree", lambda module: upward)
    with pytest.raises(AssertionError, match=r"losses/new\.py imports genad\.training"):
        test_imports_go_down("losses/new.py")


@pytest.mark.parametrize("module", MODULES)
def test_sizes(module):
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= 400
    functions = [n for n in ast.walk(tree(module)) if isinstance(n, ast.FunctionDef)]
    assert [f.name for f in functions if code_lines(f) > 60] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_its_idea(module):
    assert ast.get_docstring(tree(module)).splitlines()[0].endswith(".")


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_executed_printed_or_seeded(module):
    """No pickle, no code from data, no output, no global seed, no check that -O would remove."""
    forbidden = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"}
    assert {name.split(".")[0] for name in imported(module)} & forbidden == set()
    calls = {ast.unparse(n.func) for n in ast.walk(tree(module)) if isinstance(n, ast.Call)}
    banned = {"eval", "exec", "torch.load", "torch.seed", "np.random.seed", "pickle.loads"}
    assert calls & banned == set()
    assert "allow_pickle=True" not in (ROOT / module).read_text(encoding="utf-8")
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree(module)))
    if not module.startswith("cli/"):
        assert "print" not in calls
