"""Beside another revision, and together with earlier runs of the same commit: in a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shapes import Arc

PROFILE = Path("configs/echo.yaml")


def _git(*command: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *command], check=True, capture_output=True)


@pytest.fixture
def repository(project: Path) -> Path:
    """The project with all its files committed on `main`."""
    Path(".gitignore").write_text(".arc/\nkept/\n__pycache__/\n", encoding="utf-8")
    _git("init", "-q", "-b", "main")
    _git("add", ".")
    _git("commit", "-qm", "one")
    return project


def _change_agent(old: str, new: str) -> None:
    PROFILE.write_text(PROFILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_an_agent_that_broke_is_found_against_the_revision_before(arc: Arc, repository: Path) -> None:
    _change_agent("demo_agents:moody", "demo_agents:broken")
    done = arc("run", "configs", "--against", "main", "--trials", "6")
    assert done.code == 1
    (verdict,) = [v for v in done.text.splitlines() if v.lstrip().startswith("regression FAILED")]
    assert "worse than main" in verdict
    assert "fresh trials: 0 pass" in done.text


def test_an_unchanged_agent_is_not_worse_than_itself(arc: Arc, repository: Path) -> None:
    agents = arc("run", "configs", "--against", "main", "--output", "json").json["results"]["agents"]
    (gate,) = [gate for gate in agents[0]["gates"] if gate["gate"] == "regression"]
    assert gate["word"] == "inconclusive"
    assert gate["change"]["value"] == 0
    assert gate["reason"].startswith("62.5 % now, 62.5 % on main")


def test_both_sides_are_compared_by_the_first_trials_where_they_come_in_rounds(
    arc: Arc, repository: Path
) -> None:
    # Right in every second trial: of one trial all pass, of the profile's four one half.
    done = arc("run", "configs", "--against", "main", "--trials", "1:4")
    assert "100.0 % now, 100.0 % on main" in " ".join(done.text.split())


def test_code_that_is_not_committed_stays_on_this_side(arc: Arc, repository: Path) -> None:
    code = Path("demo_agents.py")
    code.write_text(code.read_text(encoding="utf-8").replace("% 2", "% 1 == 0"), encoding="utf-8")
    done = arc("run", "configs", "--against", "main")
    assert "100.0 % now, 62.5 % on main" in " ".join(done.text.split())


def test_the_working_tree_of_the_other_side_is_taken_away(arc: Arc, repository: Path) -> None:
    arc("run", "configs", "--against", "main")
    listed = subprocess.run(["git", "worktree", "list"], check=True, capture_output=True, text=True)
    assert len(listed.stdout.splitlines()) == 1


def test_nothing_runs_beside_a_part_of_the_cases_which_no_gate_compares(arc: Arc, repository: Path) -> None:
    PROFILE.with_name("new.yaml").write_text(PROFILE.read_text(encoding="utf-8"), encoding="utf-8")
    PROFILE.unlink()  # what is not in `main` could not be run there
    done = arc("run", "configs", "--against", "main", "-k", "feel/like")
    assert (done.code, done.err) == (0, "")
    assert "no gate is evaluated" in done.text


def test_a_revision_that_git_does_not_know_is_one_message(arc: Arc, repository: Path) -> None:
    done = arc("run", "configs", "--against", "nowhere")
    assert (done.code, done.err) == (
        4,
        "arc: --arc-against nowhere: git knows no such revision here (a shallow clone? fetch it)\n",
    )


def test_an_agent_that_is_new_has_no_other_side(arc: Arc, repository: Path) -> None:
    PROFILE.rename("configs/new.yaml")
    done = arc("run", "configs", "--against", "main")
    assert done.code == 4
    assert "configs/new.yaml is not in main" in done.err


def test_outside_git_there_is_no_other_side(arc: Arc, project: Path) -> None:
    done = arc("run", "configs", "--against", "main")
    assert done.code == 4
    assert done.err.startswith("arc: --arc-against main: ")


def test_another_side_that_cannot_run_leaves_the_gate_not_evaluated(arc: Arc, repository: Path) -> None:
    _change_agent("demo_agents:moody", "demo_agents:gone")
    _git("commit", "-qam", "two")
    _change_agent("demo_agents:gone", "demo_agents:moody")
    done = arc("run", "configs", "--against", "main")
    assert done.code == 1
    assert "regression NOT EVALUATED" in done.text
    assert "has no 'gone'" in " ".join(done.text.split())


def test_a_second_run_of_one_commit_is_pooled_with_the_first(arc: Arc, repository: Path) -> None:
    arc("run", "configs", "--dir", "kept")
    text = " ".join(arc("run", "configs", "--history", "kept").text.split())
    assert "20 of 32 trials passed (62.5 %)" in text
    assert "10/16 before, 10/16 now, pooled" in text


def test_runs_of_changed_files_are_not_pooled(arc: Arc, repository: Path) -> None:
    arc("run", "configs", "--dir", "kept")
    _change_agent("trials: 4", "trials: 5")
    assert "pooled" not in arc("run", "configs", "--history", "kept").text


def test_the_last_run_of_main_is_told_of_beside_a_change(arc: Arc, repository: Path) -> None:
    arc("run", "configs", "--dir", "kept")
    _git("checkout", "-q", "-b", "change")
    _change_agent("demo_agents:moody", "demo_agents:broken")
    arc("run", "configs", "--dir", "kept")
    _git("commit", "-qam", "two")
    arc("run", "configs", "--dir", "kept")
    done = arc("run", "configs", "--history", "kept", "--markdown", "comment.md")
    text = " ".join(done.out.split())
    assert "the last run of main: 62.5 %, 10 of 16 trials passed, " in text
    comment = Path("comment.md").read_text(encoding="utf-8")
    assert "**The last run of main:** 62.5 %, 10 of 16 trials passed, " in comment


def test_a_folder_of_earlier_runs_that_is_not_there_is_one_message(arc: Arc, repository: Path) -> None:
    done = arc("run", "configs", "--history", "nowhere")
    assert (done.code, done.err) == (4, "arc: there is no folder nowhere with earlier runs\n")
