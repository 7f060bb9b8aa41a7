"""What has been said and done so far, so that the policy can run from the top again with each call.

The policy is written as if tools and user answered at once. What they have answered already is taken from
the messages, in order; the first thing nobody has answered yet ends the run and becomes the reply.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

from pytest_arc.fingerprint import stream
from pytest_arc.providers import ChatMessage, Request, ToolRequest
from pytest_arc.providers.reference.directives import DEFAULTS, read_directives
from pytest_arc.providers.reference.tables import PHRASES
from pytest_arc.providers.reference.tools import assign_roles, read_json

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


class Conversation:
    """One trial as the policy lives through it, and the answer that it is about to give."""

    def __init__(self, request: Request) -> None:
        messages = request.messages
        self.prompt = "\n".join(m.text for m in messages if m.role == "system")
        self.reading = read_directives(self.prompt)
        self.roles = assign_roles(request.tools)
        self.told: dict[str, str] = {}
        """What the user has answered."""
        self.sources: list[str] = []
        """Where the answer comes from."""
        self._sentences: list[str] = []
        self._caveats: list[str] = []
        self._turns = (m for m in messages if m.role == "user")
        self._results = (m for m in messages if m.role == "tool")
        self._seed = request.seed
        self._slip_rate = float(request.settings.get("slip_rate", SLIP_RATE))
        self._drawn: Counter[str] = Counter()
        self._decided: dict[str, str] = {}
        self._calls = 0

    def hear(self) -> str | None:
        """The next user turn, if it has been said; the answer to it is begun."""
        self._sentences, self._caveats, self.sources = [], [], []
        turn = next(self._turns, None)
        return turn.text if turn else None

    def ask(self, kind: str, **parts: str) -> str:
        """The user's answer to a question. Raises Spoken while there is none."""
        turn = next(self._turns, None)
        if turn is None:
            raise Spoken(self._phrase(kind, **parts))
        return turn.text

    def say(self, kind: str, **parts: str) -> None:
        self._sentences.append(self._phrase(kind, **parts))

    def warn(self, kind: str, **parts: str) -> None:
        """Say once, after everything else."""
        self._caveats.append(self._phrase(kind, **parts))

    def write_answer(self) -> str:
        parts = [*self._sentences, *dict.fromkeys(self._caveats)]
        if self.sources and self.decide("scope") == "may_add":
            parts.append(self._phrase("extra"))
        if self.sources and self.decide("source_citing") == "cite":
            parts.append(self._phrase("source", source=", ".join(dict.fromkeys(self.sources))))
        return " ".join(parts)

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

    def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        """What the tool answers, parsed, after as many retries as the prompt wants. Raises ToolFailed."""
        policy = self.decide("tool_failure")
        retries = int(policy.split(":")[1]) if policy.startswith("retry") else 0
        error = ""
        for attempt in range(1 + retries):
            if attempt and self.slips("retry"):
                break  # gives up early
            message = self._take(tool, arguments)
            if message.is_error:
                error = _read_error(message.text)
                continue
            try:
                return read_json(message.text)
            except ValueError:
                error = "the tool's answer cannot be read"
        raise ToolFailed(error)

    def _take(self, tool: str, arguments: dict[str, Any]) -> ChatMessage:
        self._calls += 1
        message = next(self._results, None)
        if message is None:
            raise Wanted(ToolRequest(id=f"call-{self._calls}", tool=tool, arguments=arguments))
        return message

    def _phrase(self, kind: str, **parts: str) -> str:
        """One of the phrases of a kind, filled in."""
        return stream(self._seed, "phrase", kind).choice(PHRASES[kind]).format(**parts)


def _read_error(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(cast("dict[str, Any]", value).get("error", text)) if isinstance(value, dict) else text
