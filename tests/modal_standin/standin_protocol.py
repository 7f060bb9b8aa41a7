"""Modal's gRPC services, made of plain functions that take a request and return a response."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from grpclib import GRPCError, Status
from grpclib.protocol import H2Protocol
from grpclib.server import Server
from modal_proto.api_grpc import ModalClientBase

__all__ = ["Calls", "Refusal", "serve"]


class Refusal(GRPCError):
    """A call that is answered with an error; modal's client makes one of its exceptions of the status."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(status, message)


class Calls(Protocol):
    """What answers the calls of one kind of caller.

    Its methods have the names of Modal's calls. Each takes a request and returns a response, or yields
    several of them where Modal streams.
    """

    def admit(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Raise Refusal if the caller may not make the call of this name."""
        ...


@asynccontextmanager
async def serve(calls: Calls, path: Path | None = None) -> AsyncGenerator[int]:
    """Answer calls on the socket at `path`, or on a free port of this machine, whose number is given.

    Calls that `calls` does not know are answered as not implemented.
    """
    methods = {name: _forward(calls, name) for name in ModalClientBase.__abstractmethods__}
    server = _Server([type("Servicer", (ModalClientBase,), methods)()])
    port = 0
    if path is not None:
        await server.start(path=str(path))
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        await server.start(sock=listener)
    try:
        yield port
    finally:
        server.close()
        await server.wait_closed()
        server.hang_up()
        await asyncio.sleep(0)


class _Server(Server):
    """Closes its connections too: grpclib leaves that to clients, and they may be gone."""

    def __init__(self, handlers: list[ModalClientBase]) -> None:
        super().__init__(handlers)
        self._protocols: list[H2Protocol] = []

    def _protocol_factory(self) -> H2Protocol:
        self._protocols.append(super()._protocol_factory())
        return self._protocols[-1]

    def hang_up(self) -> None:
        for protocol in self._protocols:
            if hasattr(protocol, "connection"):
                protocol.connection.close()


def _forward(calls: Calls, name: str) -> Any:
    answer = getattr(calls, name, None)

    async def serve(self: ModalClientBase, stream: Any) -> None:
        request = await stream.recv_message()
        calls.admit(name, stream.metadata)
        if answer is None:
            raise Refusal(Status.UNIMPLEMENTED, f"the stand-in does not know {name}")
        if inspect.isasyncgenfunction(answer):
            async for response in answer(request):
                await stream.send_message(response)
        else:
            await stream.send_message(await answer(request))

    return serve
