"""The garbage collector, told what is no garbage.

What a run has loaded stays until the run ends. Left alone, the collector walks all of it again and again,
and once more when the process ends: that was 3 of 8 s CPU at 10,000 cases.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["freeze_heap", "pause_collector"]

YOUNG_OBJECTS = 10_000
"""So many are made before the collector looks at them. At Python's own 700 it would mostly meet objects of
trials that are under way, which are no garbage yet, and have them grow old by it."""


@contextmanager
def pause_collector() -> Generator[None]:
    """Collect nothing while a file, or modules, become many objects, all of which stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def freeze_heap() -> None:
    """Look for garbage only among what is made from now on, until the process ends.

    For the owner of a process, before its one run. Of several runs in one process only the first freezes:
    each would keep the garbage of those before it.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
