"""A provider that says what it was told to say: for tests of agents, prompts and the harness itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias, cast

from pytest_arc.domain.trajectory import Usage
from pytest_arc.errors import InfrastructureError
from pytest_arc.providers import Reply, Request, ToolRequest

__all__ = ["ScriptedProvider", "ScriptedReply"]

ScriptedCall: TypeAlias = ToolRequest | Mapping[str, Any]
ScriptedReply: TypeAlias = (
    str | Reply | ScriptedCall | Sequence[ScriptedCall] | Exception | Callable[[Request], Any]
)
"""One entry of a script:

* text: an answer;
* `{"tool": "ledger", "arguments": {...}}`, a ToolRequest, or a list of them: tool calls;
* a Reply: as it is;
* an exception: raised;
* a function of the request: what it returns is one of the above.
"""


class ScriptedProvider:
    """Replies in order: the n-th call of a trial gets the n-th entry of the script.

    The script belongs to the trial, not to the provider: each trial begins at its first entry, however many
    trials run at the same time. Without a script of its own the provider plays `settings["replies"]` of
    the request, so that YAML can hold one.
    """

    deterministic: ClassVar[bool] = True

    def __init__(self, replies: Iterable[ScriptedReply] | None = None) -> None:
        self._replies = None if replies is None else tuple(replies)

    async def complete(self, request: Request) -> Reply:
        """Return entry number `request.call`. Raises InfrastructureError when the script is over."""
        told: Sequence[Any] = request.settings.get("replies", ())
        script = told if self._replies is None else self._replies
        if request.call > len(script):
            raise InfrastructureError(f"the script has {len(script)} replies; call {request.call} was made")
        return _make_reply(script[request.call - 1], request)


def _make_reply(entry: Any, request: Request) -> Reply:
    if isinstance(entry, Exception):
        raise entry
    if isinstance(entry, Reply):
        return entry
    if callable(entry):
        return _make_reply(entry(request), request)
    usage = Usage(model_calls=1, cost_usd=0.0)
    if isinstance(entry, str):
        return Reply(text=entry, usage=usage, model="scripted")
    calls = cast("Sequence[Any]", entry if isinstance(entry, (list, tuple)) else [entry])
    requests = (_make_tool_request(call, f"call-{request.call}-{n}") for n, call in enumerate(calls, 1))
    return Reply(tool_requests=tuple(requests), usage=usage, model="scripted")


def _make_tool_request(entry: Any, id: str) -> ToolRequest:
    if isinstance(entry, ToolRequest):
        return entry
    if isinstance(entry, Mapping):
        return ToolRequest.model_validate({"id": id} | dict(cast("Mapping[str, Any]", entry)))
    raise TypeError(f"a script holds no {type(entry).__name__}: {entry!r}")
