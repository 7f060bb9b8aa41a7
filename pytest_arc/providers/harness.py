"""Models that work for the test, not for the agent: simulated users and judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_arc.domain.trajectory import NOTHING_USED, Usage
from pytest_arc.errors import TrialError
from pytest_arc.fingerprint import derive_seed
from pytest_arc.providers import ChatMessage, Provider, Reply, Request, ToolSchema
from pytest_arc.providers.factory import make_provider
from pytest_arc.providers.prices import count_failed
from pytest_arc.scope import enter_purpose

__all__ = ["HarnessModels"]


@dataclass(slots=True)
class HarnessModels:
    """The models of one trial that are not the agent's."""

    seed: int
    """Of the trial; each purpose has one of its own, derived from it."""
    usage: dict[str, Usage] = field(default_factory=dict[str, Usage])
    """`user`, `judge` -> what its calls consumed, never counted with the agent's."""
    _providers: dict[str, Provider] = field(default_factory=dict[str, Provider])

    async def ask(
        self,
        model: str,
        purpose: str,
        messages: Sequence[ChatMessage],
        tools: tuple[ToolSchema, ...] = (),
        call: int = 1,
    ) -> Reply:
        """One reply of `model`. `purpose` is `user`, `judge`, or `judge 2` for a second vote; `call` counts
        the calls of a user, and the votes of a judge, from 1.

        Raises what the provider raises.
        """
        provider = self._providers.get(model) or self._providers.setdefault(model, make_provider(model))
        seed = derive_seed(self.seed, purpose)
        request = Request(messages=tuple(messages), tools=tools, seed=seed, call=call)
        who = purpose.partition(" ")[0]
        with enter_purpose(purpose):
            try:
                reply = await provider.complete(request)
            except TrialError as error:
                self._count(who, count_failed(error))
                raise
        self._count(who, reply.usage)
        return reply

    def _count(self, who: str, consumed: Usage) -> None:
        self.usage[who] = self.usage.get(who, NOTHING_USED) + consumed
