"""The commands of the README on recorded runs of a real agent, as a user types them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

AIRLINE = "data/tau_bench/gpt-4o-airline.json.gz"


@pytest.fixture(scope="module")
def imported(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (shared / AIRLINE).exists():
        pytest.skip(f"{AIRLINE} is not among the recorded runs")
    folder = tmp_path_factory.mktemp("tau")
    command = [
        sys.executable,
        "-m",
        "pytest_arc",
        "import",
        "tau-bench",
        str(shared / AIRLINE),
        "-o",
        "build/tau",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def test_pytest_prints_the_published_pass_hat_k_over_50_cases(imported: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--arc",
        "build/tau",
        "--arc-json",
        "run.json",
        "-p",
        "no:randomly",
    ]
    done = subprocess.run(
        command, cwd=imported, capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0
    assert re.search(r"pass_hat_k +0\.420 +0\.273 +0\.220 +0\.200", done.stdout)
    assert "84 passed, 116 failed, 0 errored (50 scenarios x 4)" in done.stdout
    assert "50 passed" in done.stdout.splitlines()[-1]


def test_replayed_results_do_not_depend_on_how_many_trials_run_at_once(imported: Path) -> None:
    hashes: set[str] = set()
    for concurrency in ("1", "50"):
        command = ["run", "build/tau", "--concurrency", concurrency, "--json", f"{concurrency}.json"]
        subprocess.run(
            [sys.executable, "-m", "pytest_arc", *command], cwd=imported, check=True, capture_output=True
        )
        document = json.loads((imported / f"{concurrency}.json").read_text(encoding="utf-8"))
        hashes.add(document["header"]["results_sha256"])

    assert len(hashes) == 1
