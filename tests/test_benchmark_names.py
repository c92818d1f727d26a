"""Data sets of a suite are found by the names that its messages and tables print."""

import pytest

from genad.benchmark.suites import SUITES, find_suite


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_printed_name_finds_its_data_set(name):
    suite = find_suite(name)
    for task in suite.tasks:
        assert suite.only((task.name,)).tasks == (task,)
