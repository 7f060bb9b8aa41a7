"""Checks on what a trial took, the recorded reward, and the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_arc.domain.score import Check, Evidence, Finding
from pytest_arc.domain.trajectory import Usage

Find = Callable[..., Finding]
Happen = Callable[..., Evidence]


def test_steps_are_tool_calls_and_messages(find: Find, happen: Happen) -> None:
    happened = happen(("read", {}), ("read", {}), "Done")

    assert find(happened, max_steps=3) == Finding(True, "it took 3 steps, of 3 allowed")
    assert find(happened, max_steps=2) == Finding(False, "it took 3 steps; at most 2 allowed")


@pytest.mark.parametrize("clock, kind", [("virtual", "simulated time"), ("wall", "real and simulated time")])
def test_latency_says_which_time_it_is(find: Find, happen: Happen, clock: str, kind: str) -> None:
    happened = happen("Done", latency_s=2.5, clock=clock)

    assert find(happened, max_latency_s=2.5).passed
    assert find(happened, max_latency_s=2).reason == f"it took 2.5 s of {kind}; at most 2 s allowed"


def test_tokens_are_input_and_output(find: Find, happen: Happen) -> None:
    happened = happen("Done", usage=Usage(model_calls=1, input_tokens=1000, output_tokens=200))

    finding = find(happened, max_tokens=1199)

    assert finding == Finding(False, "it used 1,200 tokens (1,000 in, 200 out); at most 1,199 allowed")


def test_cost_is_compared_and_called_estimated(find: Find, happen: Happen) -> None:
    happened = happen("Done", usage=Usage(cost_usd=0.02))

    assert find(happened, max_cost_usd=0.02).passed
    finding = find(happened, max_cost_usd=0.01)
    assert finding.reason == "it cost $0.0200 by estimate; at most $0.01 allowed"


@pytest.mark.parametrize("bound", ["max_cost_usd", "max_tokens"])
def test_unknown_usage_is_not_measured(find: Find, happen: Happen, bound: str) -> None:
    assert find(happen("Done"), **{bound: 1}).passed is None


def test_unknown_cost_is_not_taken_for_nothing(find: Find, happen: Happen) -> None:
    happened = happen("Done", usage=Usage(input_tokens=5))

    assert find(happened, max_cost_usd=1) == Finding(None, "the cost of this trial is not known")


@pytest.mark.parametrize(
    "check, gates",
    [("max_steps", True), ("max_latency_s", False), ("max_tokens", False), ("max_cost_usd", False)],
)
def test_only_steps_gate_unless_asked(load: Callable[..., Check], check: str, gates: bool) -> None:
    assert load(**{check: 1}).is_gating is gates
    assert load(**{check: 1}, gating=not gates).is_gating is not gates


@pytest.mark.parametrize(
    "reward, bound, passed", [(1.0, {"min": 1}, True), (0.0, {"min": 1}, False), (0.5, 0.5, True)]
)
def test_recorded_reward_decides(find: Find, happen: Happen, reward: float, bound: Any, passed: bool) -> None:
    finding = find(happen("Done", recorded_reward=reward), recorded=bound)

    assert finding.passed is passed
    assert finding.value == reward


def test_trial_without_a_recorded_reward_is_not_measured(find: Find) -> None:
    assert find("Done", recorded={"min": 1}).passed is None
