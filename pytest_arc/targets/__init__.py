"""How an agent is reached.

A target holds the conversation of one trial: it is given an `AgentContext` and the simulated user, and
leaves a trajectory behind in the context. Most targets only know how to answer one user turn; `converse`
holds the conversation for them.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from pydantic import Field

from pytest_arc.deadlines import TimeLimit
from pytest_arc.domain.profile import TargetSpec
from pytest_arc.errors import AgentError
from pytest_arc.targets.context import AgentContext

__all__ = ["AgentContext", "InProcessTarget", "Target", "UserTurns", "converse"]


class UserTurns(Protocol):
    """The simulated user, as a target sees it."""

    async def reply(self, answer: str | None) -> str | None:
        """What the user says after `answer` (None: opens the conversation); None ends it.

        Raises UserSimulatorError when nothing can be said.
        """
        ...


class Target(TargetSpec):
    """A way to reach an agent. Subclasses are frozen models: no state between trials."""

    @abstractmethod
    async def run(self, context: AgentContext, user: UserTurns) -> None:
        """Hold the conversation of one trial, recording it in `context`.

        Raises AgentError when the agent breaks, and other TrialErrors by whose doing it was.
        """


class InProcessTarget(Target):
    """An agent that is code of the user, and runs in the process that makes the trial."""

    isolation: Literal["process"] | None = Field(default=None, exclude_if=lambda isolation: isolation is None)
    """`process`: each trial in a fresh process, for an agent that crashes, forks or leaks. It costs the start
    of Python and the agent's imports, every time."""

    @property
    def is_isolated(self) -> bool:
        return self.isolation is not None

    # As many processes at once as there is something to run them on.
    @property
    def default_concurrency(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return 2 * (os.cpu_count() or 1) if self.is_isolated else super().default_concurrency


async def converse(context: AgentContext, user: UserTurns, answer: Callable[[], Awaitable[str]]) -> None:
    """Let the user speak and the agent answer, until the user has nothing more to say."""
    said = await user.reply(None)
    while said is not None:
        context.hear(said)
        limit_s = context.limits.agent_timeout_s
        text = await (answer() if limit_s is None else _answer_in_time(context, answer, limit_s))
        context.say(text)
        said = await user.reply(text)


async def _answer_in_time(
    context: AgentContext, answer: Callable[[], Awaitable[str]], timeout_s: float
) -> str:
    """Answer one user turn. Raises the error of whoever made it last too long."""
    began_s = context.clock.read()
    try:
        with TimeLimit(timeout_s) as context.answer_limit:
            text = await answer()
    except TimeoutError:
        raise context.explain_hang(timeout_s) from None
    finally:
        context.answer_limit = None
    took_s = context.clock.read() - began_s
    if took_s > timeout_s:
        raise AgentError(f"an answer took {took_s:.3g} s; the limit of one answer is {timeout_s:g} s")
    return text
