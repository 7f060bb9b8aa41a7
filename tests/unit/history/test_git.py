"""Where a change left the main line, asked of real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pytest_arc.history.git import (
    MergeBase,
    NoMergeBase,
    find_merge_base,
    is_versioned,
    list_changed,
    read_then,
)

NOWHERE: dict[str, str] = {}


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _commit(folder: Path, name: str, text: str = "x") -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", name)
    return _git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    _commit(folder, "a.txt")
    return folder


def _explain(folder: Path, base: str | None = None, environ: dict[str, str] = NOWHERE) -> str:
    found = find_merge_base(folder, base, environ)
    assert isinstance(found, NoMergeBase)
    return found.reason


def test_a_branch_is_compared_with_where_it_left_main(repository: Path) -> None:
    left = _git(repository, "rev-parse", "HEAD")
    _git(repository, "checkout", "-q", "-b", "change")
    _commit(repository, "b.txt")
    _git(repository, "checkout", "-q", "main")
    _commit(repository, "c.txt")
    _git(repository, "checkout", "-q", "change")

    found = find_merge_base(repository, environ=NOWHERE)

    assert found == MergeBase("main", left)
    assert MergeBase("main", left).label == f"main {left[:7]}"


def test_on_main_itself_what_is_committed_counts(repository: Path) -> None:
    assert find_merge_base(repository, environ=NOWHERE) == MergeBase(
        "main", _git(repository, "rev-parse", "HEAD")
    )


def test_a_detached_head_has_a_merge_base_too(repository: Path) -> None:
    left = _git(repository, "rev-parse", "HEAD")
    _git(repository, "checkout", "-q", "--detach")
    _commit(repository, "b.txt")

    assert find_merge_base(repository, environ=NOWHERE) == MergeBase("main", left)


def test_what_the_remote_calls_its_head_comes_first(repository: Path, tmp_path: Path) -> None:
    _git(repository, "branch", "-m", "main", "trunk")
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-q", str(repository), str(clone))
    _git(clone, "checkout", "-q", "-b", "main")
    _commit(clone, "b.txt")

    assert find_merge_base(clone, environ=NOWHERE) == MergeBase(
        "trunk", _git(repository, "rev-parse", "HEAD")
    )


def test_a_pull_request_on_github_is_compared_with_its_base_branch(repository: Path, tmp_path: Path) -> None:
    _git(repository, "checkout", "-q", "-b", "release")
    release = _commit(repository, "b.txt")
    _git(repository, "checkout", "-q", "main")
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-q", str(repository), str(clone))
    _git(clone, "checkout", "-q", "-b", "change", "origin/release")
    _commit(clone, "c.txt")

    assert find_merge_base(clone, environ={"GITHUB_BASE_REF": "release"}) == MergeBase("release", release)
    assert find_merge_base(clone, environ={"GITHUB_BASE_REF": ""}) != MergeBase("release", release)


def test_a_named_base_wins(repository: Path) -> None:
    first = _git(repository, "rev-parse", "HEAD")
    _git(repository, "tag", "v1")
    _commit(repository, "b.txt")

    told = {"GITHUB_BASE_REF": "main"}
    assert find_merge_base(repository, "v1", told) == MergeBase("v1", first)
    assert find_merge_base(repository, first, told) == MergeBase(first[:7], first)


def test_a_shallow_clone_says_what_to_fetch(repository: Path, tmp_path: Path) -> None:
    _commit(repository, "b.txt")
    _git(repository, "checkout", "-q", "-b", "change")
    _commit(repository, "c.txt")
    _git(repository, "checkout", "-q", "main")
    _commit(repository, "d.txt")
    clone = tmp_path / "clone"
    url = f"file://{repository.as_posix()}"
    _git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", "--no-single-branch", url, str(clone))

    assert _explain(clone) == (
        "this is a shallow clone without the commit that left main; "
        "fetch it: git fetch --unshallow origin, in GitHub Actions fetch-depth: 0"
    )


def test_the_shallow_checkout_of_a_pull_request_lacks_its_base(repository: Path, tmp_path: Path) -> None:
    _git(repository, "checkout", "-q", "-b", "change")
    _commit(repository, "c.txt")
    clone = tmp_path / "clone"
    url = f"file://{repository.as_posix()}"
    _git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", url, str(clone))

    assert _explain(clone, environ={"GITHUB_BASE_REF": "main"}) == (
        "'origin/main' is not in this clone; "
        "fetch it: git fetch --unshallow origin, in GitHub Actions fetch-depth: 0"
    )


def test_a_base_that_nobody_knows_is_named(repository: Path) -> None:
    assert _explain(repository, "mian") == "git knows no 'mian' here (--arc-base)"


def test_a_base_is_never_taken_for_an_option(repository: Path) -> None:
    assert _explain(repository, "--all") == "git knows no '--all' here (--arc-base)"


def test_branches_without_a_common_commit_have_no_merge_base(repository: Path) -> None:
    _git(repository, "checkout", "-q", "--orphan", "other")
    _commit(repository, "z.txt")

    assert _explain(repository) == "HEAD and main have no commit in common"


def test_without_a_main_line_one_has_to_be_named(repository: Path) -> None:
    _git(repository, "branch", "-m", "main", "trunk")

    assert _explain(repository) == (
        "there is no main line here (none of origin/HEAD, main, master): name it with --arc-base REF"
    )


def test_before_the_first_commit_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "-b", "main")

    assert "no main line" in _explain(tmp_path)
    assert _explain(tmp_path, "main") == "nothing has been committed yet"


def test_outside_a_repository_git_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert not is_versioned(tmp_path)
    assert _explain(tmp_path) == "this is no git repository"


def test_a_machine_without_git_is_told_from_one_without_an_answer(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    assert _explain(repository) == "git is not installed"
    assert list_changed(repository, MergeBase("main", "0" * 40)) is None
    assert read_then(repository, MergeBase("main", "0" * 40), "a.txt") is None


@pytest.mark.skipif(os.name == "nt", reason="a script stands for git")
def test_git_that_hangs_is_given_up(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("pytest_arc.history.git.TIMEOUT_S", 0.1)

    assert _explain(repository).startswith("git did not answer")


def test_what_differs_is_found_in_commits_in_the_index_and_among_untracked_files(repository: Path) -> None:
    _commit(repository, "sub/kept.txt")
    _commit(repository, "sub/gone.txt")
    base = find_merge_base(repository, environ=NOWHERE)
    assert isinstance(base, MergeBase)
    _git(repository, "checkout", "-q", "-b", "change")
    _commit(repository, "sub/committed.txt")
    (repository / "a.txt").write_text("changed", encoding="utf-8")
    (repository / "sub" / "neu ü.txt").write_text("untracked", encoding="utf-8")
    (repository / "sub" / "gone.txt").unlink()

    assert list_changed(repository, base) == {"a.txt", "sub/committed.txt", "sub/neu ü.txt", "sub/gone.txt"}
    assert list_changed(repository, base, ["sub"]) == {
        "sub/committed.txt",
        "sub/neu ü.txt",
        "sub/gone.txt",
    }
    assert list_changed(repository, base, ["sub/kept.txt", "*.txt"]) == set()


def test_paths_are_those_of_a_project_inside_the_repository(repository: Path) -> None:
    first = _commit(repository, "sub/a.txt", "then")
    base = MergeBase("main", first)
    (repository / "sub" / "a.txt").write_text("now", encoding="utf-8")
    (repository / "a.txt").write_text("outside", encoding="utf-8")

    assert list_changed(repository / "sub", base) == {"a.txt"}
    assert read_then(repository / "sub", base, "a.txt") == "then"
    assert read_then(repository / "sub", base, "never.txt") is None
