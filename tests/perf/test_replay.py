"""What a replayed call costs, against a loop of plain Python in the same minutes."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from pathlib import Path
from typing import Literal

from measuring import Figure, compare_with_loop, judge

from pytest_arc.providers import ChatMessage, Reply, Request, ToolSchema
from pytest_arc.providers.cassettes.layer import RecordedProvider
from pytest_arc.providers.cassettes.recorder import Recorder
from pytest_arc.providers.cassettes.store import Store
from pytest_arc.providers.services import Services, use_services
from pytest_arc.redaction import Redactor
from pytest_arc.scope import TrialScope, enter_scope

# Promised are 2 s for 1,000 calls on a machine that adds up a million numbers in 25 ms.
CALLS, LIMIT = 1000, 80

PROMPT = "You answer questions about invoices. Name the currency, and show your sums. " * 20
TOOLS = tuple(
    ToolSchema(
        name=f"tool_{n}",
        description="Looks something up in the ledger.",
        parameters={"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    )
    for n in range(6)
)


class _Model:
    async def complete(self, request: Request) -> Reply:
        return Reply(text="The total of the paid invoices is 12,345.67 EUR. " * 10, model="m")


def test_replaying_1000_calls_takes_less_than_2_seconds(tmp_path: Path, figures: list[Figure]) -> None:
    _ask_all(tmp_path, "new")
    ratios, s = compare_with_loop(lambda: _ask_all(tmp_path, "none"), times=7)
    promise = "replay of 1,000 recorded calls: CPU against 10^6 additions"
    figures.append(judge(promise, ratios, LIMIT, "x", f"{s:.2f} s"))


def _ask_all(folder: Path, mode: Literal["none", "new"]) -> None:
    store = Store(folder)
    redact = Redactor({"DESK_PASSWORD": "c0rrect-horse"}).value
    recorder = Recorder(store, run=mode, mode=mode, redact=redact)
    provider = RecordedProvider(_Model(), {"model": "openai:gpt-5-mini"})

    async def ask(trial: int) -> None:
        enter_scope(TrialScope("desk@v1/fx/eur", "fx/eur", trial, 1, seed=0))
        messages = [ChatMessage(role="system", text=PROMPT)]
        for turn in range(10):
            messages.append(ChatMessage(role="user", text=f"And the invoices of month {turn}?"))
            reply = await provider.complete(Request(messages=tuple(messages), tools=TOOLS))
            messages.append(ChatMessage(role="assistant", text=reply.text))

    async def run() -> None:
        with use_services(Services(recorder=recorder)):
            await asyncio.gather(*(ask(trial) for trial in range(1, CALLS // 10 + 1)))

    copy_context().run(asyncio.run, run())
    store.close()
