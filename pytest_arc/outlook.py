"""What a run would take and could decide, before its first trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pytest_arc.domain.forecast import Forecast
from pytest_arc.domain.plan import AgentPlan, Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import Counting, count_selected, forecast_gates, list_stopping
from pytest_arc.history.pace import estimate_cost, estimate_pace
from pytest_arc.history.rulers import Rulers
from pytest_arc.reports.plan import describe_plan

__all__ = ["Outlook"]

WORTH_SAYING_USD = 1.0
"""A run of live trials that is expected to cost more says so before it starts."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Estimates by the newest run of each agent."""

    plan: Plan
    settings: Settings
    counting: Counting
    rulers: Rulers
    folder: Path
    """Where run folders are kept."""

    def describe_plan(self) -> list[str]:
        """Of every agent with cases that will run. The rulers have been read."""
        agents = [agent for agent in self.plan.agents if count_selected(agent, self.plan)[0]]
        described = (describe_plan(self._forecast(agent)) for agent in agents)
        return [line for lines in described for line in [*lines, ""]]

    def announce_cost(self) -> list[str]:
        """The size, cost and time of each agent's part, where that would cost real money."""
        lines: list[str] = []
        for agent in self.plan.agents:
            cost_usd = estimate_cost(agent, self.folder)
            trials = sum(case.trials for case in agent.cases if case.id in self.plan.selected)
            if trials * (cost_usd or 0.0) > WORTH_SAYING_USD:
                lines += describe_plan(self._forecast(agent))[:3]
        return lines

    def _forecast(self, agent: AgentPlan) -> Forecast:
        cases = tuple(case for case in agent.cases if case.id in self.plan.selected)
        pace = estimate_pace(agent, self.folder)
        baseline = self.rulers.find(agent).baseline
        cost_usd = 0.0 if self.settings.record == "none" else pace.cost_usd
        forecast = forecast_gates(replace(agent, cases=cases), cost_usd, pace.time_s, baseline)
        due = self.counting.list_due(agent)
        gates = tuple(gate for gate in forecast.gates if gate.gate in due)
        if not list_stopping(agent, due):  # nothing would end its rounds: there is one
            forecast = replace(forecast, max_trials=forecast.trials)
        return replace(forecast, gates=gates)
