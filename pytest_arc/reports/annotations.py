"""One run as annotations of GitHub Actions: lines on standard output that its runner reads as commands.

Whatever stands at the beginning of a line after `::`, or anywhere after `##[`, is a command too: what agents
said must not get there.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_arc.domain.result import Verdict
from pytest_arc.domain.view import AgentView, CaseView, RunView
from pytest_arc.reports.cases import find_worst
from pytest_arc.reports.github import break_commands
from pytest_arc.reports.style import shorten
from pytest_arc.reports.visible import make_visible

__all__ = ["list_annotations"]

MOST = 10
"""GitHub shows so many errors and so many warnings of one step, and drops the rest without a word."""
MOST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class _Annotation:
    kind: Literal["error", "warning"]
    place: str
    """`file:line`; empty where none is known."""
    title: str
    text: str


def list_annotations(view: RunView, folder: str, workspace: str) -> list[str]:
    """Lines to print: errors for what fails the run, warnings for what is undecided or below bar.

    `folder` is where paths are relative to, `workspace` where GitHub wants them relative to.
    """
    found = [*_list_run(view), *(told for agent in view.agents for told in _list_agent(view, agent))]
    kept = [*_limit("error", found, view), *_limit("warning", found, view)]
    return [_write(annotation, folder, workspace) for annotation in kept]


def _list_run(view: RunView) -> Iterator[_Annotation]:
    if view.interrupted:
        yield _Annotation("warning", "", f"run {view.run_id} did not come to its end", view.interrupted)


def _list_agent(view: RunView, agent: AgentView) -> Iterator[_Annotation]:
    """Gates first: where there are too many, it is cases that are left out."""
    for verdict in agent.verdicts:
        if verdict.fails:
            yield _tell_gate("error", agent, verdict, verdict.word)
        elif verdict.advisory:
            yield _tell_gate("warning", agent, verdict, f"would be {verdict.word}")
        elif verdict.word != "passed":
            yield _tell_gate("warning", agent, verdict, verdict.word)
    broken = _list_broken(agent)
    for case in agent.cases:
        if case.scenario in broken:
            yield _tell_case("error", view, agent, case, "regression")
        elif case.outcome.word in ("failed", "errored"):
            yield _tell_case("error", view, agent, case, case.outcome.word)
    below = [case for case in agent.cases if case.outcome.word == "below bar" and case.scenario not in broken]
    for case in sorted(below, key=_measure):
        yield _tell_case("warning", view, agent, case, "below bar")


def _list_broken(agent: AgentView) -> frozenset[str]:
    """Ids of the scenarios that the regression gate fails for."""
    parts = (part for verdict in agent.verdicts if verdict.fails for part in verdict.parts)
    return frozenset(part.name for part in parts if part.kind == "scenario" and part.word == "failed")


def _measure(case: CaseView) -> tuple[float, str]:
    outcome = case.outcome
    return outcome.passed / outcome.scored if outcome.scored else 0.0, case.id


def _tell_gate(
    kind: Literal["error", "warning"], agent: AgentView, verdict: Verdict, word: str
) -> _Annotation:
    place = agent.gates_at.get(verdict.gate, f"{agent.path}:1")
    hints = "\n".join(verdict.hints)
    return _Annotation(
        kind, place, f"{agent.id}: {verdict.gate} {word}", f"{verdict.reason}\n{hints}".rstrip()
    )


def _tell_case(
    kind: Literal["error", "warning"], view: RunView, agent: AgentView, case: CaseView, word: str
) -> _Annotation:
    worst = find_worst(case.trials)
    outcome = case.outcome
    rate = f"{outcome.passed}/{outcome.scored} trials passed" if outcome.scored else "no trial was scored"
    text = f"{rate}: {worst.reason if worst else outcome.reason}"
    if worst is not None:
        text += f"\nrepeat: arc debug '{view.address(agent, case, worst)}'"
    place = f"{case.path}:{case.line}" if case.path else ""
    return _Annotation(kind, place, f"{agent.id}: {case.scenario} {word}", text)


def _limit(kind: str, found: Sequence[_Annotation], view: RunView) -> Iterable[_Annotation]:
    """As many as are shown, where the last says how many are not."""
    same = [annotation for annotation in found if annotation.kind == kind]
    if len(same) <= MOST:
        return same
    last = same[MOST - 1]
    rest = f"{len(same) - MOST + 1} more: arc show {view.run_id}"
    return [*same[: MOST - 1], _Annotation(last.kind, "", rest, f"{last.title}, and others")]


def _write(annotation: _Annotation, folder: str, workspace: str) -> str:
    path, _, line = annotation.place.rpartition(":")
    properties = {"file": _relate(path, folder, workspace), "line": line} if path else {}
    properties["title"] = shorten(annotation.title, 200)
    told = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    text = annotation.text[:MOST_TEXT]
    return f"::{annotation.kind} {told}::{_escape(text)}"


def _relate(path: str, folder: str, workspace: str) -> str:
    """As GitHub names files: from the top of the repository. What is elsewhere stays as it is."""
    if not workspace:
        return path
    try:
        related = os.path.relpath(Path(folder) / path, workspace).replace(os.sep, "/")
    except ValueError:  # on another drive
        return path
    return path if related.startswith("../") else related


def _escape(text: str) -> str:
    """As GitHub's own toolkit escapes what stands after the second `::`."""
    shown = make_visible(text)
    return break_commands(shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
