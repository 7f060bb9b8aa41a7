"""Targets whose options are fixed already, and which this version cannot run yet. Loading says so."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_arc.domain.profile import TargetSpec
from pytest_arc.domain.score import Observation
from pytest_arc.targets.functions import EntryPoint

__all__ = ["CommandTarget", "LanggraphTarget"]


class LanggraphTarget(TargetSpec):
    """A LangGraph graph, built once per trial by a function of the user."""

    not_supported_yet: ClassVar[str] = "the langgraph target"
    kind: ClassVar[str] = "langgraph"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True

    langgraph: EntryPoint

    def describe(self) -> str:
        return f"langgraph {self.langgraph}"


class CommandTarget(TargetSpec):
    """A program started for each trial: user turns on its standard input, answers on its output."""

    not_supported_yet: ClassVar[str] = "the command target"
    kind: ClassVar[str] = "command"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "latency"})
    uses_world: ClassVar[bool] = False
    default_concurrency: ClassVar[int] = 8

    command: tuple[str, ...] = Field(min_length=1)
    """The program and its arguments; no shell."""

    def describe(self) -> str:
        return f"command {self.command[0]}"
