"""What became of an agent as a table of tiers: regression, too little data, stable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_arc.domain.result import Verdict, VerdictPart
from pytest_arc.domain.view import AgentView, CaseView, CountsThen
from pytest_arc.reports.breakdown import is_failing
from pytest_arc.reports.cases import find_worst
from pytest_arc.reports.markdown import escape, write_code
from pytest_arc.reports.style import shorten

__all__ = ["ICONS", "MOST_NAME", "MOST_TEXT", "find_gate", "list_broken", "name_case", "tabulate"]

MOST_TEXT = 300
"""Characters of one reason or sentence."""
MOST_NAME = 120

ICONS = {
    "passed": "\u2705",
    "failed": "\u274c",
    "inconclusive": "\u2754",
    "not evaluated": "\u26a0\ufe0f",
    "not finished": "\u26a0\ufe0f",
    "no verdict": "\u2796",
}


def tabulate(agent: AgentView, most: int) -> tuple[list[str], list[list[str]]]:
    """Head and rows, with at most so many scenarios of each kind; cells are escaped."""
    then = agent.baseline.label if agent.baseline else ""
    head = ["tier", "what", "now", *([escape(shorten(then, MOST_NAME))] if then else [])]
    fallen = _find_fallen(agent)
    rows = [*_list_regressions(agent, fallen, most), *_list_alone(agent, most), *_list_gates(agent)]
    rows += _describe_others(agent, fallen)
    return head, [[*row, *[""] * len(head)][: len(head)] for row in rows]


@dataclass(frozen=True, slots=True)
class _Fallen:
    """What is worse than in the baseline."""

    scenarios: tuple[CaseView, ...]
    wholes: tuple[VerdictPart, ...]
    """Groups, or the suite, that fell without a scenario of them being broken by itself."""

    def has(self, case: CaseView) -> bool:
        labels = {case.group, *case.tags}
        return case in self.scenarios or any(p.name in labels or p.name == "the suite" for p in self.wholes)


def _find_fallen(agent: AgentView) -> _Fallen:
    regression = find_gate(agent, "regression")
    parts = regression.parts if regression and regression.word == "failed" else ()
    failed = [part for part in parts if part.word == "failed"]
    cases = {case.scenario: case for case in agent.cases}
    scenarios = tuple(cases[p.name] for p in failed if p.kind == "scenario" and p.name in cases)
    explained = {label for case in scenarios for label in (case.group, *case.tags)}
    return _Fallen(scenarios, tuple(p for p in failed if p.kind == "group" and p.name not in explained))


def _list_regressions(agent: AgentView, fallen: _Fallen, most: int) -> Iterator[list[str]]:
    tier = f"{ICONS['failed']} regression"
    for part in fallen.wholes:
        yield [tier, f"{write_code(shorten(part.name, MOST_NAME))} {escape(shorten(part.reason, MOST_TEXT))}"]
    for case in fallen.scenarios[:most]:
        yield [tier, name_case(case), _count_now([case]), _count_then(agent, [case])]
    if len(fallen.scenarios) > most:
        yield [tier, f"{len(fallen.scenarios)} scenarios, {most} of them above"]


def _list_alone(agent: AgentView, most: int) -> Iterator[list[str]]:
    """Cases that no gate counts, and that fail by themselves."""
    failing = [case for case in agent.cases if case.outcome.word in ("failed", "errored")]
    for case in failing[:most]:
        word = case.outcome.word
        icon = ICONS["failed"] if word == "failed" else ICONS["not evaluated"]
        yield [f"{icon} {word}", name_case(case), _count_now([case])]
    if len(failing) > most:
        yield [f"{ICONS['failed']} failed", f"{len(failing)} scenarios, {most} of them above"]


def name_case(case: CaseView) -> str:
    """Its scenario and the first thing that is wrong with it; escaped."""
    worst = find_worst(case.trials)
    reason = worst.reason if worst else case.outcome.reason
    return f"{write_code(shorten(case.scenario, MOST_NAME))} {escape(shorten(reason, MOST_TEXT // 2))}"


def _list_gates(agent: AgentView) -> Iterator[list[str]]:
    for verdict in sorted(agent.verdicts, key=lambda verdict: verdict.word == "passed"):
        if verdict.gate == "regression" and verdict.word == "failed":
            continue  # its scenarios stand above
        what = f"**{escape(verdict.gate)}** {escape(shorten(verdict.reason, MOST_TEXT))}"
        note = " (advisory: blocks nothing)" if verdict.advisory else ""
        yield [f"{ICONS[verdict.word]} {_choose_tier(verdict)}", what + note]


def _choose_tier(verdict: Verdict) -> str:
    if verdict.word == "inconclusive":
        return "too little data"
    if verdict.word == "passed" and verdict.gate in ("regression", "performance"):
        return "stable"
    return verdict.word


def _describe_others(agent: AgentView, fallen: _Fallen) -> Iterator[list[str]]:
    """The scenarios that are compared and did not get worse."""
    if find_gate(agent, "regression") is None or agent.baseline is None:
        return
    known = agent.baseline.scenarios
    rest = [case for case in agent.cases if case.scenario in known and not fallen.has(case)]
    if rest:
        below = sum(map(is_failing, rest))
        other = "other " if fallen.scenarios or fallen.wholes else ""
        name = f"the {other}{len(rest)} scenarios" if len(rest) > 1 else f"the {other or 'only '}scenario"
        note = f" ({below} below bar)" if below else ""
        tier = f"{ICONS['no verdict']} stable"
        yield [tier, name + note, _count_now(rest), _count_then(agent, rest)]


def _count_now(cases: Sequence[CaseView]) -> str:
    return f"{sum(c.outcome.passed for c in cases)}/{sum(c.outcome.scored for c in cases)}"


def _count_then(agent: AgentView, cases: Iterable[CaseView]) -> str:
    known: Mapping[str, CountsThen] = agent.baseline.scenarios if agent.baseline else {}
    found = [known[case.scenario] for case in cases if case.scenario in known]
    return f"{sum(then.passed for then in found)}/{sum(then.n for then in found)}" if found else ""


def list_broken(regression: Verdict) -> list[str]:
    """Names of groups that fell, then scenarios of no such group."""
    failed = [part for part in regression.parts if part.word == "failed"]
    groups = [part.name for part in failed if part.kind == "group"]
    inside = tuple(f"{name}/" for name in groups)
    return groups + [p.name for p in failed if p.kind == "scenario" and not p.name.startswith(inside)]


def find_gate(agent: AgentView, name: str) -> Verdict | None:
    return next((verdict for verdict in agent.verdicts if verdict.gate == name), None)
