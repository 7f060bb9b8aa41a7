"""The `pytest_arc_*` hooks of conftest.py files, called without pytest.

pytest takes plain functions of a conftest.py for hooks by their names, and so does this.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from pytest_arc import hookspec
from pytest_arc.errors import LoadError, Problem, UsageError

__all__ = ["HookManager", "load_hooks"]

PREFIX = "pytest_arc_"


class HookManager(pluggy.PluginManager):
    """Calls what conftest.py files implement."""

    def __init__(self) -> None:
        super().__init__("pytest")
        self.add_hookspecs(hookspec)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        marked = super().parse_hookimpl_opts(plugin, name)
        if not name.startswith(PREFIX):
            # pytest's own hooks, marked or not, are nothing to this manager.
            return None
        return {} if marked is None and inspect.isroutine(getattr(plugin, name)) else marked


def load_hooks(root: Path, files: Iterable[Path]) -> HookManager:
    """Import the conftest.py of `root` and of every folder from there down to those of `files`.

    Raises LoadError for one that cannot be imported, or has a hook that is not ours or takes too much.
    """
    manager = HookManager()
    for number, path in enumerate(_list_conftests(root, files)):
        module = _import_conftest(path, f"pytest_arc_conftest_{number}")
        try:
            manager.register(module, path.as_posix())
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise LoadError([Problem(_shorten(path), 0, 0, str(error).splitlines()[-1])]) from error
    return manager


def _list_conftests(root: Path, files: Iterable[Path]) -> list[Path]:
    """Without repetition, outer folders first."""
    root = root.resolve()
    folders = {root: None}
    for file in files:
        folder = file.resolve().parent
        inner = [folder, *folder.parents]
        below_root = inner[: inner.index(root)] if root in inner else [folder]
        folders |= dict.fromkeys(reversed(below_root))
    return [path for folder in folders if (path := folder / "conftest.py").is_file()]


def _import_conftest(path: Path, name: str) -> ModuleType:
    folder = str(path.parent)
    if folder not in sys.path:
        # As pytest does, so that a conftest.py may import what stands beside it.
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a conftest is anybody's code and may raise anything
        del sys.modules[name]
        raise _explain(path, error) from error
    return module


def _explain(path: Path, error: Exception) -> Exception:
    if isinstance(error, ModuleNotFoundError) and error.name in ("pytest", "_pytest"):
        return UsageError(
            f"{_shorten(path)} imports pytest, which is not installed here.\n"
            "    Install it, or move the pytest_arc_* hooks into a conftest.py that does without"
        )
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 0
    message = f"cannot be imported: {type(error).__name__}: {error}"
    return LoadError([Problem(_shorten(path), line or 0, 0, message)])


def _shorten(path: Path) -> str:
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
