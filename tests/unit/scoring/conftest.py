"""Checks as a scenario writes them, and trials as they happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pytest_arc.domain.score import AnyCheck, Check, Evidence, Finding
from pytest_arc.domain.trajectory import Message, Step, ToolCall, Trajectory

_CHECK: TypeAdapter[Check] = TypeAdapter(AnyCheck)


@pytest.fixture
def load() -> Callable[..., Check]:
    """A check from its flat mapping; `not_` and `in_` stand for Python's keywords."""
    return lambda **mapping: _CHECK.validate_python(_rename(mapping))


@pytest.fixture
def happen() -> Callable[..., Evidence]:
    """A finished trial: a text is something the agent said, a pair is a tool with its arguments."""
    return _happen


@pytest.fixture
def find(load: Callable[..., Check]) -> Callable[..., Finding]:
    """What a check finds in a trial: `find(evidence or answer, **check)`."""

    def find(evidence: Evidence | str, **mapping: Any) -> Finding:
        return load(**mapping).judge(_happen(evidence) if isinstance(evidence, str) else evidence)

    return find


@pytest.fixture
def reject(load: Callable[..., Check]) -> Callable[..., str]:
    """The message with which a check is rejected when it is loaded."""

    def reject(**mapping: Any) -> str:
        with pytest.raises(ValidationError) as caught:
            load(**mapping)
        return "; ".join(error["msg"] for error in caught.value.errors())

    return reject


def _rename(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key.rstrip("_"): value for key, value in mapping.items()}


def _happen(*steps: str | tuple[str, dict[str, Any]], **parts: Any) -> Evidence:
    done: list[Step] = [Message(role="user", text="Go ahead")]
    for number, step in enumerate(steps):
        if isinstance(step, str):
            done.append(Message(role="assistant", text=step))
        else:
            done.append(ToolCall(id=f"call-{number}", tool=step[0], arguments=step[1]))
    own = {key: parts.pop(key) for key in ("state", "faulted") if key in parts}
    return Evidence(
        Trajectory(steps=tuple(done), **parts), own.get("state", {}), "s", own.get("faulted", False)
    )
