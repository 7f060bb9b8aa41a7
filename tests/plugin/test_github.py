"""What a job on GitHub is told: annotations among what is printed, a comment in its summary."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_arc.cli import main

from .conftest import Project

AGENTS = """
def attack(text):
    print("::set-output name=secret::1")
    print("##[error]no")
    return "no ::error::injected " + "word " * 30 + "\\n::add-mask::x\\n##[group]x"
"""


@pytest.fixture
def summary(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job whose workspace is the project."""
    place = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", project.path.as_posix())
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", place.as_posix())
    return place


def _list_commands(text: str) -> list[str]:
    """Without the id of the run, which differs."""
    shown = re.sub(r"\d{8}-\d{6}(-\d+)?", "RUN", text)
    return [line for line in shown.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_annotations_point_at_the_line_of_the_threshold_and_of_the_scenario(
    project: Project, summary: Path
) -> None:
    path = project.add_agent({"ok": "pass", "poor": "fail"}, gate=0.9, file="configs/bot.yaml")
    result = project.run()
    commands = _list_commands(result.stdout.str())

    line = next(
        n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "reliability" in text
    )
    assert commands[0].startswith(
        f"::error file=configs/bot.yaml,line={line},title=bot%3A reliability failed::"
    )
    assert commands[1].startswith("::warning file=configs/bot_scenarios.yaml,line=")
    assert len(commands) == 2
    assert "bot fails the gate reliability" in summary.read_text(encoding="utf-8")


def test_the_command_tells_the_same(
    project: Project, summary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project.add_agent({"ok": "pass", "poor": "fail"}, gate=0.9)
    by_pytest = _list_commands(project.run().stdout.str())
    capfd.readouterr()
    main(["run", "bot.yaml"])
    told = capfd.readouterr()
    main(["run", "bot.yaml", "--output", "json"])
    beside_json = capfd.readouterr()

    assert _list_commands(told.out) == by_pytest
    assert _list_commands(beside_json.out) == []
    assert _list_commands(beside_json.err) == by_pytest
    assert summary.read_text(encoding="utf-8").count("### ") == 3


@pytest.mark.parametrize("option", ["-q", "-v", "-s", "-rA"])
def test_what_agents_print_and_say_is_no_command(option: str, project: Project, summary: Path) -> None:
    project.write(attackers=AGENTS)
    project.add_agent(
        {"a": "hello", "b": {"user": "hello", "critical": True}},
        target={"python": "attackers:attack"},
        gate=0.5,
    )
    result = project.run(option)
    commands = _list_commands(result.stdout.str())

    if option == "-s":  # nothing stands between the agent and the terminal
        commands = [line for line in commands if "set-output" not in line and "##[error]" not in line]
    assert [line.split(" ")[0] for line in commands] == ["::error", "::error", "::warning"]
    assert "::add-mask" not in "\n".join(
        line for line in commands if not line.startswith(("::error", "::warning"))
    )


def test_a_run_that_ended_early_is_told_too(project: Project, summary: Path) -> None:
    project.add_agent({"a": "fail", "b": "pass"})
    result = project.run("-x")

    assert any("did not come to its end" in line for line in _list_commands(result.stdout.str()))
    assert "did not come to its end" in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("there", [(1 << 20) - 3000, 1 << 20], ids=["little room", "no room"])
def test_the_summary_stays_within_what_github_takes(there: int, project: Project, summary: Path) -> None:
    summary.write_text("x" * there, encoding="utf-8")
    project.add_agent({"a": "pass"})
    project.run()

    assert there <= summary.stat().st_size <= 1 << 20


def test_a_summary_that_cannot_be_written_changes_nothing(
    project: Project, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", (project.path / "no" / "such" / "folder").as_posix())
    project.add_agent({"a": "pass"})

    assert project.run().ret == 0


def test_elsewhere_nothing_is_said(project: Project) -> None:
    project.add_agent({"a": "fail"})

    assert _list_commands(project.run().stdout.str()) == []
