"""Where a command stands: the project's root, its settings, its hooks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_arc import registry
from pytest_arc.cli.hooks import HookManager, load_hooks
from pytest_arc.domain.plan import Plan
from pytest_arc.domain.settings import Settings
from pytest_arc.errors import LoadError, UsageError
from pytest_arc.loading import find_root, load_settings

__all__ = ["Project", "find_earlier_runs", "find_runs_folder", "open_project"]


@dataclass(frozen=True, slots=True)
class Project:
    """What a run needs to know beyond its files."""

    root: Path
    settings: Settings
    manager: HookManager

    @property
    def hooks(self) -> Any:
        """The hooks, to be called by name."""
        return self.manager.hook

    def modify(self, plan: Plan) -> Plan:
        """Let hooks change the plan."""
        return self.hooks.pytest_arc_modify_plan(plan=plan) or plan


def open_project(flags: Mapping[str, Any], files: Iterable[Path]) -> Project:
    """Do what comes before loading `files`, in the order the plugin does it.

    `flags` are settings given on the command line; None stands for not given. Raises UsageError for a
    wrong setting, LoadError for a conftest.py that cannot be imported.
    """
    root = find_root(Path.cwd())
    _make_importable(root)
    settings = _load_settings(root, flags)
    manager = load_hooks(root, files)
    settings = manager.hook.pytest_arc_settings(settings=settings) or settings
    manager.hook.pytest_arc_register(registry=registry)
    return Project(root, settings, manager)


def find_runs_folder(flags: Mapping[str, Any]) -> Path:
    """The folder that runs are kept in, for commands that only look at them."""
    root = find_root(Path.cwd())
    return root / _load_settings(root, flags).dir


def find_earlier_runs(flags: Mapping[str, Any]) -> Path | None:
    """The folder that the setting `history` names."""
    history = _load_settings(find_root(Path.cwd()), flags).history
    return None if history is None else Path(history)


def _load_settings(root: Path, flags: Mapping[str, Any]) -> Settings:
    try:
        return load_settings(root, {key: value for key, value in flags.items() if value is not None})
    except LoadError as error:
        # pytest calls wrong settings a misuse too, wherever they stand.
        raise UsageError(str(error)) from error


def _make_importable(root: Path) -> None:
    """Let Python targets, checks and tools be imported from the project as from its own tests."""
    for folder in (root, Path.cwd()):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
