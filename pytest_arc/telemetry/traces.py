"""Trials as traces: one each, with spans for the agent, its model and tool calls, and the checks.

Names and attributes are those of OpenTelemetry's conventions for generative AI where there are any, and
`arc.*` elsewhere. Needs the extra `otel`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from pytest_arc.domain.plan import Plan
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import ToolCall, ToolResult, Trajectory
from pytest_arc.redaction import Redactor
from pytest_arc.scope import ModelCall
from pytest_arc.version import __version__

__all__ = ["TraceWriter", "make_resource"]

Attributes = dict[str, Any]
_IDS = RandomIdGenerator()
_WELL = Status()


def make_resource() -> Resource:
    """Who sends: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say more, and win."""
    ours = {"service.name": "pytest-arc", "service.version": __version__}
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


class TraceWriter:
    """Makes spans of what has happened. Times are those of the trial's own clock, from when it began."""

    def __init__(self, redactor: Redactor, content: bool = True) -> None:
        """With `content`, what was said, the arguments of tools and their results are in the spans too."""
        self._redactor = redactor
        self._content = content
        self._resource = make_resource()
        self._run_id = ""
        self._plan_span: SpanContext | None = None

    def write_plan(self, run_id: str, plan: Plan) -> list[ReadableSpan]:
        """The span that all trials of a run link to."""
        self._run_id = run_id
        self._plan_span = _make_context(_IDS.generate_trace_id())
        now = time.time_ns()
        agents = [agent.profile.id for agent in plan.agents]
        about: Attributes = {"arc.seed": str(plan.seed), "arc.agents": agents, "arc.cases": len(plan.cases)}
        return [self._make("plan", self._plan_span, None, now, now, about)]

    def write_trial(
        self,
        result: TrialResult,
        trajectory: Trajectory | None,
        calls: Sequence[ModelCall],
        trace_id: str,
        ended_s: float,
    ) -> list[ReadableSpan]:
        """All spans of one trial, the root first."""
        trace = int(trace_id, 16) if trace_id else _IDS.generate_trace_id()
        start = int((ended_s - result.wall_s) * 1e9)
        # A simulated clock may have gone on for longer than the trial really took.
        end = start + int(max(result.wall_s, result.latency_s) * 1e9)
        root, agent = _make_context(trace), _make_context(trace)
        told = self._describe_agent(result, trajectory)
        agent_end = start + int((result.latency_s or result.wall_s) * 1e9)
        agent_name = told["gen_ai.agent.name"]
        return [
            self._make(
                f"trial {result.case}", root, None, start, end, _describe_trial(result), _state(result)
            ),
            self._make(f"invoke_agent {agent_name}", agent, root, start, agent_end, told),
            *(self._write_call(call, agent if call.purpose == "agent" else root) for call in calls),
            *self._write_tools(trajectory, agent, start),
            *(self._write_check(check, root, end) for check in result.checks),
        ]

    def _describe_agent(self, result: TrialResult, trajectory: Trajectory | None) -> Attributes:
        name, _, version = result.case.partition("/")[0].partition("@")
        about: Attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": name,
            "gen_ai.agent.version": version,
            "gen_ai.conversation.id": f"{self._run_id}::{result.case}#{result.trial}",
        }
        if result.usage is not None:
            about["gen_ai.usage.input_tokens"] = result.usage.input_tokens
            about["gen_ai.usage.output_tokens"] = result.usage.output_tokens
            about["arc.cost_usd"] = result.usage.cost_usd
        if trajectory is not None and self._content:
            for key, role in (("gen_ai.input.messages", "user"), ("gen_ai.output.messages", "assistant")):
                said = [s.text for s in trajectory.steps if s.kind == "message" and s.role == role]
                about[key] = [
                    {"role": role, "parts": [{"type": "text", "content": self._redactor.text(text)}]}
                    for text in said
                ]
        return about

    def _write_call(self, call: ModelCall, parent: SpanContext) -> ReadableSpan:
        about: Attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": call.model.partition(":")[0],
            "gen_ai.request.model": call.model,
            "gen_ai.response.model": call.answered_by or None,
            "gen_ai.usage.input_tokens": call.input_tokens,
            "gen_ai.usage.output_tokens": call.output_tokens,
            "arc.purpose": call.purpose,
            "arc.cost_usd": call.cost_usd,
            "error.type": call.error or None,
        }
        status = Status(StatusCode.ERROR, call.error) if call.error else _WELL
        start, end = int(call.started_s * 1e9), int(call.ended_s * 1e9)
        context = _make_context(parent.trace_id)
        return self._make(f"chat {call.model}", context, parent, start, end, about, status, SpanKind.CLIENT)

    def _write_tools(
        self, trajectory: Trajectory | None, parent: SpanContext, start: int
    ) -> list[ReadableSpan]:
        if trajectory is None:
            return []
        results = {step.id: step for step in trajectory.steps if isinstance(step, ToolResult)}
        return [self._write_tool(call, results.get(call.id), parent, start) for call in trajectory.tool_calls]

    def _write_tool(
        self, call: ToolCall, result: ToolResult | None, parent: SpanContext, start: int
    ) -> ReadableSpan:
        about: Attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.tool,
            "gen_ai.tool.call.id": call.id,
            "arc.fault": result.fault if result else None,
        }
        if self._content:
            about["gen_ai.tool.call.arguments"] = call.arguments
            about["gen_ai.tool.call.result"] = result.content if result else None
        status = Status(StatusCode.ERROR) if result is None or result.is_error else _WELL
        ended_s = result.at_s if result else call.at_s
        times = (start + int(call.at_s * 1e9), start + int(ended_s * 1e9))
        return self._make(
            f"execute_tool {call.tool}", _make_context(parent.trace_id), parent, *times, about, status
        )

    def _write_check(self, check: CheckResult, parent: SpanContext, at: int) -> ReadableSpan:
        word = {True: "passed", False: "failed", None: "not measured"}[check.passed]
        about: Attributes = {
            "gen_ai.evaluation.name": check.check,
            "gen_ai.evaluation.score.value": check.value,
            "gen_ai.evaluation.score.label": word,
            "gen_ai.evaluation.explanation": check.reason,
            "arc.check.dimension": check.dimension,
            "arc.check.gating": check.gating,
        }
        status = Status(StatusCode.ERROR) if check.passed is False and check.gating else _WELL
        return self._make(
            f"check {check.check}", _make_context(parent.trace_id), parent, at, at, about, status
        )

    def _make(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        start: int,
        end: int,
        about: Mapping[str, Any],
        status: Status = _WELL,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> ReadableSpan:
        is_trial = parent is None and self._plan_span is not None and context is not self._plan_span
        attributes = {"arc.run": self._run_id, "session.id": self._run_id, **about}
        clean = {key: _flatten(self._redactor.value(value)) for key, value in attributes.items()}
        said = status.description
        return ReadableSpan(
            self._redactor.text(name),
            context,
            parent,
            self._resource,
            {key: value for key, value in clean.items() if value is not None},
            links=[Link(self._plan_span)] if is_trial and self._plan_span is not None else [],
            kind=kind,
            status=Status(status.status_code, self._redactor.text(said)) if said else status,
            start_time=start,
            end_time=max(start, end),
            instrumentation_scope=InstrumentationScope("pytest-arc", __version__),
        )


def _describe_trial(result: TrialResult) -> Attributes:
    return {
        "arc.case": result.case,
        "arc.trial": result.trial,
        "arc.attempts": result.attempts,
        "arc.seed": str(result.seed),
        "arc.outcome": result.outcome,
        "arc.blame": result.blame,
        "arc.reason": result.reason,
        "arc.score": result.score,
        "arc.steps": result.steps,
        "arc.clock": result.clock,
        "langfuse.trace.name": f"{result.case}#{result.trial}",
    }


def _state(result: TrialResult) -> Status:
    return _WELL if result.outcome == "passed" else Status(StatusCode.ERROR, result.reason)


def _flatten(value: Any) -> Any:
    """A value as an attribute may be: plain, a list of texts, or JSON."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        return value  # pyright: ignore[reportUnknownVariableType]
    return json.dumps(value, ensure_ascii=False, default=repr)


def _make_context(trace_id: int) -> SpanContext:
    return SpanContext(trace_id, _IDS.generate_span_id(), False, TraceFlags(TraceFlags.SAMPLED))
