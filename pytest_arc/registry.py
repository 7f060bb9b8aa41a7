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
import site
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

__all__ = [
    "BEHAVIORS",
    "CHECKS",
    "EXECUTORS",
    "PROVIDERS",
    "TARGETS",
    "TOOLS",
    "Registry",
    "UnknownName",
    "find_import_roots",
    "find_near_miss",
    "find_path",
    "import_object",
    "list_added",
    "make_importable",
    "register_added",
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
    _points: set[str] = field(default_factory=set[str])

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

    def list_added(self) -> dict[str, str]:
        """What hooks have registered, as name -> import path; left out is what has none."""
        return {
            name: path
            for name, added in self._loaded.items()
            if name not in self.builtin and name not in self._points and (path := find_path(added))
        }

    def _read_entry_points(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        for point in entry_points(group=f"pytest_arc.{self.kind}s"):
            self.register(point.name, point.load())
            self._points.add(point.name)


def import_object(path: str) -> Any:
    """Import `package.module:name`. Raises ImportError or AttributeError as Python does."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def find_path(found: Any) -> str:
    """How a class or function is imported, as `package.module:name`; empty when it is not."""
    path = f"{getattr(found, '__module__', '')}:{getattr(found, '__qualname__', '')}"
    try:
        return path if import_object(path) is found else ""
    except (ImportError, AttributeError, ValueError):
        return ""


def make_importable(*folders: Path) -> None:
    """Let functions that YAML names be imported from these folders, as `python -m` does for its own."""
    for folder in map(str, reversed(folders)):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def find_import_roots(root: Path) -> tuple[str, ...]:
    """Where modules of the user are found, in the order of `sys.path`: relative to the project's `root` where
    they are in it, else absolute. Folders of Python and of installed packages are left out."""
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    installed = {*(Path(paths[name]) for name in names), *map(Path, site.getsitepackages())}
    return tuple(
        folder.relative_to(root).as_posix() if folder.is_relative_to(root) else folder.as_posix()
        for folder in dict.fromkeys(Path(folder).absolute() for folder in sys.path)
        if folder.is_dir() and not any(folder.is_relative_to(place) for place in installed)
    )


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
EXECUTORS = Registry(
    "executor",
    {
        "local": "pytest_arc.executors.local:LocalOptions",
        "subprocess": "pytest_arc.executors.subprocess:SubprocessOptions",
        "modal": "pytest_arc.executors.modal.options:ModalOptions",
    },
    synonyms={"process": "subprocess", "processes": "subprocess", "thread": "local", "async": "local"},
)
_ALL = (CHECKS, TARGETS, BEHAVIORS, TOOLS, PROVIDERS, EXECUTORS)


def list_added() -> dict[str, dict[str, str]]:
    """Kind -> what hooks have registered in this process: name -> import path."""
    return {registry.kind: added for registry in _ALL if (added := registry.list_added())}


def register_added(added: Mapping[str, Mapping[str, str]]) -> None:
    """Register here what `list_added` has told of in another process. Raises as importing does."""
    for registry in _ALL:
        for name, path in added.get(registry.kind, {}).items():
            registry.register(name, import_object(path))
