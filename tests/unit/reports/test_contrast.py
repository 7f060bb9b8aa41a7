"""Two trials side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory
from pytest_arc.reports.contrast import align_steps, draw_contrast


def _ask(text: str) -> Step:
    return Message(role="user", text=text)


def _answer(text: str) -> Step:
    return Message(role="assistant", text=text)


def _look_up(currency: str, rate: str) -> tuple[Step, Step]:
    # Ids and times differ in every trial, and make no difference.
    call = ToolCall(id=f"{currency}-{rate}", tool="get_rate", arguments={"currency": currency})
    return call, ToolResult(id=call.id, tool="get_rate", content=rate)


FAILED = Trajectory(
    steps=(
        _ask("What are 100 CHF in EUR?"),
        *_look_up("CHF", "0.95"),
        *_look_up("USD", "1.08"),
        _answer("That is 108 USD, at the rate of today that the tool gives, which I have looked up for you."),
        _ask("Thanks"),
    )
)
PASSED = Trajectory(
    steps=(
        _ask("What are 100 CHF in EUR?"),
        *_look_up("CHF", "0.95"),
        _answer("95 EUR"),
        _ask("Thanks"),
        _answer("You are welcome"),
    )
)


def test_what_is_the_same_is_one_line_and_what_differs_stands_side_by_side(
    snapshot: SnapshotAssertion,
) -> None:
    lines = draw_contrast(FAILED, PASSED, ("trial 2 failed", "trial 1 passed"))

    assert lines == snapshot
    assert max(map(len, lines)) <= 80


steps = st.lists(st.sampled_from([_ask("a"), _ask("b"), _answer("a"), *_look_up("CHF", "1")]), max_size=8)


@given(steps, steps)
def test_every_step_of_both_is_in_one_passage(left: list[Step], right: list[Step]) -> None:
    one, other = Trajectory(steps=tuple(left)), Trajectory(steps=tuple(right))

    passages = align_steps(one, other)

    assert [n for p in passages for n in range(*p.left)] == list(range(len(left)))
    assert [n for p in passages for n in range(*p.right)] == list(range(len(right)))
    for passage in passages:
        same = [left[n] for n in range(*passage.left)] == [right[n] for n in range(*passage.right)]
        assert same is passage.is_same
