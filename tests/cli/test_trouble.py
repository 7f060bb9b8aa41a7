"""A run that is interrupted, killed, or whose disk is full: what had finished is kept and can be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_arc

if TYPE_CHECKING:
    from shapes import Arc, Write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")

HANGS = """
import asyncio

async def moody(text, context):
    if context.trial > 2:
        await asyncio.sleep(600)
    return f"You said {text}"
"""
BLOCKS = """
import time

def moody(text, context):
    if context.trial > 2:
        time.sleep(600)
    return f"You said {text}"
"""
TALKS = "def moody(text): return text + ' and so on' * 100"

# The limit holds for each file by itself, as if the disk became full at that point.
LIMITED = """
import resource, sys
from pytest_arc.cli import main

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("agent", [HANGS, BLOCKS], ids=["async agent", "agent in a thread"])
def test_ctrl_c_keeps_what_has_finished(project: Path, arc: Arc, write: Write, agent: str) -> None:
    write({"demo_agents.py": agent})
    with _run(project) as process:
        _wait_for_trials(project, 8)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (2, "")
    assert out.endswith(
        "interrupted: 8 of 16 trials had finished;\nthey are kept: arc status, arc show last\n"
    )
    (run,) = arc("status", "--output", "json").json
    assert run["outcome"] == run["interrupted"] == "interrupted"
    assert run["agents"][0]["passed"] == 8
    assert "NOT EVALUATED" in out
    assert "4 not run; gates: 1 not evaluated (exit 2)" in out


def test_case_whose_trials_have_all_ended_is_told_of_after_ctrl_c(
    project: Path, arc: Arc, write: Write
) -> None:
    write(
        {
            "demo_agents.py": HANGS.replace("context.trial > 2", "text == 'hello'").replace(
                "You said {text}", "no"
            )
        }
    )
    with _run(project) as process:
        _wait_for_trials(project, 12)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)

    # The first case hangs, so that nobody had come to those after it.
    assert "below bar   0/4  greet/month[Q1]" in out
    assert "below bar   0/4  greet/month[Q2]" in out


def test_killed_process_leaves_its_finished_trials(project: Path, arc: Arc, write: Write) -> None:
    write({"demo_agents.py": HANGS})
    with _run(project) as process:
        _wait_for_trials(project, 8)
        process.kill()

    (run,) = arc("status", "--output", "json").json

    assert run["interrupted"] == "no end was recorded"
    assert run["agents"][0]["passed"] == 8
    assert "2/2  unfinished greet/hello" in arc("show", "last").out
    assert "You said hello" in arc("show", "last::greet/hello#1").out


def test_full_disk_ends_in_a_verdict_and_one_message(project: Path, write: Write) -> None:
    write({"demo_agents.py": TALKS})

    done = _run_limited(5000, "run", "configs", "--trials", "10")

    assert done.returncode == 1
    assert done.stderr == ""
    assert "reliability PASSED  40 of 40 trials passed" in done.stdout
    (message,) = [line for line in done.stdout.splitlines() if "incomplete" in line and line[0] != " "]
    assert message.startswith("results are incomplete: ")
    assert "4 passed; gates: 1 passed (exit 1)" in done.stdout


def test_full_disk_keeps_what_was_written_before(project: Path, arc: Arc, write: Write) -> None:
    write({"demo_agents.py": TALKS})
    _run_limited(5000, "run", "configs", "--trials", "10")

    (run,) = arc("status", "--output", "json").json

    assert run["outcome"] == "interrupted"
    assert 0 < run["agents"][0]["passed"] < 40
    assert not list(project.glob(".arc/runs/*/*.part"))


def test_json_output_is_whole_although_the_disk_is_full(write: Write) -> None:
    write({"demo_agents.py": TALKS})

    done = _run_limited(5000, "run", "configs", "--trials", "10", "--output", "json")

    assert done.stdout.count('"outcome":"passed","blame":null') == 40
    assert done.stderr.startswith("arc: results are incomplete: ")
    assert done.stderr.count("\n") == 1


def test_disk_that_is_full_from_the_start_runs_no_trial(project: Path) -> None:
    done = _run_limited(100, "run", "configs")

    assert done.returncode == 4
    assert "No trial was run." in done.stderr


@contextmanager
def _run(project: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pytest_arc", "run", "configs"]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=_make_environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _run_limited(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(size), *arguments]
    return subprocess.run(command, env=_make_environ(), capture_output=True, encoding="utf-8", check=False)


def _make_environ() -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(Path(pytest_arc.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _wait_for_trials(project: Path, number: int) -> None:
    """Until so many trials are on disk."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if sum(file.read_bytes().count(b"\n") for file in project.glob(".arc/runs/*/trials.jsonl")) >= number:
            return
        time.sleep(0.02)
    raise TimeoutError(f"no {number} trials within a minute")
