"""The command as a whole: its names, its exit codes, and what it says when it is used in a wrong way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from syrupy.assertion import SnapshotAssertion

import pytest_arc
from pytest_arc.cli import group

if TYPE_CHECKING:
    from shapes import Arc


def test_python_dash_m_is_the_same_command(project: Path) -> None:
    done = _run_python("-m", "pytest_arc", "run", "configs", "-k", "feel/like")

    assert done.returncode == 0, done.stderr
    assert "1 passed (exit 0)" in done.stdout


def test_version_loads_none_of_the_commands() -> None:
    script = (
        "import sys; from pytest_arc.cli import main; code = main(['--version']);"
        "print(sorted({'pydantic', 'yaml', 'jinja2', 'asyncio', 'pytest'} & set(sys.modules)), code)"
    )

    assert _run_python("-c", script).stdout == f"pytest-arc {pytest_arc.__version__}\n[] 0\n"


def test_help_names_every_command(arc: Arc) -> None:
    done = arc("--help")

    assert done.code == 0
    for name in ("run", "validate", "init", "show", "debug", "status", "import", "schema"):
        assert f"\n  {name} " in done.out


@pytest.mark.parametrize(
    "command", ["run", "validate", "init", "show", "debug", "status", "import", "schema"]
)
def test_help_of_a_command_holds_80_columns(arc: Arc, command: str) -> None:
    done = arc(command, "--help")

    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["rn"], id="no such command"),
        pytest.param(["run"], id="no path"),
        pytest.param(["run", "configs", "--trails", "3"], id="no such option"),
        pytest.param(["run", "configs", "--output", "xml"], id="wrong choice"),
    ],
)
def test_misuse_that_click_notices_is_usage_too(project: Path, arc: Arc, arguments: list[str]) -> None:
    done = arc(*arguments)

    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("Usage: arc")


@pytest.mark.parametrize(
    "arguments, code",
    [
        pytest.param(["run", "confgs"], 4, id="no such folder"),
        pytest.param(["run", "configs", "--trials", "five"], 4, id="wrong setting"),
        pytest.param(["run", "scenarios/greetings.yaml"], 2, id="a scenario file"),
        pytest.param(["run", "configs", "-k", "nothing/*"], 5, id="nothing selected"),
        pytest.param(["run", "scenarios"], 5, id="a folder without agents"),
        pytest.param(["show", "last"], 4, id="no run yet"),
        pytest.param(["debug", "last::x#1"], 4, id="no run to repeat"),
    ],
)
def test_misuse_has_one_message_and_its_exit_code(
    project: Path, arc: Arc, snapshot: SnapshotAssertion, arguments: list[str], code: int
) -> None:
    done = arc(*arguments)

    assert (done.code, done.out) == (code, "")
    assert done.err.replace(str(project), "ROOT") == snapshot
    assert not (project / ".arc").exists()


def test_trouble_of_our_own_is_one_line_unless_asked_for_more(
    project: Path, arc: Arc, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    @click.option("--debug", is_flag=True)
    def break_down(debug: bool) -> None:
        raise RuntimeError("a wheel\ncame off")

    monkeypatch.setattr(group._LazyGroup, "get_command", lambda *_: break_down)

    plain, debugging = arc("status"), arc("status", "--debug")

    assert plain.code == debugging.code == 3
    assert plain.err == (
        "arc: internal error: RuntimeError: a wheel came off; --debug shows the stack trace\n"
    )
    assert "in break_down" in debugging.err


def test_what_the_terminal_cannot_write_is_spelled_out(project: Path) -> None:
    (project / "demo_agents.py").write_text("def moody(text): return 'caf\\u00e9 \\u2713'", encoding="utf-8")

    done = _run_python("-m", "pytest_arc", "run", "configs", encoding="ascii")

    assert done.returncode == 1
    assert r"caf\xe9 \u2713" in done.stdout
    assert "response_quality  ...................." in done.stdout


def _run_python(*arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    environ = {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(Path(pytest_arc.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", check=False, env=environ
    )


def test_every_command_says_in_one_whole_line_what_it_does(arc: Arc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listed = arc("--help").out.partition("Commands:\n")[2].splitlines()

    assert all(line.endswith(".") and not line.endswith("...") for line in listed)
    assert max(map(len, listed)) <= 80
    for name in (line.split()[0] for line in listed):
        assert max(map(len, arc(name, "--help").out.splitlines())) <= 80
