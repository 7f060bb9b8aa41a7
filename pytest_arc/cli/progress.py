"""What `arc run` prints: what is planned, what goes wrong while it goes, what it came to."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator

from pytest_arc.cli.console import Console, count
from pytest_arc.domain.events import CaseFinished, Event, TrialFinished
from pytest_arc.domain.plan import AgentPlan, Case, Plan, list_trials
from pytest_arc.domain.result import CaseOutcome, Verdict
from pytest_arc.domain.settings import Settings
from pytest_arc.gates import decide_counting, explain_ungated, list_undecidable
from pytest_arc.loading.source import show_path
from pytest_arc.planning import explain_fixed
from pytest_arc.reports.cases import list_requests
from pytest_arc.reports.live import describe_standing
from pytest_arc.reports.style import WIDTH, shorten, wrap
from pytest_arc.reports.summary import describe_gate_failure, summarize_agent
from pytest_arc.reports.ticker import LogTicker, ScreenTicker, Ticker, can_redraw, measure_width
from pytest_arc.session import Session

__all__ = ["Progress", "open_ticker", "say_plan", "say_results"]

_ORDER = (
    *("failed", "errored", "not evaluated", "passed", "below bar", "inconclusive"),
    *("not run", "skipped", "xfailed", "xpassed"),
)
_QUIET = ("passed", "skipped", "xfailed")


def say_plan(console: Console, plan: Plan, settings: Settings) -> None:
    """The header: how much there is, and which gates cannot be decided."""
    gates = sum(len(agent.profile.gates.names) for agent in plan.agents)
    parts = [
        count(len(plan.agents), "agent"),
        count(len(plan.cases), "case"),
        count(len(list_trials(plan, settings.trial)), "trial"),
        count(gates, "gate"),
    ]
    console.say(f"arc: {', '.join(parts)}; seed {plan.seed}")
    for agent in plan.agents:
        if agent.profile.target.kind == "model":
            console.say(f"{agent.profile.id}: {agent.profile.target.describe()}")
        for note in _explain_gates(agent, plan, settings):
            for line in wrap("", f"{agent.profile.id}: {note}", 0):
                console.say(line, "inconclusive")


def _explain_gates(agent: AgentPlan, plan: Plan, settings: Settings) -> list[str]:
    fixed = explain_fixed(agent, settings)
    return [*([fixed] if fixed else []), *_explain_due(agent, plan, settings)]


def _explain_due(agent: AgentPlan, plan: Plan, settings: Settings) -> list[str]:
    if not agent.profile.gates.names:
        return []
    if not decide_counting(plan, settings).list_due(agent):
        return [explain_ungated(agent, plan, settings)]
    return list_undecidable(agent)


class Progress:
    """Listens to a run and prints one line for each case that did not pass, as it finishes."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console = console
        self._prefixed = len(plan.agents) > 1
        self._reasons: dict[str, str] = {}
        self._is_silent = True
        self.finished_trials = 0

    def __call__(self, event: Event) -> None:
        match event:
            case TrialFinished(result=result):
                self.finished_trials += result.outcome != "cancelled"
                if result.reason and result.outcome != "cancelled":
                    self._reasons.setdefault(result.case, result.reason)
            case CaseFinished(case=case, outcome=outcome):
                reason = self._reasons.pop(case.id, "") or outcome.reason
                if outcome.word not in _QUIET:
                    self._say_case(case, outcome, reason)
            case _:
                pass

    def _say_case(self, case: Case, outcome: CaseOutcome, reason: str) -> None:
        if self._is_silent:
            self._console.say()
            self._is_silent = False
        rate = f"{outcome.passed}/{outcome.scored}"
        name = case.id if self._prefixed else case.scenario.id
        left = f"{outcome.word:<9} {rate:>5}  {name}"
        room = WIDTH - len(left) - 2
        if room >= 24:
            self._console.say(f"{left}  {shorten(reason, room)}", outcome.word)
        else:
            self._console.say(left, outcome.word)
            self._console.say(f"{'':17}{shorten(reason, WIDTH - 17)}")


def open_ticker(console: Console, session: Session) -> Ticker:
    """What shows how the run goes: one line at the foot of a terminal, or one now and then."""

    def describe(width: int, encoding: str) -> str:
        return describe_standing(session.measure_standing(), width, encoding)

    # What is there before the run routes it. A log on standard error may come to the same terminal.
    screen = sys.stdout
    if can_redraw(screen, os.environ) and session.settings.log_json != "-":
        return ScreenTicker(screen, describe)
    return LogTicker(console.say, describe, min(WIDTH, measure_width(screen)))


def say_results(console: Console, session: Session) -> None:
    """Gates, the paragraph of each agent, and one line for all."""
    folder = show_path(session.writer.path)
    for agent in session.plan.agents:
        report = session.report(agent)
        if not report.outcomes:
            continue
        for verdict in report.verdicts:
            if verdict.fails:
                console.say()
                console.say(describe_gate_failure(report, verdict), verdict.word)
        console.say()
        console.say(f" pytest-arc: {agent.profile.id} ".center(WIDTH, "="))
        console.say_all(summarize_agent(report, console.glyphs, folder))
    kind, lines = session.describe_executor()
    for line in lines:
        console.say_all(wrap(f"  {kind}", line, 10))
    for warning in session.services.warnings:
        for line in wrap("  note", warning, 10):
            console.say(line, "inconclusive")
    if session.settings.trace_ids:
        _say_requests(console, session)
    for path in session.reports:
        console.say(f"  report  {path}")
    console.say()
    if session.trouble:
        console.say(f"results are incomplete: {session.trouble}", "failed")
    word = "passed" if session.exit_code == 0 else "failed"
    console.say("; ".join(_count_all(session)) + f" (exit {session.exit_code})", word)


def _say_requests(console: Console, session: Session) -> None:
    """What providers call the model calls of trials that did not pass."""
    for case in session.plan.cases:
        lines = list_requests(session.ledger.list_trials(case.id), session.writer.read_trajectory)
        if lines:
            console.say_all(["", case.id, *lines])


def _count_all(session: Session) -> Iterator[str]:
    """`35 passed, 15 below bar`, `gates: 1 failed`."""
    yield _count_words(session.outcome_of(case) for case in session.plan.cases)
    if session.verdicts:
        yield f"gates: {_count_words(session.verdicts)}"


def _count_words(things: Iterator[CaseOutcome] | list[Verdict]) -> str:
    words = Counter(thing.word for thing in things)
    return ", ".join(f"{words[word]} {word}" for word in _ORDER if words[word])
