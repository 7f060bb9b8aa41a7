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

import json
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec

from pytest_arc.dispatch import Dispatch
from pytest_arc.domain.events import (
    CaseFinished,
    Event,
    GateDecided,
    RunFinished,
    RunStarted,
    TrialEnded,
    TrialFinished,
    TrialStarted,
)
from pytest_arc.domain.plan import AgentPlan, Case, Plan, TrialSpec
from pytest_arc.domain.result import CaseOutcome, TrialResult, Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import InfrastructureError
from pytest_arc.executors.budget import Purse
from pytest_arc.executors.lost import explain_lost
from pytest_arc.gates import (
    Ledger,
    decide_counting,
    evaluate,
    judge_case,
    measure_pace,
)
from pytest_arc.history.document import describe_ruler
from pytest_arc.history.folder import RunFolder, WrittenTrial
from pytest_arc.history.header import Header
from pytest_arc.history.pace import estimate_trial
from pytest_arc.history.resume import Takeover, find_takeover
from pytest_arc.history.rulers import Rulers
from pytest_arc.history.run import RunDocument
from pytest_arc.history.writer import RunWriter
from pytest_arc.mode import SessionMode
from pytest_arc.outlook import Outlook
from pytest_arc.publishing import REPORTS, list_places, publish, verify_places
from pytest_arc.reports.cases import describe_case
from pytest_arc.reports.live import Standing, Watch
from pytest_arc.reports.style import Glyphs
from pytest_arc.reports.summary import AgentReport
from pytest_arc.supply import Inventory
from pytest_arc.workshop import Workshop

__all__ = ["Listener", "Session", "SessionMode", "run_session"]

POLL_S = 0.25
"""How often a waiting thread looks up: Ctrl-C works everywhere, and a dead executor is noticed."""

PLAIN = SessionMode()

Listener = Callable[[Event], None]
P = ParamSpec("P")


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
        notify: Callable[[str], None] = lambda message: None,
        mode: SessionMode = PLAIN,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.plan = plan
        self.settings = settings
        self.counted = decide_counting(plan, settings)
        self.ledger = Ledger()
        self._watch = Watch(plan, self.ledger.arrived, settings.trial)
        self.rulers = Rulers(plan, settings, root)
        self._outlook = Outlook(plan, settings, self.counted, self.rulers, root / settings.dir)
        self.verdicts: list[Verdict] = []
        self.stopped = ""
        """Why the run ended early, if it did."""
        self.inventory = Inventory(settings)
        self._mode = mode
        self._root = root
        self._hooks = hooks
        self._listeners = listeners
        self._notify = notify
        """Tells whoever waits why it goes on although all cases are through."""
        environ = os.environ if environ is None else environ
        self._workshop = Workshop(
            plan, settings, mode, root, environ, self._announce, partial(self._tell, TrialEnded), self._keep
        )
        self.redactor, self.services = self._workshop.redactor, self._workshop.services
        self._stream = self._workshop.stream
        self._agents = {case.id: agent for agent in plan.agents for case in agent.cases}
        self._dispatch = Dispatch(plan, settings, self.counted, self.ledger, self._stream)
        self._outcomes: dict[str, CaseOutcome] = {}
        self._purse = Purse(plan, settings, mode.fraction)
        self._writer: RunWriter | None = None
        self._continues: tuple[str, ...] = ()
        """Keys of the runs whose trials were taken over."""
        self._started = datetime.now(UTC)
        self._header = Header(plan, settings, root, self._started)
        self._places = list_places(settings)
        self._unpublished: dict[Path, str] = {}
        """Reports that could not be written, and why."""
        self._began_s = time.monotonic()

    @property
    def is_started(self) -> bool:
        return self._writer is not None

    @property
    def writer(self) -> RunWriter:
        """The run folder. Raises RuntimeError before `start`."""
        if self._writer is None:
            raise RuntimeError("the run has not been started")
        return self._writer

    def start(self, earlier: Takeover | None = None) -> None:
        """Open the run folder, take over what was made `earlier`, and let the other trials begin.

        None: what the settings say. Raises UsageError when that cannot be taken over, a key is missing or
        the folder cannot be made, and LoadError for a damaged quarantine or list of licences.
        """
        try:
            taken = earlier or find_takeover(self.plan, self.settings, self._root / self.settings.dir)
            self._continues = taken.continues
            self._open()
        except BaseException:
            self._close()
            self._workshop.close_log()
            if self._writer is not None:
                self._writer.close()
            raise
        if taken.note:
            self._notify(taken.note)
        if earlier or self._mode.makes_planned:
            for trial in taken.trials:
                self.receive(trial)
        for agent, reason in taken.missing.items():
            self._dispatch.cut_short([agent], reason)
        self._dispatch.start(self._mode.ahead)

    def _open(self) -> None:
        self._listeners = [*self._listeners, *self._workshop.open()]
        if self._mode.part is None:
            verify_places(self._places)
            self.rulers.read(self._started.date())
            self.rulers.start_other_side([agent for agent in self.plan.agents if self._is_compared(agent)])
            self.inventory.start()
        root, transcripts = self._root / self.settings.dir, self.settings.transcripts
        folder = self._mode.part or self._mode.folder
        self._writer = RunWriter(root, self.redactor, transcripts, folder)
        self._writer.write_header(self._describe_header())
        self._tell(RunStarted, self._writer.run_id, self.plan)
        self._workshop.start(self._writer.run_id)

    def receive(self, trial: WrittenTrial) -> None:
        """Count a trial that was made earlier or by another process: it is not made again.

        Hooks are not called for it: they were, where it was made. Raises ValueError for one that is counted.
        """
        self.ledger.add(trial.result)
        self.writer.copy(trial)
        self._tell(TrialFinished, trial.result)
        self._pay(trial.result)

    def begin(self, cases: Sequence[Case]) -> None:
        """Let the trials of these cases begin that were not among those ahead; nobody waits for them yet."""
        self._dispatch.require(cases, urgent=False)

    def give_up(self, case: Case, reason: str, begun: Collection[int] = ()) -> CaseOutcome:
        """Count the trials of a case that nobody makes any more as errored, and the case itself.

        `reason`: why, as a sentence; `begun` are the numbers of those that were under way.
        """
        for spec in self._dispatch.give_up(case, begun):
            when = "while it ran" if spec.trial in begun else "before it began"
            lost = explain_lost(spec, InfrastructureError(f"{reason} {when}"))
            result = self.writer.add(replace(lost, cause=reason))
            self.ledger.add(result)
            self._tell(TrialFinished, result)
            self._call_hook("pytest_arc_trial_finish", result=result)
        return self._conclude(case, replace(self._judge(case), word="errored", reason=reason))

    def note_cut(self, cut: Mapping[str, str]) -> None:
        """Take note why trials of some agents will never come from whoever makes them (agent id -> why)."""
        for agent, reason in cut.items():
            self._dispatch.cut_short([agent], reason)

    def _close(self) -> None:
        self._workshop.close()
        self.rulers.close()
        self.inventory.close()

    def wait_for(self, case: Case, tick: Callable[[], None] = lambda: None) -> CaseOutcome:
        """What became of a case, once its trials have ended; `tick` is called while waiting."""
        self._dispatch.require([case])
        self._wait(lambda: self._dispatch.is_final(case), tick, case)
        return self._conclude(case, self._judge(case))

    def is_finished(self, case: Case) -> bool:
        """Whether a case was started and each of its trials has ended by itself."""
        return self._dispatch.is_finished(case)

    @property
    def cut(self) -> Mapping[str, str]:
        """Agent id -> why some of its planned trials were never started."""
        return self._dispatch.cut

    def stop(self, reason: str) -> None:
        """Start nothing more and cancel what runs. What has finished is kept."""
        self.stopped = self.stopped or reason
        self._stream.cancel()
        while self._take_result(timeout_s=0):
            pass

    def decide_gates(self, tick: Callable[[], None] = lambda: None) -> list[Verdict]:
        """Evaluate every gate whose cases are all selected; first, alarms are confirmed by fresh trials.

        `tick` is called while waiting for those.
        """
        if not self.stopped:
            self.rulers.await_other_side(tick)
            self._confirm(tick)
        self.verdicts.clear()  # a hook may have broken off an earlier attempt
        for agent in self.plan.agents:
            for verdict in self._evaluate(agent, tick):
                self.verdicts.append(verdict)
                self._tell(GateDecided, verdict)
                self._call_hook("pytest_arc_gate", verdict=verdict)
        return self.verdicts

    def finish(self) -> None:
        """End the run and write what is left to write."""
        if self._writer is None:
            return
        if not self.stopped:
            self.inventory.finish()
        self._close()
        if self._mode.part is not None:
            self._writer.close()
            return
        self._writer.finish(self.write_document())
        sbom = self.inventory.sbom
        texts = {"json": self.write_document, **({"sbom": lambda: [sbom.text]} if sbom else {})}
        self._unpublished = publish(RunFolder(self._writer.path), self._places, texts)
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
            self.redactor,
        ).write()

    def describe_plan(self) -> list[str]:
        """What the run would take and could decide, by the newest run of each agent. Raises LoadError."""
        self.rulers.read(self._started.date())
        return self._outlook.describe_plan()

    def announce_cost(self) -> list[str]:
        """The size, cost and time of each agent's part, where that would cost real money."""
        lines = self._outlook.announce_cost() if self._workshop.asks_providers else []
        measure = partial(estimate_trial, root=self._root / self.settings.dir)
        return lines + self._workshop.executor.announce(self.plan, self.settings, measure)

    def measure_standing(self) -> Standing:
        """How far the run is."""
        now = self._stream.snapshot()
        place = "container" if self._workshop.executor.kind == "modal" else "worker"
        return self._watch.stand(now.running, now.waiting, now.workers, place, now.cost_usd)

    def describe_executor(self) -> tuple[str, list[str]]:
        """The name of what made the trials, and what there is to say of it at the end."""
        return self._workshop.executor.kind, self._stream.describe()

    def report(self, agent: AgentPlan, run: str = "last") -> AgentReport:
        """What reports are told about one agent; `run` is how commands name this run."""
        cases = [case for case in agent.cases if case.id in self.plan.selected]
        return AgentReport(
            agent=agent,
            outcomes=[self.outcome_of(case) for case in cases],
            trials=[trial for case in cases for trial in self.ledger.list_planned(case)],
            fresh=[trial for case in cases for trial in self.ledger.list_fresh(case)],
            notes=self._list_notes(agent),
            verdicts=[verdict for verdict in self.verdicts if verdict.agent == agent.profile.id],
            run=run,
            prefix="" if len(self.plan.agents) == 1 else f"{agent.profile.id}/",
            wall_s=time.monotonic() - self._began_s,
        )

    def explain(self, case: Case, glyphs: Glyphs) -> str:
        """The full text of a case that is below its bar."""
        outcome = self.outcome_of(case)
        address = self.report(self._agents[case.id]).address(outcome)
        trials = self.ledger.list_trials(case.id)
        return describe_case(
            f"{case.origin.path}:{case.origin.line}  {case.scenario.title}",
            outcome,
            trials,
            self.writer.read_trajectory,
            glyphs,
            address,
            trace_ids=self.settings.trace_ids,
        )

    @property
    def exit_code(self) -> int:
        """As in pytest: 0 well, 1 a case or gate failed or errored, 2 interrupted, 5 nothing to run.

        Also 1 when results could not be written: whatever reads them next would take them for whole.
        """
        if self.stopped:
            return 2
        if not self.plan.cases and not self.plan.whole:
            return 5
        words = (self.outcome_of(case).word for case in self.plan.cases)
        failed = any(word in ("failed", "errored") for word in words) or any(v.fails for v in self.verdicts)
        return int(failed or self.is_incomplete)

    @property
    def is_incomplete(self) -> bool:
        """Whether something is missing that no verdict tells of: a run like that is never green."""
        is_cut = bool(self.cut) and not self.settings.advisory
        return bool(self.stopped or is_cut or self.trouble)

    @property
    def trouble(self) -> str:
        """What of the results could not be written, and why; empty when all was."""
        reports = "; ".join(f"{place.as_posix()}: {why}" for place, why in self._unpublished.items())
        return self.writer.trouble or self.inventory.trouble or reports

    @property
    def reports(self) -> list[str]:
        """The paths of the reports for people that have been written."""
        written = (self._places[name] for name in REPORTS if name in self._places)
        return [path.as_posix() for path in written if path not in self._unpublished]

    def outcome_of(self, case: Case) -> CaseOutcome:
        """What became of a case, so far."""
        return self._outcomes.get(case.id) or self._judge(case)

    # What runs next.

    def _evaluate(self, agent: AgentPlan, tick: Callable[[], None]) -> list[Verdict]:
        verdicts = self._evaluate_counts(agent) if self.counted.list_due(agent) else []
        if any(case.id in self.plan.selected for case in agent.cases):
            licenses = self.inventory.judge_licenses(agent.profile.id, self.stopped, tick)
            verdicts += [licenses] if licenses is not None else []
        if not self.settings.advisory:
            return verdicts
        return [replace(verdict, fails=False, advisory=verdict.fails) for verdict in verdicts]

    def _is_compared(self, agent: AgentPlan) -> bool:
        return not {"regression", "performance"}.isdisjoint(self.counted.list_due(agent))

    def _evaluate_counts(self, agent: AgentPlan) -> list[Verdict]:
        ruler = self.rulers.find(agent)
        pace = measure_pace(self._list_made(agent), time.monotonic() - self._began_s)
        ended = self.stopped or self.cut.get(agent.profile.id, "")
        verdicts = evaluate(agent, self.ledger, self.counted, self.plan.seed, ruler, ended, pace)
        if agent.profile.id in self.cut:
            hints = self._purse.advise(agent)
            verdicts = [replace(v, hints=hints) if v.word == "not evaluated" else v for v in verdicts]
        return verdicts

    def _list_made(self, agent: AgentPlan) -> list[TrialResult]:
        return [trial for case in agent.cases for trial in self.ledger.list_trials(case.id)]

    def _confirm(self, tick: Callable[[], None]) -> None:
        """Run the fresh trials that an alarm needs before it may fail a gate."""
        while not self.stopped:
            cases, trials = self._dispatch.confirm(self.rulers.find)
            if not trials:
                return
            of = f"{cases} case{'' if cases == 1 else 's'}"
            self._notify(f"an alarm is to be confirmed: {trials} fresh trials of {of}")
            self._wait(lambda: self._dispatch.is_idle, tick)

    def _wait(self, is_over: Callable[[], bool], tick: Callable[[], None], first: Case | None = None) -> None:
        """Take results until it is over or the run is stopped; inline, the trials of `first` go first."""
        while not self.stopped and not is_over():
            has_come = self._take_result(POLL_S, first)
            while has_come and not is_over() and self._take_result(timeout_s=0):
                pass  # what came with it: nobody has to be shown each of them
            tick()
            if not has_come and (trouble := self._stream.find_trouble()):
                self.stop(trouble)

    # One trial, in the thread that makes it.

    def _keep(self, result: TrialResult) -> TrialResult:
        return self.writer.add(result)

    def _announce(self, spec: TrialSpec) -> None:
        try:
            self._call_hook("pytest_arc_trial_start", case=spec.case, trial=spec)
        except Exception as error:
            message = f"a pytest_arc_trial_start hook raised {type(error).__name__}: {error}"
            raise InfrastructureError(message) from error
        self._tell(TrialStarted, spec)

    # Results: in the thread of whoever waits.

    def _take_result(self, timeout_s: float, first: Case | None = None) -> bool:
        taken = self._stream.take(timeout_s, first)
        if taken is None:
            return False
        spec, result = taken
        agent = spec.case.profile.id
        self._dispatch.settle(spec)
        if result.outcome == "errored":
            result = self.writer.redact(result)  # one that was lost has not been kept
        self.ledger.add(result)
        self._tell(TrialFinished, result)
        self._call_hook("pytest_arc_trial_finish", result=result)
        self._pay(result)
        if not self.stopped:
            self._dispatch.go_on(agent)
        return True

    def _pay(self, result: TrialResult) -> None:
        for agents, reason in self._purse.pay(self._agents[result.case].profile.id, result):
            if self._mode.makes_planned:  # else each of those who make them keeps to its part
                self._dispatch.cut_short(agents, reason)

    def _conclude(self, case: Case, outcome: CaseOutcome) -> CaseOutcome:
        self._outcomes[case.id] = outcome
        self._tell(CaseFinished, case, outcome)
        self._call_hook("pytest_arc_case_finish", case=case, outcome=outcome)
        return outcome

    def _judge(self, case: Case) -> CaseOutcome:
        ended = self.stopped or self.cut.get(case.profile.id, "")
        outcome = judge_case(case, self.ledger, self.counted.cases.get(case.id, ""), ended)
        if ended and outcome.word in ("passed", "xpassed") and not self.is_finished(case):
            # Two of five trials may pass where five would not: what did not run is never green.
            return replace(outcome, word="not run", reason=f"{ended}; {outcome.reason} until then")
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

    def _list_notes(self, agent: AgentPlan) -> tuple[str, ...]:
        return (*self.rulers.find(agent).notes, *self._purse.note(agent))

    def _describe_header(self) -> dict[str, Any]:
        rulers = [
            describe_ruler(self.rulers.find(agent), self._list_notes(agent)) for agent in self.plan.agents
        ]
        more = self.inventory.describe()
        return self._header.describe(
            self.writer.run_id, self._workshop.executor.kind, rulers, self._continues, more
        )


def run_session(
    session: Session, earlier: Takeover | None = None, tick: Callable[[], None] = lambda: None
) -> Session:
    """Do a whole run, for a face without a loop of its own. Ctrl-C keeps what has finished, and is raised.

    `earlier`: as `Session.start` takes it; `tick` is called again and again while trials are made.
    """
    session.start(earlier)
    waiting = deque(session.plan.cases)
    try:
        while waiting:
            session.wait_for(waiting[0], tick)
            waiting.popleft()
        session.decide_gates(tick)
    except BaseException:
        session.stop("interrupted")
        for case in filter(session.is_finished, waiting):
            session.wait_for(case)
        session.decide_gates()
        raise
    finally:
        session.finish()
    return session
