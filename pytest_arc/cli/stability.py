"""What earlier runs say of a scenario, in sentences."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from pytest_arc.cli.console import count
from pytest_arc.history.flakiness import RunCount, ScenarioHistory
from pytest_arc.reports.style import wrap

__all__ = [
    "QUARANTINE_DAYS",
    "describe_history",
    "quote",
    "remark_unstable",
    "state_counts",
    "state_history",
    "suggest",
]

QUARANTINE_DAYS = 14


def state_counts(history: ScenarioHistory) -> str:
    """`17 of 30 passed in 4 runs`"""
    return f"{history.passed} of {history.n} passed in {count(history.contributing, 'run')}"


def state_history(history: ScenarioHistory) -> str:
    """`17 of 30 passed in 4 runs: flaky`"""
    word = "too few to tell" if history.stability == "unknown" else history.stability
    return f"{state_counts(history)}: {word}"


def remark_unstable(history: ScenarioHistory) -> str:
    """For lists of runs."""
    return f"unstable on unchanged code: {history.scenario}, {state_counts(history)}"


def suggest(history: ScenarioHistory, today: date, room: bool, own_runs: Collection[str]) -> list[str]:
    """What is known, and the commands to go on with.

    `room`: whether the suite has less than 10 % set aside. `own_runs`: ids that `arc show` knows.
    """
    said = (
        f"{history.scenario} is unstable on unchanged code: {state_counts(history)} (same agent, same"
        " scenario). Often: two right answers, one accepted."
    )
    lines = wrap("", said, 2)
    if run := _find_both_kinds(history, own_runs):
        choice = " --contrast" if 0 < run.passed < run.n else ""
        lines.append(f"    See both kinds: arc show {quote(f'{run.run_id}::{history.scenario}')}{choice}")
    if room:
        until = f"Set aside to {today + timedelta(days=QUARANTINE_DAYS)}"
        lines.append(f"    {until}: arc quarantine add {quote(history.scenario)} --owner @me")
    else:
        lines.append("    It cannot be set aside: 10 % of the suite are, and no more may be.")
    return lines


def describe_history(history: ScenarioHistory) -> dict[str, Any]:
    return {
        "agent": history.agent,
        "scenario": history.scenario,
        "current": history.is_current,
        "passed": history.passed,
        "n": history.n,
        "stability": history.stability,
        "flaky": history.is_flaky,
        "runs": [
            {
                "run_id": run.run_id,
                "started": run.started,
                "commit": run.commit,
                "passed": run.passed,
                "n": run.n,
                "repeated": run.repeated,
            }
            for run in history.runs
        ],
    }


def quote(text: str) -> str:
    """An argument as a shell takes it: the row of a scenario would be a pattern."""
    return text if re.fullmatch(r"[\w./:@#-]+", text) else f"'{text}'"


def _find_both_kinds(history: ScenarioHistory, own_runs: Collection[str]) -> RunCount | None:
    """The newest run that `arc show` knows in which some trials passed and some failed, else the newest."""
    known = [run for run in history.runs if run.run_id in own_runs]
    both = [run for run in known if 0 < run.passed < run.n]
    return (both or known)[-1] if known else None
