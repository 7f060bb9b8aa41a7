"""What a command prints, as a picture: text with colours of a terminal in, SVG out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

__all__ = ["draw_terminal"]

ROW, COLUMN, MARGIN = 18, 8.05, 16
STYLE = """
text { font: 13.4px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
text { white-space: pre; fill: #d5d9e0 }
.bold { font-weight: 600 } .dim { fill: #8f97a3 } .red { fill: #ff7b72 } .green { fill: #7ee787 }
.yellow { fill: #f0c674 } .cyan { fill: #79c0ff } .prompt { fill: #79c0ff }
""".strip()
CODES = {"1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow", "36": "cyan"}
"""Codes of a terminal that our reports and pytest's use."""

_CODE = re.compile(r"\x1b\[([\d;]*)m")
_OTHER = re.compile(r"\x1b\[[\d;?]*[A-Za-ln-z]")


def draw_terminal(command: str, printed: str, columns: int = 80) -> str:
    """A window in which `command` was typed and `printed` came out."""
    lines = [f'<tspan class="prompt">$</tspan> {escape(command)}']
    lines += list(_colour_lines(_OTHER.sub("", printed).rstrip("\n")))
    width, height = round(columns * COLUMN + 2 * MARGIN), len(lines) * ROW + 2 * MARGIN
    texts = [
        f'<text x="{MARGIN}" y="{MARGIN + row * ROW + 13}">{line}</text>'
        for row, line in enumerate(lines)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#1b1f27"/>',
            *texts,
            "</svg>\n",
        ]
    )


def _colour_lines(text: str) -> Iterator[str]:
    """Each line as markup. A colour lasts until the next code, also over the end of a line."""
    classes: tuple[str, ...] = ()
    for line in text.split("\n"):
        marked = ""
        for place, part in enumerate(_CODE.split(line)):
            if place % 2:
                classes = _change(classes, part)
            elif part:
                marked += (
                    f'<tspan class="{" ".join(classes)}">{escape(part)}</tspan>' if classes else escape(part)
                )
        yield marked


def _change(classes: tuple[str, ...], codes: str) -> tuple[str, ...]:
    for code in codes.split(";"):
        if code in CODES:
            classes = (*classes, CODES[code])
        elif code in ("", "0"):
            classes = ()
    return classes
