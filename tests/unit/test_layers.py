"""The import contracts of pyproject.toml say what ARCHITECTURE.md says, and they hold every module."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import pytest_arc

CONFIG = Path(__file__).parents[2] / "pyproject.toml"
PACKAGE = Path(pytest_arc.__file__).parent


def test_every_module_stands_in_exactly_one_layer() -> None:
    names = [name.strip("()") for layer in _read_layers() for name in layer]

    assert sorted(names) == sorted(set(names))
    assert _find_modules() <= set(names)


@pytest.mark.parametrize("contract, exempt", [("pytest-free", "plugin"), ("click-free", "cli")])
def test_contract_binds_the_whole_package_but_one_module(contract: str, exempt: str) -> None:
    options = _read_contract(contract)
    importers = {line.split(" -> ")[0] for line in options["ignore_imports"]}

    assert options["source_modules"] == ["pytest_arc"]
    assert importers == {f"pytest_arc.{exempt}", f"pytest_arc.{exempt}.**"}


@pytest.mark.parametrize(
    "module, line, broken",
    [
        ("scoring/judge.py", "import pytest_arc.session", "Each stage imports only from the layers below it"),
        ("plugin/items.py", "import pytest_arc.cli", "Each stage imports only from the layers below it"),
        ("strings.py", "import json", "Each stage imports only from the layers below it"),
        ("testing/harness.py", "import pytest", "Only the plugin knows pytest"),
        ("session/run.py", "from _pytest import runner", "Only the plugin knows pytest"),
        ("reports/console.py", "import click", "Only the command knows click"),
        ("domain/plan.py", "import asyncio", "Things, arithmetic and verdicts do no input or output"),
        (
            "gates/reliability.py",
            "import subprocess",
            "Things, arithmetic and verdicts do no input or output",
        ),
    ],
)
def test_forbidden_import_breaks_its_contract(tmp_path: Path, module: str, line: str, broken: str) -> None:
    _write_skeleton(tmp_path, {module: line})

    result = _lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{broken} BROKEN" in result.stdout


def test_plugin_may_import_pytest_and_cli_may_import_click(tmp_path: Path) -> None:
    _write_skeleton(
        tmp_path, {"plugin/items.py": "import pytest, _pytest, xdist", "cli/main.py": "import click"}
    )

    result = _lint_imports(tmp_path)

    assert result.returncode == 0, result.stdout + result.stderr


def _read_contract(contract: str) -> dict[str, Any]:
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    return next(c for c in config["tool"]["importlinter"]["contracts"] if c["id"] == contract)


def _read_layers() -> list[list[str]]:
    return [[name.strip() for name in layer.split("|")] for layer in _read_contract("layers")["layers"]]


def _find_modules() -> set[str]:
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return files | folders


def _write_skeleton(folder: Path, lines: dict[str, str]) -> None:
    """A package with every module the contracts name, all empty but for `lines`."""
    package = folder / "pytest_arc"
    for layer in _read_layers():
        for name in layer:
            (package / name.strip("()")).mkdir(parents=True)
            (package / name.strip("()") / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name, line in lines.items():
        (package / name).write_text(line + "\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    return subprocess.run(
        [*command, "--no-cache", "--no-logo"], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
