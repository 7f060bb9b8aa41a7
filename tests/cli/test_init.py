"""`arc init`: files to start from, and that they work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from syrupy.assertion import SnapshotAssertion

if TYPE_CHECKING:
    from shapes import Arc


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_starter_is_valid_and_says_what_to_do_next(arc: Arc, snapshot: SnapshotAssertion) -> None:
    done = arc("init", "my-agent")

    assert done.code == 0
    assert done.out == snapshot
    assert arc("validate", "my-agent").out.endswith("2 files, 1 agent, 3 scenarios: no problems\n")


def test_slip_rate_reaches_the_reference_policy(arc: Arc) -> None:
    arc("init")

    assert "trials  15 passed, 0 failed" in arc("run", "agent.yaml", "--slip-rate", "0").out
    assert "trials  15 passed, 0 failed" not in arc("run", "agent.yaml", "--slip-rate", "1").out


def test_starter_has_no_gate_that_cannot_be_decided(arc: Arc) -> None:
    arc("init")

    (agent,) = arc("validate", "agent.yaml", "--output", "json").json["agents"]

    assert agent["undecidable"] == []
    assert "reliability: 0.85" in Path("agent.yaml").read_text(encoding="utf-8")


def test_starter_runs_at_once(arc: Arc) -> None:
    arc("init")

    done = arc("run", "agent.yaml")

    assert done.code == 0, done.out
    assert "reference policy, not an LLM" in done.out
    assert done.out.endswith("3 passed (exit 0)\n")


@pytest.mark.parametrize("taken", ["agent.yaml", "scenarios.yaml"])
def test_no_file_is_overwritten(arc: Arc, taken: str) -> None:
    Path(taken).write_text("mine", encoding="utf-8")

    done = arc("init")

    assert done.code == 4
    message = f"arc: {taken} is there already; nothing was written\n    Name a new folder: arc init DIR\n"
    assert done.err == message
    assert [path.name for path in Path().iterdir()] == [taken]
    assert Path(taken).read_text(encoding="utf-8") == "mine"


def test_demonstration_is_copied_whole_and_is_valid(arc: Arc, root: Path) -> None:
    done = arc("init", "demo", "--demo")

    assert done.code == 0
    for folder in ("configs", "scenarios"):
        shipped = {p.relative_to(root) for p in (root / folder).rglob("*") if p.is_file()}
        copied = {p.relative_to("demo") for p in Path("demo", folder).rglob("*") if p.is_file()}
        assert copied == shipped
    assert arc("validate", "demo/configs").code == 0


def test_folder_that_cannot_be_made_is_said(arc: Arc) -> None:
    Path("taken").write_text("", encoding="utf-8")

    done = arc("init", "taken")

    assert done.code == 4
    assert done.err.startswith("arc: cannot write taken/agent.yaml: ")
