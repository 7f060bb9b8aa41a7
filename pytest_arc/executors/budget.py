"""What trials may use in all: money, tokens, time. At the limit nothing new starts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.profile import Budget
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.settings import Settings

__all__ = ["BudgetMeter", "Purse"]


class Purse:
    """The budgets of one run: of each agent that has one, and of the whole."""

    def __init__(self, plan: Plan, settings: Settings, fraction: float = 1.0) -> None:
        """`fraction`: how much of each budget this process may use, where several share them."""
        self._agents = [agent.profile.id for agent in plan.agents]
        self._planned = [case.trials for case in plan.cases if case.id in plan.selected]
        self._unpriced: set[str] = set()
        self._meters = {
            agent.profile.id: BudgetMeter(agent.profile.budget, fraction)
            for agent in plan.agents
            if agent.profile.budget is not None
        }
        self._whole = BudgetMeter(Budget(cost_usd=settings.budget), fraction) if settings.budget else None

    def pay(self, agent: str, result: TrialResult) -> Iterator[tuple[list[str], str]]:
        """Count what a trial of an agent has used; whose trials may not start any more now, and why."""
        if not self._meters and self._whole is None:
            return  # as in most runs, and asked of every trial
        own = self._meters.get(agent)
        if result.is_scored and any(usage.cost_usd is None for usage in result.paid.values()):
            self._unpriced.add(agent)
        for agents, meter in ((self._agents, self._whole), ([agent], own)):
            if meter is None:
                continue
            meter.count(result)
            if meter.budget.mode == "stop" and (reason := meter.used_up):
                yield agents, reason

    def note(self, agent: AgentPlan) -> Iterator[str]:
        """What reports say of a budget that only warns, or that nobody can hold."""
        own = self._meters.get(agent.profile.id)
        if own is not None and own.budget.mode == "warn" and own.used_up:
            yield f"{own.used_up}: it only warns, and the run went on"
        limits = [meter.budget.cost_usd for meter in (own, self._whole) if meter is not None]
        for limit in limits if agent.profile.id in self._unpriced else ():
            if limit is not None:
                yield f"the budget of {_say_usd(limit)} does not hold: what trials cost is not known"

    def advise(self, agent: AgentPlan) -> tuple[str, ...]:
        """What would be enough for all trials, or how many fit, where the money was used up."""
        own = self._meters.get(agent.profile.id)
        if own is not None and own.is_money_gone:
            planned = [case.trials for case in agent.cases]
            return own.advise(planned, "cost_usd:", f" in the budget of {agent.path}")
        if self._whole is not None and self._whole.is_money_gone:
            return self._whole.advise(self._planned, "--arc-budget")
        return ()


class BudgetMeter:
    """Counts what the trials of one agent, or of a whole run, have used of a budget."""

    def __init__(self, budget: Budget, fraction: float = 1.0) -> None:
        self.budget = budget
        self._fraction = fraction
        self.trials = 0
        self._cost_usd = 0.0
        self._tokens = 0
        self._is_cost_known = True
        self._started = time.monotonic()

    def count(self, result: TrialResult) -> None:
        """Add what one trial used, with all its attempts. One that was replayed tells nothing of others."""
        self.trials += not result.replayed
        for usage in result.paid.values():
            self._tokens += usage.input_tokens + usage.output_tokens
            self._is_cost_known &= usage.cost_usd is not None
            self._cost_usd += usage.cost_usd or 0.0

    @property
    def is_money_gone(self) -> bool:
        limit = self.budget.cost_usd
        return limit is not None and self._cost_usd >= limit * self._fraction

    @property
    def used_up(self) -> str:
        """What has been reached, as the middle of a sentence; empty while there is something left."""
        budget, whose = self.budget, "the" if self._fraction == 1.0 else "a worker's part of the"
        if budget.cost_usd is not None and self.is_money_gone:
            return f"{whose} budget of {_say_usd(budget.cost_usd)} was used up"
        if budget.tokens is not None and self._tokens >= budget.tokens * self._fraction:
            return f"{whose} budget of {budget.tokens:,} tokens was used up"
        if budget.time_s is not None and time.monotonic() - self._started >= budget.time_s:
            return f"the budget of {budget.time_s:g} s was used up"
        return ""

    def advise(self, planned: Sequence[int], option: str, where: str = "") -> tuple[str, ...]:
        """How much so many trials of each case take, and how many fit; by those that were made."""
        per_trial = self._cost_usd / self.trials if self.trials and self._is_cost_known else 0.0
        limit = self.budget.cost_usd
        if limit is None or not per_trial:
            return ()
        estimated = f"(estimated from these {self.trials} trials)"
        # Rounded up, so that the advice is enough.
        needed = math.ceil(100 * per_trial * sum(planned) * 1.1) / 100
        hints = [f"All of it: {option} {needed:.2f}{where} {estimated}"]
        one_of_each = per_trial * len(planned)
        fewer = int(limit / one_of_each)
        if 0 < fewer < max(planned):
            hints.append(f"Fewer: --arc-trials {fewer} needs {_say_usd(fewer * one_of_each)} in all")
        return tuple(hints)


def _say_usd(usd: float) -> str:
    """`$3.40`; below a cent as many digits as it takes to see something."""
    return f"${usd:,.2f}" if usd >= 0.01 else f"${usd:.2g}"
