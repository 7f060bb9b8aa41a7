"""A worker of pytest-xdist: it makes trials, and tells the controller where they are written."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.domain.result import CaseOutcome
from pytest_arc.errors import UsageError
from pytest_arc.history.resume import Takeover, find_takeover
from pytest_arc.planning import fix_trials
from pytest_arc.plugin.distribution.parts import (
    Collected,
    Journal,
    Parts,
    ShareReader,
    describe_case_trials,
)
from pytest_arc.plugin.distribution.shares import divide_settings
from pytest_arc.plugin.items import CaseItem
from pytest_arc.plugin.main import ArcPlugin, Refused, start
from pytest_arc.session import Session

__all__ = ["WorkerPlugin"]


class WorkerPlugin(ArcPlugin):
    """Makes the trials of the cases it is asked for, and of those it will be asked for."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(config)
        told = cast("dict[str, Any]", config.workerinput)  # type: ignore[attr-defined]
        self._id: str = told["workerid"]
        self._workers: int = told["workercount"]
        self._seed: int = told["arc_seed"]
        self._parts = Parts(Path(told["arc_run"]))
        self._folder = self._parts.make(self._id)
        self._shares = ShareReader(self._folder)
        self._known: set[str] = set()
        """Ids of the cases of all shares so far."""
        self._plan: Plan | None = None
        self._told: dict[str, Any] = {}
        """What the controller is told when all is over."""
        self.settings = divide_settings(self.settings, self._workers)
        if told["arc_resume"] is not None:
            self.settings = self.settings.model_copy(update={"resume": told["arc_resume"]})

    # The plan.

    def make_plan(self, agents: Sequence[AgentPlan], cases: Iterable[str], ungated: frozenset[str]) -> Plan:
        return super().make_plan(list(map(fix_trials, agents)), cases, ungated)

    def draw_seed(self) -> int:
        return self._seed

    def use_plan(self, plan: Plan, cases: Sequence[str]) -> None:
        files = {agent: (file.nodeid, file.path.as_posix()) for agent, file in self.files.items()}
        selected = [case.id for case in plan.cases]
        collected = Collected(files, list(cases), selected, sorted(plan.ungated), self.passed_over)
        self._parts.write_collected(self._id, collected)
        self._plan = plan

    # Running.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if isinstance(item, CaseItem) and self._parts.is_given_up(item.case.id):
            return True  # some schedulers hand out again what a worker has died of, until none is left
        return super().pytest_runtest_protocol(item, nextitem)

    def run_case(self, case: Case) -> CaseOutcome:
        if self.session is None:
            self.session = self._begin(case)
        elif case.id not in self._known:
            share = self._shares.read()
            self._known |= share.cases
            self._take_over(self.session, share.dead, share.cases)
            self.session.begin([other for other in self.session.plan.cases if other.id in share.cases])
        return self.session.wait_for(case, self._look_up)

    def _begin(self, case: Case) -> Session:
        """Start with the trials of this worker's share, if it is told of one."""
        assert self._plan is not None
        share = self._shares.read()
        self._known |= share.cases
        mode = replace(
            self.mode,
            ahead=share.cases or frozenset({case.id}),
            part=self._folder,
            workers=self._workers,
            fraction=_weigh(self._plan, share.cases) if share.cases else 1 / self._workers,
        )
        self._journal = Journal(self._folder)
        session = self.make_session(self._plan, mode, [self._journal])
        start(session, self._find_earlier(share.cases))
        self._take_over(session, share.dead, share.cases)
        return session

    def _find_earlier(self, mine: frozenset[str]) -> Takeover:
        """What `--arc-resume` lets this worker take over; the controller says what that is."""
        assert self._plan is not None
        try:
            found = find_takeover(self._plan, self.settings, self.root / self.settings.dir)
        except UsageError as error:
            raise Refused(str(error)) from None
        chosen = (trial for trial in found.trials if not mine or trial.result.case in mine)
        return replace(found, trials=chosen, note="")

    def _take_over(self, session: Session, dead: Sequence[str], mine: frozenset[str]) -> None:
        """Count what workers that died have made of these cases: it is not made again."""
        for name in dead:
            for trial in self._parts.open(name).read_written():
                known = session.ledger.find(trial.result.case, trial.result.trial)
                if trial.result.case in mine and known is None:
                    session.receive(trial)

    def _look_up(self) -> None:
        if self._parts.is_stopped:
            pytest.exit("the run has ended")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        stopped = ""
        try:
            return (yield)
        except Refused as refusal:
            # Said once, by the controller.
            self._told["refused"] = session.shouldstop = refusal.msg
            return True
        except BaseException:
            stopped = "interrupted"
            raise
        finally:
            self._finish(stopped or str(session.shouldfail or session.shouldstop or ""))

    def _finish(self, stopped: str) -> None:
        arc = self.session
        if arc is not None and arc.is_started:
            if stopped:
                arc.stop(stopped)
            arc.finish()
            self._journal.close()
            self._told |= {
                "cut": dict(arc.cut),
                "warnings": list(arc.services.warnings),
                "counts": dict(arc.services.counts),
                "trouble": arc.writer.trouble,
            }
        self.config.workeroutput["arc"] = self._told  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """What is to be remembered of the run, and its exit code, are the controller's."""

    def complete_report(self, report: pytest.TestReport, case: Case) -> None:
        assert self.session is not None
        trials = describe_case_trials(self.session, case.id)
        report.arc = {"case": case.id, "worker": self._id, "trials": trials}  # type: ignore[attr-defined]


def _weigh(plan: Plan, mine: frozenset[str]) -> float:
    """Which part of all trials those of these cases are."""
    whole = sum(case.trials for case in plan.cases)
    return sum(case.trials for case in plan.cases if case.id in mine) / whole if whole else 1.0
