"""Agents that try to end the process.

`os._exit` would take every other trial, the run folder's last lines and pytest's report with it. Inside a
trial it raises instead, so that only that trial fails.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from functools import cache
from typing import NoReturn

__all__ = ["ProcessExit", "intercept_exit"]


class ProcessExit(BaseException):
    """`os._exit` was called inside a trial. No SystemExit: that would end the event loop of all trials."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


_in_trial: ContextVar[bool] = ContextVar("pytest_arc_in_trial", default=False)


def intercept_exit() -> None:
    """Make `os._exit` raise ProcessExit in the current context, and in tasks and threads that copy it.

    For as long as the context lives: that of a trial ends with its task.
    """
    _replace_exit()
    _in_trial.set(True)


@cache
def _replace_exit() -> None:
    """Once per process and for good: outside of trials the replacement does what the original does."""
    end_process, process = os._exit, os.getpid()

    def exit_or_raise(status: int) -> NoReturn:
        # A forked child ends by os._exit, and must.
        if _in_trial.get() and os.getpid() == process:
            raise ProcessExit(status)
        end_process(status)

    os._exit = exit_or_raise
