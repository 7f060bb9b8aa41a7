"""A scenario in one row of CSV or JSONL: dotted columns stand for keys inside keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_arc.loading.shapes import as_mapping

__all__ = ["unfold_row"]

# Keys whose mapping has keys of the author's own making, which may hold dots: `world.files.a.csv`.
_OPEN = re.compile(r"((?:world\.(?:files|tables|rates))|user\.answers)\.(.+)")


def unfold_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario a row describes. Empty cells are left out. Raises ValueError when two columns clash.

    `limits.max_steps` is a key inside a key. Every `expect.<check>` adds a check and
    `expect.<check>.<option>` an option to it. Several tags stand in one cell, between semicolons.
    """
    scenario: dict[str, Any] = {}
    checks: dict[str, dict[str, Any]] = {}
    for column, value in row.items():
        if value is None or value == "":
            continue
        if column.startswith("expect."):
            check, _, option = column.removeprefix("expect.").partition(".")
            checks.setdefault(check, {})[option or check] = value
        elif column == "tags" and isinstance(value, str):
            scenario["tags"] = [tag.strip() for tag in value.split(";") if tag.strip()]
        else:
            _put(scenario, column, value)
    if checks:
        expected = scenario.setdefault("expect", [])
        for check, options in checks.items():
            if check not in options:
                raise ValueError(f"column 'expect.{check}' is missing or empty, but it has options")
            expected.append({check: options.pop(check), **options})
    return scenario


def _put(scenario: dict[str, Any], column: str, value: Any) -> None:
    open_key = _OPEN.fullmatch(column)
    path = [*open_key[1].split("."), open_key[2]] if open_key else column.split(".")
    inner: Any = scenario
    for key in path[:-1]:
        inner = as_mapping(inner.setdefault(key, {}))
        if inner is None:
            raise ValueError(f"column '{column}' clashes with column '{key}'")
    if path[-1] in inner:
        raise ValueError(f"column '{column}' clashes with a column before it")
    inner[path[-1]] = value
