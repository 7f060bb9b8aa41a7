"""One run as JUnit XML (xunit2), testcase by testcase as `pytest --junitxml` writes it.

A case is a testcase, and so is a gate. The property `arc.outcome` is our word for what became of it; JUnit
has fewer: below bar, inconclusive and not run are all `skipped`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from pytest_arc.domain.result import Verdict
from pytest_arc.domain.view import AgentView, CaseView, ReadTrajectory, RunView
from pytest_arc.reports.cases import describe_case, find_worst
from pytest_arc.reports.properties import list_case_properties, list_gate_properties, say_undecided
from pytest_arc.reports.style import UNICODE
from pytest_arc.reports.summary import BadCase, explain_gate, sort_worst

__all__ = ["Testcase", "list_testcases", "write_junit"]

MOST_MESSAGE = 1_000
"""Characters of the attribute `message`, which consumers show in one line; the element has the whole text."""


@dataclass(frozen=True, slots=True)
class Testcase:
    """One case or gate."""

    classname: str
    """The agent's file with dots, as pytest has it: `configs.bot.yaml`."""
    name: str
    seconds: float
    """Of its trials, one by one."""
    word: str
    """Ours: `below bar`, `inconclusive`, ..."""
    properties: Sequence[tuple[str, object]]
    tag: str = ""
    """`failure`, `error` or `skipped`; empty for what passed."""
    type: str = ""
    """`pytest.xfail` or `pytest.skip`, of what was skipped."""
    message: str = ""
    text: str = ""


def write_junit(view: RunView, read_trajectory: ReadTrajectory) -> Iterator[str]:
    """The text of the file, piece by piece."""
    cases = list(list_testcases(view, read_trajectory))
    tags = [case.tag for case in cases]
    counts = (
        f'errors="{tags.count("error")}" failures="{tags.count("failure")}" skipped="{tags.count("skipped")}"'
        f' tests="{len(cases)}" time="{sum(case.seconds for case in cases):.3f}"'
    )
    when = f" timestamp={_quote(view.started)}" if view.started else ""
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<testsuites name="pytest-arc"><testsuite name="pytest-arc" {counts}{when}>\n'
    for case in cases:
        yield _write_testcase(case)
    yield "</testsuite></testsuites>\n"


def _write_testcase(case: Testcase) -> str:
    properties = "".join(
        f"<property name={_quote(name)} value={_quote(str(value))}/>" for name, value in case.properties
    )
    head = f"<testcase classname={_quote(case.classname)} name={_quote(case.name)}"
    body = f"<properties>{properties}</properties>" if properties else ""
    if case.tag:
        kind = f" type={_quote(case.type)}" if case.type else ""
        text = escape(_make_legal(case.text))
        body += f"<{case.tag}{kind} message={_quote(case.message)}>{text}</{case.tag}>"
    return f'{head} time="{case.seconds:.3f}">{body}</testcase>\n'


_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, and what it advises against."""


def _make_legal(text: str) -> str:
    """`#x1B` for what XML cannot carry, as pytest spells it."""
    return _ILLEGAL.sub(lambda found: f"#x{ord(found.group()):02X}", text)


def _quote(text: str) -> str:
    # Line ends in an attribute are read as blanks, unless they are written so.
    return quoteattr(_make_legal(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


# What became of cases and gates, in the words of JUnit.


def list_testcases(view: RunView, read_trajectory: ReadTrajectory) -> Iterator[Testcase]:
    """First the cases of all agents, then the gates."""
    for agent in view.agents:
        for case in agent.cases:
            yield _judge_case(view, agent, case, read_trajectory)
    for agent in view.agents:
        for verdict in agent.verdicts:
            yield _judge_gate(view, agent, verdict)


def _judge_case(view: RunView, agent: AgentView, case: CaseView, read_trajectory: ReadTrajectory) -> Testcase:
    outcome, tag, kind, message, text = case.outcome, "", "", "", ""
    match outcome.word:
        case "failed" | "errored":
            tag = "failure" if outcome.word == "failed" else "error"
            text = _explain_case(view, agent, case, read_trajectory)
            message = text
        case "below bar" | "xfailed":
            tag, kind, message = "skipped", "pytest.xfail", outcome.reason
        case "not run" | "skipped":
            tag, kind, message = "skipped", "pytest.skip", outcome.reason
            text = f"{case.path}:{max(0, case.line - 1)}: {outcome.reason}"
        case "passed" | "xpassed":
            pass
    return Testcase(
        classname=agent.path.replace("/", "."),
        name=case.scenario,
        seconds=sum(trial.wall_s for trial in case.trials),
        word=outcome.word,
        properties=list_case_properties(view.run_id, outcome, case.trials),
        tag=tag,
        type=kind,
        message=_shorten(f'failed on setup with "{message}"' if tag == "error" else message),
        text=text,
    )


def _explain_case(view: RunView, agent: AgentView, case: CaseView, read_trajectory: ReadTrajectory) -> str:
    return describe_case(
        f"{case.path}:{case.line}  {case.title}",
        case.outcome,
        case.trials,
        read_trajectory,
        UNICODE,
        view.address(agent, case),
        trace_ids=bool(view.settings.get("trace_ids")),
    )


def _judge_gate(view: RunView, agent: AgentView, verdict: Verdict) -> Testcase:
    tag, kind, message, text = "", "", "", ""
    if verdict.fails:
        tag, text = "failure", _explain_gate(view, agent, verdict)
        message = text
    elif verdict.advisory or verdict.word == "inconclusive":
        tag, kind, message = "skipped", "pytest.skip", say_undecided(verdict)
        text = f"{agent.path}:0: {message}"
    return Testcase(
        classname=agent.path.replace("/", "."),
        name=f"gate/{verdict.gate}",
        seconds=0.0,
        word=verdict.word,
        properties=list_gate_properties(verdict),
        tag=tag,
        type=kind,
        message=_shorten(message),
        text=text,
    )


def _explain_gate(view: RunView, agent: AgentView, verdict: Verdict) -> str:
    kind, _, group = verdict.gate.partition("/")
    cases = {
        case.outcome.case: case
        for case in agent.cases
        if kind != "group" or group == case.group or group in case.tags
    }
    worst = sort_worst(case.outcome for case in cases.values())
    bad = [
        BadCase(outcome, view.address(agent, cases[outcome.case]), find_worst(cases[outcome.case].trials))
        for outcome in worst
    ]
    return explain_gate(agent.id, verdict, bad)


def _shorten(message: str) -> str:
    """Whole lines, as many as there is room for."""
    message = _make_legal(message)
    if len(message) <= MOST_MESSAGE:
        return message
    kept = message[:MOST_MESSAGE]
    return kept.rpartition("\n")[0] or kept
