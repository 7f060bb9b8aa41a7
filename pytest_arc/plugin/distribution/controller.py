"""The controller of pytest-xdist: it makes no planned trial, receives all, decides gates and reports once."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import shutil
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_arc.domain.plan import Case, Plan
from pytest_arc.domain.result import CaseOutcome
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.history.folder import RunFolder, find_run
from pytest_arc.history.writer import reserve_folder
from pytest_arc.planning import fix_trials
from pytest_arc.plugin import reporting
from pytest_arc.plugin.distribution.parts import Collected, Parts, read_case_trials
from pytest_arc.plugin.distribution.shares import find_indivisible
from pytest_arc.plugin.items import FailureText, locate_case
from pytest_arc.plugin.live import DistributedLiveReporter
from pytest_arc.plugin.main import ArcPlugin, Refused, end_session, start
from pytest_arc.session import Session
from pytest_arc.suite import plan_file

__all__ = ["ControllerPlugin"]

CASES_AT_ONCE = 4
"""Of each worker, when the run may stop at the next failure: what it has been given it will finish."""


class ControllerPlugin(ArcPlugin):
    """Knows of the run what its workers tell. xdist keeps it from collecting anything itself."""

    live_kind = DistributedLiveReporter

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(config)
        self._refuse_modes()
        self._seed = super().draw_seed()
        self._resumed = self._find_resumed()
        self._tests: pytest.Session | None = None
        self._nodes: list[Any] = []
        self._parts: Parts | None = None
        self._collected: set[str] = set()
        """Ids of the workers that have collected."""
        self._places: dict[str, str] = {}
        """Agent id -> the node id of its file."""
        self._cases: dict[str, Case] = {}
        """Node id -> its case."""
        self._reported: set[str] = set()
        """Ids of the cases that have been reported."""
        self._shared: dict[Any, Any] = {}
        self._dead: list[str] = []
        """Ids of the workers that died."""
        self._cut: dict[str, str] = {}
        """Agent id -> why workers made no more of its trials."""
        self._refused = ""
        """Why a worker could not begin."""

    def _refuse_modes(self) -> None:
        executor = self.settings.executor
        if executor is not None and executor.kind != "local":
            raise pytest.UsageError(
                f"--arc-executor {executor.kind} makes trials elsewhere than workers do: leave out -n or it"
            )
        if self.config.option.dist == "each":
            raise pytest.UsageError(
                "--dist each would run every trial once for each worker, and a trial has one result:"
                " leave --dist out"
            )
        workers = len(self.config.option.tx)
        small = find_indivisible(self.settings.models, workers) if not self.settings.redis_url else ""
        if small:
            raise pytest.UsageError(
                f"{small} cannot be divided among {workers} workers: use fewer, or let them share it through"
                " Redis (redis_url)"
            )

    def _find_resumed(self) -> str | None:
        """The folder of the run that is gone on from: to workers, the last one would be this one."""
        if not (self.settings.resume or self.settings.only_errored):
            return None
        with suppress(UsageError):  # said when the run begins
            folder = find_run(self.root / self.settings.dir, self.settings.resume or "last")
            return folder.path.resolve().as_posix()
        return self.settings.resume

    # What workers are told before they begin, and what they have collected.

    def draw_seed(self) -> int:
        return self._seed

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._tests = session

    def pytest_configure_node(self, node: Any) -> None:
        if not node.gateway.spec.popen or node.gateway.spec.chdir:
            raise pytest.UsageError(
                f"--tx {node.gateway.spec}: workers of --arc are processes of this machine, in this folder;"
                " for several machines there are --arc-shard and arc merge"
            )
        try:
            self._parts = self._parts or Parts(reserve_folder(self.root / self.settings.dir))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        self._parts.make(node.gateway.id)
        self._nodes.append(node)
        node.workerinput |= {
            "arc_run": self._parts.run.as_posix(),
            "arc_seed": self._seed,
            "arc_resume": self._resumed,
        }

    @pytest.hookimpl(trylast=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """Begin the run when all workers have collected, before any of them is given something to do."""
        self._collected.add(node.gateway.id)
        if self.session is not None or len(self._collected) < node.workerinput["workercount"]:
            return
        self._stop_at_errors()
        assert self._parts is not None
        collected = self._parts.read_collected(node.gateway.id)
        if collected is not None:
            self._begin(collected)

    def _stop_at_errors(self) -> None:
        """Run nothing when a file could not be collected, as pytest does without workers."""
        session = self._tests
        errors = session.testsfailed if session is not None else 0
        if errors and not self.config.option.continue_on_collection_errors:
            raise pytest.Session.Interrupted(f"{errors} error{'s' if errors > 1 else ''} during collection")

    def _begin(self, collected: Collected) -> None:
        self.passed_over = collected.passed_over
        plan = self._plan_again(collected)
        files = {agent: node_id for agent, (node_id, _) in collected.files.items()}
        self._places = files
        self._cases = {f"{files[case.profile.id]}::{case.scenario.id}": case for case in plan.cases}
        assert self._parts is not None
        mode = replace(
            self.mode, ahead=frozenset[str](), folder=self._parts.run, workers=len(self._collected)
        )
        self.session = self.make_session(plan, mode)
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            if self.config.get_terminal_writer().width_of_current_line:
                terminal.write_line("")  # xdist goes on counting workers in one line, where it can
            for line in self.describe_session(self.session):
                terminal.write_line(line)
        start(self.session)

    def _plan_again(self, collected: Collected) -> Plan:
        try:
            agents = [plan_file(Path(path), self.settings) for _, path in collected.files.values()]
            plan = self.make_plan(
                list(map(fix_trials, agents)), collected.cases, frozenset(collected.ungated)
            )
        except LoadError as error:  # changed meanwhile
            raise Refused(str(error)) from None
        plan = replace(plan, selected=frozenset(collected.selected))
        for case in plan.cases:
            if case.profile.target.listens:
                raise Refused(
                    f"agent '{case.profile.id}': its server sends spans ('traces') to one port, and workers"
                    " are several processes: leave -n out"
                )
        return plan

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Elsewhere than with `load`, the trials of a case begin when a worker is asked for it."""
        if config.option.dist != "load":
            return None
        from pytest_arc.plugin.distribution.scheduling import ShareScheduling

        workers = len(config.option.tx)
        return ShareScheduling(
            config,
            log,
            find_case=lambda node_id: self._cases.get(node_id),
            hand_over=self._hand_over,
            bury=self._bury,
            workers=min(workers, self.settings.concurrency or workers),
            chunk=CASES_AT_ONCE if self.stops_early else None,
        )

    def _hand_over(self, worker: str, cases: Sequence[Case]) -> None:
        assert self._parts is not None
        self._parts.hand_over(worker, [case.id for case in cases], self._dead)

    # What comes from workers.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told: dict[str, Any] | None = report.__dict__.pop("arc", None)
        if told is not None:
            self._receive(told)
            if isinstance(report.longrepr, str):
                report.longrepr = FailureText(report.longrepr)
        if report.nodeid in self._cases:
            # pytest keeps each report, three of a case: what came here as copies makes two thirds of them.
            for name, value in report.__dict__.items():
                report.__dict__[name] = self._share(value)
        super().pytest_runtest_logreport(report)

    def _share(self, value: Any) -> Any:
        """An equal text or tuple that there was before, if there was one; lists and mappings stay apart."""
        if type(value) is list:
            return [self._share(each) for each in cast("list[Any]", value)]
        if type(value) is dict:
            return {self._share(key): each for key, each in cast("dict[Any, Any]", value).items()}
        if type(value) not in (str, tuple):
            return value
        try:
            return self._shared.setdefault(value, value)
        except TypeError:  # something in it may change
            return value

    def _receive(self, told: Mapping[str, Any]) -> None:
        assert self._parts is not None
        case_id = told["case"]
        self._reported.add(case_id)
        for trial in read_case_trials(self._parts.open(told["worker"]), case_id, told["trials"]):
            if self._arc.ledger.find(case_id, trial.result.trial) is None:
                self._arc.receive(trial)

    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        if error is not None:
            self._dead.append(node.gateway.id)
        told: Mapping[str, Any] = getattr(node, "workeroutput", {}).get("arc", {})
        self._refused = self._refused or told.get("refused", "")
        arc = self.session
        if arc is None or "cut" not in told:
            return
        arc.services.counts.update(told["counts"])
        for warning in told["warnings"]:
            arc.services.warn(warning)
        self._cut |= told["cut"]
        arc.writer.trouble = arc.writer.trouble or told["trouble"]

    def _bury(self, worker: str) -> Collection[str]:
        """Report the cases whose trials were under way in a worker that died; who has been reported."""
        assert self._parts is not None
        begun = self._parts.find_begun(worker)
        for case in self._cases.values():
            if case.id in begun and case.id not in self._reported:
                outcome = self._give_up(case, worker, begun[case.id])
                location = locate_case(self._places[case.profile.id], case)
                reporting.report_case(self.config, case, outcome, self._arc, location)
        return self._reported

    @pytest.hookimpl(trylast=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """With other schedulers than ours: what xdist says of a test is true of a case too."""
        case = self._cases.get(crashitem) or self._cases.get(crashitem.rpartition("@")[0])
        if case is None or case.id in self._reported or self._parts is None:
            return
        worker = self._dead[-1]
        begun = self._parts.find_begun(worker).get(case.id, set())
        report.when = "setup"
        report.location = locate_case(self._places[case.profile.id], case)
        reporting.fill_report(report, case, self._give_up(case, worker, begun), self._arc)

    @property
    def _arc(self) -> Session:
        assert self.session is not None
        return self.session

    def _give_up(self, case: Case, worker: str, begun: Collection[int]) -> CaseOutcome:
        """Count what a dead worker has made of a case it was at, and what it has not as errored."""
        assert self._parts is not None
        self._reported.add(case.id)
        self._parts.give_up(case.id)
        self._absorb(worker, [case.id])
        return self._arc.give_up(case, f"worker {worker} died", begun)

    def _absorb(self, worker: str, wanted: Collection[str]) -> None:
        """Receive what a worker has written of these cases and not reported."""
        assert self._parts is not None
        for trial in self._parts.open(worker).read_written():
            known = self._arc.ledger.find(trial.result.case, trial.result.trial)
            if trial.result.case in wanted and known is None:
                self._arc.receive(trial)

    # The end.

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        try:
            return (yield from super().pytest_runtestloop(session))
        except BaseException:
            for node in self._nodes:
                # Those that wait for something to do would keep it for ten seconds.
                node.shutdown()
            if self._refused:
                raise pytest.UsageError(self._refused) from None
            raise

    def report_finished(self, session: pytest.Session, arc: Session) -> None:
        for worker in self._list_workers():
            self._absorb(worker, arc.plan.selected)
        for case in arc.plan.cases:
            if case.id not in self._reported and arc.is_finished(case):
                self._reported.add(case.id)
                location = locate_case(self._places[case.profile.id], case)
                reporting.report_case(self.config, case, arc.outcome_of(case), arc, location)

    def end(self, session: pytest.Session, stopped: str) -> None:
        arc = self.session
        if arc is None or not arc.is_started or self._parts is None:
            return
        if self._refused:
            arc.stop(self._refused)
            arc.finish()
            self.session = None
            return
        if stopped:
            self._parts.stop()
        elif len(self._reported) < len(self._cases):
            self.report_finished(session, arc)
            stopped = self._explain_missing(arc)
        arc.note_cut(self._cut)
        end_session(session, arc, self._places, stopped)

    def _list_workers(self) -> list[str]:
        assert self._parts is not None
        return sorted(path.name for path in self._parts.path.iterdir() if path.is_dir())

    def _explain_missing(self, arc: Session) -> str:
        """Why cases have no result, though nobody has ended the run; empty when all have one."""
        missing = sum(case.id not in self._reported for case in arc.plan.cases)
        if not missing:
            return ""
        died = f"workers died ({', '.join(self._dead)})" if self._dead else "no worker reported them"
        return f"{missing} of {len(arc.plan.cases)} cases were not run: {died}"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        super().pytest_sessionfinish(session)
        if self._parts is None:
            return
        # By now no worker is left.
        if self.session is None or not self.session.is_started:
            shutil.rmtree(self._parts.run, ignore_errors=True)
        elif RunFolder(self._parts.run).is_finished:
            # All that they have made is in the run.
            shutil.rmtree(self._parts.path, ignore_errors=True)
