"""A project of a user: an agent that does what its scenarios say, run by a pytest of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

# Imported here so that pytester, which forgets what a run inside this process imports, keeps them: a run
# with tools would import jsonschema and the hundred modules of its formats anew.
import jsonschema  # noqa: F401
import pytest
import yaml

import pytest_arc.plugin.main
import pytest_arc.testing  # noqa: F401
from pytest_arc import registry
from pytest_arc.history.folder import RunFolder, list_runs

# And what a registry would import then: it would keep classes whose modules are forgotten.
for _kind in (registry.BEHAVIORS, registry.CHECKS, registry.PROVIDERS, registry.TARGETS, registry.TOOLS):
    for _name in _kind.builtin:
        _kind.find(_name)

AGENTS = """\
    import asyncio, os, sys, threading, time

    async def obey(context):
        \"\"\"`pass`, `pass 3` (only the first three trials), `fail`, `crash`, `break 2`, `call TOOL`.\"\"\"
        word, _, rest = context.user.partition(" ")
        if word == "crash":
            raise RuntimeError("no such customer")
        if word == "break" and (not rest or context.trial <= int(rest)):
            await context.call("broken")
        if word == "call":
            await context.call(rest)
        if word == "wait":
            await asyncio.sleep(float(rest))
        if word == "fail" or (word == "pass" and rest and context.trial > int(rest)):
            return "no"
        return "yes"

    def break_down(**arguments):
        raise OSError("the simulated printer is on fire")

    def work(**arguments):
        return "done"
"""

TOOLS = [
    {"name": "broken", "behavior": {"kind": "python", "function": "agents:break_down"}},
    {"name": "wire_transfer", "behavior": {"kind": "python", "function": "agents:work"}},
]

Scenarios = Mapping[str, str | Mapping[str, Any]]


@dataclass
class Project:
    """Writes agents and runs pytest over them."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(self, **files: str) -> None:
        """Write files; `conftest` and other bare names become Python modules."""
        for name, text in files.items():
            (self.path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    def add_agent(
        self,
        scenarios: Scenarios,
        *,
        gate: float | Mapping[str, Any] | None = None,
        name: str = "bot",
        file: str | None = None,
        trials: int | Mapping[str, int] = 5,
        **profile: Any,
    ) -> Path:
        """Write `<name>.yaml` and its scenarios: id -> what the user says, or keys of the scenario.

        A scenario that does not say what it expects wants to hear "yes".
        """
        gates = {} if gate is None else {"gates": {"reliability": gate}}
        path = self.path / (file or f"{name}.yaml")
        listed = f"{path.stem}_scenarios.yaml"
        document = {
            "arc": 1,
            "name": name,
            "target": {"python": "agents:obey"},
            "tools": TOOLS,
            "trials": trials if isinstance(trials, int) else dict(trials),
            "scenarios": {"include": [listed]},
            **gates,
            **profile,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        entries = [{"id": id, **_unfold(scenario)} for id, scenario in scenarios.items()]
        text = yaml.safe_dump({"arc_scenarios": 1, "scenarios": entries}, sort_keys=False)
        (path.parent / listed).write_text(text, encoding="utf-8")
        return path

    def block(self, name: str) -> None:
        """Let a folder stand where a file is wanted, once the first case has finished."""
        self.write(
            conftest=f"""\
            import pathlib
            def pytest_arc_case_finish(case, outcome):
                pathlib.Path({name!r}).mkdir(exist_ok=True)
            """
        )

    def run(self, *arguments: str, plugins: str = "") -> pytest.RunResult:
        """`pytest --arc ...` in this process; `plugins` are those of others that are wanted."""
        extra = [part for name in plugins.split() for part in ("-p", name)]
        return self.pytester.runpytest_inprocess("-p", "pytest_arc.plugin", *extra, "--arc", *arguments)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """The same in a process of its own, for signals and sudden ends."""
        command = [sys.executable, "-m", "pytest", "-p", "pytest_arc.plugin", "--arc", *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=self.path,
            **options,
        )

    def await_trials(self, count: int) -> RunFolder:
        """Wait until so many trials of the newest run are on disk."""
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up:
            runs = list_runs(self.path / ".arc")
            if runs and sum(1 for _ in runs[-1].read_trials()) >= count:
                return runs[-1]
            time.sleep(0.05)
        raise AssertionError(f"fewer than {count} trials finished")

    def find_run(self) -> Path:
        """The folder of the only run."""
        (folder,) = [path for path in (self.path / ".arc" / "runs").iterdir() if path.is_dir()]
        return folder

    def read_run(self) -> dict[str, Any]:
        """`run.json` of the only run."""
        return json.loads((self.find_run() / "run.json").read_text(encoding="utf-8"))

    def read_junit(self, *arguments: str) -> dict[str, ElementTree.Element]:
        """Run with `--junitxml`; test name -> its element."""
        self.run("--junitxml=junit.xml", *arguments)
        root = ElementTree.parse(self.path / "junit.xml").getroot()
        return {case.attrib["name"]: case for case in root.iter("testcase")}


def _unfold(scenario: str | Mapping[str, Any]) -> dict[str, Any]:
    keys = {"user": scenario} if isinstance(scenario, str) else dict(scenario)
    return {"expect": [{"answer_contains": "yes"}], **keys}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty project with the agents above; pytest there has no plugins but ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.syspath_prepend(str(pytester.path))
    # The agents of OpenAI's SDK are in a package of the same name, which an earlier test may have imported.
    for name in [name for name in sys.modules if name.partition(".")[0] == "agents"]:
        monkeypatch.delitem(sys.modules, name)
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n")
    (pytester.path / "agents.py").write_text(textwrap.dedent(AGENTS), encoding="utf-8")
    before = dict(registry.CHECKS._loaded)
    yield Project(pytester)
    registry.CHECKS._loaded.clear()
    registry.CHECKS._loaded.update(before)
