"""What ten thousand trials leave in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from measuring import ARC, Figure, judge, run
from openai_like import ModelServer
from projects import write_agent, write_model_agent

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc of Linux")

TRIALS = 10_000
WATCH = f"""\
trials = 0

def pytest_arc_trial_finish(result):
    global trials
    trials += 1
    if trials % {TRIALS // 10} == 0:
        with open("/proc/self/statm") as statm, open("memory.txt", "a") as file:
            file.write(statm.read().split()[1] + "\\n")
"""


def test_memory_stays_flat_over_ten_thousand_trials(tmp_path: Path, figures: list[Figure]) -> None:
    agent = write_agent(tmp_path, "answer", cases=100, trials=TRIALS // 100)
    growth_kb, note = _measure_growth(tmp_path, agent)
    figures.append(judge("10,000 trials: growth by one of the second half", [growth_kb], 0.5, "kB", note))


def test_memory_stays_flat_over_ten_thousand_trials_of_a_model(tmp_path: Path, figures: list[Figure]) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra 'models' is not installed")
    with ModelServer(lambda call: "hello") as server:
        agent = write_model_agent(tmp_path, server.openai_url, cases=100, trials=TRIALS // 100)
        growth_kb, note = _measure_growth(tmp_path, agent)
    promise = "10,000 trials of a model: growth by one of the second half"
    figures.append(judge(promise, [growth_kb], 4, "kB", note))


def _measure_growth(folder: Path, agent: str) -> tuple[float, str]:
    """By how many kB one trial of the second half makes the process larger; and a note."""
    (folder / "conftest.py").write_text(WATCH, encoding="utf-8")
    run(folder, *ARC, agent)
    page_mb = os.sysconf("SC_PAGE_SIZE") / 1e6
    seen_mb = [int(line) * page_mb for line in (folder / "memory.txt").read_text().split()]
    # The first tenth is left out: whatever is loaded is loaded by then.
    first = 1000 * (seen_mb[4] - seen_mb[0]) / (0.4 * TRIALS)
    second = 1000 * (seen_mb[9] - seen_mb[4]) / (0.5 * TRIALS)
    return second, f"{seen_mb[9]:.0f} MB in the end; in the first half {first:.1f} kB"
