"""Targets whose options are fixed already, and which this version cannot run yet. Loading says so."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.profile import TargetSpec
from pytest_arc.domain.score import Observation
from pytest_arc.targets.functions import EntryPoint

__all__ = ["CommandTarget", "HttpOptions", "HttpTarget", "LanggraphTarget", "ResponseMap"]


class LanggraphTarget(TargetSpec):
    """A LangGraph graph, built once per trial by a function of the user."""

    not_supported_yet: ClassVar[str] = "the langgraph target"
    kind: ClassVar[str] = "langgraph"
    observes: ClassVar[frozenset[Observation]] = frozenset({"answer", "tool_calls", "usage", "latency"})
    uses_world: ClassVar[bool] = True

    langgraph: EntryPoint

    def describe(self) -> str:
        return f"langgraph {self.langgraph}"


class ResponseMap(Frozen):
    """Where in the JSON answer of an endpoint things stand, as JMESPath expressions."""

    answer: str = "answer"
    tool_calls: str | None = None
    usage: str | None = None


class HttpOptions(Frozen):
    """One request per user turn."""

    url: str = Field(min_length=1)
    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    request: Any = None
    """JSON body, with templates for the user's text and the conversation."""
    response: ResponseMap = ResponseMap()


class HttpTarget(TargetSpec):
    """An agent behind an endpoint of its own, with tools of its own."""

    not_supported_yet: ClassVar[str] = "the http target"
    kind: ClassVar[str] = "http"
    uses_world: ClassVar[bool] = False
    default_concurrency: ClassVar[int] = 8

    http: HttpOptions

    @property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What the response map does not name is not shown."""
        shown: set[Observation] = {"answer", "latency"}
        shown |= {"tool_calls"} if self.http.response.tool_calls else set[Observation]()
        shown |= {"usage"} if self.http.response.usage else set[Observation]()
        return frozenset(shown)

    def describe(self) -> str:
        return f"http {self.http.url}"


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
