"""Which trials of a run start, which are under way, and what may still come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.plan import AgentPlan, Case, Plan, TrialSpec, make_trial
from pytest_arc.domain.settings import Settings
from pytest_arc.executors.stream import TrialStream
from pytest_arc.gates import Counting, Course, Ledger, request_fresh_trials, request_second_look

__all__ = ["Dispatch"]


class Dispatch:
    """Hands trials to a stream: what is planned, the next round, a second look, fresh trials for an alarm.

    Whoever takes results from the stream counts them in the ledger, and then tells `settle` of each.
    """

    def __init__(
        self, plan: Plan, settings: Settings, counting: Counting, ledger: Ledger, stream: TrialStream
    ) -> None:
        self.cut: dict[str, str] = {}
        """Agent id -> why some of its planned trials were never started."""
        self._plan = plan
        self._only_trial = settings.trial
        self._counting = counting
        self._ledger = ledger
        self._stream = stream
        self._courses = {
            agent.profile.id: Course(agent, plan, counting, settings.trial) for agent in plan.agents
        }
        self._pending: Counter[str] = Counter()
        """Case id, and agent id -> how many of its trials have started or wait, and have not ended."""
        self._held: dict[str, list[TrialSpec]] = {}
        """Case id -> its trials that begin when somebody asks for the case."""
        self._spent: dict[str, str] = {}
        """Ids of agents of which nothing more may start -> why."""

    def start(self, ahead: Container[str] | None = None) -> None:
        """Begin with what every case gets, but for what is in the ledger already.

        `ahead` are the ids of cases whose trials begin now; those of others wait until `require`.
        """
        specs = [spec for course in self._courses.values() for spec in course.start()]
        if ahead is not None:
            for spec in specs:
                if spec.case.id not in ahead:
                    self._held.setdefault(spec.case.id, []).append(spec)
            specs = [spec for spec in specs if spec.case.id in ahead]
        self._launch_missing(specs)
        for agent in self._courses:
            self.go_on(agent)

    def require(self, cases: Iterable[Case], urgent: bool = True) -> None:
        """Let the trials of cases begin that were not among those ahead."""
        specs = [spec for case in cases for spec in self._held.pop(case.id, ())]
        if specs:
            self._launch_missing(specs, urgent)

    def give_up(self, case: Case, begun: Collection[int]) -> list[TrialSpec]:
        """The trials of a case that have not ended and never will, those that had `begun` elsewhere too."""
        held = self._held.pop(case.id, [])
        fresh = [make_trial(case, n, self._plan.seed) for n in sorted(begun) if n > case.max_trials]
        return [spec for spec in (*held, *fresh) if self._is_missing(spec)]

    @property
    def is_idle(self) -> bool:
        """Whether every trial that was started has ended."""
        return self._pending.total() <= 0

    def is_final(self, case: Case) -> bool:
        """Whether nothing more can happen to a case before the gates are decided.

        A critical case that is below its bar is given its second look when this is asked.
        """
        if not self._is_through(case):
            return False
        may_repeat = not self._only_trial and case.profile.id not in self._spent
        fresh = request_second_look(case, self._ledger) if may_repeat else 0
        if fresh:
            # Before others: somebody waits for this case.
            self._launch(self._make_fresh(case, fresh), urgent=True)
        return not fresh

    def is_finished(self, case: Case) -> bool:
        """Whether a case was started and each of its trials has ended by itself."""
        trials = self._ledger.list_trials(case.id)
        planned = 1 if self._only_trial else case.trials
        is_whole = len(trials) >= planned and all(trial.outcome != "cancelled" for trial in trials)
        return is_whole and self._is_through(case)

    def settle(self, spec: TrialSpec) -> None:
        """Take note that a trial has ended."""
        self._pending[spec.case.id] -= 1
        self._pending[spec.case.profile.id] -= 1

    def go_on(self, agent: str) -> None:
        """Start the next round of an agent, when the last one has ended and a gate is still open."""
        course = self._courses[agent]
        # A whole round may be in the ledger from an earlier run.
        while not (course.is_over or self._pending[agent] or agent in self._spent):
            self._launch_missing(course.go_on(self._ledger))

    def confirm(self, find_ruler: Callable[[AgentPlan], Ruler]) -> tuple[int, int]:
        """Start the fresh trials that alarms need before they may fail a gate: of how many cases, how many.

        To be called again when they have ended, until none is needed.
        """
        fresh = [spec for agent in self._plan.agents for spec in self._request_fresh(agent, find_ruler)]
        self._launch(fresh)
        return len({spec.case.id for spec in fresh}), len(fresh)

    def cut_short(self, agents: Sequence[str], reason: str) -> None:
        """Start nothing more of these agents. What is under way may end."""
        agents = [agent for agent in agents if agent not in self._spent]
        self._spent |= dict.fromkeys(agents, reason)
        cases = {case.id for case in self._plan.cases if case.profile.id in agents}
        dropped = self._stream.drop(cases) if cases else []
        for spec in dropped:
            self.settle(spec)
        held = [spec for case in cases for spec in self._held.pop(case, ()) if self._is_missing(spec)]
        missing = {spec.case.profile.id for spec in [*dropped, *held]}
        for agent in agents:
            if agent in missing or not self._courses[agent].is_over:
                self.cut[agent] = reason
            self._courses[agent].is_over = True

    def _is_through(self, case: Case) -> bool:
        return self._pending[case.id] <= 0 and self._courses[case.profile.id].is_over

    def _request_fresh(
        self, agent: AgentPlan, find_ruler: Callable[[AgentPlan], Ruler]
    ) -> Iterator[TrialSpec]:
        if agent.profile.id in self._spent:
            return
        wanted = request_fresh_trials(agent, self._ledger, self._counting, find_ruler(agent))
        for case in agent.cases if wanted else ():
            yield from self._make_fresh(case, wanted.get(case.id, 0))

    def _make_fresh(self, case: Case, count: int) -> list[TrialSpec]:
        """The next `count` trials beyond the plan."""
        fresh = self._ledger.list_fresh(case)
        last = fresh[-1].trial if fresh else case.max_trials
        return [make_trial(case, last + n, self._plan.seed) for n in range(1, count + 1)]

    def _launch_missing(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        """Launch what was not made earlier or elsewhere."""
        missing = [spec for spec in specs if self._is_missing(spec)]
        for agent in self._spent.keys() & {spec.case.profile.id for spec in missing}:
            self.cut[agent] = self._spent[agent]
        self._launch([spec for spec in missing if spec.case.profile.id not in self._spent], urgent)

    def _is_missing(self, spec: TrialSpec) -> bool:
        return self._ledger.find(spec.case.id, spec.trial) is None

    def _launch(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        self._pending.update(key for spec in specs for key in (spec.case.id, spec.case.profile.id))
        self._stream.launch(specs, urgent)
