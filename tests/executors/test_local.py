"""`executor: local` does what every executor does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from executor_contract import ExecutorContract, Lab

from pytest_arc.executors.executor import ExecutorOptions
from pytest_arc.executors.local import LocalOptions


class TestLocal(ExecutorContract):
    @pytest.fixture
    def options(self) -> ExecutorOptions:
        return LocalOptions()

    def check_processes(self, lab: Lab, pids: Sequence[int]) -> None:
        """Programs that an agent has started here are its own to end."""
        import os
        import signal

        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
