# pyright: strict
"""A check, a target, a behaviour and a model with names of their own, as another package brings them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_arc import AgentContext, Check, Evidence, Finding, Target, Usage
from pytest_arc.providers import Provider, Reply, Request
from pytest_arc.targets import UserTurns, converse
from pytest_arc.world.behavior import Behavior
from pytest_arc.world.state import WorldState


class AnswerWords(Check):
    """At most so many words in the last answer."""

    version: ClassVar[int] = 2

    answer_words: int

    def judge(self, evidence: Evidence) -> Finding:
        words = len(evidence.trajectory.answer.split())
        return Finding(words <= self.answer_words, f"{words} words")


class GreetTarget(Target):
    """An agent that greets."""

    kind = "greet"
    observes = frozenset({"answer", "tool_calls", "latency"})
    uses_world = True

    greet: str

    def describe(self) -> str:
        return f"greeter ({self.greet})"

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        async def answer() -> str:
            return f"{self.greet}, {(await context.call('name_day')).content}!"

        await converse(context, user, answer)


class FirstOf(Behavior):
    """A tool that answers with the first of its names."""

    kind = "first_of"

    names: tuple[str, ...]

    async def run(self, arguments: Mapping[str, Any], state: WorldState) -> str:
        return self.names[0]


class Parrot:
    """A model that repeats what it heard."""

    async def complete(self, request: Request) -> Reply:
        return Reply(text=request.messages[-1].text, usage=Usage(model_calls=1), model="parrot")


check: Check = AnswerWords(answer_words=12, gating=False)
target: Target = GreetTarget(greet="Hello")
behavior: Behavior = FirstOf(names=("Ida", "Ole"))
model: Provider = Parrot()
