"""Nothing that a user can write is missing in the reference, nor in the pages that explain it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import get_args

import pytest
from reference import TABLES
from walkthrough import ROOT

from pytest_arc import hookspec, registry
from pytest_arc.cli.group import ExitCode
from pytest_arc.domain import profile, scenario
from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.result import GateWord
from pytest_arc.domain.settings import Settings
from pytest_arc.loading.keys import FILLED_IN, list_keys


def _read(*pages: str) -> str:
    return "".join((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in pages)


def _list_missing(names: Iterator[str] | list[str], text: str) -> list[str]:
    """The names that do not stand in `text` as code: whole, or as the beginning of a longer one."""
    return [name for name in names if not re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])", text)]


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, encoding="utf-8", timeout=120, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def pytest_options() -> list[str]:
    return sorted(set(re.findall(r"^  (--arc[\w-]*)", _run("pytest", "--help"), re.M)))


@pytest.fixture(scope="module")
def commands() -> list[str]:
    told = _run("pytest_arc", "--help").partition("Commands:")[2]
    return [f"arc {name}" for name in re.findall(r"^  (\w+)", told, re.M)]


def test_options_of_pytest(pytest_options: list[str]) -> None:
    assert "--arc-trials" in pytest_options
    assert _list_missing(pytest_options, TABLES["pytest"]()) == []
    assert _list_missing(pytest_options, _read("commands")) == []


def test_commands(commands: list[str]) -> None:
    assert "arc run" in commands
    assert _list_missing(commands, TABLES["commands"]()) == []
    assert _list_missing(commands, _read("commands")) == []


def test_settings() -> None:
    keys = [key for key in list_keys(Settings) if key != "sources"]
    variables = [f"ARC_{key.upper()}" for key in keys if key != "models"]

    assert _list_missing([*keys, *variables], TABLES["settings"]()) == []
    assert _list_missing([*keys, *variables], _read("commands")) == []


@pytest.mark.parametrize(
    "module, tables",
    [(profile, ("profile", "targets", "behaviors")), (scenario, ("scenarios", "checks"))],
    ids=["profile", "scenario"],
)
def test_keys_of_files(module: object, tables: tuple[str, ...]) -> None:
    text = "".join(TABLES[table]() for table in tables)
    models = [model for _, model in inspect.getmembers(module, inspect.isclass) if issubclass(model, Frozen)]
    keys = [key for model in models for key in list_keys(model) if key not in FILLED_IN]

    assert len(keys) > 20
    assert _list_missing(sorted(set(keys)), text) == []


@pytest.mark.parametrize("table", ["profile", "scenarios", "pytest", "python"])
def test_every_line_of_a_table_says_what_it_means(table: str) -> None:
    assert [line for line in TABLES[table]().splitlines() if re.fullmatch(r"\|.*\|\s*\|", line)] == []


@pytest.mark.parametrize("model", [profile.AgentProfile, scenario.Scenario, scenario.Fault, profile.Gates])
def test_keys_are_explained(model: type[Frozen]) -> None:
    keys = [key for key in list_keys(model) if key not in FILLED_IN]

    assert _list_missing(keys, _read("profiles-and-scenarios", "tools", "verdicts", "quarantine")) == []


@pytest.mark.parametrize(
    "known, table, pages",
    [
        (registry.CHECKS, "checks", ("checks",)),
        (registry.TARGETS, "targets", ("targets", "frameworks")),
        (registry.BEHAVIORS, "behaviors", ("tools",)),
        (registry.TOOLS, "groups", ("tools",)),
        (registry.EXECUTORS, "executors", ("scale", "commands")),
    ],
    ids=["checks", "targets", "behaviors", "tools", "executors"],
)
def test_names_of_a_registry(known: registry.Registry, table: str, pages: tuple[str, ...]) -> None:
    names = list(known.builtin)

    assert _list_missing(names, TABLES[table]()) == []
    assert _list_missing(names, _read(*pages)) == []


def test_faults() -> None:
    kinds = list(get_args(scenario.FaultKind))

    assert len(kinds) == 8
    assert _list_missing(kinds, TABLES["scenarios"]()) == []
    assert _list_missing(kinds, _read("tools")) == []


def test_gates() -> None:
    names = [name for name in list_keys(profile.Gates) if name != "errors"]

    assert _list_missing(names, TABLES["profile"]()) == []
    assert _list_missing(names, _read("reference/verdicts")) == []
    assert (
        _list_missing(
            ["reliability", "group/NAME", "dimension/NAME", "regression", "performance"], _read("verdicts")
        )
        == []
    )


def test_hooks() -> None:
    hooks = [
        name for name, _ in inspect.getmembers(hookspec, inspect.isfunction) if name.startswith("pytest_arc_")
    ]

    assert len(hooks) > 5
    assert _list_missing(hooks, TABLES["hooks"]()) == []
    assert _list_missing(hooks, _read("extending")) == []


def test_exit_codes_and_words_of_verdicts() -> None:
    assert re.findall(r"^\| `(\d)` \|", TABLES["exit-codes"](), re.M) == [
        str(code.value) for code in ExitCode
    ]
    assert re.findall(r"^\| (\d) \|", _read("verdicts"), re.M) == [str(code.value) for code in ExitCode]
    for word in get_args(GateWord):
        assert f"*{word}*" in TABLES["verdicts"]()
        assert f"*{word}*" in _read("verdicts")


def test_every_table_stands_in_a_page() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))

    assert [name for name in TABLES if f"<!-- table: {name} -->" not in pages] == []
