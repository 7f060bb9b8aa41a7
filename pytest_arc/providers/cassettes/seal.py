"""In record mode `none` nothing leaves the machine, by whatever library a trial tries."""

from __future__ import annotations

import sys
from typing import Any

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.services import current_services
from pytest_arc.scope import current_scope

__all__ = ["seal_sockets"]

_is_sealed = False


def seal_sockets() -> None:
    """Refuse connections to other machines in trials of runs that only replay; once for the process.

    httpx and httpx2 never get so far: this is for other clients, whose answers are not recorded. What
    listens on this machine can be reached.
    """
    global _is_sealed
    if not _is_sealed:
        _is_sealed = True
        sys.addaudithook(_audit)  # cannot be taken back, so it asks each time whether it applies


def _audit(event: str, details: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    recorder, scope = current_services().recorder, current_scope()
    if recorder is None or scope is None or not recorder.is_sealed or _is_local(details[1]):
        return
    host, port = details[1][:2]
    error = InfrastructureError(
        f"a connection to {host}:{port} was refused: record mode none lets nothing leave, and only calls by"
        " httpx, httpx2 or the recording proxy can be replayed"
    )
    scope.trouble = scope.trouble or error
    raise error


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])  # pyright: ignore[reportUnknownArgumentType]
    return host in ("localhost", "::1", "") or host.startswith(("127.", "::ffff:127."))
