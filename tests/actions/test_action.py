"""The steps of action.yml, over real repositories and runs; only `gh` is played by a script."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".github" / "action" / "arc_action.py"

PROFILE = """
arc: 1
name: echo
target: {python: "echo:answer"}
trials: 2
watch: ["../echo.py"]
scenarios: {include: [echo.scenarios.yaml]}
gates: {reliability: 0.5}
"""
SCENARIOS = """
arc_scenarios: 1
scenarios:
  - {id: hello, user: hello, expect: [{answer_contains: hello}]}
  - {id: there, user: there, expect: [{answer_contains: there}]}
  - {id: again, user: again, expect: [{answer_contains: again}]}
"""
# As much of `gh api` as is used: comments are kept in a file, what it was asked in another.
GH = f"""#!{sys.executable}
import json, os, pathlib, re, sys
store, log = pathlib.Path(os.environ["GH_STORE"]), pathlib.Path(os.environ["GH_LOG"])
with log.open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if os.environ.get("GH_REFUSES"):
    sys.exit("gh: Resource not accessible by integration (HTTP 403)")
comments = json.loads(store.read_text())
arguments = sys.argv[2:]
if "--jq" in arguments:
    for comment in comments:
        if comment["type"] == "Bot":
            print(json.dumps({{"id": comment["id"], "body": comment["body"]}}))
    sys.exit()
body = pathlib.Path(arguments[-1].removeprefix("body=@")).read_text()
if "POST" in arguments:
    comments.append({{"id": len(comments) + 1, "type": "Bot", "body": body}})
else:
    number = int(re.search(r"comments/(\\d+)$", arguments[2])[1])
    next(comment for comment in comments if comment["id"] == number)["body"] = body
store.write_text(json.dumps(comments))
"""


@dataclass
class Runner:
    """A job of GitHub Actions in a repository."""

    folder: Path
    temporary: Path
    event: dict[str, object] = field(default_factory=dict)
    name: str = "pull_request"

    def step(self, step: str, **environ: str) -> dict[str, str]:
        """Do one step; what it gives to later ones. `printed` is what the log shows."""
        event, output = self.temporary / "event.json", self.temporary / "output"
        event.write_text(json.dumps(self.event), encoding="utf-8")
        output.write_text("", encoding="utf-8")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("GITHUB_", "GH_"))}
        job = {
            "GITHUB_EVENT_NAME": self.name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": "acme/desk",
            "GITHUB_BASE_REF": "",
            "RUNNER_TEMP": str(self.temporary),
            "GH_STORE": str(self.temporary / "comments.json"),
            "GH_LOG": str(self.temporary / "gh.log"),
            "PATH": f"{self.temporary / 'bin'}{os.pathsep}{os.environ['PATH']}",
            # No plugin but ours: to import all that are installed takes longer than the runs.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "pytest_arc.plugin",
            "INPUT_PATHS": "agents",
            "INPUT_NAME": "agents",
        }
        done = subprocess.run(
            [sys.executable, str(SCRIPT), step],
            cwd=self.folder,
            env={**kept, **job, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
        outputs = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
        return {**outputs, "printed": done.stdout}

    def read_comments(self) -> list[dict[str, str]]:
        return json.loads((self.temporary / "comments.json").read_text(encoding="utf-8"))

    def read_questions(self) -> list[list[str]]:
        log = self.temporary / "gh.log"
        return (
            [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
            if log.is_file()
            else []
        )

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    def change(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", path)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """In a repository with an agent, on a branch that has just left main."""
    runner = Runner(tmp_path / "repository", tmp_path / "temporary")
    (runner.folder / "agents").mkdir(parents=True)
    (runner.temporary / "bin").mkdir(parents=True)
    (runner.temporary / "comments.json").write_text("[]", encoding="utf-8")
    gh = runner.temporary / "bin" / "gh"
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\n",
        "echo.py": "def answer(text):\n    return text\n",
        "agents/echo.yaml": PROFILE,
        "agents/echo.scenarios.yaml": SCENARIOS,
        "README.md": "",
    }
    for name, text in files.items():
        (runner.folder / name).write_text(text, encoding="utf-8")
    runner.git("init", "-q", "-b", "main")
    runner.git("add", "-A")
    runner.git("commit", "-q", "-m", "all")
    runner.git("checkout", "-q", "-b", "change")
    return runner


# prepare


def test_a_change_of_what_agents_watch_is_run(runner: Runner) -> None:
    runner.change("echo.py", "def answer(text):\n    return text + '!'\n")

    outputs = runner.step("prepare")

    assert outputs["run"] == "true"
    assert outputs["reason"].startswith("changed since main ")


def test_a_change_of_nothing_that_agents_watch_is_skipped_with_the_reason(runner: Runner) -> None:
    runner.change("README.md", "hello\n")

    outputs = runner.step("prepare")

    assert outputs["run"] == "false"
    assert outputs["reason"].startswith("nothing that matters here has changed since main ")
    assert "::notice title=pytest-arc::The agents were not run: nothing that matters" in outputs["printed"]
    assert runner.step("prepare", INPUT_ALWAYS="true")["run"] == "true"


def test_a_push_is_compared_with_the_commit_before_it(runner: Runner) -> None:
    runner.name = "push"
    before = runner.git("rev-parse", "HEAD")
    runner.event = {"before": before}
    runner.change("README.md", "hello\n")
    runner.git("checkout", "-q", "-B", "main")
    assert runner.step("prepare")["run"] == "false"

    runner.change("echo.py", "# changed\n")
    assert runner.step("prepare")["run"] == "true"


@pytest.mark.parametrize("before", ["0" * 40, "--output=/etc/passwd", "1" * 40])
def test_a_push_of_which_nothing_is_known_before_is_run(runner: Runner, before: str) -> None:
    runner.name, runner.event = "push", {"before": before}

    assert runner.step("prepare")["run"] == "true"


def test_a_scheduled_job_is_run(runner: Runner) -> None:
    runner.name = "schedule"

    assert runner.step("prepare")["run"] == "true"


def test_agent_files_that_cannot_be_read_are_run_to_say_so(runner: Runner) -> None:
    runner.change("agents/echo.yaml", "arc: 1\nnonsense: true\n")

    assert runner.step("prepare")["run"] == "true"


@pytest.mark.parametrize("value, run", [("1", "false"), ("true", "false"), ("", "true"), ("0", "true")])
def test_the_kill_switch_stops_all_runs(runner: Runner, value: str, run: str) -> None:
    runner.change("echo.py", "# changed\n")

    outputs = runner.step(
        "prepare", INPUT_DISABLED=value, INPUT_INSTALL="" if run == "true" else "no such thing"
    )

    assert outputs["run"] == run


# run


def test_a_run_that_passes_tells_verdict_reliability_and_cost(runner: Runner) -> None:
    outputs = runner.step("run")

    told = {name: outputs[name] for name in ("exit-code", "verdict", "reliability", "cost")}
    assert told == {"exit-code": "0", "verdict": "passed", "reliability": "1.000", "cost": "0.00"}
    report = Path(outputs["report"])
    assert {"comment.md", "results.json", "report.html", "junit.xml", "run"} <= {
        path.name for path in report.iterdir()
    }
    assert (report / "run" / "trials.jsonl").is_file()


def test_a_run_that_fails_is_reported_and_fails_the_last_step_only(runner: Runner) -> None:
    runner.change("echo.py", "def answer(text):\n    return 'no'\n")

    outputs = runner.step("run")

    assert (outputs["exit-code"], outputs["verdict"], outputs["reliability"]) == ("1", "failed", "0.000")


def test_a_run_that_cannot_begin_has_an_exit_code_and_no_verdict(runner: Runner) -> None:
    runner.change("agents/echo.yaml", "arc: 1\nnonsense: true\n")

    outputs = runner.step("run")

    assert (outputs["exit-code"], outputs["verdict"], outputs["reliability"]) == ("2", "none", "")


def test_a_run_is_accepted_as_baseline_on_request(runner: Runner) -> None:
    assert runner.step("run")["exit-code"] == "0"
    assert not (runner.folder / "baselines").exists()

    assert runner.step("run", INPUT_ACCEPT="true")["exit-code"] == "0"

    baseline = json.loads((runner.folder / "baselines" / "echo.json").read_text(encoding="utf-8"))
    assert baseline["agent"] == "echo"


def test_a_run_that_cannot_be_a_baseline_is_not_accepted_in_silence(runner: Runner) -> None:
    outputs = runner.step("run", INPUT_ACCEPT="true", INPUT_ARGS="-k hello")

    assert outputs["exit-code"] == "4"
    assert not (runner.folder / "baselines").exists()


@pytest.mark.parametrize(
    "text", ["agents; touch pwned", "$(touch pwned) `touch pwned`", "agents && touch pwned"]
)
def test_inputs_are_words_and_never_commands(runner: Runner, text: str) -> None:
    runner.step("prepare", INPUT_PATHS=text)
    outputs = runner.step("run", INPUT_PATHS=text, INPUT_ARGS=f"--arc-trials 2 {text}")

    assert outputs["exit-code"] == "4"
    assert not list(runner.folder.glob("*pwned*"))


def test_an_output_is_one_line_whatever_a_name_holds(runner: Runner) -> None:
    outputs = runner.step("run", INPUT_PATHS="'echo\nran=true'")

    assert set(outputs) == {"exit-code", "report", "verdict", "reliability", "cost", "printed"}


# comment


@pytest.fixture
def commented(runner: Runner) -> Callable[..., dict[str, str]]:
    """Write a comment in pull request 7."""
    if sys.platform == "win32":
        pytest.skip("a script without a suffix is no program on Windows")
    runner.event = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "acme/desk"}}}}
    report = runner.temporary / "arc-report"
    report.mkdir()

    def write(text: str, **environ: str) -> dict[str, str]:
        (report / "comment.md").write_text(text, encoding="utf-8")
        return runner.step("comment", REPORT=str(report), **environ)

    return write


def test_one_comment_is_posted_and_then_updated(runner: Runner, commented: Callable[..., object]) -> None:
    commented("first")
    commented("second")

    (comment,) = runner.read_comments()
    assert comment["body"] == "<!-- pytest-arc: agents -->\nsecond"
    assert "repos/acme/desk/issues/7/comments" in runner.read_questions()[1]


def test_comments_of_people_and_of_other_uses_are_left_alone(
    runner: Runner, commented: Callable[..., object]
) -> None:
    others = [
        {"id": 1, "type": "User", "body": "<!-- pytest-arc: agents -->\nmine"},
        {"id": 2, "type": "Bot", "body": "<!-- pytest-arc: others -->\ntheirs"},
    ]
    (runner.temporary / "comments.json").write_text(json.dumps(others), encoding="utf-8")

    commented("ours")

    assert runner.read_comments()[:2] == others
    assert len(runner.read_comments()) == 3


def test_a_comment_is_no_longer_than_github_takes(runner: Runner, commented: Callable[..., object]) -> None:
    commented("x" * 70_000)

    assert len(runner.read_comments()[0]["body"]) == 65_536


@pytest.mark.parametrize("repo", [{"full_name": "stranger/desk"}, None])
def test_forks_get_no_comment(
    runner: Runner, commented: Callable[..., dict[str, str]], repo: dict[str, str] | None
) -> None:
    runner.event = {"pull_request": {"number": 7, "head": {"repo": repo}}}

    assert "No comment was written: pull requests from forks" in commented("text")["printed"]
    assert runner.read_questions() == []


def test_a_missing_permission_is_said_and_fails_nothing(commented: Callable[..., dict[str, str]]) -> None:
    printed = commented("text", GH_REFUSES="1")["printed"]

    assert "HTTP 403" in printed
    assert "give the job the permission pull-requests: write" in printed


def test_a_push_has_no_pull_request_to_comment_in(runner: Runner, commented: Callable[..., object]) -> None:
    runner.event = {"before": "0" * 40}

    commented("text")

    assert runner.read_questions() == []


# action.yml


def test_the_action_gives_the_script_what_it_reads_and_takes_what_it_writes() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    script = SCRIPT.read_text(encoding="utf-8")
    given = {
        name for step in action["runs"]["steps"] for name in step.get("env", {}) if name.startswith("INPUT_")
    }

    assert {name.removeprefix("INPUT_").lower() for name in given} <= action["inputs"].keys()
    for name in given:
        assert re.search(rf"""["']{name.removeprefix("INPUT_").lower()}["']""", script), name
    for name, output in action["outputs"].items():
        written = output["value"].rpartition(".")[2].removesuffix(" }}")
        assert f'"{written}"' in script or f"{written}=" in script, name
