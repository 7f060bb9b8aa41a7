"""Text and tables as GitHub renders them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["escape", "write_table"]

_MARKUP = re.compile(r"[\\`*_\[\]|~#$]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MENTION = re.compile(r"(?<!\w)@")


def escape(text: str) -> str:
    """Text that others wrote, on one line, to be read as it is: no markup, no mention, no cell of its own."""
    line = _MARKUP.sub(r"\\\g<0>", " ".join(_CONTROLS.sub(" ", text).split()))
    line = re.sub("[&<>]", lambda found: _HTML[found.group()], line)
    # The comment keeps GitHub from telling whoever is called so.
    return _MENTION.sub("@<!-- -->", line)


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right. Cells are escaped already."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
