"""What a user says whom a model plays, and when the model has left its role."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.scenario import User
from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import AgentError, InfrastructureError, UserSimulatorError
from pytest_arc.providers import Reply, Request
from pytest_arc.providers.harness import HarnessModels
from pytest_arc.registry import PROVIDERS
from pytest_arc.scope import current_purpose
from pytest_arc.testing import ScriptedProvider
from pytest_arc.users.model import END, ModelUser, describe_role

CLERK = {
    "persona": "An impatient clerk",
    "goal": "The total of order A-17 in euros",
    "known": {"order": "A-1742", "paid on": "2026-03-05", "deposit": 1200.50},
    "unknown": ["the currency of the invoices"],
    "model": "actor",
}
Talk = Callable[..., list[str | None]]


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Talk:
    """Let the model `actor` say what is scripted, to these answers of the agent."""
    monkeypatch.setattr(PROVIDERS, "_loaded", dict(PROVIDERS._loaded))

    def talk(script: list[Any], *answers: str, models: HarnessModels | None = None, **spec: Any) -> Any:
        monkeypatch.setitem(PROVIDERS._loaded, "actor", lambda: ScriptedProvider(script))
        user = ModelUser(User.model_validate(CLERK | spec), models or HarnessModels(seed=7), nullcontext)

        async def hold() -> list[str | None]:
            return [await user.reply(answer) for answer in (None, *answers)]

        return asyncio.run(hold())

    return talk


def test_it_opens_answers_and_ends_by_the_marker(talk: Talk) -> None:
    script = ["What is the total of A-1742?", "In euros, please", f"Thanks, bye. {END}"]
    assert talk(script, "In which currency?", "10 EUR") == [*script[:2], None]


def test_a_label_before_its_line_is_no_part_of_what_it_says(talk: Talk) -> None:
    assert talk(["User: What is the total?"]) == ["What is the total?"]


def test_after_the_most_turns_it_gives_up(talk: Talk) -> None:
    assert talk(["a", "b", "c"], "?", "?", "?", max_turns=2) == ["a", "b", None, None]


def test_the_model_sees_the_conversation_from_the_other_side(talk: Talk) -> None:
    seen: list[tuple[Request, str]] = []

    def note(request: Request) -> str:
        seen.append((request, current_purpose()))
        return "Yes"

    talk(["Total it", note], "In euros?")
    ((request, purpose),) = seen
    assert purpose == "user"
    assert request.call == 2
    assert not request.tools
    assert [(m.role, m.text) for m in request.messages[2:]] == [
        ("assistant", "Total it"),
        ("user", "In euros?"),
    ]


def test_it_is_told_who_it_is_what_it_knows_and_what_it_does_not() -> None:
    told = describe_role(User.model_validate(CLERK))
    for text in (
        "An impatient clerk",
        "The total of order A-17 in euros",
        "- order: A-1742",
        "- deposit: 1200.5",
        "- the currency of the invoices",
        END,
    ):
        assert text in told


def test_its_usage_is_counted_as_the_users(talk: Talk) -> None:
    usage = Usage(model_calls=1, input_tokens=50, cost_usd=0.002)
    models = HarnessModels(seed=7)
    talk([Reply(text="a", usage=usage), Reply(text="b", usage=usage)], "?", models=models)
    assert models.usage == {"user": Usage(model_calls=2, input_tokens=100, cost_usd=0.004)}


@pytest.mark.parametrize(
    "said",
    [
        "It is order A-1742, paid on 5 March 2026",
        "A deposit of 1,200.50, that is 1200.5",
        "A deposit of 1200.50 EUR",
        "Give me 2 minutes, I have 17 more",
        "You said 4711, is that right?",
        "I want to talk to a human agent, not to an AI",
    ],
)
def test_what_it_was_told_it_may_say(talk: Talk, said: str) -> None:
    assert talk(["Total it", said], "Is it 4,711?") == ["Total it", said]


@pytest.mark.parametrize(
    "reply, trouble",
    [
        ("", "it said nothing"),
        ("As an AI language model, I have no orders.", "it said 'As an AI'"),
        ("I'm a simulated user, so I cannot know.", "it said 'I'm a simulated user'"),
        ("Sure!\nAssistant: The total is 10 EUR.", "it said 'Assistant:'"),
        ("My order is 99183", "it named 99183, which nobody told it"),
        ("It was 3,000 euros", "it named 3,000, which nobody told it"),
        ("It was 1,250.75 euros", "it named 1,250.75, which nobody told it"),
        ("x" * 8001, "it said 8,001 characters at once"),
        ({"tool": "pay", "arguments": {}}, "it called a tool"),
    ],
)
def test_leaving_its_role_is_trouble_of_the_simulator(talk: Talk, reply: Any, trouble: str) -> None:
    with pytest.raises(UserSimulatorError) as raised:
        talk(["Total it", reply], "Which order?")
    assert str(raised.value).startswith("the simulated user left its role: ")
    assert trouble in str(raised.value)


def test_it_cannot_end_what_has_not_begun(talk: Talk) -> None:
    with pytest.raises(UserSimulatorError, match="before it had begun"):
        talk([END])


@pytest.mark.parametrize("error", [InfrastructureError("HTTP 529"), AgentError("too long a context")])
def test_a_model_that_does_not_answer_is_trouble_of_the_simulator(talk: Talk, error: Exception) -> None:
    with pytest.raises(UserSimulatorError, match=rf"\(actor\) did not answer: {error}"):
        talk([error])


@pytest.mark.parametrize(
    "options, trouble",
    [
        ({"says": ["Hi"], "goal": "a total"}, "either written"),
        ({"goal": "a total", "answers": {"currency": "euros"}}, "either written"),
        ({"says": ["Hi"], "known": {"order": "A-17"}}, "needs 'persona' or 'goal'"),
        ({"model": "actor"}, "needs 'persona' or 'goal'"),
        ({}, "needs 'says' with at least one line, or 'persona' or 'goal'"),
    ],
)
def test_a_user_is_written_or_played(options: dict[str, Any], trouble: str) -> None:
    with pytest.raises(ValidationError, match=trouble):
        User.model_validate(options)
