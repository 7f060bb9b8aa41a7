"""What a command costs, and how that compares with a reference measured in the same minutes.

Machines differ, and one machine differs from minute to minute. So a promise is a ratio or a difference
between two commands that are run in turn, several times, and what counts is the median of the pairs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
ARC = (*PYTEST, "-p", "pytest_arc.plugin", "--arc")


@dataclass(frozen=True)
class Cost:
    """Of one process, with the children it waited for."""

    cpu_s: float
    """User and system time."""
    wall_s: float
    peak_mb: float
    """Largest resident set, in units of 10**6 bytes."""


@dataclass(frozen=True)
class Figure:
    """One promise, and what was measured."""

    promise: str
    measured: str
    bound: str
    holds: bool


def run(folder: Path, *arguments: str, exit_code: int = 0, autoload: bool = False) -> Cost:
    """Run Python with `arguments` in `folder`. Without `autoload`, pytest looks for no installed plugins."""
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("ARC_", "PYTEST_", "PYTHON"))
    }
    environment["PYTHONPATH"] = os.pathsep.join((str(folder), str(ROOT)))
    if not autoload:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "output.txt").read_text(encoding="utf-8")
    assert process.returncode == exit_code, f"{' '.join(arguments)} ended with {process.returncode}:\n{text}"
    # Linux counts in units of 1024 bytes, macOS in bytes.
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, peak_bytes / 1e6)


def block_other_plugins() -> list[str]:
    """Options for pytest that leave out all plugins that happen to be installed beside ours."""
    names = {entry.name for entry in entry_points(group="pytest11")} - {"arc"}
    return [option for name in sorted(names) for option in ("-p", f"no:{name}")]


def run_in_turn(times: int, *commands: Callable[[], Cost]) -> Iterator[tuple[Cost, ...]]:
    """Run all commands, one after the other, `times` times; first once for the caches of files and code.

    Every second time in the other order, since what ran just before tells on what comes next.
    """
    for command in commands:
        command()
    for turn in range(times):
        order = range(len(commands)) if turn % 2 == 0 else reversed(range(len(commands)))
        costs = {index: commands[index]() for index in order}
        yield tuple(costs[index] for index in range(len(commands)))


def compare_with_loop(command: Callable[[], object], times: int = 9) -> tuple[list[float], float]:
    """CPU times of `command` in this process as multiples of a loop's that adds up a million numbers, run in
    turn; and the median of the command's own in seconds.
    """
    pairs = [(_time(command), _time(_add_up)) for _ in range(times)]
    return [ours / loop for ours, loop in pairs], statistics.median(ours for ours, _ in pairs)


def judge(promise: str, values: Sequence[float], limit: float, unit: str, note: str = "") -> Figure:
    """Compare the median of `values` with the limit that is promised."""
    median = statistics.median(values)
    spread = f"({min(values):.2f} to {max(values):.2f})"
    measured = f"{median:.2f} {unit} {spread}{'; ' if note else ''}{note}"
    return Figure(promise, measured, f"{limit:g} {unit}", median <= limit)


def format_table(figures: Sequence[Figure]) -> list[str]:
    """The figures, one a line, under a heading."""
    width = max(len(figure.promise) for figure in figures)
    rows = [f"{figure.promise:{width}}  {figure.bound:>8}  {_say(figure)}" for figure in figures]
    return [f"{'promise':{width}}  {'at most':>8}         measured: median (range)", *rows]


def _time(command: Callable[[], object]) -> float:
    started = time.process_time()
    command()
    return time.process_time() - started


def _add_up() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


def _say(figure: Figure) -> str:
    return f"{'holds ' if figure.holds else 'MISSED'} {figure.measured}"
