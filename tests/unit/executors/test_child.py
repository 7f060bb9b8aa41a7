"""What a child process hears and says."""

from __future__ import annotations

import io
import json

import pytest

from pytest_arc.errors import AgentError
from pytest_arc.executors.child import Channel, Request, explain
from pytest_arc.executors.frames import FRAME


def test_requests_are_read_one_by_one() -> None:
    data = FRAME.pack(1, 5) + b"first" + FRAME.pack(2, 0)
    channel = Channel(io.BytesIO(data), io.BytesIO())
    assert [channel.read(), channel.read(), channel.read()] == [Request(1, "first"), Request(2, ""), None]


@pytest.mark.parametrize("cut", [1, 7, 8, 10])
def test_an_input_that_ends_in_the_middle_has_ended(cut: int) -> None:
    whole = FRAME.pack(1, 5) + b"first"
    assert Channel(io.BytesIO(whole[:cut]), io.BytesIO()).read() is None


def test_answers_carry_the_number_of_what_was_asked() -> None:
    answers = io.BytesIO()
    channel = Channel(io.BytesIO(), answers)
    channel.write(7, "yes")
    channel.write(0)
    assert answers.getvalue() == FRAME.pack(7, 3) + b"yes" + FRAME.pack(0, 0)


def test_what_kept_a_trial_from_its_answer_says_whose_doing_it_was() -> None:
    assert explain("as it is") == "as it is"
    told = json.loads(explain(AgentError("the agent went on")))
    assert (told["error"], told["blame"]) == ("the agent went on", "agent")
    assert json.loads(explain(KeyboardInterrupt()))["error"] == "KeyboardInterrupt"


def test_what_cannot_be_read_keeps_no_time() -> None:
    request = Request(1, "no spec\n1\n2\n3")
    assert request.limit_time() == float("inf")
    assert request.limit_attempt() == 0.0
