"""Threads that an agent starts belong to its trial, so that what they send is recorded, replayed or refused.

Python gives a new thread, or a job of a thread pool, nothing of the context it was started in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import thread as pool
from contextvars import copy_context
from functools import cache, wraps
from typing import Any

from pytest_arc.scope import current_scope

__all__ = ["follow_threads"]

OWN = "pytest-arc "
"""Begins the names of this package's threads, which work for all trials."""


@cache
def follow_threads() -> None:
    """Let threads and jobs of pools inherit the context of a trial; outside of trials all is as it was."""
    _patch_start()
    _patch_submit()


def _patch_start() -> None:
    start = threading.Thread.start

    @wraps(start)
    def start_inside(self: threading.Thread) -> None:
        if current_scope() is not None and not _works_for_all(self):
            run, context = self.run, copy_context()

            def run_inside() -> None:
                try:
                    context.run(run)
                finally:
                    del self.run  # it would hold the thread in a circle

            self.run = run_inside
        start(self)

    threading.Thread.start = start_inside


def _patch_submit() -> None:
    submit: Callable[..., Any] = ThreadPoolExecutor.submit

    @wraps(submit)
    def submit_inside(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if current_scope() is None:
            return submit(self, fn, *args, **kwargs)
        return submit(self, copy_context().run, fn, *args, **kwargs)

    ThreadPoolExecutor.submit = submit_inside


def _works_for_all(thread: threading.Thread) -> bool:
    """One of ours, or of a pool, whose jobs bring their contexts along."""
    target = getattr(thread, "_target", None)
    return thread.name.startswith(OWN) or target is getattr(pool, "_worker", thread)
