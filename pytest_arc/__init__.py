"""Reliability tests for AI agents, in pytest.

The stages of a run, in order; each is a folder or a file of this package:

    loading      files -> profiles and scenarios
    planning     profiles x scenarios -> cases with trials and seeds
    executors    run the trials: each is `trial.py` on a target, in a world, with a user
    scoring      trajectory -> checks -> dimensions
    gates        finished trials -> what became of each case, verdicts
    reports      what happened -> something to read
    session      wires all of this for one run: read this first

The names below are loaded when first used, because pytest imports this package in every project.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_arc.domain.score import Check, Evidence, Finding
    from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory, Usage
    from pytest_arc.errors import ArcError
    from pytest_arc.targets import AgentContext, Target
    from pytest_arc.version import __version__

__all__ = [
    "AgentContext",
    "ArcError",
    "Check",
    "Evidence",
    "Finding",
    "Message",
    "Target",
    "ToolCall",
    "ToolResult",
    "Trajectory",
    "Usage",
    "__version__",
]

_HOMES = {
    "AgentContext": "targets",
    "ArcError": "errors",
    "Check": "domain.score",
    "Evidence": "domain.score",
    "Finding": "domain.score",
    "Message": "domain.trajectory",
    "Target": "targets",
    "ToolCall": "domain.trajectory",
    "ToolResult": "domain.trajectory",
    "Trajectory": "domain.trajectory",
    "Usage": "domain.trajectory",
    "__version__": "version",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
