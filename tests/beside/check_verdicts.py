"""Other plugins beside ours change no verdict: `nox --session beside`.

Each is switched on alone, with the option that makes it do most, and then all of them together. What is
compared is what a user or a machine takes from a run: exit code, the hash of the results, JUnit, the words
of the last line. pytest would collect nothing of this name by itself: few environments have all plugins.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

AGENTS = """
import asyncio, random, time

async def obey(text, context):
    word, _, rest = text.partition(" ")
    if word == "crash":
        raise RuntimeError("no such customer")
    if word == "break":
        await context.call("broken")
    if word == "sleep":
        await asyncio.sleep(0.3)
    print("printed by the agent")
    random.seed(7)  # not what seeds trials
    return "no" if word == "fail" or (rest and context.trial > int(rest)) else "yes"

def obey_in_thread(text, context):
    time.sleep(0.01)
    return "yes"

def break_down(**arguments):
    raise OSError("the simulated printer is on fire")
"""

TESTS = """
import pytest

def test_passes():
    pass

def test_fails():
    assert 1 == 2

@pytest.mark.xfail(reason="known")
def test_is_known_to_fail():
    assert 1 == 2

def test_runs_an_agent(arc):
    assert arc.run("calm.yaml").exit_code == 0
"""

PROFILE = """
arc: 1
name: {name}
target: {{python: "agents:{function}"}}
tools: [{{name: broken, behavior: {{kind: python, function: "agents:break_down"}}}}]
scenarios: {{include: [{name}.scenarios.yaml]}}
gates: {{reliability: {bar}}}
"""

SCENARIOS = {
    "calm": {f"ok/{number}": "pass" for number in range(12)},
    "moody": {
        **{f"ok/{number}": "pass" for number in range(12)},
        "below/bar": "pass 3",
        "below/broken": "break",
        "crash": "crash",
        "slow": "sleep",
        "critical": {"user": "fail", "critical": True},
        "known": {"user": "fail", "xfail": "known"},
        "left-out": {"user": "fail", "skip": "not now"},
    },
}
ARC = "pytest_arc.plugin"


@dataclass(frozen=True)
class Beside:
    """Another plugin."""

    module: str
    options: tuple[str, ...]
    """Which let it interfere as far as it can."""


PLUGINS = {
    "pytest-html": Beside("pytest_html.plugin", ("--html=report.html", "--self-contained-html")),
    "pytest-cov": Beside("pytest_cov.plugin", ("--cov=agents", "--cov-report=xml")),
    "pytest-timeout": Beside("pytest_timeout", ("--timeout=0.2",)),
    "pytest-randomly": Beside("pytest_randomly", ("--randomly-seed=4",)),
    "pytest-rerunfailures": Beside("pytest_rerunfailures", ("--reruns=2",)),
    "pytest-sugar": Beside("pytest_sugar", ("--force-sugar",)),
    "pytest-asyncio": Beside("pytest_asyncio.plugin", ("--asyncio-mode=auto",)),
    "anyio": Beside("anyio.pytest_plugin", ("-o", "anyio_mode=auto")),
}
# Each of the two runs async tests; that they quarrel when both do is not ours.
TOGETHER = [name for name in PLUGINS if name != "anyio"]
NEEDS = {"pytest-html": ("pytest_metadata.plugin",)}


@dataclass(frozen=True)
class Outcome:
    """What is taken from a run."""

    exit_code: int
    results: str
    """Hash of what is reproducible of the run."""
    junit: dict[str, str]
    """Test -> passed, failed, error or skipped."""
    words: dict[str, int]
    """Of the last line: 1 failed, 12 passed."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    (folder / "agents.py").write_text(AGENTS, encoding="utf-8")
    (folder / "test_plain.py").write_text(TESTS, encoding="utf-8")
    for name, function, bar in (("calm", "obey_in_thread", 0.85), ("moody", "obey", 0.99)):
        (folder / f"{name}.yaml").write_text(PROFILE.format(name=name, function=function, bar=bar), "utf-8")
        listed = [
            {"expect": [{"answer_contains": "yes"}], "id": id}
            | ({"user": scenario} if isinstance(scenario, str) else scenario)
            for id, scenario in SCENARIOS[name].items()
        ]
        document = {"arc_scenarios": 1, "scenarios": listed}
        (folder / f"{name}.scenarios.yaml").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def alone(project: Path) -> Outcome:
    """The run with no plugin but ours."""
    outcome = _run(project)
    assert outcome.exit_code == 1
    assert set(outcome.junit.values()) == {"passed", "failed", "error", "skipped"}
    return outcome


@pytest.mark.parametrize("name", PLUGINS)
def test_plugin_changes_no_verdict(project: Path, alone: Outcome, name: str) -> None:
    expected = _say_as_sugar(alone) if name == "pytest-sugar" else alone

    assert _run(project, name) == expected


def test_all_together_change_no_verdict(project: Path, alone: Outcome) -> None:
    assert _run(project, *TOGETHER) == _say_as_sugar(alone)


@pytest.mark.parametrize("name", PLUGINS)
def test_agents_that_pass_pass_beside_the_plugin(project: Path, name: str) -> None:
    outcome = _run(project, name, paths=("calm.yaml",))

    assert outcome.exit_code == 0
    assert set(outcome.junit.values()) == {"passed"}


def _say_as_sugar(outcome: Outcome) -> Outcome:
    """pytest-sugar asks no plugin for its words: what is below bar is `xfailed` there, in its last lines."""
    words = dict(outcome.words)
    words["xfailed"] += words.pop("below bar")
    return replace(outcome, words=words)


def _run(
    folder: Path, *names: str, paths: tuple[str, ...] = ("calm.yaml", "moody.yaml", "test_plain.py")
) -> Outcome:
    plugins = [ARC, *(module for name in names for module in (*NEEDS.get(name, ()), PLUGINS[name].module))]
    chosen = [part for module in plugins for part in ("-p", module)]
    options = [option for name in names for option in PLUGINS[name].options]
    written = ["--arc-json=results.json", "--junitxml=junit.xml", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, "--arc", *written, *options, *paths],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "NO_COLOR": "1", "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    print(done.stdout, done.stderr)
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return Outcome(
        done.returncode,
        document["header"]["results_sha256"],
        _read_junit(folder / "junit.xml"),
        _read_words(done.stdout),
    )


def _read_junit(path: Path) -> dict[str, str]:
    outcomes: dict[str, str] = {}
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        name = f"{case.attrib['classname']}::{case.attrib['name']}"
        # Plain tests may be run again until they pass; cases may not.
        assert name not in outcomes or name.startswith("test_plain"), f"{name} is reported twice"
        assert len(kinds) <= 1, f"{name} is {kinds}"
        outcomes[name] = {"failure": "failed"}.get(kinds[0], kinds[0]) if kinds else "passed"
    return outcomes


def _read_words(output: str) -> dict[str, int]:
    """The counts of the last line; pytest-sugar writes them on lines of their own."""
    found = re.findall(
        r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|below bar|inconclusive)\b", output
    )
    last: dict[str, int] = {}
    for count, word in found:
        last[word.removesuffix("s") if word == "errors" else word] = int(count)
    return last
