"""Outcomes in pytest's words: reports, status letters, gates as tests, the terminal summary."""

# pytest's own functions are only partly annotated.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.domain.result import CaseOutcome, Verdict
from pytest_arc.history.folder import RunFolder
from pytest_arc.plugin.items import FailureText
from pytest_arc.publishing import announce
from pytest_arc.reports.github import disarm
from pytest_arc.reports.properties import list_case_properties, list_gate_properties, say_undecided
from pytest_arc.reports.style import Glyphs, choose_glyphs, wrap
from pytest_arc.reports.summary import describe_gate_failure, summarize_agent
from pytest_arc.reports.visible import make_visible
from pytest_arc.session import Session

__all__ = [
    "Location",
    "fill_report",
    "name_status",
    "remember_below_bar",
    "report_case",
    "report_gates",
    "shape_report",
    "tell_progress",
    "write_summary",
]

Properties = list[tuple[str, object]]
Location = tuple[str, int | None, str]
"""Of a test, as pytest has it: file, line counted from 0, name."""

_STATUS: dict[str, tuple[str, str, Any]] = {
    "below bar": ("below bar", "b", ("BELOW BAR", {"yellow": True})),
    "not run": ("not run", "n", ("NOT RUN", {"yellow": True})),
    "inconclusive": ("inconclusive", "i", ("INCONCLUSIVE", {"yellow": True})),
    "advisory": ("would fail", "a", ("WOULD FAIL", {"yellow": True})),
}


def name_status(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """Our own words for what pytest calls skipped."""
    word = getattr(report, "arc_word", None)
    return _STATUS.get(word) if word and report.when == "call" else None


def shape_report(report: pytest.TestReport, case: Case, outcome: CaseOutcome, session: Session) -> Properties:
    """Turn the report of a case's call into what became of the case; return its properties for JUnit."""
    trials = session.ledger.list_trials(outcome.case)
    report.duration = sum(trial.wall_s for trial in trials)
    report.arc_word = outcome.word  # type: ignore[attr-defined]
    for trial in trials:
        if trial.output.strip():
            title = f"printed by the agent in trial {trial.trial}"
            report.sections.append((title, disarm(make_visible(trial.output), os.environ)))
    match outcome.word:
        case "below bar" | "xfailed":
            report.outcome, report.wasxfail = "skipped", outcome.reason
        case "xpassed":
            report.wasxfail = outcome.reason
        case "not run" | "skipped":
            line = max(0, case.origin.line - 1)
            report.outcome, report.longrepr = "skipped", (case.origin.path, line, outcome.reason)
        case "errored":
            # pytest calls a failure outside the call an error, which is what it is: not the agent's.
            report.when = "setup"
        case "passed" | "failed":
            pass
    return list_case_properties(session.writer.run_id, outcome, trials)


def report_gates(
    session: pytest.Session, arc: Session, places: Mapping[str, str], verdicts: Iterable[Verdict]
) -> None:
    """Report each gate as one more test, under the id it was collected by.

    `places`: agent id -> the node id of its file.
    """
    agents = {agent.profile.id: agent for agent in arc.plan.agents}
    for verdict in verdicts:
        agent = agents[verdict.agent]
        session.testscollected += 1
        nodeid = f"{places[verdict.agent]}::gate/{verdict.gate}"
        shape = partial(_shape_gate_report, arc=arc, agent=agent, verdict=verdict)
        _log_test(session.config, nodeid, (agent.path, 0, f"gate/{verdict.gate}"), shape)


def tell_progress(config: pytest.Config, message: str) -> None:
    """Say why it goes on although all cases are through."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.write(f"\narc: {message}\n")


def report_case(
    config: pytest.Config, case: Case, outcome: CaseOutcome, session: Session, location: Location
) -> None:
    """Report a case that has finished, outside of pytest's loop."""
    shape = partial(fill_report, case=case, outcome=outcome, session=session)
    _log_test(config, f"{location[0]}::{location[2]}", location, shape)


def fill_report(report: pytest.TestReport, case: Case, outcome: CaseOutcome, session: Session) -> None:
    """Make a report that nothing has been put into yet that of a case's call."""
    report.user_properties = shape_report(report, case, outcome, session)
    if outcome.word in ("failed", "errored"):
        report.outcome = "failed"
        report.longrepr = FailureText(session.explain(case, choose_glyphs(sys.stdout.encoding)))


def _log_test(
    config: pytest.Config,
    nodeid: str,
    location: Location,
    shape: Callable[[pytest.TestReport], None],
) -> None:
    """Report one test in its three phases; `shape` makes the report of the call what it has to be."""
    hook = config.hook
    hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
    properties: Properties = []
    for when in ("setup", "call", "teardown"):
        report = pytest.TestReport(nodeid, location, {}, "passed", None, when, user_properties=properties)
        if when == "call":
            shape(report)
            # JUnit reads properties from the teardown.
            properties = report.user_properties
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)


def _shape_gate_report(report: pytest.TestReport, arc: Session, agent: AgentPlan, verdict: Verdict) -> None:
    report.user_properties = list_gate_properties(verdict)
    if verdict.fails:
        report.outcome = "failed"
        report.longrepr = FailureText(describe_gate_failure(arc.report(agent), verdict))
    elif verdict.advisory or verdict.word == "inconclusive":
        word = "advisory" if verdict.advisory else "inconclusive"
        report.outcome = "skipped"
        report.longrepr = (agent.path, 0, say_undecided(verdict))
        report.arc_word = word  # type: ignore[attr-defined]


def remember_below_bar(config: pytest.Config, below: Sequence[str]) -> None:
    """Let `--lf` and `--ff` know the cases below bar: pytest forgets what was skipped."""
    cache = getattr(config, "cache", None)
    if cache is None or not below:
        return
    known = cache.get("cache/lastfailed", {})
    cache.set("cache/lastfailed", known | dict.fromkeys(below, True))


def write_summary(session: Session, terminal: Any) -> None:
    """The paragraph of each agent, after the tests; with -v the full text of each case below bar first."""
    glyphs = choose_glyphs(sys.stdout.encoding)
    if terminal.verbosity > 0:
        _write_below_bar(session, terminal, glyphs)
    folder = _shorten_path(session)
    for agent in session.plan.agents:
        report = session.report(agent)
        if not report.outcomes:
            continue
        # Unlike `section`, this ends the line of progress that may still be open.
        terminal.write_sep("=", f"pytest-arc: {agent.profile.id}")
        for line in summarize_agent(report, glyphs, folder):
            terminal.write_line(disarm(line, os.environ))
    kind, lines = session.describe_executor()
    for line in lines:
        for part in wrap(f"  {kind}", line, 10):
            terminal.write_line(part)
    for warning in session.services.warnings:
        for line in wrap("  note", warning, 10):
            terminal.write_line(line, yellow=True)
    if session.stopped:
        for line in wrap("  ended early: ", session.stopped, 4):
            terminal.write_line(line, red=True)
    for path in session.reports:
        terminal.write_line(f"  report  {path}")
    if session.trouble:
        terminal.write_line(f"  results are incomplete: {session.trouble}", red=True)
    # After all that is captured, each on a line of its own, so that the runner finds them.
    for line in announce(RunFolder(session.writer.path), os.environ):
        terminal.write_line(line)


def _write_below_bar(session: Session, terminal: Any, glyphs: Glyphs) -> None:
    for case in session.plan.cases:
        outcome = session.outcome_of(case)
        if outcome.word == "below bar":
            terminal.write_sep("_", f"below bar: {case.id}")
            terminal.write_line(disarm(make_visible(session.explain(case, glyphs)), os.environ))


def _shorten_path(session: Session) -> str:
    return f"{session.settings.dir}/runs/{session.writer.run_id}"
