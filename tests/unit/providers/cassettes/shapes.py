"""What the fixtures of this folder give, for type checkers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from pytest_arc.providers.cassettes.recorder import Recorder


class MakeRecorder(Protocol):
    def __call__(
        self, mode: Literal["none", "once", "new", "all"] | None = None, **more: Any
    ) -> Recorder: ...


class InTrial(Protocol):
    def __call__(
        self,
        recorder: Recorder | None,
        work: Callable[[], Any],
        *,
        trial: int = 1,
        attempt: int = 1,
        agent: str = "desk@v1",
    ) -> Any: ...
