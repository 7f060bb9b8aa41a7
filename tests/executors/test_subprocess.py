"""`executor: subprocess` does what every executor does, and outlives its children."""

from __future__ import annotations

import pytest
from executor_contract import ExecutorContract

from pytest_arc.executors.executor import ExecutorOptions
from pytest_arc.executors.subprocess import SubprocessOptions


class TestSubprocess(ExecutorContract):
    @pytest.fixture
    def options(self) -> ExecutorOptions:
        return SubprocessOptions(workers=2)
