"""How an agent is reached.

A target holds the conversation of one trial: it is given an `AgentContext` and the simulated user, and
leaves a trajectory behind in the context. Most targets only know how to answer one user turn; `converse`
holds the conversation for them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Protocol

from pytest_arc.domain.profile import TargetSpec
from pytest_arc.targets.context import AgentContext

__all__ = ["AgentContext", "Target", "UserTurns", "converse"]


class UserTurns(Protocol):
    """The simulated user, as a target sees it."""

    def reply(self, answer: str | None) -> str | None:
        """What the user says after `answer` (None: opens the conversation); None ends it."""
        ...


class Target(TargetSpec):
    """A way to reach an agent. Subclasses are frozen models: no state between trials."""

    @abstractmethod
    async def run(self, context: AgentContext, user: UserTurns) -> None:
        """Hold the conversation of one trial, recording it in `context`.

        Raises AgentError when the agent breaks, and other TrialErrors by whose doing it was.
        """


async def converse(context: AgentContext, user: UserTurns, answer: Callable[[], Awaitable[str]]) -> None:
    """Let the user speak and the agent answer, until the user has nothing more to say."""
    said = user.reply(None)
    while said is not None:
        context.hear(said)
        text = await answer()
        context.say(text)
        said = user.reply(text)
