"""What a trial of an agent takes, told by its newest run."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pytest_arc.domain.forecast import Pace, TrialPace
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.trajectory import Usage
from pytest_arc.history.folder import RunFolder, list_runs

__all__ = ["estimate_cost", "estimate_pace", "estimate_trial"]

SAMPLE = 200
"""Trials that stand for all of a run."""

UNKNOWN = Pace()


def estimate_cost(agent: AgentPlan, root: Path) -> float | None:
    """What one more trial costs, in US dollars; None when that is not known.

    By the first trials of the newest finished run below `root` of an agent of this name that was reached the
    same way. Quick, however large that run was: it is asked before every run.
    """
    found = _find_newest(agent, root)
    if found is None:
        return None
    folder, prefix = found
    own = [trial for trial in islice(folder.read_trials(), SAMPLE) if trial.case.startswith(prefix)]
    costs = [trial.price_usd for trial in own]
    known = [cost for cost in costs if cost is not None]
    return sum(known) / len(known) if known and len(known) == len(costs) else None


def estimate_pace(agent: AgentPlan, root: Path) -> Pace:
    """Cost and wall time of one more trial, by the same run; unknown when there is none."""
    found = _find_newest(agent, root)
    if found is None:
        return UNKNOWN
    folder, _ = found
    # A replay shows what its answers had cost, but not how long they take.
    live = sum(not trial.replayed for trial in folder.read_trials())
    wall_s = _find_wall_s(folder.read_document()["header"])
    return Pace(estimate_cost(agent, root), wall_s / live if live else None)


def estimate_trial(agent: AgentPlan, root: Path) -> TrialPace | None:
    """What one live trial takes by itself, by the same run; None when there is none."""
    found = _find_newest(agent, root)
    if found is None:
        return None
    folder, prefix = found
    own = [trial for trial in islice(folder.read_trials(), SAMPLE) if trial.case.startswith(prefix)]
    live = [trial for trial in own if not trial.replayed and trial.is_scored]
    if not live:
        return None
    used = [trial.usage or Usage() for trial in live]
    return TrialPace(
        sum(trial.wall_s for trial in live) / len(live),
        sum(usage.model_calls for usage in used) / len(live),
        sum(usage.input_tokens + usage.output_tokens for usage in used) / len(live),
    )


def _find_newest(agent: AgentPlan, root: Path) -> tuple[RunFolder, str] | None:
    """The run, and what the ids of the agent's cases begin with in it."""
    for folder in reversed(list_runs(root)):
        header = folder.read_header() if folder.is_finished else {}
        for facts in header.get("agents", ()):
            same_name = str(facts.get("id", "")).partition("@")[0] == agent.profile.name
            if same_name and facts.get("target") == agent.profile.target.describe():
                return folder, f"{facts['id']}/"
    return None


def _find_wall_s(header: dict[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(header[name]) for name in ("started", "finished"))
    # Written to the second; a run takes some time, however short.
    return max((ended - begun).total_seconds(), 0.5)
