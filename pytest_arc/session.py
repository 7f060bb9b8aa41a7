"""One run, from plan to verdicts. Both faces, pytest and `arc run`, drive it the same way:

    session = Session(plan, settings, root=root)
    session.start()                             trials begin, ahead of whoever waits for them
    for case in plan.cases:
        outcome = session.wait_for(case)        in plan order; trials end in any order
    verdicts = session.decide_gates()
    session.finish()

An executor produces results in a thread of its own. They are written to the run folder there, and come
into the ledger, to the hooks and to the listeners here, in the thread of whoever waits.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ParamSpec

from pytest_arc.domain.baseline import Ruler
from pytest_arc.domain.events import (
    CaseFinished,
    Event,
    GateDecided,
    RunFinished,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from pytest_arc.domain.forecast import Forecast
from pytest_arc.domain.plan import AgentPlan, Case, Plan, TrialSpec, make_trial
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import InfrastructureError, UsageError
from pytest_arc.executors.local import LocalExecutor
from pytest_arc.executors.lost import explain_lost
from pytest_arc.executors.output import TrialOutput, capture_trial, route_output
from pytest_arc.gates import (
    NO_RULER,
    Course,
    Ledger,
    count_selected,
    decide_counting,
    evaluate,
    forecast_gates,
    judge_case,
    measure_pace,
    request_fresh_trials,
    request_second_look,
)
from pytest_arc.history.environment import describe_environment
from pytest_arc.history.folder import RunWriter
from pytest_arc.history.identity import describe_agent
from pytest_arc.history.other_side import OtherSide
from pytest_arc.history.pace import estimate_pace
from pytest_arc.history.ruler import read_rulers
from pytest_arc.history.run import RunDocument
from pytest_arc.loading.quarantine import apply_quarantine
from pytest_arc.redaction import Redactor
from pytest_arc.reports.cases import describe_case
from pytest_arc.reports.plan import describe_plan
from pytest_arc.reports.style import Glyphs
from pytest_arc.reports.summary import AgentReport
from pytest_arc.targets.threads import lend_thread
from pytest_arc.trial import TrialOptions, run_trial

__all__ = ["Session", "SessionMode", "run_session"]

POLL_S = 0.25
"""How often a waiting thread looks up: Ctrl-C works everywhere, and a dead executor is noticed."""

WORTH_SAYING_USD = 1.0
"""A run of live trials that is expected to cost more says so before it starts."""

Listener = Callable[[Event], None]
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class SessionMode:
    """How the face wants trials to be run."""

    inline: bool = False
    """One after the other on the calling thread, when a case is waited for: for a debugger."""
    reraise: bool = False
    """Inline: let the exception of the agent's own code through."""
    route_output: bool = True
    """Keep what agents print per trial; off with `-s`."""
    window: int | None = None
    """At most so many trials ahead, whatever the concurrency: for runs that stop at the first failure."""


class Session:
    """The state of one run."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        *,
        root: Path,
        hooks: Any = None,
        listeners: Sequence[Listener] = (),
        mode: SessionMode = SessionMode(),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.plan = plan
        self.settings = settings
        self.counted = decide_counting(plan, settings)
        self.ledger = Ledger()
        self.rulers: dict[str, Ruler] = {}
        """Agent id -> what it is held against, besides its thresholds."""
        self.verdicts: list[Verdict] = []
        self.stopped = ""
        """Why the run ended early, if it did."""
        self.redact = Redactor(os.environ if environ is None else environ).text
        self._root = root
        self._hooks = hooks
        self._listeners = listeners
        self._mode = mode
        self._options = TrialOptions(
            real_time=settings.real_time, watchdog=not mode.inline, reraise=mode.reraise
        )
        self._agents = {case.id: agent for agent in plan.agents for case in agent.cases}
        self._courses = {
            agent.profile.id: Course(agent, plan, self.counted, settings.trial) for agent in plan.agents
        }
        self._pending: Counter[str] = Counter()
        """Case id, and agent id -> how many of its trials have started or wait, and have not ended."""
        self._inline: list[TrialSpec] = []
        """What waits for the calling thread, where there is no executor."""
        self._outcomes: dict[str, CaseOutcome] = {}
        self._results: deque[tuple[TrialSpec, TrialResult | BaseException]] = deque()
        self._news = threading.Event()
        """Something is among the results."""
        self._stack = ExitStack()
        self._executor: LocalExecutor | None = None
        self._writer: RunWriter | None = None
        self._other_side: OtherSide | None = None
        self._started = datetime.now(UTC)

    @property
    def is_started(self) -> bool:
        return self._writer is not None

    @property
    def writer(self) -> RunWriter:
        """The run folder. Raises RuntimeError before `start`."""
        if self._writer is None:
            raise RuntimeError("the run has not been started")
        return self._writer

    def start(self) -> None:
        """Open the run folder and let trials begin.

        Raises UsageError when the folder cannot be made, and LoadError for a damaged quarantine.
        """
        self.rulers = self._read_rulers()
        if self.settings.against:
            self._other_side = OtherSide(self._root, self.settings.against)
            profiles = [agent.path for agent in self.plan.agents]
            self._other_side.start(profiles, self._describe_other_side())
        self._writer = RunWriter(self._root / self.settings.dir, self.redact)
        self._writer.write_header(self._describe_header())
        self._tell(RunStarted, self._writer.run_id, self.plan)
        if not self._mode.inline:
            if self._mode.route_output:
                self._stack.enter_context(route_output())
            self._executor = LocalExecutor(
                self._run_with_attempts,
                self._receive,
                self._choose_concurrency(),
                self._announce,
                self._limit_time,
                on_turn=self._news.set,
            )
            self._executor.start([])
        self._launch([spec for course in self._courses.values() for spec in course.start()])

    def wait_for(self, case: Case, tick: Callable[[], None] = lambda: None) -> CaseOutcome:
        """What became of a case, once its trials have ended; `tick` is called while waiting."""
        self._wait(lambda: self._is_final(case), tick, case)
        return self._conclude(case)

    def is_finished(self, case: Case) -> bool:
        """Whether a case was started and each of its trials has ended by itself."""
        trials = self.ledger.list_trials(case.id)
        ended = self._course_of(case).is_over and self._pending[case.id] <= 0
        return bool(trials) and ended and all(t.outcome != "cancelled" for t in trials)

    def stop(self, reason: str) -> None:
        """Start nothing more and cancel what runs. What has finished is kept."""
        self.stopped = self.stopped or reason
        if self._executor is not None:
            self._executor.cancel()
        while self._take_result(timeout_s=0):
            pass

    def decide_gates(self, tick: Callable[[], None] = lambda: None) -> list[Verdict]:
        """Evaluate every gate whose cases are all selected; first, alarms are confirmed by fresh trials.

        `tick` is called while waiting for those.
        """
        self._await_other_side(tick)
        self._confirm(tick)
        for agent in self.plan.agents:
            if not self.counted.list_due(agent):
                continue
            for verdict in self._evaluate(agent):
                self.verdicts.append(verdict)
                self._tell(GateDecided, verdict)
                self._call_hook("pytest_arc_gate", verdict=verdict)
        return self.verdicts

    def finish(self) -> None:
        """End the run and write what is left to write."""
        if self._writer is None:
            return
        if self._executor is not None:
            self._executor.cancel()
        if self._other_side is not None:
            self._other_side.close()
        self._stack.close()
        self._writer.finish(self.write_document())
        if self.settings.json_path is not None:
            self._writer.write_copy(Path(self.settings.json_path), self.write_document())
        self._tell(RunFinished, self._writer.run_id, bool(self.stopped))
        if self._hooks is not None and self._hooks.pytest_arc_run_finish.get_hookimpls():
            self._hooks.pytest_arc_run_finish(run=json.loads("".join(self.write_document())))

    def write_document(self) -> Iterator[str]:
        """The text of `run.json`, piece by piece."""
        header = self._describe_header() | {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "interrupted": self.stopped or None,
        }
        return RunDocument(
            header,
            self.plan,
            self.verdicts,
            self.ledger.list_trials,
            self.outcome_of,
            self.writer.read_lines,
            self.redact,
        ).write()

    def describe_plan(self) -> list[str]:
        """What the run would take and could decide, by the newest run of each agent. Raises LoadError."""
        rulers = self.rulers or self._read_rulers()
        agents = [agent for agent in self.plan.agents if count_selected(agent, self.plan)[0]]
        described = (describe_plan(self._forecast(agent, rulers)) for agent in agents)
        return [line for lines in described for line in [*lines, ""]]

    def announce_cost(self) -> list[str]:
        """The size, cost and time of each agent's part, where that would cost real money."""
        lines: list[str] = []
        for agent in self.plan.agents:
            if not agent.profile.target.deterministic:
                forecast = self._forecast(agent, {})
                if forecast.trials * (forecast.cost_usd or 0.0) > WORTH_SAYING_USD:
                    lines += describe_plan(forecast)[:3]
        return lines

    def _forecast(self, agent: AgentPlan, rulers: Mapping[str, Ruler]) -> Forecast:
        cases = tuple(case for case in agent.cases if case.id in self.plan.selected)
        pace = estimate_pace(agent, self._root / self.settings.dir)
        baseline = rulers.get(agent.profile.id, NO_RULER).baseline
        forecast = forecast_gates(replace(agent, cases=cases), pace.cost_usd, pace.time_s, baseline)
        due = self.counted.list_due(agent)
        gates = tuple(gate for gate in forecast.gates if gate.gate in due)
        if self._courses[agent.profile.id].is_over:  # nothing would end its rounds: there is one
            forecast = replace(forecast, max_trials=forecast.trials)
        return replace(forecast, gates=gates)

    def report(self, agent: AgentPlan, run: str = "last") -> AgentReport:
        """What reports are told about one agent; `run` is how commands name this run."""
        cases = [case for case in agent.cases if case.id in self.plan.selected]
        return AgentReport(
            agent=agent,
            outcomes=[self.outcome_of(case) for case in cases],
            trials=[trial for case in cases for trial in self.ledger.list_planned(case)],
            fresh=[trial for case in cases for trial in self.ledger.list_fresh(case)],
            notes=self.rulers.get(agent.profile.id, NO_RULER).notes,
            verdicts=[verdict for verdict in self.verdicts if verdict.agent == agent.profile.id],
            run=run,
            prefix="" if len(self.plan.agents) == 1 else f"{agent.profile.id}/",
            wall_s=(datetime.now(UTC) - self._started).total_seconds(),
        )

    def explain(self, case: Case, glyphs: Glyphs) -> str:
        """The full text of a case that is below its bar."""
        outcome = self.outcome_of(case)
        address = self.report(self._agents[case.id]).address(outcome)
        trials = self.ledger.list_trials(case.id)
        return describe_case(case, outcome, trials, self.writer.read_trajectory, glyphs, address)

    @property
    def exit_code(self) -> int:
        """As in pytest: 0 well, 1 a case or gate failed or errored, 2 interrupted, 5 nothing to run.

        Also 1 when results could not be written: whatever reads them next would take them for whole.
        """
        if self.stopped:
            return 2
        if not self.plan.cases:
            return 5
        words = (self.outcome_of(case).word for case in self.plan.cases)
        failed = any(word in ("failed", "errored") for word in words) or any(v.fails for v in self.verdicts)
        return int(failed or bool(self.writer.trouble))

    def outcome_of(self, case: Case) -> CaseOutcome:
        """What became of a case, so far."""
        return self._outcomes.get(case.id) or self._judge(case)

    # What runs next.

    def _read_rulers(self) -> dict[str, Ruler]:
        aside = apply_quarantine(self._root, self.plan.agents, self._started.date())
        quarantined = {agent: found.scenarios for agent, found in aside.items()}
        rulers = read_rulers(self.plan, self._root, self.settings.base, quarantined)
        return {
            agent: replace(ruler, notes=(*ruler.notes, *aside[agent].notes))
            for agent, ruler in rulers.items()
        }

    def _describe_other_side(self) -> list[str]:
        """The settings that both sides share, as flags."""
        settings = self.settings
        shared = {"target": settings.target, "slip-rate": settings.slip_rate, "attempts": settings.attempts}
        if isinstance(settings.trials, int):
            shared["trials"] = settings.trials
        flags = [f"--{name}={value}" for name, value in shared.items() if value is not None]
        return [*flags, f"--seed={self.plan.seed}", "--against=", "--strict"]

    def _await_other_side(self, tick: Callable[[], None]) -> None:
        """Put what the other revision came to in the place of the baseline."""
        if self._other_side is None or self.stopped:
            return
        try:
            found = self._other_side.wait(tick)
        except UsageError as error:
            found, trouble = {}, str(error)
        else:
            trouble = f"{self._other_side.label} ran no agent of this file"
        for agent in self.plan.agents:
            ruler = self.rulers[agent.profile.id]
            baseline = found.get(agent.path)
            damage = "" if baseline else trouble
            self.rulers[agent.profile.id] = replace(ruler, baseline=baseline, trouble="", damage=damage)

    def _evaluate(self, agent: AgentPlan) -> list[Verdict]:
        ruler = self.rulers.get(agent.profile.id, NO_RULER)
        pace = measure_pace(self._list_made(agent), (datetime.now(UTC) - self._started).total_seconds())
        verdicts = evaluate(agent, self.ledger, self.counted, self.plan.seed, ruler, self.stopped, pace)
        if not self.settings.advisory:
            return verdicts
        return [replace(verdict, fails=False, advisory=verdict.fails) for verdict in verdicts]

    def _list_made(self, agent: AgentPlan) -> list[TrialResult]:
        return [trial for case in agent.cases for trial in self.ledger.list_trials(case.id)]

    def _course_of(self, case: Case) -> Course:
        return self._courses[case.profile.id]

    def _is_final(self, case: Case) -> bool:
        """Whether nothing more can happen to a case before the gates are decided."""
        if self._pending[case.id] > 0 or not self._course_of(case).is_over:
            return False
        fresh = 0 if self.settings.trial else request_second_look(case, self.ledger)
        # Before others: somebody waits for this case.
        self._launch(self._make_fresh(case, fresh), urgent=True)
        return not fresh

    def _confirm(self, tick: Callable[[], None]) -> None:
        """Run the fresh trials that an alarm needs before it may fail a gate."""
        while not self.stopped:
            fresh = [spec for agent in self.plan.agents for spec in self._request_fresh(agent)]
            if not fresh:
                return
            self._launch(fresh)
            self._wait(lambda: self._pending.total() <= 0, tick)

    def _request_fresh(self, agent: AgentPlan) -> Iterator[TrialSpec]:
        ruler = self.rulers.get(agent.profile.id, NO_RULER)
        wanted = request_fresh_trials(agent, self.ledger, self.counted, ruler)
        for case in agent.cases if wanted else ():
            yield from self._make_fresh(case, wanted.get(case.id, 0))

    def _make_fresh(self, case: Case, count: int) -> list[TrialSpec]:
        """The next `count` trials beyond the plan."""
        made = case.max_trials + len(self.ledger.list_fresh(case))
        return [make_trial(case, made + n, self.plan.seed) for n in range(1, count + 1)]

    def _launch(self, specs: Sequence[TrialSpec], urgent: bool = False) -> None:
        self._pending.update(key for spec in specs for key in (spec.case.id, spec.case.profile.id))
        if self._executor is None:
            self._inline += specs
        elif specs:
            self._executor.add(specs, urgent)

    def _wait(self, is_over: Callable[[], bool], tick: Callable[[], None], first: Case | None = None) -> None:
        """Take results until it is over or the run is stopped; inline, the trials of `first` go first."""
        while not self.stopped and not is_over():
            if self._executor is None:
                self._run_inline(first)
            elif not self._take_result(timeout_s=POLL_S):
                tick()
                self._notice_dead_executor(self._executor)

    # Trials: in the executor's thread, or inline.

    async def _run_with_attempts(self, spec: TrialSpec) -> TrialResult:
        """Try again, with the same seed, what failed for reasons that are not the agent's."""
        output = capture_trial() if self._mode.route_output else TrialOutput()
        attempts = 1 if spec.case.profile.target.deterministic else self.settings.attempts
        result = await run_trial(spec, self._options)
        for attempt in range(2, attempts + 1):
            if result.outcome != "errored":
                break
            result = await run_trial(replace(spec, attempt=attempt), self._options)
        printed = output.read()
        return replace(result, output=printed) if printed else result

    def _receive(self, spec: TrialSpec, result: TrialResult | BaseException) -> None:
        if isinstance(result, TrialResult):
            try:
                result = self.writer.add(self._redact_result(result))
            except Exception as error:
                # Whoever waits for this trial must hear of it.
                message = f"the trial could not be written down: {type(error).__name__}: {error}"
                result = InfrastructureError(message)
        self._results.append((spec, result))

    def _redact_result(self, result: TrialResult) -> TrialResult:
        """Take secrets out of what goes to screens and JUnit; the run folder redacts all it writes."""
        text = "\n".join([result.output, result.reason, *[check.reason for check in result.checks]])
        if self.redact(text) is text:
            return result
        checks = tuple(replace(check, reason=self.redact(check.reason)) for check in result.checks)
        return replace(
            result, output=self.redact(result.output), reason=self.redact(result.reason), checks=checks
        )

    def _announce(self, spec: TrialSpec) -> None:
        try:
            self._call_hook("pytest_arc_trial_start", case=spec.case, trial=spec)
        except Exception as error:
            message = f"a pytest_arc_trial_start hook raised {type(error).__name__}: {error}"
            raise InfrastructureError(message) from error
        self._tell(TrialStarted, spec)

    def _limit_time(self, spec: TrialSpec) -> float:
        return spec.case.limits.timeout_s * self.settings.attempts

    def _choose_concurrency(self) -> int:
        wanted = self.settings.concurrency or min(
            (agent.profile.target.default_concurrency for agent in self.plan.agents), default=1
        )
        return min(wanted, self._mode.window or wanted)

    def _run_inline(self, first: Case | None) -> None:
        place = next((n for n, spec in enumerate(self._inline) if spec.case is first), 0)
        spec = self._inline.pop(place)
        self._announce(spec)
        self._receive(spec, self._run_here(spec))
        self._take_result(timeout_s=0)

    def _run_here(self, spec: TrialSpec) -> TrialResult:
        """Run one trial so that the agent's own code is on the calling thread, be it async or plain."""

        def run() -> TrialResult:
            return asyncio.run(self._run_with_attempts(spec))

        return lend_thread(run) if spec.case.profile.target.runs_in_thread else run()

    # Results: in the thread of whoever waits.

    def _take_result(self, timeout_s: float) -> bool:
        if not self._results:
            self._news.wait(timeout_s)
            self._news.clear()
        if not self._results:
            return False
        spec, result = self._results.popleft()
        if not isinstance(result, TrialResult):
            result = explain_lost(spec, result)
        agent = spec.case.profile.id
        self._pending[spec.case.id] -= 1
        self._pending[agent] -= 1
        self.ledger.add(result)
        self._tell(TrialFinished, result)
        self._call_hook("pytest_arc_trial_finish", result=result)
        if not self._pending[agent] and not self.stopped:
            self._launch(self._courses[agent].go_on(self.ledger))
        return True

    def _notice_dead_executor(self, executor: LocalExecutor) -> None:
        """End a run that would never end."""
        if self._results:
            return
        longest_s = max(case.limits.timeout_s for case in self.plan.cases)
        if not executor.is_alive:
            self.stopped = "the executor died"
        elif executor.stalled_s > 2 * longest_s + executor.grace_s:
            self.stopped = (
                f"an async agent has blocked all trials for {executor.stalled_s:.0f} s"
                f" at {executor.find_blocker()}: let it await, or make it a plain function"
            )

    def _conclude(self, case: Case) -> CaseOutcome:
        outcome = self._judge(case)
        self._outcomes[case.id] = outcome
        self._tell(CaseFinished, case, outcome)
        self._call_hook("pytest_arc_case_finish", case=case, outcome=outcome)
        return outcome

    def _judge(self, case: Case) -> CaseOutcome:
        outcome = judge_case(case, self.ledger, self.counted.cases.get(case.id, ""), self.stopped)
        if self.stopped and outcome.word in ("passed", "xpassed") and not self.is_finished(case):
            # Two of five trials may pass where five would not: what did not run is never green.
            return replace(outcome, word="not run", reason=f"{self.stopped}; {outcome.reason} until then")
        if self.settings.advisory and outcome.word in ("failed", "errored"):
            reason = f"advisory, would be {outcome.word}: {outcome.reason}"
            return replace(outcome, word="below bar", reason=reason)
        return outcome

    def _tell(self, kind: Callable[P, Event], *facts: P.args, **more: P.kwargs) -> None:
        if self._listeners:
            event = kind(*facts, **more)
            for listen in self._listeners:
                listen(event)

    def _call_hook(self, name: str, **told: Any) -> None:
        hook = getattr(self._hooks, name, None)
        # Calling a hook that nobody implements takes time like writing a small trial's line.
        if hook is not None and hook.get_hookimpls():
            hook(**told)

    @cached_property
    def _origins(self) -> dict[str, Any]:
        """What is measured and where: as it was when the run began."""
        agents = [describe_agent(agent) for agent in self.plan.agents]
        return {"agents": agents, **describe_environment(self._root)}

    def _describe_header(self) -> dict[str, Any]:
        return {
            "run_id": self.writer.run_id,
            "started": self._started.isoformat(timespec="seconds"),
            "seed": self.plan.seed,
            "settings": self.settings.model_dump(mode="json", by_alias=True),
            "executor": "local",
            **self._origins,
        }


def run_session(session: Session) -> Session:
    """Do a whole run, for a face without a loop of its own. Ctrl-C keeps what has finished, and is raised."""
    session.start()
    waiting = deque(session.plan.cases)
    try:
        while waiting:
            session.wait_for(waiting[0])
            waiting.popleft()
        session.decide_gates()
    except BaseException:
        session.stop("interrupted")
        for case in filter(session.is_finished, waiting):
            session.wait_for(case)
        session.decide_gates()
        raise
    finally:
        session.finish()
    return session
