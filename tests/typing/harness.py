# pyright: strict
"""Tests of a user's own, with `pytest_arc.testing` and the fixture `arc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_type

from pytest_arc import Trajectory, registry
from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult, Verdict
from pytest_arc.testing import FinishedRun, Runner, ScriptedProvider, run_files


def test_refund_agent(arc: Runner) -> None:
    run = arc.run("agents/refunds.yaml", Path("agents/orders.yaml"), scenarios=["late/*"], trials=5)

    assert assert_type(run.exit_code, int) == 0
    assert assert_type(run.reliability, Estimate).low >= 0.8
    assert assert_type(run.cases, Mapping[str, CaseOutcome])["refunds/late"].word == "passed"
    assert not any(verdict.fails for verdict in assert_type(run.verdicts, Sequence[Verdict]))


def test_refusal() -> None:
    model = ScriptedProvider([{"tool": "pay", "arguments": {"amount": 5}}, "It is paid.", ValueError("over")])
    registry.PROVIDERS.register("eager", lambda: model)

    run = assert_type(run_files({"agent.yaml": "arc: 1", "scenarios.yaml": ""}, seed=3), FinishedRun)

    first = assert_type(run.trials, Sequence[TrialResult])[0]
    assert assert_type(run.read_trajectory(first), Trajectory | None) is not None
    assert first.checks[0].passed is False


def find_slow_trials(root: Path) -> list[TrialResult]:
    run = Runner(root).run("agents/refunds.yaml", target="reference")
    return [trial for trial in run.trials if trial.latency_s > 10 or trial.blame == "agent"]
