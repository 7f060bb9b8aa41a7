"""Pages of real runs, and a Chromium to look at them with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arc.history.folder import RunFolder
from pytest_arc.registry import make_importable
from pytest_arc.testing import Runner

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

Drive = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """A report, and the run that it is about."""

    path: Path
    folder: RunFolder

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def drive() -> Iterator[Drive]:
    """`drive("axe", page, scheme="dark")`: what drive.mjs sees."""
    node = shutil.which("node")
    if CHROMIUM is None or node is None:
        pytest.skip("there is no chromium or no node: apt-get install chromium nodejs npm")
    if not (HERE / "node_modules" / "playwright-core").is_dir():
        pytest.skip("npm packages are missing: npm ci --prefix tests/browser")
    driver = subprocess.Popen(
        [node, str(HERE / "drive.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "CHROMIUM": CHROMIUM},
    )
    asked, answers = driver.stdin, driver.stdout
    assert asked is not None
    assert answers is not None

    def drive(task: str, page: Page, **wanted: Any) -> dict[str, Any]:
        print(json.dumps({"task": task, "file": str(page.path), **wanted}), file=asked, flush=True)
        answer = answers.readline()
        assert answer, "the browser is gone"
        seen = json.loads(answer)
        assert "failure" not in seen, seen["failure"]
        return seen

    yield drive
    asked.close()
    answers.close()
    driver.wait(timeout=60)


@pytest.fixture(scope="session")
def demo_page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Both versions of the demonstration."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(root / "configs", folder / "configs")
    shutil.copytree(root / "scenarios", folder / "scenarios")
    return _run(folder, "configs/finance_agent_v1.yaml", "configs/finance_agent_v2.yaml")


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """An agent, scenarios and checks that attack whoever reads of them."""
    make_importable(HERE)
    import hostile_agents as hostile

    script = hostile.SCRIPT
    scenarios: list[dict[str, Any]] = [
        {"id": f"{script}/{script}", "user": "go", "title": script, "challenges": script, "tags": [script]},
        {"id": "crash", "user": "crash", "title": hostile.CLOSING, "tags": [hostile.ATTRIBUTE]},
        {"id": "long", "user": "long", "title": hostile.LINK, "tags": [hostile.IMAGE]},
        {"id": "skipped", "user": "go", "skip": script},
    ]
    profile = {
        "job": script,
        "assumptions": {script: hostile.CLOSING, "unchallenged": hostile.IMAGE},
        "capabilities": [hostile.IMAGE],
        "target": {"python": "hostile_agents:attack"},
        "tools": [{"name": "echo", "behavior": {"kind": "python", "function": "hostile_agents:echo"}}],
        "trials": 2,
        "gates": {"reliability": 0.8},
    }
    checks = [{"python": "hostile_agents:find_fault"}, {"answer_excludes": hostile.CLOSING}]
    return _make(tmp_path_factory.mktemp("hostile"), profile, scenarios, checks)


@pytest.fixture(scope="session")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """2,000 scenarios, five trials each."""
    return _make_many(tmp_path_factory.mktemp("large"), 2_000)


@pytest.fixture(scope="session")
def middling_page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """500 scenarios, five trials each."""
    return _make_many(tmp_path_factory.mktemp("middling"), 500)


def _make_many(folder: Path, count: int) -> Page:
    scenarios = [
        {"id": f"group-{n % 20}/scenario-number-{n}", "user": str(n), "title": f"Says yes to number {n}"}
        for n in range(count)
    ]
    profile = {"target": {"python": "hostile_agents:say"}, "gates": {"reliability": 0.85}}
    return _make(folder, profile, scenarios, [{"answer_contains": "yes"}])


def _make(folder: Path, profile: dict[str, Any], scenarios: list[Any], checks: list[Any]) -> Page:
    (folder / "pyproject.toml").touch()
    make_importable(HERE)
    keys = {"arc": 1, "name": "bot", "scenarios": {"include": "scenarios.yaml"}, **profile}
    suite = {"arc_scenarios": 1, "defaults": {"expect": checks}, "scenarios": scenarios}
    (folder / "bot.yaml").write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
    (folder / "scenarios.yaml").write_text(yaml.safe_dump(suite), encoding="utf-8")
    return _run(folder, "bot.yaml")


def _run(folder: Path, *profiles: str) -> Page:
    page = folder / "out" / "report.html"
    run = Runner(folder).run(*profiles, html=str(page))
    return Page(page, RunFolder(run.session.writer.path))
