"""Settings: `[tool.pytest-arc]` in pyproject.toml < in pytest.toml < `ARC_*` in the environment < flags."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, Problem
from pytest_arc.loading.keys import list_keys, name_key
from pytest_arc.loading.shapes import as_mapping
from pytest_arc.loading.source import Source, read_source
from pytest_arc.loading.wording import describe_value, state_rule, suggest_key
from pytest_arc.registry import EXECUTORS

__all__ = ["find_root", "load_settings"]

_TABLE = "tool.pytest-arc"
_SENTENCES = frozenset({"redaction_pattern"})
"""Types of errors whose message says by itself what is wrong."""


@dataclass(frozen=True)
class _Given:
    """A value and the place it was given."""

    value: Any
    source: str
    """As people read it: `pyproject.toml:12`, `ARC_TRIALS`, `--arc-trials`."""
    line: int = 0
    file: Source | None = None

    def report(self, key: str, message: str, hint: str = "") -> Problem:
        if self.file is None:
            return Problem(self.source, 0, 0, message, hint=hint)
        text = self.file.lines[self.line - 1] if self.line else ""
        return self.file.report(self.line, max(text.find(key), 0) + 1, message, hint)


_ROOT_MARKS = ("pyproject.toml", "pytest.toml", "pytest.ini", "tox.ini", "setup.cfg", ".git")


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that marks a project; `start` itself when there is none."""
    absolute = start.absolute()
    for folder in (absolute, *absolute.parents):
        if any((folder / name).exists() for name in _ROOT_MARKS):
            return folder
    return absolute


def load_settings(
    root: Path, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of a run in the project at `root`. A flag that is None was not given.

    `Settings.sources` says where each value came from that is not a default. Raises LoadError.
    """
    problems: list[Problem] = []
    given = _read_toml(root / "pyproject.toml", problems) | _read_toml(root / "pytest.toml", problems)
    given |= _read_environment(os.environ if environ is None else environ, problems)
    given |= _read_flags(flags or {}, problems)
    try:
        settings = Settings.model_validate(
            {key: item.value for key, item in given.items()}
            | {"sources": {key: item.source for key, item in given.items()}}
        )
    except ValidationError as error:
        problems += _explain(error, given)
    else:
        if not problems:
            return settings
    raise LoadError(problems)


def _list_keys() -> list[str]:
    return list_keys(Settings)


def _read_toml(path: Path, problems: list[Problem]) -> dict[str, _Given]:
    if not path.is_file():
        return {}
    source = read_source(path)
    try:
        tool: Any = tomllib.loads(source.text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = f"this is not TOML: {str(error).partition(' (at ')[0]}"
        raise LoadError([source.report(line, column, message)]) from None
    table = as_mapping((as_mapping(tool) or {}).get("pytest-arc", {}))
    if table is None:
        line = _find_line(source, "pytest-arc")
        raise LoadError([source.report(line, 1, f"[{_TABLE}] must be a table")])
    return _sort_out(table, source, problems)


def _sort_out(table: Mapping[str, Any], source: Source, problems: list[Problem]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for written, value in table.items():
        line = _find_line(source, written)
        item = _Given(value, f"{Path(source.path).name}:{line}", line, source)
        key = written.replace("-", "_")
        if key in _list_keys():
            given[key] = item
        else:
            message = f"unknown key '{written}' in [{_TABLE}]"
            problems.append(item.report(written, message, suggest_key(written, _list_keys())))
    return given


def _find_line(source: Source, key: str) -> int:
    """The line of `key` in our table; 0 when it is written in some way that is not found."""
    inside = False
    pattern = re.compile(rf"""\s*(?:tool\.pytest-arc\.|pytest-arc\.)?["']?{re.escape(key)}["']?\s*=""")
    table = re.compile(rf"""\s*\[+\s*tool\s*\.\s*pytest-arc\s*\.\s*["']?{re.escape(key)}["']?\s*[\].]""")
    for number, line in enumerate(source.lines, 1):
        if table.match(line):
            return number
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*tool(\s*\.\s*pytest-arc)?\s*\]", line) is not None
        elif inside and pattern.match(line):
            return number
    return 0


def _read_environment(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    names = {f"ARC_{key.upper()}": key for key in _list_keys()}
    for name in sorted(environ):
        if name in names and environ[name] != "":
            given[names[name]] = _Given(environ[name], name)
        elif name.startswith("ARC_") and name not in names:
            # Other programs have variables of this prefix too, so only a slip of the pen is reported.
            near = _find_slip(name, names)
            if near:
                problem = _Given(None, name).report("", "there is no such setting", f"did you mean {near}?")
                problems.append(problem)
    return given


def _find_slip(name: str, names: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.85)
    return close[0] if close else None


def _read_flags(flags: Mapping[str, Any], problems: list[Problem]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    spelled = {name: name_key(name, info) for name, info in Settings.model_fields.items()}
    for name, value in flags.items():
        key = spelled.get(name, name)
        no = "no-" if key == "transcripts" and value is False else ""
        item = _Given(value, f"--arc-{no}{key.replace('_', '-')}")
        if key not in _list_keys():
            problems.append(item.report("", "there is no such setting", suggest_key(key, _list_keys())))
        elif value is not None:
            given[key] = item
    return given


def _explain(error: ValidationError, given: Mapping[str, _Given]) -> list[Problem]:
    rules: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for line in error.errors(include_url=False):
        key = str(line["loc"][0])
        if line["type"] in _SENTENCES:
            name = str(line["input"]["name"])
            place = replace(given[key], line=_find_inner_line(given[key], name, name))
            problems.append(place.report(name, line["msg"]))
            continue
        if line["type"] in ("unknown_name", "missing_kind"):
            problems.append(_explain_kind(line, given[key]))
            continue
        if as_mapping(given[key].value) is not None and len(line["loc"]) > 1:
            problems.append(_explain_inner(line, given[key]))
            continue
        rule = state_rule(line["type"], line.get("ctx") or {}) or line["msg"]
        rules.setdefault(key, []).append(rule)
    return problems + [
        given[key].report(
            key,
            f"'{key}' must be {' or '.join(dict.fromkeys(allowed))}, not {describe_value(given[key].value)}",
        )
        for key, allowed in rules.items()
    ]


def _explain_kind(line: ErrorDetails, item: _Given) -> Problem:
    """What is wrong with the name by which a class is chosen."""
    key, told = str(line["loc"][0]), line.get("ctx") or {}
    if line["type"] == "missing_kind":
        return item.report(
            key, f"'{key}' needs the key 'kind', or a name alone", _list(EXECUTORS.list_names())
        )
    near = told["near_miss"]
    hint = f"did you mean '{near}'?" if near else _list(told["allowed"])
    return item.report(key, str(told["message"]), hint)


def _list(allowed: Iterable[str]) -> str:
    return f"allowed: {', '.join(allowed)}"


def _explain_inner(line: ErrorDetails, item: _Given) -> Problem:
    """What is wrong in a table below ours."""
    *tables, key = (str(part) for part in line["loc"])
    table = ".".join([_TABLE, *(name if name.isidentifier() else f'"{name}"' for name in tables)])
    place = replace(item, line=_find_inner_line(item, tables[-1], key))
    if line["type"] == "extra_forbidden":
        return place.report(
            key, f"unknown key '{key}' in [{table}]", suggest_key(key, _list_inner(item, tables))
        )
    rule = state_rule(line["type"], line.get("ctx") or {}) or line["msg"]
    return place.report(key, f"'{key}' in [{table}] must be {rule}, not {describe_value(line['input'])}")


def _list_inner(item: _Given, tables: Sequence[str]) -> list[str]:
    """The keys of a table below ours."""
    if tables[0] != "executor":
        return list_keys(CallOptions)
    chosen = as_mapping(item.value) or {}
    return ["kind", *list_keys(EXECUTORS.find(str(chosen.get("kind"))))]


def _find_inner_line(item: _Given, table: str, key: str) -> int:
    """The line of `key` after that of its table; the table's where it is not found."""
    lines = item.file.lines if item.file is not None else []
    start = next((number for number, text in enumerate(lines, 1) if table in text), item.line)
    inner = (number for number, text in enumerate(lines, 1) if number >= start and key in text)
    return next(inner, start)
