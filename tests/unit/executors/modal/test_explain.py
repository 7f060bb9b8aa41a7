"""Every error of Modal's client ends in one plain message, with a remedy."""

from __future__ import annotations

import asyncio

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.executors.modal.explain import REPEATED, explain
from pytest_arc.executors.modal.options import ModalOptions

pytest.importorskip("modal", reason="needs the extra 'modal'")

from modal import exception as raised

ERRORS = {
    "no token": raised.AuthError("Token missing. Could not authenticate client."),
    "bad token": raised.AuthError("Token validation failed"),
    "unreachable": raised.ConnectionError("Could not connect to the Modal server."),
    "silent": TimeoutError(),
    "no route": OSError(113, "No route to host"),
    "image": raised.ImageBuildError("Image build for im-1 failed.", "im-1"),
    "timeout": raised.FunctionTimeoutError("Task's current input in-1 hit its timeout of 330s"),
    "container died": raised.RemoteError("Runner failed with exit code: 137"),
    "cancelled": raised.RemoteError(""),
    "cancelled here": asyncio.CancelledError(),
    "limit": raised.ResourceExhaustedError("container limit of 100 exceeded"),
    "old client": raised.ConflictError("client version 1.3.0 is too old"),
    "older client": raised.VersionError("unsupported"),
    "import": ModuleNotFoundError("No module named 'ledger'", name="ledger"),
    "import without a name": ImportError("cannot import name 'x'"),
    "not allowed": raised.PermissionDeniedError("no access to environment main"),
    "not found": raised.NotFoundError("Secret 'ledger' not found"),
    "refused": raised.InvalidError("memory is more than allowed"),
    "too large": raised.RequestSizeError("413"),
    "lost": raised.InternalFailure("worker was preempted"),
    "server": raised.InternalError("boom"),
    "service": raised.ServiceError("try again"),
    "closed": raised.ClientClosed("closed"),
    "changed": raised.ExecutionError("agents.py was modified during build process."),
    "unknown of Modal": raised.DataLossError("gone"),
    "unknown": KeyError("definition_id"),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_error_is_one_plain_message(error: BaseException, snapshot: SnapshotAssertion) -> None:
    trouble = explain(error, token_id="ak-abcdefgh1234")
    assert (trouble.kind, str(trouble)) == snapshot
    assert "Traceback" not in str(trouble)
    assert "abcdefgh" not in str(trouble)


def test_without_a_token_none_was_refused() -> None:
    assert explain(raised.AuthError("Token validation failed")).kind == "no token"


def test_the_end_of_a_build_log_is_shown(snapshot: SnapshotAssertion) -> None:
    log = [f"line {number}" for number in range(1, 31)]
    assert str(explain(ERRORS["image"], log=log)) == snapshot


def test_only_what_may_go_well_the_next_time_is_repeated() -> None:
    repeated = {name for name, error in ERRORS.items() if explain(error).kind in REPEATED}
    assert repeated == {"container died", "lost", "server", "service", "unknown of Modal", "unknown"}


def test_options_explain_as_their_executor_does() -> None:
    error = ERRORS["container died"]
    assert ModalOptions().explain(error) == explain(error)
