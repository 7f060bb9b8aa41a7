"""What the fixtures of these tests give, for the type checker."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Arc", "Write"]


class Done(Protocol):
    """What a command came to."""

    @property
    def code(self) -> int: ...
    @property
    def out(self) -> str: ...
    @property
    def err(self) -> str: ...
    @property
    def json(self) -> Any: ...
    @property
    def text(self) -> str:
        """What was printed, without what differs from run to run."""
        ...


class Arc(Protocol):
    """Runs the command in this process: `arc("run", "configs")`."""

    def __call__(self, *arguments: str) -> Done: ...


class Write(Protocol):
    """Writes files into the project: `write({"configs/other.yaml": TEXT})`."""

    def __call__(self, files: dict[str, str], /) -> None: ...
