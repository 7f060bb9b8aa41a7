"""Annotations, read as the runner of GitHub Actions reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hostile import ATTACKS, HOSTILE, LONG
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.result import Verdict, VerdictPart
from pytest_arc.reports.annotations import list_annotations
from pytest_arc.reports.github import disarm

ON_GITHUB = {"GITHUB_ACTIONS": "true"}


def read_commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Every command in what is printed: its name, properties and message, unescaped."""
    found: list[tuple[str, dict[str, str], str]] = []
    for line in text.split("\n"):
        if "##[" in line:
            found.append(("##", {}, line))
        told = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)", line)
        if told:
            pairs = (pair.partition("=")[::2] for pair in (told[2] or "").split(",") if pair)
            found.append((told[1], {key: _unescape(value) for key, value in pairs}, _unescape(told[3])))
    return found


def _unescape(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_they_point_at_thresholds_and_scenarios(
    make_case: Any, make_agent: Any, make_run: Any, snapshot: SnapshotAssertion
) -> None:
    verdicts = (
        Verdict("reliability", "bot", "failed", "8 of 12 passed", True, hints=("Look: arc show last",)),
        Verdict("group/fx", "bot", "inconclusive", "too few trials", False),
        Verdict("performance", "bot", "failed", "cost +40 %", False, advisory=True),
        Verdict(
            "regression",
            "bot",
            "failed",
            "worse than main",
            True,
            parts=(VerdictPart("fx/chf", "scenario", "failed", "0/3 now"),),
        ),
        Verdict("dimension/performance", "bot", "passed", "0.9", False),
    )
    places = {"reliability": "configs/bot.yaml:12", "group/fx": "configs/base.yaml:4"}
    alone = make_case("pay", "pff", line=30)
    alone = replace(alone, outcome=replace(alone.outcome, word="failed"))
    cases = [make_case("fx/chf", "fff", line=9), make_case("fx/eur", "ppf", line=15), alone, make_case("ok")]
    agent = make_agent(cases, verdicts=verdicts, gates_at=places, path="configs/bot.yaml")

    assert list_annotations(make_run(agent, interrupted="Ctrl-C"), "/repo/agents", "/repo") == snapshot


@pytest.mark.parametrize("count, shown", [(10, 10), (11, 10), (500, 10)])
def test_as_many_are_printed_as_github_shows(
    count: int, shown: int, make_case: Any, make_agent: Any, make_run: Any
) -> None:
    agent = make_agent([make_case(f"s{n}", "pf") for n in range(count)])
    found = read_commands("\n".join(list_annotations(make_run(agent), "/repo", "/repo")))

    assert len(found) == shown
    rest = found[-1][1]["title"]
    assert rest == "bot: s9 below bar" if count == 10 else rest.startswith(f"{count - 9} more: arc show")


def test_paths_outside_of_the_repository_stay_as_they_are(
    make_case: Any, make_agent: Any, make_run: Any
) -> None:
    run = make_run(make_agent([make_case("a", "pf", path="../elsewhere/s.yaml")]))

    assert "file=../elsewhere/s.yaml," in list_annotations(run, "/repo", "/repo")[0]
    assert "file=../elsewhere/s.yaml," in list_annotations(run, "/repo", "")[0]


@pytest.mark.parametrize("attack", [*ATTACKS, LONG])
def test_what_agents_say_is_no_command_of_its_own(
    attack: str, make_case: Any, make_agent: Any, make_run: Any
) -> None:
    case = make_case("a", "pf")
    trials = [replace(trial, reason=attack) for trial in case.trials]
    hostile = replace(case, scenario=attack, path=attack, trials=trials)
    verdict = Verdict("reliability", "bot", "failed", attack, True, hints=(attack,))
    run = make_run(make_agent([hostile], verdicts=(verdict,), path=attack), interrupted=attack)
    lines = list_annotations(run, "/repo", "/repo")
    commands = read_commands("\n".join(lines))

    assert [name for name, _, _ in commands] == ["error", "warning", "warning"]
    assert all(set(properties) <= {"file", "line", "title"} for _, properties, _ in commands)
    assert all(len(line) < 20_000 or attack is LONG for line in lines)


def test_printed_text_has_no_command_where_the_runner_reads() -> None:
    text = f"  1 user {HOSTILE}\n\t::error::x\n  a ::not at the beginning"

    assert read_commands(text) != []
    assert read_commands(disarm(text, ON_GITHUB)) == []
    assert disarm(text, {}) == text
    assert "a ::not at the beginning" in disarm(text, ON_GITHUB)
