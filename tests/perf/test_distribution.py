"""What workers of pytest-xdist gain and cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from measuring import ARC, Figure, judge, run
from projects import write_agent

pytest.importorskip("xdist", reason="the extra 'xdist' is not installed")

WORKERS = (*ARC, "-p", "xdist", "-n", "2")
WATCH = """\
import os
import time

began_s = 0.0

def pytest_runtest_logstart():
    global began_s
    began_s = began_s or time.monotonic()

def pytest_arc_run_finish(run):
    with open("took.txt", "w") as file:
        file.write(str(time.monotonic() - began_s))
"""


def _measure(folder: Path, *arguments: str) -> float:
    """Seconds from the first test to the last, without what it takes until workers are up."""
    run(folder, *arguments)
    return float((folder / "took.txt").read_text(encoding="utf-8"))


def test_workers_that_run_ahead_take_as_long_as_one_process(tmp_path: Path, figures: list[Figure]) -> None:
    (tmp_path / "conftest.py").write_text(WATCH, encoding="utf-8")
    agent = write_agent(tmp_path, "wait_a_fifth", cases=200)
    _measure(tmp_path, *ARC, agent)
    pairs = [(_measure(tmp_path, *ARC, agent), _measure(tmp_path, *WORKERS, agent)) for _ in range(3)]
    ratios = [workers / alone for alone, workers in pairs]
    # There a worker knows of no case before it comes to it.
    behind_s = _measure(tmp_path, *WORKERS, "--dist", "loadgroup", agent)
    note = f"{pairs[0][1]:.1f} s in workers, {pairs[0][0]:.1f} s in one process"
    figures.append(judge("200 cases x 0.2 s: two workers against one process", ratios, 1.5, "x", note))
    shares = [workers / behind_s for _, workers in pairs]
    note = f"{behind_s:.1f} s by --dist loadgroup"
    figures.append(judge("the same against workers that do not run ahead", shares, 0.25, "x", note))


def test_a_controller_of_ten_thousand_cases_is_small(tmp_path: Path, figures: list[Figure]) -> None:
    agent = write_agent(tmp_path, "answer", cases=10_000)
    # Of the largest process; workers hold less than the controller, which keeps every report.
    peak_mb = run(tmp_path, *WORKERS, agent).peak_mb
    figures.append(judge("10,000 cases, two workers: peak memory of the controller", [peak_mb], 200, "MB"))
