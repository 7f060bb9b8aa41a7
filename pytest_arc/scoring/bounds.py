"""Checks on what a trial took: steps, time, tokens, money."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_arc.domain.score import Check, Dimension, Evidence, Finding, Observation
from pytest_arc.scoring.sentences import count

__all__ = ["MaxCost", "MaxLatency", "MaxSteps", "MaxTokens"]


class MaxSteps(Check):
    """At most so many steps: tool calls of the agent plus its messages to the user."""

    dimension_by_default: ClassVar[Dimension] = "performance"
    needs: ClassVar[frozenset[Observation]] = frozenset({"tool_calls"})

    max_steps: int = Field(ge=0)

    def judge(self, evidence: Evidence) -> Finding:
        steps = evidence.trajectory.agent_steps
        return _compare(steps, self.max_steps, f"it took {count(steps, 'step')}", f"{self.max_steps}")


class MaxLatency(Check):
    """At most so many seconds on the trial's clock, from the first user turn to the last answer.

    The clock is virtual (simulated latencies alone) for deterministic targets, and real time plus
    simulated latencies elsewhere; the reason says which. It gates only where `gating: true` says so.
    """

    dimension_by_default: ClassVar[Dimension] = "performance"
    needs: ClassVar[frozenset[Observation]] = frozenset({"latency"})
    gates_by_default: ClassVar[bool] = False

    max_latency_s: float = Field(ge=0, allow_inf_nan=False)

    def judge(self, evidence: Evidence) -> Finding:
        trajectory = evidence.trajectory
        kind = "simulated time" if trajectory.clock == "virtual" else "real and simulated time"
        seen = f"it took {trajectory.latency_s:.3g} s of {kind}"
        return _compare(trajectory.latency_s, self.max_latency_s, seen, f"{self.max_latency_s:g} s")


class MaxTokens(Check):
    """At most so many tokens, input and output of all model calls together. Does not gate by default."""

    dimension_by_default: ClassVar[Dimension] = "performance"
    needs: ClassVar[frozenset[Observation]] = frozenset({"usage"})
    gates_by_default: ClassVar[bool] = False

    max_tokens: int = Field(ge=0)

    def judge(self, evidence: Evidence) -> Finding:
        usage = evidence.trajectory.usage
        if usage is None:
            return Finding(None, "this trial shows no usage")
        tokens = usage.input_tokens + usage.output_tokens
        seen = f"it used {count(tokens, 'token')} ({usage.input_tokens:,} in, {usage.output_tokens:,} out)"
        return _compare(tokens, self.max_tokens, seen, f"{self.max_tokens:,}")


class MaxCost(Check):
    """At most so many US dollars for all model calls, by estimate. Does not gate by default.

    A cost that cannot be known is not measured; it is never taken for nothing.
    """

    dimension_by_default: ClassVar[Dimension] = "performance"
    needs: ClassVar[frozenset[Observation]] = frozenset({"usage"})
    gates_by_default: ClassVar[bool] = False

    max_cost_usd: float = Field(ge=0, allow_inf_nan=False)

    def judge(self, evidence: Evidence) -> Finding:
        usage = evidence.trajectory.usage
        if usage is None or usage.cost_usd is None:
            return Finding(None, "the cost of this trial is not known")
        seen = f"it cost ${usage.cost_usd:.4f} by estimate"
        return _compare(usage.cost_usd, self.max_cost_usd, seen, f"${self.max_cost_usd:g}")


def _compare(actual: float, most: float, seen: str, allowed: str) -> Finding:
    if actual <= most:
        return Finding(True, f"{seen}, of {allowed} allowed")
    return Finding(False, f"{seen}; at most {allowed} allowed")
