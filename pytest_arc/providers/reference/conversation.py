"""What has been said and done so far, so that the policy can run from the top again with each call.

The policy is written as if tools and user answered at once. What they have answered already is taken from
the messages, in order; the first thing nobody has answered yet ends the run and becomes the reply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pytest_arc.fingerprint import stream
from pytest_arc.providers import ChatMessage, Request, ToolRequest
from pytest_arc.providers.reference.directives import DEFAULTS, Reading, read_directives
from pytest_arc.providers.reference.tables import PHRASES
from pytest_arc.providers.reference.tools import Roles, assign_roles, read_json

__all__ = ["Conversation", "Spoken", "ToolFailed", "Wanted"]

SLIP_RATE = 0.02


class Wanted(Exception):
    """The policy needs a tool's answer that is not there yet."""

    def __init__(self, request: ToolRequest) -> None:
        self.request = request


class Spoken(Exception):
    """The policy says something and waits for the user."""


class ToolFailed(Exception):
    """A tool gave no usable answer, and the policy has done what it does about that."""


@dataclass(frozen=True)
class Result:
    content: str
    is_error: bool


class Conversation:
    """One trial as the policy lives through it."""

    def __init__(self, request: Request) -> None:
        messages = request.messages
        self.prompt = "\n".join(m.text for m in messages if m.role == "system")
        self.reading: Reading = read_directives(self.prompt)
        self.roles: Roles = assign_roles(request.tools)
        self.files: tuple[str, ...] = ()
        """The files that the user has named so far."""
        self.told: dict[str, str] = {}
        """What the user has answered."""
        self.notes: list[str] = []
        """Discrepancies that the answer has to mention."""
        self._turns: Iterator[ChatMessage] = (m for m in messages if m.role == "user")
        self._results: Iterator[ChatMessage] = (m for m in messages if m.role == "tool")
        self._seed = request.seed
        self._slip_rate = float(request.settings.get("slip_rate", SLIP_RATE))
        self._drawn: Counter[str] = Counter()
        self._decided: dict[str, str] = {}
        self._calls = 0

    def hear(self) -> str | None:
        """The next user turn, if it has been said."""
        turn = next(self._turns, None)
        return turn.text if turn else None

    def ask(self, question: str) -> str:
        """The user's answer. Raises Spoken while there is none."""
        answer = self.hear()
        if answer is None:
            raise Spoken(question)
        return answer

    def decide(self, slot: str) -> str:
        """What the prompt says about a matter; a slip takes what an inattentive model does."""
        if slot not in self._decided:
            self._decided[slot] = DEFAULTS[slot] if self.slips(slot) else self.reading.value(slot)
        return self._decided[slot]

    @property
    def assumed_currency(self) -> str:
        """The currency of amounts that come without one; "" where the prompt lets none be assumed."""
        held = self.decide("unstated_currency")
        return held.split(":")[1] if held.startswith("assume") else ""

    @property
    def looks_at_currency(self) -> bool:
        """An assumption spares the look into the data, unless the prompt settles mixed currencies."""
        return not self.assumed_currency or self.decide("mixed_currencies") != "add"

    def slips(self, point: str) -> bool:
        """Whether chance makes the policy inattentive here. The prompt has no part in it."""
        self._drawn[point] += 1
        return stream(self._seed, "slip", point, self._drawn[point]).random() < self._slip_rate

    def phrase(self, kind: str, **parts: str) -> str:
        """One of the phrases of a kind, filled in."""
        return stream(self._seed, "phrase", kind).choice(PHRASES[kind]).format(**parts)

    def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        """What the tool answers, parsed, after as many retries as the prompt wants. Raises ToolFailed."""
        policy = self.decide("tool_failure")
        attempts = 1 + (int(policy.split(":")[1]) if policy.startswith("retry") else 0)
        error = ""
        for attempt in range(attempts):
            if attempt and self.slips("retry"):
                break  # gives up early
            result = self._take(tool, arguments)
            try:
                value = read_json(result.content)
            except ValueError:
                value, error = None, "the tool's answer cannot be read"
            if not result.is_error and value is not None:
                return value
            if result.is_error:
                error = _read_error(value, result.content)
        raise ToolFailed(error)

    def _take(self, tool: str, arguments: dict[str, Any]) -> Result:
        self._calls += 1
        message = next(self._results, None)
        if message is None:
            raise Wanted(ToolRequest(id=f"call-{self._calls}", tool=tool, arguments=arguments))
        return Result(message.text, message.is_error)


def _read_error(value: Any, content: str) -> str:
    return str(cast("dict[str, Any]", value).get("error", content)) if isinstance(value, dict) else content
