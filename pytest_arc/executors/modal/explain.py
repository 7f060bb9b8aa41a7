"""What errors of Modal's client mean for the user."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pytest_arc.executors.executor import Trouble

__all__ = ["REPEATED", "explain"]

REPEATED = frozenset({"container died", "internal"})
"""Kinds of trouble after which the same trial is tried once more."""

_LOG_LINES = 20


def explain(error: BaseException, token_id: str = "", log: Sequence[str] = ()) -> Trouble:
    """What happened, and what to do about it; an exception that is not known is told as it is.

    `token_id`: that the client signed in with; `log`: what building the image has printed.
    """
    name = _name_kind(error)
    if name == "AuthError":
        return _explain_token(str(error), token_id)
    if name == "ImageBuildError":
        return _explain_build(error, log)
    if name == "RemoteError":
        return _explain_remote(str(error))
    if isinstance(error, asyncio.CancelledError) or name == "ClientClosed":
        return Trouble("cancelled", "cancelled")
    if isinstance(error, ImportError):
        return _explain_import(error)
    if name == "ConnectionError" or (isinstance(error, (TimeoutError, OSError)) and not name):
        return Trouble("unreachable", "cannot reach Modal", _REACH)
    if name == "ExecutionError" and "was modified during build" in str(error):
        return Trouble("changed", f"a file changed while it was sent to Modal: {error}", "run it again")
    if name in _KNOWN:
        kind, text, hint = _KNOWN[name]
        return Trouble(kind, f"{text}: {error}" if str(error) else text, hint)
    return Trouble(
        "internal", f"Modal failed: {type(error).__name__}: {error}", "run it again; --arc-debug shows where"
    )


_REACH = "check the network, a proxy (HTTPS_PROXY) and https://status.modal.com, or use --arc-executor local"
_AGAIN = "run it again; if it stays, see https://status.modal.com"
_KNOWN: dict[str, tuple[str, str, str]] = {
    "ResourceExhaustedError": (
        "limit",
        "a limit of the Modal workspace is reached",
        "lower executor.containers, or end other apps (`modal app list`)",
    ),
    "ConflictError": (
        "old client",
        "Modal refused this version of its client, or the state of the app",
        "pip install -U modal",
    ),
    "VersionError": ("old client", "Modal refused this version of its client", "pip install -U modal"),
    "PermissionDeniedError": (
        "not allowed",
        "Modal does not allow this",
        "the token needs the right to run apps in this environment of the workspace",
    ),
    "NotFoundError": (
        "not found",
        "Modal does not have it",
        "`modal secret list` and `modal environment list` show what there is",
    ),
    "InvalidError": ("refused", "Modal refused the options of the executor", "see executor in the settings"),
    "RequestSizeError": (
        "too large",
        "Modal refused a message for its size",
        "make files of the scenario smaller",
    ),
    "FunctionTimeoutError": (
        "timeout",
        "the trial went on past its time limit, and its container was ended",
        "an async agent must await: one that blocks cannot be interrupted, and all trials beside it wait",
    ),
    "InternalFailure": ("internal", "Modal lost the trial", _AGAIN),
    "InternalError": ("internal", "Modal had an internal error", _AGAIN),
    "ServiceError": ("internal", "Modal did not answer", _AGAIN),
}


def _name_kind(error: BaseException) -> str:
    """The first class of Modal that the error is of, of those that mean something; by name, so that Modal
    need not be imported."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.partition(".")[0] == "modal"]
    return next((name for name in names if name in _NAMED or name in _KNOWN), "")


_NAMED = frozenset(
    {"AuthError", "ClientClosed", "ConnectionError", "ExecutionError", "ImageBuildError", "RemoteError"}
)


def _explain_token(text: str, token_id: str) -> Trouble:
    if token_id and "missing" not in text.lower():
        return Trouble(
            "bad token",
            f"Modal refused the token ending ...{token_id[-4:]}",
            "make a new one: modal token new; in CI set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET anew",
        )
    return Trouble(
        "no token",
        "not signed in to Modal",
        "modal token new signs this machine in; in CI set the secrets MODAL_TOKEN_ID and MODAL_TOKEN_SECRET",
    )


def _explain_build(error: BaseException, log: Sequence[str]) -> Trouble:
    hint = "executor.image.requirements is what is installed in it besides pytest-arc"
    if log:
        tail = "\n".join(f"    {line}" for line in log[-_LOG_LINES:])
        return Trouble(
            "image", f"building the image of the containers failed; the end of its log:\n{tail}", hint
        )
    image = getattr(error, "image_id", "")
    shown = f"`modal image logs {image}` shows why; " if image else ""
    return Trouble("image", "building the image of the containers failed", shown + hint)


def _explain_remote(text: str) -> Trouble:
    if not text:
        return Trouble("cancelled", "cancelled")
    return Trouble(
        "container died",
        f"the container of the trial died ({text})",
        "often it is memory: raise executor.memory_mb",
    )


def _explain_import(error: ImportError) -> Trouble:
    name = error.name or ""
    what = f"'{name}' is missing in the containers" if name else f"the containers cannot import: {error}"
    return Trouble(
        "import",
        what,
        "add its package to executor.image.requirements, or its folder to executor.image.local_source",
    )
