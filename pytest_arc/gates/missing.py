"""Why a gate that is due cannot be evaluated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.domain.result import TrialResult
from pytest_arc.gates.ledger import Ledger

__all__ = ["explain_missing", "list_first"]

MOST_CAUSES = 3


def list_first(agent: AgentPlan, cases: Iterable[Case]) -> list[tuple[Case, int]]:
    """The trials that gates without looks are decided on: the first of each case, as many for every one."""
    return [(case, trial) for case in cases for trial in range(1, agent.trials + 1)]


def explain_missing(
    agent: AgentPlan, planned: Sequence[tuple[Case, int]], ledger: Ledger, stopped: str = ""
) -> str:
    """Empty when enough of the planned trials can be counted. `stopped`: why the run ended early."""
    found = [ledger.find(case.id, trial) for case, trial in planned]
    results = [result for result in found if result is not None]
    if len(results) < len(planned):
        why = stopped or "the run was stopped"
        return f"{len(planned) - len(results)} of {len(planned)} trials were not run: {why}"
    errored = [result for result in results if not result.is_scored]
    limit = agent.profile.gates.errors
    if len(errored) <= limit * len(results) and len(errored) < len(results):
        return ""
    share = 100 * len(errored) / len(results)
    return (
        f"{len(errored)} of {len(results)} trials ({share:.1f} %) errored; the limit is {limit * 100:g} %."
        f" The agent is not to blame, and they are not in the rate. {_say_causes(errored)}"
    )


def _say_causes(errored: Sequence[TrialResult]) -> str:
    """`38 x HTTP 529 from api.anthropic.com, 3 x ...`; the first reason where no kind of error is known."""
    causes = Counter(result.cause for result in errored)
    if not any(causes):
        return f"The first: {errored[0].reason}"
    named = [(cause or "other trouble", n) for cause, n in causes.most_common()]
    told = [f"{n} x {cause}" for cause, n in named[:MOST_CAUSES]]
    if len(named) > MOST_CAUSES:
        told.append(f"{sum(n for _, n in named[MOST_CAUSES:])} x other trouble")
    return f"{', '.join(told)}."
