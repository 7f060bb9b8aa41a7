"""A server on this machine that answers like OpenAI and Anthropic do, by a script, with all their bad days.

    script = ["hello", Answer.rate_limited(retry_after_s=1), Answer("again", latency_s=0.2)]
    with ModelServer(script) as server:
        client = OpenAI(base_url=server.openai_url, api_key="test")
        ...
    assert [call.body["model"] for call in server.calls] == ["m", "m", "m"]

It knows `POST /v1/chat/completions`, `/v1/responses` and `/v1/messages`, each whole or as server-sent events,
and `GET /v1/models`. A script is one answer after the other, or a function of the call.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

__all__ = ["Answer", "Call", "ModelServer"]


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """Parsed JSON; None without a body."""
    number: int
    """Counts all requests to the server from 1."""
    at_s: float
    """`time.monotonic()` at its arrival."""

    @property
    def last_text(self) -> str:
        """The text of the last message."""
        messages = self.body.get("messages") or self.body.get("input") or [""]
        last = messages if isinstance(messages, str) else messages[-1]
        content = last if isinstance(last, str) else last.get("content") or ""
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@dataclass(frozen=True)
class Answer:
    """What the server says to one request, and how badly."""

    text: str = ""
    tool_calls: tuple[tuple[str, Any], ...] = ()
    """Name and arguments; arguments that are a string are sent as they are, valid JSON or not."""
    input_tokens: int = 10
    output_tokens: int = 5
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    latency_s: float = 0.0
    """Wait before the first byte."""
    body: bytes | None = None
    """Sent instead of an answer, as it is."""
    truncate_at: int | None = None
    """Bytes of the body after which the connection is cut; its length was announced in full."""
    drip_s: float = 0.0
    """Wait after each event of a stream, or after each sixteenth part of a whole answer."""

    @classmethod
    def rate_limited(cls, retry_after_s: float | None = None) -> Answer:
        headers = {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
        return cls.failing(429, "rate limit reached", headers)

    @classmethod
    def failing(
        cls,
        status: int = 500,
        message: str = "on fire",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        error = {"error": {"message": message, "type": "error", "code": status}}
        return cls(status=status, headers=headers or {}, body=json.dumps(error).encode())

    @classmethod
    def truncated(cls, text: str = "half of this") -> Answer:
        """JSON that ends in its middle, though all bytes that were announced have come."""
        return cls(body=b'{"id": "x", "choices": [{"message": {"content": ' + json.dumps(text).encode())


Entry: TypeAlias = Answer | str
Script: TypeAlias = Iterable[Entry] | Callable[[Call], Entry]


class ModelServer:
    """Use it in a `with` block. A script that is over answers 500 and says so."""

    def __init__(self, script: Script = lambda call: f"answer to: {call.last_text}") -> None:
        self.calls: list[Call] = []
        self._find = script if callable(script) else _play(iter(script))
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """For `OPENAI_BASE_URL`."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """For `ANTHROPIC_BASE_URL`."""
        return self.url

    def __enter__(self) -> ModelServer:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="model server", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> tuple[Call, Answer]:
        """Write a request down and find its answer."""
        with self._lock:
            call = Call(method, path, headers, body, len(self.calls) + 1, time.monotonic())
            self.calls.append(call)
            entry = self._find(call) if method == "POST" else ""
        return call, Answer(entry) if isinstance(entry, str) else entry


def _play(entries: Iterator[Entry]) -> Callable[[Call], Entry]:
    return lambda call: next(entries, Answer.failing(500, f"the script is over at call {call.number}"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: Any) -> None:
        """Tests have other things to say."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call, answer = self.server.owner.take(
            self.command, self.path, headers, json.loads(body) if body else None
        )
        time.sleep(answer.latency_s)
        path = self.path.partition("?")[0]
        if answer.body is not None:
            self._send_whole(answer, answer.body)
        elif self.command == "GET" and path.endswith("/models"):
            self._send_whole(answer, json.dumps({"object": "list", "data": [_describe_model()]}).encode())
        elif (make := _SHAPES.get(path.removeprefix("/v1"))) is None or self.command != "POST":
            self._send_whole(Answer(status=404), b'{"error": {"message": "no such path"}}')
        elif call.body.get("stream"):
            self._send_events(answer, make(call, answer)[1])
        else:
            self._send_whole(answer, json.dumps(make(call, answer)[0]).encode())

    def _send_head(self, answer: Answer, **headers: str) -> None:
        self.send_response(answer.status)
        for name, value in {**headers, "x-request-id": "req_test", **answer.headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send_whole(self, answer: Answer, body: bytes) -> None:
        self._send_head(answer, content_type="application/json", content_length=str(len(body)))
        shown = body[: answer.truncate_at]
        size = -(-len(shown) // 16) if answer.drip_s else len(shown)
        for start in range(0, len(shown), size or 1):
            self.wfile.write(shown[start : start + size])
            time.sleep(answer.drip_s)
        self.close_connection = len(shown) < len(body)

    def _send_events(self, answer: Answer, events: Iterable[str]) -> None:
        self._send_head(answer, content_type="text/event-stream", transfer_encoding="chunked")
        left = answer.truncate_at
        for event in events:
            data = event.encode()[:left]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            left = None if left is None else left - len(data)
            if left == 0:
                self.close_connection = True
                return
            time.sleep(answer.drip_s)
        self.wfile.write(b"0\r\n\r\n")


def _describe_model() -> dict[str, Any]:
    return {"id": "test-model", "object": "model", "created": 0, "owned_by": "tests"}


def _write_arguments(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _split(text: str) -> list[str]:
    """A text in the pieces that a model would stream."""
    return [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:]


def _write_event(data: Any, name: str = "") -> str:
    return (f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n"


def _answer_chat(call: Call, answer: Answer) -> tuple[Any, Iterator[str]]:
    calls = [
        {
            "id": f"call_{call.number}_{n}",
            "type": "function",
            "function": {"name": name, "arguments": _write_arguments(arguments)},
        }
        for n, (name, arguments) in enumerate(answer.tool_calls, 1)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    message |= {"tool_calls": calls} if calls else {}
    usage = {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }
    finish = "tool_calls" if calls else "stop"
    head = {"id": f"chatcmpl-{call.number}", "created": 1_700_000_000, "model": call.body.get("model", "m")}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    whole = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}

    def stream() -> Iterator[str]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in _split(answer.text) if piece]
        deltas += [{"tool_calls": [{"index": n, **made}]} for n, made in enumerate(calls)]
        chunk = {**head, "object": "chat.completion.chunk"}
        for delta in deltas:
            yield _write_event({**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield _write_event({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if (call.body.get("stream_options") or {}).get("include_usage"):
            yield _write_event({**chunk, "choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    return whole, stream()


def _answer_messages(call: Call, answer: Answer) -> tuple[Any, Iterator[str]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    for n, (name, arguments) in enumerate(answer.tool_calls, 1):
        blocks.append(
            {"type": "tool_use", "id": f"toolu_{call.number}_{n}", "name": name, "input": arguments}
        )
    stop = "tool_use" if answer.tool_calls else "end_turn"
    usage = {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens}
    head = {"id": f"msg_{call.number}", "type": "message", "role": "assistant"}
    head |= {"model": call.body.get("model", "m"), "stop_sequence": None}
    whole = {**head, "content": blocks, "stop_reason": stop, "usage": usage}

    def stream() -> Iterator[str]:
        def write(kind: str, **data: Any) -> str:
            return _write_event({"type": kind, **data}, kind)

        begun = {**head, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        yield write("message_start", message=begun)
        for n, block in enumerate(blocks):
            if block["type"] == "text":
                yield write("content_block_start", index=n, content_block={"type": "text", "text": ""})
                deltas = [{"type": "text_delta", "text": piece} for piece in _split(block["text"])]
            else:
                yield write("content_block_start", index=n, content_block={**block, "input": {}})
                written = _write_arguments(block["input"])
                deltas = [{"type": "input_json_delta", "partial_json": written}]
            for delta in deltas:
                yield write("content_block_delta", index=n, delta=delta)
            yield write("content_block_stop", index=n)
        yield write("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage=usage)
        yield write("message_stop")

    return whole, stream()


def _answer_responses(call: Call, answer: Answer) -> tuple[Any, Iterator[str]]:
    item_id = f"msg_{call.number}"
    content = {"type": "output_text", "text": answer.text, "annotations": []}
    message = {"id": item_id, "type": "message", "role": "assistant", "status": "completed"}
    output: list[dict[str, Any]] = [{**message, "content": [content]}] if answer.text else []
    for n, (name, arguments) in enumerate(answer.tool_calls, 1):
        ids = {"id": f"fc_{call.number}_{n}", "call_id": f"call_{call.number}_{n}"}
        written = {"name": name, "arguments": _write_arguments(arguments), "status": "completed"}
        output.append({"type": "function_call", **ids, **written})
    usage = {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }
    head: dict[str, Any] = {"id": f"resp_{call.number}", "object": "response", "created_at": 1_700_000_000}
    head |= {"model": call.body.get("model", "m"), "parallel_tool_calls": True, "tool_choice": "auto"}
    head |= {"tools": [], "error": None, "incomplete_details": None, "instructions": None, "metadata": {}}
    whole = {**head, "status": "completed", "output": output, "usage": usage}

    def stream() -> Iterator[str]:
        number = iter(range(10_000))

        def write(kind: str, **data: Any) -> str:
            return _write_event({"type": kind, "sequence_number": next(number), **data}, kind)

        yield write("response.created", response={**head, "status": "in_progress", "output": []})
        for n, item in enumerate(output):
            yield write("response.output_item.added", output_index=n, item={**item, "status": "in_progress"})
            for piece in _split(answer.text) if item["type"] == "message" else ():
                place = {"item_id": item_id, "output_index": n, "content_index": 0, "logprobs": []}
                yield write("response.output_text.delta", **place, delta=piece)
            yield write("response.output_item.done", output_index=n, item=item)
        yield write("response.completed", response=whole)

    return whole, stream()


_SHAPES = {
    "/chat/completions": _answer_chat,
    "/responses": _answer_responses,
    "/messages": _answer_messages,
}
