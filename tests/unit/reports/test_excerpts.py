from __future__ import annotations

from typing import Any

import pytest

from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Message, ToolCall, ToolResult, Trajectory
from pytest_arc.reports.excerpts import Turn, list_turns, place_checks, select_excerpts

TALK = Trajectory(
    steps=(
        Message(role="user", text="How much?"),
        ToolCall(id="1", tool="query", arguments={"table": "a"}),
        ToolResult(id="1", tool="query", content="no such table", is_error=True),
        ToolCall(id="2", tool="query", arguments={"table": "b"}),
        ToolResult(id="2", tool="query", content="12", fault="slow"),
        Message(role="assistant", text="Which year?"),
        ToolResult(id="9", tool="clock", content="late"),
        Message(role="assistant", text="12"),
    )
)


def _select(cases: Any, room: int) -> tuple[list[tuple[str, int]], Any]:
    seen: list[tuple[str, int]] = []

    def write(trial: Any) -> str:
        seen.append((trial.case, trial.trial))
        return "x" * 10

    return seen, select_excerpts(cases, write, room)


def test_the_worst_trials_come_first_then_passing_ones_beside_them(make_case: Any) -> None:
    cases = [make_case("a"), make_case("b", "pff"), make_case("c", "fpef", planned=3)]
    seen, excerpts = _select(cases, 1_000)

    assert seen == [
        *[("bot/b", 2), ("bot/c", 1)],
        *[("bot/b", 1), ("bot/c", 2)],
        *[("bot/b", 3), ("bot/c", 3)],
        *[("bot/a", 1), ("bot/a", 2), ("bot/a", 3)],
        ("bot/c", 4),
    ]
    assert excerpts.is_complete
    assert (excerpts.failing, excerpts.passing) == (5, 5)


def test_no_more_is_written_than_there_is_room_for(make_case: Any) -> None:
    seen, excerpts = _select([make_case("a"), make_case("b", "pff")], 35)

    assert list(excerpts.texts) == [("bot/b", 2), ("bot/b", 1), ("bot/b", 3)]
    assert len(seen) == 4
    assert (excerpts.failing, excerpts.of_failing, excerpts.passing, excerpts.of_passing) == (2, 2, 1, 4)
    assert not excerpts.is_complete


def test_room_is_counted_in_bytes(make_case: Any) -> None:
    excerpts = select_excerpts([make_case("a")], lambda trial: "\u20ac" * 10, 65)

    assert len(excerpts.texts) == 2


def test_a_call_and_its_result_are_one_turn(make_case: Any) -> None:
    turns, _ = list_turns(make_case("a").trials[0], TALK)

    assert [(turn.number, turn.who) for turn in turns] == [
        *[(1, "user"), (2, "tool"), (4, "tool"), (6, "agent"), (7, "tool"), (8, "agent")]
    ]
    assert turns[1].result is not None
    assert turns[1].result.content == "no such table"
    assert (turns[4].call, turns[4].result) == (None, TALK.steps[6])


@pytest.mark.parametrize(
    "arguments, is_long",
    [
        ({}, False),
        ({"table": "accounts", "rows": [1, 2]}, False),
        ({"table": "accounts", "sql": "SELECT " * 10}, True),
        ({"text": "two  blanks"}, True),
        ({"when": object}, False),
    ],
)
def test_arguments_that_do_not_fit_beside_the_call_are_told_below_it(arguments: Any, is_long: bool) -> None:
    call = ToolCall(id="1", tool="query", arguments=arguments)

    assert Turn(1, "tool", 0.0, call=call).has_long_arguments == is_long


@pytest.mark.parametrize(
    "title, place",
    [
        ("answer_contains: 12", 7),
        ("not asks: year", 7),
        ("calls: query(table=b)", 3),
        ("never_calls: query", 3),
        ("calls: database_query", None),
        ("never_calls: wire_transfer", None),
        ("max_steps: 5", None),
        ("python: checks:answer_is_right", None),
    ],
)
def test_checks_stand_at_the_step_that_they_concern(title: str, place: int | None) -> None:
    check = CheckResult(title, "completeness", True, True, 1.0, "")
    placed, rest = place_checks([check], TALK)

    assert (placed, rest) == (({place: [check]}, []) if place is not None else ({}, [check]))


def test_a_check_of_the_answer_has_no_step_where_there_is_no_answer() -> None:
    check = CheckResult("answer_contains: 12", "completeness", True, False, 0.0, "")

    assert place_checks([check], Trajectory()) == ({}, [check])
