"""The examples of the documentation, run as a reader would."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDS = {"langgraph_agent": "langgraph", "openai_agents": "agents", "pydantic_ai": "pydantic_ai"}


@pytest.mark.parametrize("example", NEEDS)
def test_example_calls_its_tool_with_exact_arguments_and_knows_its_cost(
    example: str, root: Path, tmp_path: Path
) -> None:
    for module in (NEEDS[example], "genai_prices", "opentelemetry.sdk"):
        if find_spec(module.partition(".")[0]) is None:
            pytest.skip(f"{module} is not installed")
    shutil.copytree(root / "examples" / example, tmp_path / "examples" / example)

    command = [sys.executable, "-m", "pytest_arc", "run", f"examples/{example}/agent.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = (path for path in (tmp_path / ".arc" / "runs").iterdir() if path.is_dir())
    lines = (run / "trajectories.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [step for line in lines for step in _find_steps(json.loads(line))]
    calls = [(step["tool"], step["arguments"]) for step in steps if step["kind"] == "tool_call"]
    assert calls == [("find_order", {"order": "A-17"})] * 6
    # 6 trials of 2 calls, each 120 tokens in at $0.25 and 15 out at $2 per million.
    assert "$0.00072" in done.stdout


def _find_steps(line: dict[str, object]) -> list[dict[str, object]]:
    trajectory = line.get("trajectory", line)
    return trajectory.get("steps", []) if isinstance(trajectory, dict) else []
