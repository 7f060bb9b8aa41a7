"""The pytest plugin proper: hooks of a few lines that hand over to the session."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from _pytest.runner import runtestprotocol

from pytest_arc import registry
from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.domain.result import CaseOutcome, Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.garbage import freeze_heap
from pytest_arc.history.resume import Takeover
from pytest_arc.loading import find_root, load_settings
from pytest_arc.planning import make_plan, take_shard
from pytest_arc.plugin import reporting
from pytest_arc.plugin.collection import describe_collection, follow_plan, lift_time_limits
from pytest_arc.plugin.items import AgentFile, CaseItem, GateItem, claim_file
from pytest_arc.plugin.live import LiveReporter
from pytest_arc.reports.style import choose_glyphs
from pytest_arc.session import Listener, Session, SessionMode
from pytest_arc.suite import draw_seed

__all__ = ["ArcPlugin", "Refused", "end_session", "start"]

STOPPABLE_WINDOW = 8
"""Trials ahead when the run may stop at the next failure: what is launched past it is paid for nothing."""

SETTING_OPTIONS = (
    "target executor trials trial shard resume only_errored seed concurrency attempts slip_rate advisory"
    " against base budget history strict real_time trace_ids json html markdown sbom licenses log_json dir"
    " transcripts telemetry debug record inject user_model judge_model"
).split()


class ArcPlugin:
    """Registered with `--arc`. Holds what one pytest session knows about its agents."""

    live_kind: ClassVar[type[LiveReporter]] = LiveReporter
    """What shows how the run goes."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.passed_over = 0
        self.root = find_root(config.invocation_params.dir)
        registry.make_importable(self.root, config.invocation_params.dir)
        # Targets name modules of the project, as its tests do.
        sys.path[:0] = [str(path) for path in {self.root, Path.cwd()} if str(path) not in sys.path]
        self.settings = self._load_settings()
        _refuse_two_distributions(config, self.settings)
        self.files: dict[str, AgentFile] = {}
        """Agent id -> the file that describes it."""
        self.session: Session | None = None
        self.gate_items: list[GateItem] = []
        self.hooks = _UncapturedHooks(config)
        self._marks: set[str] = set()
        self.live = self.live_kind(config)
        config.pluginmanager.register(self.live, "pytest_arc_live")
        self._below_bar: list[str] = []
        """Node ids of the cases below bar."""
        config.hook.pytest_arc_register(registry=registry)

    def _load_settings(self) -> Settings:
        flags = {name: self.config.getoption(f"arc_{name}", None) for name in SETTING_OPTIONS}
        if self.config.getoption("runxfail", False):
            flags["strict"] = True
        try:
            settings = load_settings(self.root, {k: v for k, v in flags.items() if v is not None})
        except LoadError as error:
            raise pytest.UsageError(str(error)) from None
        return self.config.hook.pytest_arc_settings(settings=settings) or settings

    # Collection.

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> AgentFile | None:
        return claim_file(self, file_path, parent)

    def add_agent(self, file: AgentFile, agent: AgentPlan) -> None:
        """Take one more agent into the run, and let pytest know its tags as marks."""
        other = self.files.setdefault(agent.profile.id, file)
        if other is not file:
            raise file.CollectError(
                f"{agent.path}: agent '{agent.profile.id}' is described in {other.nodeid} already;"
                " give it another name or version"
            )
        tags = {*agent.profile.tags, *(tag for case in agent.cases for tag in case.scenario.tags)}
        for tag in sorted(tags - self._marks):
            self.config.addinivalue_line("markers", f"{tag}: a tag of agents or scenarios")
        self._marks |= tags

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Python tests first, arc items together after; a gate chosen alone brings its cases."""
        chosen = [item for item in items if isinstance(item, CaseItem)]
        gates = [item for item in items if isinstance(item, GateItem)]
        busy = {item.parent for item in chosen}
        for gate in gates:
            if gate.parent not in busy and isinstance(gate.parent, AgentFile):
                chosen.extend(gate.parent.items)
        arc_items = {*map(id, chosen), *map(id, gates)}
        items[:] = [item for item in items if id(item) not in arc_items] + [*chosen, *gates]
        lift_time_limits(self.config, chosen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Fix the plan; take the gates out of the loop, since their answers come after it."""
        cases = [item.case.id for item in session.items if isinstance(item, CaseItem)]
        agents = [file.agent for file in self.files.values() if file.agent is not None]
        if not agents:
            return
        kept = {(item.parent, item.name) for item in session.items if isinstance(item, GateItem)}
        ungated = frozenset(
            f"{agent.profile.id}/gate/{name}"
            for agent in agents
            for name in agent.profile.gates.names
            if (self.files[agent.profile.id], f"gate/{name}") not in kept
        )
        plan = self.make_plan(agents, cases, ungated)
        follow_plan(self.config, session.items, plan)
        self.use_plan(plan, cases)
        if not self.config.option.collectonly:
            self.gate_items = [item for item in session.items if isinstance(item, GateItem)]
            session.items[:] = [item for item in session.items if not isinstance(item, GateItem)]
            freeze_heap()
        if self.config.option.arc_plan:
            session.items[:] = []

    def make_plan(self, agents: Sequence[AgentPlan], cases: Iterable[str], ungated: frozenset[str]) -> Plan:
        """The plan of what was collected: `cases` are the ids of those that were selected."""
        plan = replace(make_plan(agents, cases, self.draw_seed()), ungated=ungated)
        plan = take_shard(plan, self.settings.shard)
        return self.config.hook.pytest_arc_modify_plan(plan=plan) or plan

    def draw_seed(self) -> int:
        """The seed of the run."""
        return draw_seed(self.settings)

    def use_plan(self, plan: Plan, cases: Sequence[str]) -> None:
        """Go by this plan, made of these selected cases."""
        self.session = self.make_session(plan, self.mode)

    def pytest_report_collectionfinish(self) -> list[str]:
        return [] if self.session is None else self.describe_session(self.session)

    def describe_session(self, session: Session) -> list[str]:
        """What there is to say before the first trial."""
        try:
            more = session.describe_plan() if self.config.option.arc_plan else session.announce_cost()
        except LoadError as error:
            raise pytest.UsageError(str(error)) from None
        return [*describe_collection(self.config, session.plan, self.settings, self.passed_over), *more]

    @property
    def stops_early(self) -> bool:
        """Whether the run may end at a failure."""
        return bool(self.config.option.maxfail or getattr(self.config.option, "stepwise", False))

    @property
    def mode(self) -> SessionMode:
        """How pytest's options want trials to be made."""
        option = self.config.option
        debugging = bool(option.usepdb or option.trace)
        return SessionMode(
            inline=debugging,
            reraise=debugging,
            route_output=option.capture != "no" and not debugging,
            window=STOPPABLE_WINDOW if self.stops_early else None,
        )

    def make_session(self, plan: Plan, mode: SessionMode, listeners: Sequence[Listener] = ()) -> Session:
        """A session of this project that calls pytest's hooks."""
        made = Session(
            plan,
            self.settings,
            root=self.root,
            hooks=self.config.hook,
            listeners=listeners,
            mode=mode,
            notify=self.live.tell,
        )
        self.live.follow(made)
        return made

    # Running.

    def run_case(self, case: Case) -> CaseOutcome:
        """Wait for one case; the first one that is waited for starts the run."""
        assert self.session is not None
        if not self.session.is_started:
            start(self.session)
        with self.live.shown() as tick:
            return self.session.wait_for(case, tick)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        try:
            if self._is_empty_shard and not self.config.option.collectonly:
                # Written down all the same: `arc merge` must not take it for lost.
                start(cast("Session", self.session))
            result = yield
        except (session.Failed, session.Interrupted) as error:
            # -x, --maxfail, --sw: the user wants to see no more than this.
            self.end(session, str(error))
            raise
        except Refused as refusal:
            # Told as pytest tells of any misuse: the message alone, and exit code 4.
            raise pytest.UsageError(refusal.msg) from None
        except BaseException as error:
            # Workers of xdist end at -x by an interruption that says so.
            stopped = isinstance(error, KeyboardInterrupt) and str(error)
            if self.session is not None and not stopped:
                # Ctrl-C, --pdb's quit, pytest.exit from a hook: what has finished is reported all the same.
                self.session.stop("interrupted")
                self.report_finished(session, self.session)
            self.end(session, stopped or "interrupted")
            raise
        self.end(session, "")
        return result

    @property
    def _is_empty_shard(self) -> bool:
        plan = self.session.plan if self.session is not None else None
        return plan is not None and bool(plan.whole) and not plan.selected

    def report_finished(self, session: pytest.Session, arc: Session) -> None:
        """Report the cases whose trials have ended but whose turn had not come."""
        for item in session.items:
            if isinstance(item, CaseItem) and item.outcome is None and arc.is_finished(item.case):
                item.outcome = arc.outcome_of(item.case)
                reporting.report_case(self.config, item.case, item.outcome, arc, item.location)

    def end(self, session: pytest.Session, stopped: str) -> None:
        """Report the gates, and end the run: `stopped` says why so early, if it is."""
        if self.session is not None and self.session.is_started:
            places = {agent: file.nodeid for agent, file in self.files.items()}
            end_session(session, self.session, places, stopped)

    def describe_failure(self, item: CaseItem) -> str:
        """The full text of a case that failed."""
        assert self.session is not None
        return self.session.explain(item.case, choose_glyphs(sys.stdout.encoding))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run a case as pytest itself does, before a plugin can run it until it passes."""
        if not isinstance(item, CaseItem):
            return None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        runtestprotocol(item, nextitem=nextitem)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    # Reporting.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, CaseItem) and call.when == "call" and item.outcome is not None:
            arc = cast("Session", self.session)
            item.user_properties[:] = reporting.shape_report(report, item.case, item.outcome, arc)
            self.complete_report(report, item.case)
        return report

    def complete_report(self, report: pytest.TestReport, case: Case) -> None:
        """Add to the report of a case what others need of it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if getattr(report, "arc_word", None) == "below bar":
            self._below_bar.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, Any] | None:
        return reporting.name_status(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reporting.remember_below_bar(self.config, self._below_bar)
        arc = self.session
        if self.config.option.arc_plan and arc is not None and arc.plan.cases:
            # Its items were taken away, which pytest calls a failure.
            session.exitstatus = 0 if session.exitstatus == 5 else session.exitstatus
        if self._is_empty_shard and session.exitstatus == 5:
            session.exitstatus = 0
        if arc is not None and arc.is_started and session.exitstatus == 0:
            # Nothing that did not run is green, and neither is what could not be written down.
            session.exitstatus = int(arc.is_incomplete)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.session is not None and self.session.is_started:
            reporting.write_summary(self.session, terminalreporter)


def _refuse_two_distributions(config: pytest.Config, settings: Settings) -> None:
    kind = settings.executor.kind if settings.executor is not None else ""
    if kind == "modal" and config.getoption("numprocesses", None):
        source = settings.sources.get("executor", "settings")
        raise pytest.UsageError(
            f"-n and executor modal ({source}): both spread trials over processes; leave out -n,"
            " or say --arc-executor local"
        )


class Refused(pytest.exit.Exception):
    """The run cannot begin. Of all exceptions in a test, pytest lets only those of this kind through."""


def start(session: Session, earlier: Takeover | None = None) -> None:
    """Let the run begin. Raises Refused with the message that says why it cannot."""
    try:
        session.start(earlier)
    except (UsageError, LoadError) as error:
        raise Refused(str(error)) from None


def end_session(session: pytest.Session, arc: Session, places: Mapping[str, str], stopped: str) -> None:
    """Decide and report the gates, and end the run. `places`: agent id -> the node id of its file."""
    if stopped:
        arc.stop(stopped)
    try:
        live = cast("LiveReporter", session.config.pluginmanager.get_plugin("pytest_arc_live"))
        with live.shown() as tick:
            verdicts = _decide_gates(arc, tick)
        reporting.report_gates(session, arc, places, verdicts)
    finally:
        arc.finish()


def _decide_gates(arc: Session, tick: Callable[[], None]) -> list[Verdict]:
    try:
        return arc.decide_gates(tick)
    except KeyboardInterrupt:
        # While an alarm was being confirmed.
        arc.stop("interrupted")
        return arc.decide_gates()


class _UncapturedHooks:
    """pytest's hooks without those that capture output and logs, and those that look after what only test
    functions have: each of them takes its time for each report."""

    def __init__(self, config: pytest.Config) -> None:
        self._manager = config.pluginmanager

    def __getattr__(self, name: str) -> Any:
        # Asked for late, because the logging plugin is registered after ours.
        names = ("capturemanager", "logging-plugin", "tmpdir", "unittest")
        plugins = map(self._manager.get_plugin, names)
        caller = self._manager.subset_hook_caller(name, [plugin for plugin in plugins if plugin])
        setattr(self, name, caller)
        return caller
