"""Targets whose options are fixed already, and which this version cannot run yet. Loading says so."""

from __future__ import annotations

from typing import ClassVar

from pytest_arc.domain.profile import TargetSpec
from pytest_arc.domain.score import Observation
from pytest_arc.targets.functions import EntryPoint

__all__ = ["LanggraphTarget"]


class LanggraphTarget(TargetSpec):
    """A LangGraph graph, built once per trial by a function of the user."""

    not_supported_yet: ClassVar[str] = "the langgraph target"
    kind: ClassVar[str] = "langgraph"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True

    langgraph: EntryPoint

    def describe(self) -> str:
        return f"langgraph {self.langgraph}"
