from __future__ import annotations

from pytest_arc.domain.trajectory import Message, Step, ToolCall, ToolResult, Trajectory
from pytest_arc.reports.transcript import find_divergence, format_transcript

ASK = Message(role="user", text="Total the invoices")
CALL = ToolCall(id="1", tool="sum", arguments={"file": "a.csv"})
RESULT = ToolResult(id="1", tool="sum", content="42", at_s=1.5)
ANSWER = Message(role="assistant", text="It is 42")


def _join(*steps: Step) -> Trajectory:
    return Trajectory(steps=steps)


def test_a_transcript_numbers_who_did_what() -> None:
    assert format_transcript(_join(ASK, CALL, RESULT, ANSWER)) == [
        "    1 user    Total the invoices",
        '    2 call    sum(file="a.csv")',
        "    3 result  42",
        "    4 agent   It is 42",
    ]


def test_faults_and_errors_are_marked() -> None:
    fault = ToolResult(id="1", tool="sum", content="no answer", is_error=True, fault="timeout")
    assert format_transcript(_join(fault)) == ["    1 error   [fault put in: timeout] no answer"]


def test_long_steps_and_long_transcripts_are_shortened() -> None:
    lines = format_transcript(_join(*[Message(role="user", text="word " * 200)] * 100))
    assert "     ... 76 steps left out ..." in lines
    assert len(lines) == 24 * 3 + 1
    assert all(len(line) <= 80 for line in lines)


def test_trajectories_are_the_same_until_a_step_differs() -> None:
    other = ToolCall(id="9", tool="sum", arguments={"file": "b.csv"})
    assert find_divergence(_join(ASK, CALL), _join(ASK, other)) == 2
    assert find_divergence(_join(ASK, CALL), _join(ASK, CALL, RESULT)) == 3


def test_ids_and_times_make_no_difference() -> None:
    late = ToolResult(id="7", tool="sum", content="42", at_s=9.0)
    assert find_divergence(_join(ASK, RESULT), _join(ASK, late)) == 3
