"""What every test gets: one thread a worker, examples that repeat, a torch generator of its own."""

import os
from types import SimpleNamespace

# Before torch loads: several workers share the processor.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from hypothesis import HealthCheck, settings

from genad.cli import main
from helpers import SAYS

settings.register_profile(
    "genad",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("genad")


@pytest.fixture(autouse=True)
def _own_generator():
    """Seed torch for one test, and leave no trace of it for the next."""
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def threads():
    """Return the setter of torch's number of threads, which is put back afterwards."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture
def workplace(tmp_path):
    """Return the folder that commands run in: an empty one, if a module has none of its own."""
    return tmp_path


@pytest.fixture
def run(workplace, monkeypatch, capsys):
    """Run a command there."""
    monkeypatch.chdir(workplace)

    def command(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return command


@pytest.fixture
def fails(run, workplace):
    """Run a command that must fail with one sentence and leave nothing behind."""

    def command(code, *arguments):
        before = sorted(workplace.rglob("*"))
        ended = run(*arguments)
        assert (ended.code, ended.out) == (code, ""), ended.err
        assert SAYS.fullmatch(ended.err), ended.err
        assert sorted(workplace.rglob("*")) == before
        return ended.err

    return command
