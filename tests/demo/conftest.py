"""The demonstration in a folder of its own, to be run and to be changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_arc.testing import FinishedRun, Runner

FIRST, FIXED, AUDIT = (
    f"configs/{name}.yaml" for name in ("finance_agent_v1", "finance_agent_v2", "audit_agent")
)
Outcomes = dict[str, tuple[str, ...]]
"""Scenario id -> outcome of each trial."""


@dataclass(frozen=True)
class Demonstration:
    """A copy of `configs/` and `scenarios/`."""

    root: Path

    def run(self, profile: str, *scenarios: str, **settings: Any) -> FinishedRun:
        return Runner(self.root).run(profile, scenarios=scenarios, **settings)

    def list_outcomes(self, profile: str, *scenarios: str, **settings: Any) -> Outcomes:
        return list_outcomes(self.run(profile, *scenarios, **settings))

    def list_scenarios(self, folder: str) -> list[dict[str, Any]]:
        files = sorted((self.root / "scenarios" / folder).glob("*.yaml"))
        return [scenario for file in files for scenario in load(file)["scenarios"]]

    def read_prompt(self, profile: str) -> list[str]:
        return load(self.root / profile)["system_prompt"].splitlines()

    def write_prompt(self, profile: str, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        self.change(profile, lambda content: content | {"system_prompt": text})

    def change(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Rewrite a YAML file."""
        path = self.root / name
        text = yaml.safe_dump(change(load(path)), sort_keys=False, allow_unicode=True)
        path.write_text(text, encoding="utf-8")

    def change_scenarios(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        for path in (self.root / "scenarios").glob("*/*.yaml"):
            self.change(path.relative_to(self.root).as_posix(), change)


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def list_outcomes(run: FinishedRun) -> Outcomes:
    found: dict[str, list[str]] = {}
    for trial in run.trials:
        found.setdefault(trial.case.partition("/")[2], []).append(trial.outcome)
    return {scenario: tuple(outcomes) for scenario, outcomes in found.items()}


def read_results(run: FinishedRun) -> str:
    """The reproducible part of what a run writes."""
    return json.dumps(json.loads("".join(run.session.write_document()))["results"])


def _copy(root: Path, folder: Path) -> Demonstration:
    for name in ("configs", "scenarios"):
        shutil.copytree(root / name, folder / name)
    return Demonstration(folder)


@pytest.fixture
def demo(root: Path, tmp_path: Path) -> Demonstration:
    """A copy that the test may change."""
    return _copy(root, tmp_path)


@pytest.fixture(scope="module")
def shipped(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """A copy that stays as it is shipped."""
    return _copy(root, tmp_path_factory.mktemp("shipped"))
