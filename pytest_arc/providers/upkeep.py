"""What each part of a run may count, say and leave open until the run ends."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

__all__ = ["Upkeep"]


@dataclass(slots=True, eq=False)
class Upkeep:
    """One per run. What surrounds a model call is made with it, and knows nothing else of the run."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """What happened how often in this run, such as `retries` and `breaker trips`; for reports."""
    warnings: list[str] = field(default_factory=list[str])
    """What the user is to hear at the end of the run, each once."""
    closing: ExitStack = field(default_factory=ExitStack)
    """What is to be closed when the run ends: `upkeep.closing.callback(store.close)`."""

    def warn(self, message: str) -> None:
        """Tell the user at the end of the run, once however often it is said."""
        if message not in self.warnings:
            self.warnings.append(message)

    def close(self) -> None:
        """Close everything, what was opened last first. Called once, when no call is under way any more."""
        self.closing.close()
