"""Which trials of an agent start next."""

from __future__ import annotations

from pytest_arc.domain.plan import AgentPlan, Plan, TrialSpec, list_trials, make_trial
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.rounds import list_stopping, make_schedule
from pytest_arc.gates.selection import Counting
from pytest_arc.gates.threshold import take_look

__all__ = ["Course"]


class Course:
    """The trials of one agent, batch by batch.

    A fixed number of trials is one batch. Where trials come in rounds, a batch reaches up to the next look;
    nothing of the one after it starts before every trial of this one has ended.
    """

    def __init__(
        self, agent: AgentPlan, plan: Plan, counting: Counting, only_trial: int | None = None
    ) -> None:
        self._agent = agent
        self._plan = plan
        self._only_trial = only_trial
        self._gates = list_stopping(agent, counting.list_due(agent))
        self._schedule = make_schedule(agent, self._gates, plan.seed)
        self._reached = 0
        """How many trials of the schedule have been handed out."""
        self.is_over = not (agent.is_sequential and self._gates)
        """Whether nothing more is planned for this agent."""

    def start(self) -> list[TrialSpec]:
        """What every case gets, whatever the gates say."""
        trials = list_trials(self._plan, self._only_trial)
        own = [spec for spec in trials if spec.case.profile is self._agent.profile]
        if self.is_over:
            return own
        self._reached = self._schedule.first_look
        first = self._make_trials(0, self._reached)
        known = {(spec.case.id, spec.trial) for spec in first}
        return first + [spec for spec in own if (spec.case.id, spec.trial) not in known]

    def go_on(self, ledger: Ledger) -> list[TrialSpec]:
        """The next batch, when the last one has ended; none when every gate is decided or all is used up."""
        if self.is_over:
            return []
        looks = [take_look(self._agent, gate, ledger, self._schedule) for gate in self._gates]
        self.is_over = self._reached == len(self._schedule.order) or all(
            look is not None and look.answer != "inconclusive" for look in looks
        )
        if self.is_over:
            return []
        begin, self._reached = self._reached, min(n for n in self._schedule.looks if n > self._reached)
        return self._make_trials(begin, self._reached) or self.go_on(ledger)

    def _make_trials(self, begin: int, end: int) -> list[TrialSpec]:
        """Trials of the schedule; those beyond the first that a case gets anyway were handed out at once."""
        return [
            make_trial(case, trial, self._plan.seed)
            for case, trial in self._schedule.order[begin:end]
            if begin == 0 or trial > case.trials
        ]
