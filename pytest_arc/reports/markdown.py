"""Text and tables as GitHub renders them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pytest_arc.reports.visible import make_visible

__all__ = ["escape", "write_block", "write_code", "write_details", "write_table"]

_MARKUP = re.compile(r"[\\`*_\[\]|~#$]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# GitHub makes links of these after it has read the Markdown, so that no backslash helps: a comment does. They
# would notify people, stand in the history of other issues, or lead somewhere.
_LINKED = re.compile(r"(?<!\w)@(?=\w)|(?<=#)(?=\d)|(?<=\bGH-)(?=\d)|(?<=://)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_NOTHING = "<!-- -->"
_TICKS = re.compile("`+")


def escape(text: str) -> str:
    """Text that others wrote, on one line, to be read as it is: no markup, no mention, no cell of its own."""
    line = make_visible(" ".join(_CONTROLS.sub(" ", text).split()))
    line = re.sub("[&<>]", lambda found: _HTML[found.group()], _MARKUP.sub(r"\\\g<0>", line))
    return _LINKED.sub(lambda found: found.group() + _NOTHING, line)


def write_code(text: str) -> str:
    """A name or a command in the middle of a line, in a cell too."""
    return f"<code>{escape(text)}</code>"


def write_block(text: str) -> list[str]:
    """Lines of others as they are; nothing in them ends the block."""
    shown = make_visible(text)
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(shown)), default=0))
    return [f"{fence}text", *shown.split("\n"), fence]


def write_details(summary: str, lines: Iterable[str]) -> list[str]:
    """What is shown when it is asked for. `summary` is escaped already."""
    # Without the blank lines, what stands inside would be no Markdown.
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> list[str]:
    """Lines of a table: the first `left` columns to the left, the others to the right. Cells are escaped."""
    rule = [*["---"] * left, *["---:"] * (len(head) - left)]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
