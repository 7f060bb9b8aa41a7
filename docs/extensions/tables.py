"""Markdown, put together: tables, and what may stand in one."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = [
    "Schema",
    "escape_cell",
    "join_parts",
    "make_table",
    "read_doc",
    "read_first_line",
    "say_meaning",
    "split_words",
]

Schema = Mapping[str, Any]


def say_meaning(schema: Schema) -> str:
    return escape_cell(" ".join(str(schema.get("description", "")).split()))


def read_first_line(schema: Schema) -> str:
    return escape_cell(str(schema.get("description", "")).partition("\n\n")[0])


def read_doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def split_words(name: str) -> str:
    """`ReliabilityGate` -> `Reliability gate`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def escape_cell(text: str) -> str:
    """Markdown with nothing that would end a cell, or be taken for a tag."""
    return re.sub(r"(?<!`)<(?![^`\n]*`)", "&lt;", text).replace("|", "\\|")


def make_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines) if len(lines) > 2 else ""


def join_parts(parts: Iterable[str]) -> str:
    return "\n\n".join(textwrap.dedent(part) for part in parts if part)
