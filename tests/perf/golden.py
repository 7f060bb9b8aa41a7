"""Whether this project has become slower, decided as it decides whether an agent has.

    python tests/perf/golden.py              measure, compare with baseline.json; exit code 1 for slower
    python tests/perf/golden.py --refresh    measure, and write what was found into baseline.json

What is measured is CPU time of two workloads, each as a ratio to a loop of plain Python that is run before
or after it, in pairs. Ratios of one machine and one Python agree to a few percent whatever else runs; those
of two machines do not, which is why `BETWEEN_MACHINES` widens the bounds. An environment that has no
ratios in the file is not judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import math
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from projects import write_agent

from pytest_arc.stats import perf_bounds, perf_gate
from pytest_arc.testing import Runner

__all__ = [
    "BASELINE",
    "Judgement",
    "judge_all",
    "judge_ratios",
    "measure",
    "name_environment",
    "open_workloads",
    "read_golden",
]

BASELINE = Path(__file__).with_name("baseline.json")
ROOT = Path(__file__).parents[2]
LIMIT = 0.15
PAIRS = 9
BETWEEN_MACHINES = 0.05
"""Standard deviation of the logarithm of a ratio between machines of one kind with one Python."""

Workload = Callable[[], object]


@dataclass(frozen=True)
class Judgement:
    """Of one workload."""

    workload: str
    word: str
    """pass, fail or inconclusive."""
    low: float
    """Bounds of the growth: 0.15 is 15 % more CPU time than in the baseline."""
    growth: float
    high: float

    def __str__(self) -> str:
        told = f"{self.growth:+.1%} ({self.low:+.1%} to {self.high:+.1%}; limit {LIMIT:+.0%})"
        return f"{self.workload:8}  {self.word:12}  {told}"


def judge_all(workloads: Mapping[str, Workload], golden: Mapping[str, float]) -> list[Judgement]:
    """Measure and judge each workload. What fails is measured once more, and both count together."""
    found: list[Judgement] = []
    for name, workload in workloads.items():
        ratios = measure(workload)
        if judge_ratios(name, ratios, golden[name]).word == "fail":
            ratios += measure(workload)
        found.append(judge_ratios(name, ratios, golden[name]))
    return found


def judge_ratios(name: str, ratios: Sequence[float], golden: float) -> Judgement:
    """The performance gate of this package, over pairs instead of scenarios."""
    base, new = [[golden]] * len(ratios), [[ratio] for ratio in ratios]
    word = perf_gate(base, new, LIMIT, offset=0.0, drift_se=BETWEEN_MACHINES)
    bounds = perf_bounds(base, new, offset=0.0, drift_se=BETWEEN_MACHINES)
    return Judgement(name, word, *(math.expm1(bound) for bound in (bounds.low, bounds.estimate, bounds.high)))


def measure(workload: Workload, pairs: int = PAIRS) -> list[float]:
    """CPU time of the workload over that of the loop, in interleaved pairs; every second one turned round."""
    workload()
    ratios: list[float] = []
    for turn in range(pairs):
        times = {job: _time(job) for job in ((workload, _loop) if turn % 2 else (_loop, workload))}
        ratios.append(times[workload] / times[_loop])
    return ratios


def _time(job: Workload) -> float:
    gc.collect()
    started = time.process_time()
    job()
    return time.process_time() - started


def _loop() -> None:
    """Plain Python of the kinds that a run is made of: texts, mappings, JSON, patterns, tasks."""

    async def answer(number: int) -> str:
        await asyncio.sleep(0)
        return f"trial {number}"

    async def answer_all() -> list[str]:
        return [await task for task in [asyncio.ensure_future(answer(number)) for number in range(500)]]

    for _ in range(20):
        for text in asyncio.run(answer_all()):
            document = {"case": text, "checks": [{"check": word, "passed": True} for word in text.split()]}
            line = json.dumps(document)
            assert json.loads(line)["case"] == re.sub(r"\s+", " ", text)


# What is measured.


@contextlib.contextmanager
def open_workloads() -> Iterator[dict[str, Workload]]:
    """Name -> what is to be timed; they write into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pytest-arc-golden-") as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        echo = write_agent(folder, "answer", cases=40, trials=20)
        sys.path.insert(0, name)
        try:
            yield {
                "trials": lambda: _run(folder, folder / echo),
                "demo": lambda: _run(folder, ROOT / "configs" / "finance_agent_v2.yaml", ["tax/*"]),
            }
        finally:
            sys.path.remove(name)


def _run(folder: Path, profile: Path, scenarios: Sequence[str] = ()) -> None:
    run = Runner(folder).run(profile, scenarios=scenarios)
    assert run.trials


# baseline.json


def name_environment() -> str:
    """What ratios are the same in: `cpython-3.11-linux-x86_64`."""
    version = ".".join(platform.python_version_tuple()[:2])
    parts = (platform.python_implementation(), version, platform.system(), platform.machine())
    return "-".join(parts).lower()


def read_golden() -> dict[str, dict[str, float]]:
    """Environment -> workload -> ratio."""
    return json.loads(BASELINE.read_text(encoding="utf-8"))["ratios"]


def _refresh() -> None:
    with open_workloads() as workloads:
        found = {
            name: round(statistics.median(measure(each, 4 * PAIRS)), 3) for name, each in workloads.items()
        }
    ratios = (read_golden() if BASELINE.is_file() else {}) | {name_environment(): found}
    text = json.dumps({"format": 1, "ratios": dict(sorted(ratios.items()))}, indent=2)
    BASELINE.write_text(text + "\n", encoding="utf-8")
    print(f"{name_environment()}: {found}")


def _check() -> int:
    golden = read_golden().get(name_environment())
    if golden is None:
        print(f"{BASELINE.name} has no ratios of {name_environment()}: nothing is judged")
        return 0
    with open_workloads() as workloads:
        found = judge_all(workloads, golden)
    for judgement in found:
        print(judgement)
    return int(any(judgement.word == "fail" for judgement in found))


if __name__ == "__main__":
    if "--refresh" in sys.argv:
        _refresh()
    else:
        raise SystemExit(_check())
