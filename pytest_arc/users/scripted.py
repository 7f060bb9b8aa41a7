"""The user whose every line is written in the scenario."""

from __future__ import annotations

import re
from collections import deque

from pytest_arc.domain.scenario import User
from pytest_arc.errors import UserSimulatorError

__all__ = ["ScriptedUser"]

_MAY_ASK = re.compile(r"\?|\b(?:please|kindly|you|your|me|us|i|we)\b", re.IGNORECASE)


class ScriptedUser:
    """Follows a `user` of a scenario for one trial.

    Opens with the first line of `says`. To each answer of the agent, the first of these that applies:

    1. the agent asks about topics of `answers` that were not answered yet: what stands there, all of them
       when it asks for several at once. Each is said once;
    2. it asks for something else, or for the same again: `otherwise`, but never twice in a row;
    3. the next line of `says`;
    4. nothing: the conversation is over.

    What is a question, and what it is about, are the rules of `pytest_arc.language`: an offer or a courtesy
    ("Anything else?") asks for nothing.
    """

    def __init__(self, spec: User) -> None:
        self._spec = spec
        self._lines = deque(spec.says)
        self._unanswered = dict(spec.answers)
        self._evaded = False

    async def reply(self, answer: str | None) -> str | None:
        """What the user says after `answer` (None: opens the conversation); None ends it.

        Raises UserSimulatorError when a topic of `answers` has no word to look for.
        """
        if answer is None or not self._can_be_asked(answer):
            return self._say_next_line()
        told = self._answer_topics(answer)
        if told is not None:
            self._evaded = False
            return told
        if not self._evaded and _asks(answer):
            self._evaded = True
            return self._spec.otherwise
        return self._say_next_line()

    def _can_be_asked(self, answer: str) -> bool:
        """Spares a user with one line, in the usual trial of one turn, the import of the language rules."""
        return bool(self._spec.answers or self._lines or _MAY_ASK.search(answer))

    def _answer_topics(self, answer: str) -> str | None:
        if not self._unanswered:
            return None
        from pytest_arc.language import asks_about

        try:
            topics = [topic for topic in self._unanswered if asks_about(answer, topic)]
        except ValueError as error:
            raise UserSimulatorError(f"the user cannot answer: {error}") from error
        return "\n".join(self._unanswered.pop(topic) for topic in topics) if topics else None

    def _say_next_line(self) -> str | None:
        self._evaded = False
        return self._lines.popleft() if self._lines else None


def _asks(answer: str) -> bool:
    from pytest_arc.language import find_questions

    return bool(find_questions(answer))
