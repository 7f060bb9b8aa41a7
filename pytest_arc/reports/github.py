"""What the runner of GitHub Actions reads in all that a step prints."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["break_commands", "disarm", "is_on_github"]

_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.MULTILINE)


def is_on_github(environ: Mapping[str, str]) -> bool:
    """Whether the runner of GitHub Actions reads what is printed."""
    return environ.get("GITHUB_ACTIONS") == "true"


def break_commands(text: str) -> str:
    """The text without what the runner would take for a command: `: :error::`, `# #[group]`."""
    return _COMMAND.sub(lambda found: "# #" if found[1] is None else f"{found[1]}: ", text)


def disarm(text: str, environ: Mapping[str, str]) -> str:
    """Text of others as it may be printed: where the runner of GitHub Actions reads, without its commands."""
    return break_commands(text) if is_on_github(environ) else text
