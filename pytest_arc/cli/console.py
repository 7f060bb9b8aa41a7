"""Writing to the terminal: glyphs its encoding has, colour only where someone looks."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import click

from pytest_arc.history.document import dump_json
from pytest_arc.reports.github import disarm
from pytest_arc.reports.style import Glyphs, choose_glyphs
from pytest_arc.reports.ticker import Ticker

__all__ = ["COLOURS", "Console", "count", "print_json"]

COLOURS = {
    "passed": "green",
    "failed": "red",
    "errored": "red",
    "not evaluated": "red",
    "below bar": "yellow",
    "not run": "yellow",
    "inconclusive": "yellow",
    "interrupted": "yellow",
}

# What an agent says must not move the cursor or write in colours of its own.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Console:
    """Standard output, line by line."""

    def __init__(self) -> None:
        self.ticker = Ticker()
        """What shows how a run goes meanwhile."""

    @cached_property
    def glyphs(self) -> Glyphs:
        return choose_glyphs(sys.stdout.encoding)

    def say(self, text: str = "", word: str = "") -> None:
        """Print a line, in the colour of `word` if it has one."""
        self.ticker.clear()
        clean = disarm(_CONTROLS.sub(_spell_control, text), os.environ)
        colour = COLOURS.get(word)
        click.echo(click.style(clean, fg=colour) if colour and _wants_colour() else clean)

    def say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(line)


def print_json(value: Any) -> None:
    """Print a value, or a text that is JSON already, in UTF-8 whatever the terminal's encoding is."""
    text = value if isinstance(value, str) else dump_json(value) + "\n"
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)


def count(n: int, what: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _spell_control(found: re.Match[str]) -> str:
    return f"\\x{ord(found.group()):02x}"
