"""The verdict on an agent in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_arc.domain.result import Estimate, Verdict
from pytest_arc.domain.view import AgentView, RunView
from pytest_arc.reports.style import format_bound, format_percent

__all__ = ["Headline", "format_estimate", "say_headline"]


@dataclass(frozen=True, slots=True)
class Headline:
    """What an agent came to."""

    word: str
    """`passed`, `failed`, `inconclusive`, `not evaluated`, `not finished`, `no verdict`."""
    subject: str
    """Who does what, without a figure: `bot@v2 fails the gate reliability`."""
    sentence: str
    """The same with what decided it: the rate, its n and its interval, or what a gate found that is not
    about the rate."""


def say_headline(run: RunView, agent: AgentView) -> Headline:
    """What failed comes before what is undecided, and that before what passed."""
    word, subject = _judge(run, agent)
    failed = {verdict.gate: verdict.reason for verdict in agent.verdicts if verdict.fails}
    if word == "failed" and failed and not any(map(_is_about_rate, failed)):
        return Headline(word, subject, f"{subject}: {next(iter(failed.values())).rstrip('.')}.")
    rate = format_estimate(agent.reliability) if agent.reliability else "no trial was scored"
    return Headline(word, subject, f"{subject}: {rate}.")


def _is_about_rate(gate: str) -> bool:
    return gate == "reliability" or gate.startswith("group/")


def _judge(run: RunView, agent: AgentView) -> tuple[str, str]:
    failing = [verdict for verdict in agent.verdicts if verdict.fails]
    failed = [verdict for verdict in failing if verdict.word == "failed"]
    cases = Counter(case.outcome.word for case in agent.cases)
    alone = cases["failed"] + cases["errored"]
    if failed:
        return "failed", f"{agent.id} fails {_name(failed)}"
    if run.interrupted:
        return "not finished", f"The run of {agent.id} did not come to its end"
    if failing:
        return failing[0].word, f"{_name(failing)} of {agent.id} could not be decided, which fails the run"
    if alone:
        return "failed", f"{agent.id} fails {alone} of {_count(len(agent.cases), 'case')}"
    undecided = [verdict for verdict in agent.verdicts if verdict.word != "passed"]
    if undecided:
        return undecided[0].word, f"{agent.id} is undecided at {_name(undecided)}"
    if agent.verdicts:
        return "passed", f"{agent.id} passes {_name(agent.verdicts)}"
    if not any(case.bar for case in agent.cases):
        return "no verdict", f"Nothing is asked of {agent.id}"
    if not cases["passed"]:
        return "no verdict", f"Nothing says how reliable {agent.id} is"
    share = f"{cases['passed']} of {_count(len(agent.cases), 'case')}"
    return "passed", f"{agent.id} passes {share}, without a gate"


def _name(verdicts: Sequence[Verdict]) -> str:
    """`its gate reliability`, `its 3 gates`."""
    if len(verdicts) > 2:
        return f"{len(verdicts)} gates"
    names = " and ".join(verdict.gate for verdict in verdicts)
    return f"the gate {names}" if len(verdicts) == 1 else f"the gates {names}"


def format_estimate(estimate: Estimate) -> str:
    """`169 of 250 trials passed (67.6 %, 95 % interval 61.5 to 73.1 %)`."""
    low, high = format_bound(estimate.low, up=False), format_bound(estimate.high, up=True)
    interval = f"{estimate.confidence * 100:g} % interval {low} to {high} %"
    trials = "trial" if estimate.n == 1 else "trials"
    return f"{estimate.passed} of {estimate.n} {trials} passed ({format_percent(estimate.rate)}, {interval})"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
