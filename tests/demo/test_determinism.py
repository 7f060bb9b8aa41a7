"""`results` is the same to the byte, whatever the number of trials at once, in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(root: Path, folder: Path, *options: str) -> dict[str, Any]:
    """The document of one run of the first finance agent, made by a process of its own."""
    report = folder / "run.json"
    command = ["-m", "pytest_arc", "run", "configs/finance_agent_v1.yaml", "--json", str(report)]
    subprocess.run(
        [sys.executable, *command, "--dir", str(folder), *options], cwd=root, check=False, capture_output=True
    )
    return json.loads(report.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def usual(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(root, tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize("concurrency", ["1", "7", "200"])
def test_results_do_not_depend_on_how_many_trials_run_at_once(
    root: Path, tmp_path: Path, usual: dict[str, Any], concurrency: str
) -> None:
    other = run(root, tmp_path, "--concurrency", concurrency)

    assert other["header"]["results_sha256"] == usual["header"]["results_sha256"]
    assert other["results"] == usual["results"]


def test_results_do_not_depend_on_where_trials_are_made(
    root: Path, tmp_path: Path, usual: dict[str, Any]
) -> None:
    other = run(root, tmp_path, "--executor", "subprocess")

    assert other["header"]["executor"] == "subprocess"
    assert other["header"]["results_sha256"] == usual["header"]["results_sha256"]
    assert other["results"] == usual["results"]


def test_results_depend_on_the_seed(root: Path, tmp_path: Path, usual: dict[str, Any]) -> None:
    other = run(root, tmp_path, "--seed", "1")

    assert other["header"]["results_sha256"] != usual["header"]["results_sha256"]


def test_results_do_not_tell_the_time(usual: dict[str, Any]) -> None:
    text = json.dumps(usual["results"])

    assert "wall_s" not in text
    assert usual["header"]["run_id"] not in text
