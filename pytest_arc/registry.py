"""Names in YAML -> classes that do the work.

A registry maps a name to a class: built in (an import path, loaded when first asked for), from an entry
point of another package, or registered by a `pytest_arc_register` hook. Entry points stand in the group
`pytest_arc.<kind>`, for instance

    [project.entry-points."pytest_arc.checks"]
    polite = "my_package.checks:Polite"
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

__all__ = [
    "BEHAVIORS",
    "CHECKS",
    "PROVIDERS",
    "TARGETS",
    "TOOLS",
    "Registry",
    "UnknownName",
    "find_near_miss",
    "import_object",
    "make_importable",
]


class UnknownName(LookupError):
    """No such name in a registry. `allowed` lists what there is, `near_miss` what was probably meant."""

    def __init__(self, kind: str, name: str, allowed: Iterable[str], synonyms: Mapping[str, str]) -> None:
        self.kind, self.name = kind, name
        self.allowed = tuple(sorted(allowed))
        self.near_miss = synonyms.get(name) or find_near_miss(name, self.allowed)
        super().__init__(f"unknown {kind} '{name}'")


@dataclass
class Registry:
    """One kind of thing that YAML names. `kind` is the word used in messages."""

    kind: str
    builtin: Mapping[str, str]
    synonyms: Mapping[str, str] = field(default_factory=dict[str, str])
    """The field's other words for our names; they only make a better message."""
    _loaded: dict[str, Any] = field(default_factory=dict[str, Any])
    _plugins_read: bool = False

    def register(self, name: str, implementation: Any) -> None:
        """Add `implementation` under `name`. A second one of the same name raises ValueError."""
        if name in self.builtin or self._loaded.get(name, implementation) is not implementation:
            raise ValueError(f"{self.kind} '{name}' is registered already")
        self._loaded[name] = implementation

    def find(self, name: str) -> Any:
        """Return what is registered under `name`; raise UnknownName."""
        if name not in self._loaded and name in self.builtin:
            self._loaded[name] = import_object(self.builtin[name])
        if name not in self._loaded:
            self._read_entry_points()
        if name not in self._loaded:
            raise UnknownName(self.kind, name, self.list_names(), self.synonyms)
        return self._loaded[name]

    def list_names(self) -> tuple[str, ...]:
        self._read_entry_points()
        return tuple(sorted({*self.builtin, *self._loaded}))

    def _read_entry_points(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        for point in entry_points(group=f"pytest_arc.{self.kind}s"):
            self.register(point.name, point.load())


def import_object(path: str) -> Any:
    """Import `package.module:name`. Raises ImportError or AttributeError as Python does."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def make_importable(*folders: Path) -> None:
    """Let functions that YAML names be imported from these folders, as `python -m` does for its own."""
    for folder in map(str, reversed(folders)):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def find_near_miss(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `name` was probably meant to be, or None."""
    close = difflib.get_close_matches(name.lower(), list(allowed), n=1, cutoff=0.6)
    return close[0] if close else None


CHECKS = Registry(
    "check",
    {
        "answer_contains": "pytest_arc.scoring.answers:AnswerContains",
        "answer_excludes": "pytest_arc.scoring.answers:AnswerExcludes",
        "answer_equals": "pytest_arc.scoring.answers:AnswerEquals",
        "answer_matches": "pytest_arc.scoring.answers:AnswerMatches",
        "answer_json": "pytest_arc.scoring.answers:AnswerJson",
        "answer_number": "pytest_arc.scoring.numbers:AnswerNumber",
        "asks": "pytest_arc.scoring.answers:Asks",
        "calls": "pytest_arc.scoring.tools:Calls",
        "never_calls": "pytest_arc.scoring.tools:NeverCalls",
        "state": "pytest_arc.scoring.state:State",
        "max_steps": "pytest_arc.scoring.bounds:MaxSteps",
        "max_latency_s": "pytest_arc.scoring.bounds:MaxLatency",
        "max_tokens": "pytest_arc.scoring.bounds:MaxTokens",
        "max_cost_usd": "pytest_arc.scoring.bounds:MaxCost",
        "python": "pytest_arc.scoring.python:PythonCheck",
        "recorded": "pytest_arc.scoring.recorded:Recorded",
        "judge": "pytest_arc.scoring.judge:Judge",
    },
    synonyms={
        "contains": "answer_contains",
        "not_contains": "answer_excludes",
        "icontains": "answer_contains",
        "equals": "answer_equals",
        "regex": "answer_matches",
        "number": "answer_number",
        "is_json": "answer_json",
        "tool_called": "calls",
        "trajectory": "calls",
        "llm_rubric": "judge",
        "latency": "max_latency_s",
        "cost": "max_cost_usd",
    },
)
TARGETS = Registry(
    "target",
    {
        "reference": "pytest_arc.targets.model:ModelTarget",
        "model": "pytest_arc.targets.model:ModelTarget",
        "python": "pytest_arc.targets.python:PythonTarget",
        "factory": "pytest_arc.targets.python:FactoryTarget",
        "replay": "pytest_arc.targets.replay:ReplayTarget",
        "langgraph": "pytest_arc.targets.frameworks:LanggraphTarget",
        "openai_agents": "pytest_arc.targets.frameworks:OpenaiAgentsTarget",
        "pydantic_ai": "pytest_arc.targets.frameworks:PydanticAITarget",
        "http": "pytest_arc.targets.http:HttpTarget",
        "command": "pytest_arc.targets.command:CommandTarget",
    },
    synonyms={"provider": "model", "callable": "python", "url": "http", "exec": "command"},
)
BEHAVIORS = Registry(
    "behavior",
    {
        "spreadsheet": "pytest_arc.world.spreadsheet:SpreadsheetBehavior",
        "calculator": "pytest_arc.world.calculator:CalculatorBehavior",
        "sql": "pytest_arc.world.sql:SqlBehavior",
        "static": "pytest_arc.world.static:StaticBehavior",
        "python": "pytest_arc.world.python:PythonBehavior",
    },
    synonyms={"sqlite": "sql", "canned": "static", "mock": "static", "function": "python"},
)
TOOLS = Registry(
    "tool",
    {
        "spreadsheet_analyzer": "pytest_arc.world.builtin:SPREADSHEET_ANALYZER",
        "financial_calculator": "pytest_arc.world.builtin:FINANCIAL_CALCULATOR",
        "database_query": "pytest_arc.world.builtin:DATABASE_QUERY",
    },
)
PROVIDERS = Registry(
    "model",
    {
        "reference": "pytest_arc.providers.reference:ReferenceProvider",
        "scripted": "pytest_arc.providers.scripted:ScriptedProvider",
    },
)
