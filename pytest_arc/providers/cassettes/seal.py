"""In record mode `none` nothing leaves the machine, by whatever library a trial tries."""

from __future__ import annotations

import sys
from socket import gethostname
from typing import Any, cast

from pytest_arc.errors import InfrastructureError
from pytest_arc.providers.services import current_services
from pytest_arc.scope import current_scope

__all__ = ["refuse", "seal_sockets"]

_is_sealed = False


def seal_sockets() -> None:
    """Refuse connections to other machines, and look-ups of their names, in trials of runs that only replay;
    once for the process.

    httpx and httpx2 never get so far: this is for other clients, whose answers are not recorded. What
    listens on this machine can be reached.
    """
    global _is_sealed
    if not _is_sealed:
        _is_sealed = True
        sys.addaudithook(_audit)  # cannot be taken back, so it asks each time whether it applies


def refuse(what: str) -> InfrastructureError:
    """What to tell a trial that wanted to reach something else than this machine; it remembers it."""
    error = InfrastructureError(
        f"{what} was refused: record mode none lets nothing leave, and only calls by httpx, httpx2 or the"
        " recording proxy can be replayed"
    )
    scope = current_scope()
    if scope is not None:
        scope.trouble = scope.trouble or error
    return error


_CONNECTIONS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
"""They ask a server of names, which is a way out, too."""


def _audit(event: str, details: tuple[Any, ...]) -> None:
    if event not in _CONNECTIONS and event not in _LOOK_UPS:
        return
    recorder = current_services().recorder
    if recorder is None or current_scope() is None or not recorder.is_sealed:
        return
    if event in _LOOK_UPS:
        host = details[0]
        if not _is_local(host):
            raise refuse(f"a look-up of {host}")
    elif isinstance(details[1], tuple):  # or else a Unix socket
        host, port = cast("tuple[Any, ...]", details[1])[:2]
        if not _is_local(host):
            raise refuse(f"a connection to {host}:{port}")


def _is_local(host: Any) -> bool:
    """An interface of this machine, or its name, by which no other one is reached."""
    if not isinstance(host, str) or host in ("localhost", "::1", "", gethostname()):
        return True
    return host.endswith(".localhost") or host.startswith(("127.", "::ffff:127."))
