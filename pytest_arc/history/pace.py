"""What a trial of an agent takes, told by its newest run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_arc.domain.forecast import Pace
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.history.folder import RunFolder, list_runs

__all__ = ["estimate_pace"]

UNKNOWN = Pace()


def estimate_pace(agent: AgentPlan, root: Path) -> Pace:
    """Cost and wall time of one more trial, by the newest finished run below `root` of an agent of this name
    that was reached the same way; unknown when there is none.
    """
    for folder in reversed(list_runs(root)):
        header = folder.read_header() if folder.is_finished else {}
        for facts in header.get("agents", ()):
            same_name = str(facts.get("id", "")).partition("@")[0] == agent.profile.name
            if same_name and facts.get("target") == agent.profile.target.describe():
                return _measure(folder, f"{facts['id']}/")
    return UNKNOWN


def _measure(folder: RunFolder, prefix: str) -> Pace:
    trials = list(folder.read_trials())
    own = [trial for trial in trials if trial.case.startswith(prefix)]
    # A replay shows what its answers had cost, but not how long they take.
    live = [trial for trial in trials if not trial.replayed]
    costs = [None if trial.usage is None else trial.usage.cost_usd for trial in own]
    known = [cost for cost in costs if cost is not None]
    return Pace(
        cost_usd=sum(known) / len(known) if known and len(known) == len(costs) else None,
        time_s=_find_wall_s(folder.read_document()["header"]) / len(live) if live else None,
    )


def _find_wall_s(header: dict[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(header[name]) for name in ("started", "finished"))
    # Written to the second; a run takes some time, however short.
    return max((ended - begun).total_seconds(), 0.5)
