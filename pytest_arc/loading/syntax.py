"""What is wrong with a text that is no YAML, in words for the person who wrote it."""

from __future__ import annotations

from typing import Any, Protocol, cast

import yaml

from pytest_arc.errors import Problem
from pytest_arc.loading.source import Source

__all__ = ["explain_syntax_error"]


class _Mark(Protocol):
    line: int
    column: int


def explain_syntax_error(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    """The place and the likely cause of a syntax error."""
    mark = cast("_Mark | None", error.problem_mark or error.context_mark)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    tab = _find_tab(source, line)
    if tab:
        return source.report(*tab, "a tab is used to indent this line", "YAML is indented with spaces")
    return _explain(source, line, column, error)


def _find_tab(source: Source, line: int) -> tuple[int, int] | None:
    for number in (line, line - 1):
        text = source.lines[number] if 0 <= number < len(source.lines) else ""
        indent = text[: len(text) - len(text.lstrip())]
        if "\t" in indent and text.strip():
            return number + 1, indent.index("\t") + 1
    return None


def _explain(source: Source, line: int, column: int, error: yaml.MarkedYAMLError) -> Problem:
    problem, context = error.problem or "", error.context or ""
    start = cast("_Mark | None", error.context_mark)
    text = source.lines[line] if line < len(source.lines) else ""

    def report(message: str, hint: str = "", at: tuple[int, int] = (line, column)) -> Problem:
        return source.report(at[0] + 1, at[1] + 1, message, hint)

    if "mapping values are not allowed" in problem:
        if ": " in text[:column].lstrip("- ") or text.lstrip().startswith("- "):
            return report("': ' cannot stand inside an unquoted text", "put the whole text in quotes")
        if text[:1].strip():
            return report("the text before this key is neither 'key: value' nor an item of a list")
        return report(
            "this key is indented deeper than the line above allows", "line it up with its siblings"
        )
    if "cannot start any token" in problem:
        return report(
            f"'{text[column : column + 1]}' cannot begin an unquoted text", "put the text in quotes"
        )
    if start and ("while scanning an alias" in context or "while scanning an anchor" in context):
        character = _read_character(source, start)
        message = f"'{character}' cannot begin an unquoted text"
        return report(message, "put the text in quotes", (start.line, start.column))
    if start and "quoted scalar" in context:
        return report("this quote is never closed", "", (start.line, start.column))
    if "block sequence entries are not allowed" in problem:
        return report(
            "'- ' cannot stand here", "begin the list on a line of its own, or put the text in quotes"
        )
    opening = _read_character(source, start) if start else ""
    if start and "flow" in context and opening in ("[", "{"):
        return report(f"'{opening}' is not closed before this", f"it is in line {start.line + 1}")
    if "did not find expected key" in problem or "expected '-' indicator" in problem:
        return _explain_misplaced(text, column, report)
    if "did not find expected node content" in problem:
        return report("a value is missing here, or a bracket is not closed")
    if "could not find expected ':'" in problem:
        return report("this is neither 'key: value' nor an item of a list")
    return report(f"this is not YAML: {problem}")


def _read_character(source: Source, mark: _Mark) -> str:
    line = source.lines[mark.line] if mark.line < len(source.lines) else ""
    return line[mark.column : mark.column + 1]


def _explain_misplaced(text: str, column: int, report: Any) -> Problem:
    if text[:column].strip():
        return report("text after a closed quote", "put the whole text in one pair of quotes")
    return report("the indentation of this line fits no line above it", "line it up with its siblings")
