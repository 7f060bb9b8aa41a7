"""`arc import`: recorded runs of agents that other tools made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pytest_arc.cli.console import Console, count
from pytest_arc.cli.options import debug_option
from pytest_arc.history.tau_bench import import_tau_bench
from pytest_arc.loading.source import show_path
from pytest_arc.reports.style import format_percent
from pytest_arc.stats import mean_pass_hat_k
from pytest_arc.targets.recordings import open_recordings

__all__ = ["import_"]


@click.group("import")
def import_() -> None:
    """Turn recorded runs of other tools into agent files."""


@import_.command("tau-bench")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=".", metavar="DIR", help="Where to write."
)
@click.option("--name", help="The agent's name; that of FILE unless given. One for all its versions.")
@debug_option
def tau_bench(file: Path, out: Path, name: str | None) -> int:
    """Read the result FILE of a tau-bench run, plain or gzipped.

    Writes a profile that replays it, its scenarios and its trajectories to DIR (default: here). A trial in
    which the harness broke counts as errored, not as failed.
    """
    summary = import_tau_bench(file, out, name)
    counts = _count_rewarded(summary.files[-1])
    console = Console()
    errored = f" ({summary.errored} errored)" if summary.errored else ""
    console.say(f"{count(summary.scenarios, 'task')}, {count(summary.trials, 'trial')}{errored}")
    passed, scored = sum(p for p, _ in counts), sum(n for _, n in counts)
    if scored:
        console.say(f"reward 1 in {passed} of {scored} trials ({format_percent(passed / scored)})")
        console.say_all(_list_pass_hat_k(counts))
    console.say_all(["", *(f"wrote   {show_path(path)}" for path in summary.files)])
    console.say(f"run it  arc run {show_path(summary.profile)}")
    console.say(f"        pytest --arc {show_path(summary.profile)}")
    return 0


def _count_rewarded(path: Path) -> list[tuple[int, int]]:
    """Task by task: trials with reward 1, and trials that were scored."""
    recordings = open_recordings(path)
    counts: dict[str, list[int]] = {}
    for scenario, trial in recordings.lines:
        recording = recordings.find(scenario, trial)
        assert recording is not None
        task = counts.setdefault(scenario, [0, 0])
        if recording.error is None:
            task[0] += (recording.trajectory.recorded_reward or 0) >= 1
            task[1] += 1
    return [(passed, scored) for passed, scored in counts.values() if scored]


def _list_pass_hat_k(counts: Sequence[tuple[int, int]]) -> list[str]:
    passed, scored = [p for p, _ in counts], [n for _, n in counts]
    means = ((k, mean_pass_hat_k(passed, scored, k)) for k in range(1, max(scored) + 1))
    return [f"  pass^{k}  {mean.value:.3f}" for k, mean in means if mean]
