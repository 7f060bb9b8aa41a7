"""What trials may use in all: money, tokens, time. At the limit nothing new starts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

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
        self._meters = {
            agent.profile.id: BudgetMeter(agent.profile.budget, fraction)
            for agent in plan.agents
            if agent.profile.budget is not None
        }
        self._whole = BudgetMeter(Budget(cost_usd=settings.budget), fraction) if settings.budget else None

    def pay(self, agent: str, result: TrialResult) -> Iterator[tuple[list[str], str]]:
        """Count what a trial of an agent has used; whose trials may not start any more now, and why."""
        own = self._meters.get(agent)
        for agents, meter in ((self._agents, self._whole), ([agent], own)):
            if meter is None:
                continue
            meter.count(result)
            if meter.budget.mode == "stop" and (reason := meter.used_up):
                yield agents, reason

    def note(self, agent: AgentPlan) -> Iterator[str]:
        """What reports say of a budget that only warns."""
        meter = self._meters.get(agent.profile.id)
        if meter is not None and meter.budget.mode == "warn" and meter.used_up:
            yield f"{meter.used_up}: it only warns, and the run went on"

    def advise(self, agent: AgentPlan) -> tuple[str, ...]:
        """What would be enough for all of an agent's trials, or how many trials fit."""
        meter = self._meters.get(agent.profile.id) or self._whole
        return meter.advise(len(agent.cases), agent.trials) if meter else ()


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
    def used_up(self) -> str:
        """What has been reached, as the middle of a sentence; empty while there is something left."""
        budget, whose = self.budget, "the" if self._fraction == 1.0 else "a worker's part of the"
        if budget.cost_usd is not None and self._cost_usd >= budget.cost_usd * self._fraction:
            return f"{whose} budget of ${budget.cost_usd:,.2f} was used up"
        if budget.tokens is not None and self._tokens >= budget.tokens * self._fraction:
            return f"{whose} budget of {budget.tokens:,} tokens was used up"
        if budget.time_s is not None and time.monotonic() - self._started >= budget.time_s:
            return f"the budget of {budget.time_s:g} s was used up"
        return ""

    def advise(self, scenarios: int, trials: int) -> tuple[str, ...]:
        """How much a run of so many trials of each scenario takes, and how many trials fit; by those made."""
        per_trial = self._cost_usd / self.trials if self.trials and self._is_cost_known else 0.0
        limit = self.budget.cost_usd
        if limit is None or not per_trial:
            return ()
        estimated = f"(estimated from these {self.trials} trials)"
        # Rounded up, so that the advice is enough.
        needed = math.ceil(100 * per_trial * scenarios * trials * 1.1) / 100
        hints = [f"All of it: --arc-budget {needed:.2f} {estimated}"]
        fewer = int(limit / (per_trial * scenarios))
        if 0 < fewer < trials:
            hints.append(f"Fewer: --arc-trials {fewer} needs ${fewer * scenarios * per_trial:,.2f} in all")
        return tuple(hints)
