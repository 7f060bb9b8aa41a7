"""The reliability gate: the exact binomial test of `pytest_arc.stats`, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.profile import ReliabilityGate
from pytest_arc.domain.result import Estimate, TrialResult, Verdict
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.selection import list_counted
from pytest_arc.stats import OneLook, least_passing_trials, one_look_gate

__all__ = ["evaluate", "explain_undecidable"]


def evaluate(agent: AgentPlan, ledger: Ledger, stopped: str = "") -> list[Verdict]:
    """Judge every gate of one agent. `stopped`: why the run ended early, if it did."""
    gate = agent.profile.gates.reliability
    if gate is None:
        return []
    trials = _list_counted(agent, ledger)
    if reason := _explain_missing(agent, trials, stopped):
        return [Verdict("reliability", agent.profile.id, "not evaluated", reason, True, minimum=gate.min)]
    passed = sum(trial.outcome == "passed" for trial in trials)
    scored = sum(trial.is_scored for trial in trials)
    look = one_look_gate(passed, scored, gate.min, gate.confidence)
    return [_put_in_words(agent, gate, look, Estimate(passed, scored, look.low, look.high, gate.confidence))]


def explain_undecidable(agent: AgentPlan) -> str:
    """Why the gate cannot pass with the planned trials, whatever happens; empty when it can."""
    gate = agent.profile.gates.reliability
    if gate is None:
        return ""
    planned = len(list_counted(agent)) * agent.trials
    least = least_passing_trials(gate.min, gate.confidence)
    if planned >= least:
        return ""
    return (
        f"gate/reliability cannot pass with {planned} {'trial' if planned == 1 else 'trials'};"
        f" {least} all-passing are the least at min {gate.min:g}"
    )


def _list_counted(agent: AgentPlan, ledger: Ledger) -> list[TrialResult]:
    expected = {case.id for case in list_counted(agent)}
    return [
        trial
        for trial in ledger.list_gate_trials(agent)
        if trial.case in expected and trial.outcome != "cancelled"
    ]


def _explain_missing(agent: AgentPlan, trials: Sequence[TrialResult], stopped: str) -> str:
    """Why the gate is due but cannot be evaluated; empty when it can."""
    planned = len(list_counted(agent)) * agent.trials
    if len(trials) < planned:
        why = stopped or "the run was stopped"
        return f"{planned - len(trials)} of {planned} trials were not run: {why}"
    errored = [trial for trial in trials if not trial.is_scored]
    limit = agent.profile.gates.errors
    if len(errored) <= limit * len(trials) and len(errored) < len(trials):
        return ""
    share = 100 * len(errored) / len(trials)
    return (
        f"{len(errored)} of {len(trials)} trials ({share:.1f} %) errored; the limit is {limit * 100:g} %."
        f" The agent is not to blame, and they are not in the rate. The first: {errored[0].reason}"
    )


def _put_in_words(agent: AgentPlan, gate: ReliabilityGate, look: OneLook, estimate: Estimate) -> Verdict:
    seen = f"{estimate.passed} of {estimate.n} trials passed ({estimate.rate * 100:.1f} %)"
    sure = f"{gate.confidence * 100:g} % confidence"
    asked = f"{gate.min * 100:g} %"
    hints: tuple[str, ...] = ()
    if look.verdict == "pass":
        word, reason = "passed", f"{seen}: at least {look.low * 100:.1f} % with {sure}; asked: {asked}"
    elif look.verdict == "fail":
        word = "failed"
        reason = f"{seen}: at most {look.high * 100:.1f} % with {sure}; asked: {asked}"
    else:
        word, reason = "inconclusive", f"{seen}; {_say_bounds(look, estimate.n, asked)}"
        if undecidable := explain_undecidable(agent):
            hints = (undecidable,)
        else:
            hints = (f"Decide: --arc-trials {2 * agent.trials} doubles the evidence",)
    fails = word == "failed" or (word == "inconclusive" and gate.on_inconclusive == "fail")
    return Verdict(
        "reliability", agent.profile.id, word, reason, fails, estimate, minimum=gate.min, hints=hints
    )


def _say_bounds(look: OneLook, n: int, asked: str) -> str:
    passes = f"only {n} of {n} proves {asked}" if look.pass_at == n else f"{look.pass_at} would pass"
    if look.pass_at > n:
        passes = f"even {n} of {n} would not prove {asked}"
    fails = f"{look.fail_at} would fail" if look.fail_at >= 0 else "no result would fail"
    return f"asked: {asked}; {passes}, {fails}"
