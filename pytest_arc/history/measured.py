"""What finished runs say of their agents: read for baselines, before anything is pooled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pytest_arc.domain.baseline import CaseHashes
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder

__all__ = ["MeasuredAgent", "find_measured", "is_simulated", "measure_run"]

_INSTEAD = "run the agent to the end (arc run), or name another run (arc status lists them)"


@dataclass(frozen=True, slots=True)
class MeasuredAgent:
    """One agent in one run."""

    run_id: str
    key: str
    """Of the run, among those of all machines."""
    started: str
    """ISO, UTC."""
    commit: str | None
    """SHA; None outside git or with uncommitted changes."""
    seed: int
    facts: Mapping[str, Any]
    """As the header of the run has them: `history.identity.describe_agent`."""
    trials: Mapping[str, Sequence[TrialResult]]
    """Scenario id -> its scored trials, but for those made to confirm an alarm."""
    selected: frozenset[str] = frozenset()
    """Scenario ids that the run was about; others of the agent were left out."""
    continues: frozenset[str] = frozenset()
    """Keys of runs whose trials it has taken over."""

    @property
    def name(self) -> str:
        """Of the profile, without version."""
        return str(self.facts["id"]).partition("@")[0]

    @property
    def identity(self) -> str:
        return str(self.facts["identity"])

    @property
    def target(self) -> str:
        return str(self.facts["target"])

    @property
    def hashes(self) -> dict[str, CaseHashes]:
        """Of every scenario of the agent, selected or not."""
        return {id: CaseHashes(*pair) for id, pair in self.facts["scenarios"].items()}


def is_simulated(target: str) -> bool:
    """Whether a target, as reports name it, is the reference policy."""
    return target.startswith("reference policy")


def measure_run(folder: RunFolder) -> list[MeasuredAgent]:
    """Raises UsageError for a run that was interrupted, is still going on, or is damaged."""
    if not folder.is_finished:
        raise UsageError(f"run {folder.run_id} was interrupted, or is still going on; {_INSTEAD}")
    document = folder.read_document()
    try:
        header, results = document["header"], document["results"]
        why = header.get("interrupted")
        if why:
            raise UsageError(f"run {folder.run_id} did not come to its end ({why}); {_INSTEAD}")
        trials = list(folder.read_trials())
        key = folder.compute_key()
        cases = {agent["id"]: agent["cases"] for agent in results["agents"]}
        return [
            _measure(header, key, facts, cases.get(facts["id"], []), trials) for facts in header["agents"]
        ]
    except (OSError, LookupError, TypeError, AttributeError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise UsageError(f"the files of run {folder.run_id} are damaged ({detail}); {_INSTEAD}") from error


def _measure(
    header: Mapping[str, Any],
    key: str,
    facts: Mapping[str, Any],
    cases: Iterable[Mapping[str, Any]],
    trials: Iterable[TrialResult],
) -> MeasuredAgent:
    prefix = f"{facts['id']}/"
    planned = {str(case["id"]): case.get("planned", facts.get("max_trials", math.inf)) for case in cases}
    scored: dict[str, list[TrialResult]] = {}
    for trial in sorted(trials, key=lambda trial: (trial.case, trial.trial)):
        if trial.is_scored and trial.case in planned and trial.trial <= planned[trial.case]:
            scored.setdefault(trial.case.removeprefix(prefix), []).append(trial)
    git: Mapping[str, Any] = header.get("git") or {}
    return MeasuredAgent(
        run_id=str(header["run_id"]),
        key=key,
        started=str(header["started"]),
        commit=None if git.get("dirty") else git.get("sha"),
        seed=int(header["seed"]),
        facts=facts,
        trials=scored,
        selected=frozenset(case.removeprefix(prefix) for case in planned),
        continues=frozenset(header.get("continues", ())),
    )


def find_measured(folders: Iterable[RunFolder], name: str, identity: str) -> list[MeasuredAgent]:
    """What finished runs say of one state of an agent, whatever its version is called; the newest first.

    Interrupted and damaged runs are passed over. A run that is here twice, as a copy, counts once, and one
    that another has taken over counts there.
    """
    found: dict[tuple[str, str], MeasuredAgent] = {}
    for folder in folders:
        with suppress(UsageError):  # interrupted or damaged: less is known, and nothing wrong
            for measured in measure_run(folder) if _concerns(folder, name, identity) else ():
                if (measured.name, measured.identity) == (name, identity) and measured.trials:
                    found[measured.key, str(measured.facts["id"])] = measured
    continued = frozenset[str]().union(*(run.continues for run in found.values()))
    counted = [run for run in found.values() if run.key not in continued]
    return sorted(counted, key=lambda run: (run.started, run.run_id), reverse=True)


def _concerns(folder: RunFolder, name: str, identity: str) -> bool:
    """Told by the small header alone: most runs are of another state of the agent."""
    # A header that says nothing leaves it to `measure_run`, which knows what is damaged.
    with suppress(LookupError, TypeError, AttributeError):
        agents = folder.read_header()["agents"]
        return any(a["identity"] == identity and a["id"].partition("@")[0] == name for a in agents)
    return True
