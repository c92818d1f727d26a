"""What every test gets: one thread a worker, examples that repeat, a torch generator of its own."""

import os

# Before torch loads: several workers share the processor.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from hypothesis import HealthCheck, settings

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
