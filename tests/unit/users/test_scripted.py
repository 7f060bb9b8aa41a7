"""What a scripted user says, turn by turn."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_arc.domain.scenario import User
from pytest_arc.errors import UserSimulatorError
from pytest_arc.users.scripted import ScriptedUser


@dataclass
class Talk:
    """One conversation with a user, without an event loop around it."""

    user: ScriptedUser

    def reply(self, answer: str | None) -> str | None:
        return asyncio.run(self.user.reply(answer))


def make_user(*says: str, **options: Any) -> Talk:
    return Talk(ScriptedUser(User(says=says, **options)))


def test_user_with_one_line_says_it_and_is_content_with_any_answer() -> None:
    user = make_user("Total the invoices")

    assert user.reply(None) == "Total the invoices"
    assert user.reply("The total is 12.00 EUR.") is None


def test_says_are_said_one_after_each_answer() -> None:
    user = make_user("Total the invoices", "Now by region", "Thanks")

    assert [user.reply(None), user.reply("12 EUR"), user.reply("EMEA 12 EUR")] == [
        "Total the invoices",
        "Now by region",
        "Thanks",
    ]
    assert user.reply("You are welcome.") is None


def test_question_about_a_topic_is_answered_before_the_next_line() -> None:
    user = make_user("Total them", "Now by region", answers={"currency": "They are in euros"})
    user.reply(None)

    assert user.reply("Which currency are the invoices in?") == "They are in euros"
    assert user.reply("12.00 EUR") == "Now by region"


def test_request_without_a_question_mark_is_a_question() -> None:
    user = make_user("Total them", answers={"period": "The first quarter"})
    user.reply(None)

    assert user.reply("Please tell me which period you mean.") == "The first quarter"


def test_topic_is_answered_once_and_then_evaded() -> None:
    user = make_user("Total them", answers={"currency": "They are in euros"})
    user.reply(None)

    assert user.reply("Which currency are the invoices in?") == "They are in euros"
    assert user.reply("Which currency are the invoices in?") == "I do not know"


def test_topics_asked_for_at_once_are_answered_at_once() -> None:
    user = make_user("Total them", answers={"currency": "In euros", "period": "The first quarter"})
    user.reply(None)

    assert user.reply("Which currency and which period do you mean?") == "In euros\nThe first quarter"


def test_other_question_is_evaded_in_the_words_of_the_scenario() -> None:
    user = make_user("Total them", answers={"currency": "In euros"}, otherwise="Ask my manager")
    user.reply(None)

    assert user.reply("Who approved these invoices?") == "Ask my manager"


def test_user_does_not_evade_twice_in_a_row() -> None:
    user = make_user("Total them", "Never mind, just do it")
    user.reply(None)

    assert user.reply("Who approved these invoices?") == "I do not know"
    assert user.reply("Which file do you mean?") == "Never mind, just do it"
    assert user.reply("Which file do you mean?") == "I do not know"
    assert user.reply("Which file do you mean?") is None


@pytest.mark.parametrize("ask", ["Which file do you mean?", "Please tell me which file you mean."])
def test_user_with_one_line_evades_a_question_however_it_is_put(ask: str) -> None:
    user = make_user("Total them")
    user.reply(None)

    assert user.reply(ask) == "I do not know"


@pytest.mark.parametrize(
    "courtesy", ["Done. Is there anything else I can help with?", "Would you like me to add a chart?"]
)
def test_courtesy_and_offer_end_the_conversation(courtesy: str) -> None:
    user = make_user("Total them", answers={"currency": "In euros"})
    user.reply(None)

    assert user.reply(courtesy) is None


def test_conversation_with_an_agent_that_only_asks_comes_to_an_end() -> None:
    user = make_user("Total them", "Go on", answers={"currency": "In euros"})
    turns = [user.reply(None)]
    while turns[-1] is not None and len(turns) < 20:
        turns.append(user.reply("Which currency do you mean?"))

    assert turns == ["Total them", "In euros", "I do not know", "Go on", "I do not know", None]


def test_topic_without_a_word_is_trouble_of_the_user_simulator() -> None:
    user = make_user("Total them", answers={"?": "In euros"})
    user.reply(None)

    with pytest.raises(UserSimulatorError, match=r"the user cannot answer: the topic '\?'"):
        user.reply("Which currency?")


def test_trial_of_one_plain_turn_does_not_load_the_language_rules() -> None:
    code = """
import asyncio, sys
from pytest_arc.domain.scenario import User
from pytest_arc.users.scripted import ScriptedUser
user = ScriptedUser(User(says=["Hello"]))
asyncio.run(user.reply(None))
assert asyncio.run(user.reply("Hello to the world")) is None
sys.exit("pytest_arc.language" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
