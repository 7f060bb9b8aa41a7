"""Verdicts in a terminal 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arc.domain.result import Verdict, VerdictPart
from pytest_arc.reports.style import wrap

__all__ = ["list_parts", "say_verdict"]

MOST_PARTS = 10


def say_verdict(verdict: Verdict) -> list[str]:
    """The word and its reason, what it is about in detail, and what to do next."""
    lines = wrap(f"  {verdict.gate} {verdict.word.upper()}  ", verdict.reason, 4)
    lines += list_parts(verdict.parts)
    lines += [line for hint in verdict.hints for line in wrap("    ", hint, 4)]
    if verdict.advisory:
        lines += wrap("    ", "advisory: this would have failed the run; nothing is blocked", 4)
    return lines


def list_parts(parts: Iterable[VerdictPart], indent: int = 4) -> list[str]:
    """A line or two for each, the failed ones in capitals; ten of them."""
    chosen = list(parts)
    lines: list[str] = []
    for part in chosen[:MOST_PARTS]:
        word = part.word.upper() if part.word == "failed" else part.word
        lines += wrap(f"{'':{indent}}{part.name}  {word}  ", part.reason, indent + 4)
    if len(chosen) > MOST_PARTS:
        lines.append(f"{'':{indent}}and {len(chosen) - MOST_PARTS} more")
    return lines
