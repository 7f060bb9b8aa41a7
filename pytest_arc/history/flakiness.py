"""Is a scenario unstable on unchanged code? Trials of earlier runs, pooled where nothing had changed.

A pool has one agent identity, one scenario and one set of checks: were runs of different code put together,
every bug that has been fixed would look like flakiness.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pytest_arc.domain.quarantine import Quarantine
from pytest_arc.domain.result import TrialResult
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder, list_below, list_runs
from pytest_arc.history.observations import identify_observation
from pytest_arc.stats import classify
from pytest_arc.stats.flakiness import Stability

__all__ = [
    "EarlierRun",
    "History",
    "RunCount",
    "ScenarioHistory",
    "read_history",
    "read_run",
    "suggest_quarantine",
]

LEAST_TRIALS = 10
LEAST_RUNS = 2


class _Pool(NamedTuple):
    """What runs must share to be pooled."""

    agent: str
    """Name, without version."""
    identity: str
    scenario: str
    hashes: tuple[str, ...]
    """Of the scenario and of its checks."""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """One run, as far as it tells of flakiness."""

    run_id: str
    started: str
    """ISO, UTC."""
    commit: str | None
    """SHA; None outside git, or with changes that were not committed."""
    outcomes: Mapping[_Pool, Mapping[Hashable, bool]]
    """Observation -> whether it passed; scored trials only."""
    suites: Mapping[str, frozenset[str]]
    """Agent name -> ids of all its scenarios, selected or not."""
    key: str
    """Of the run, among those of all machines."""
    continues: frozenset[str]
    """Keys of runs whose trials it has taken over."""


@dataclass(frozen=True, slots=True)
class RunCount:
    """What one run adds to what is known of a scenario."""

    run_id: str
    started: str
    commit: str | None
    passed: int
    n: int
    """Scored trials that no earlier run had."""
    repeated: int
    """Scored trials that say nothing new: recordings, and equal seeds on a deterministic agent."""


@dataclass(frozen=True, slots=True)
class ScenarioHistory:
    """One scenario with one state of its agent, over all runs of both."""

    agent: str
    """Name, without version."""
    scenario: str
    runs: tuple[RunCount, ...]
    """The oldest first."""
    is_current: bool
    """Whether it is part of the newest run that has the scenario. Others tell of an agent, a scenario or
    checks as they were."""

    @property
    def passed(self) -> int:
        return sum(run.passed for run in self.runs)

    @property
    def n(self) -> int:
        return sum(run.n for run in self.runs)

    @property
    def stability(self) -> Stability:
        return classify(self.passed, self.n) if self.n else "unknown"

    @property
    def contributing(self) -> int:
        """How many runs there are observations from."""
        return sum(run.n > 0 for run in self.runs)

    @property
    def is_flaky(self) -> bool:
        """Flaky beyond doubt: on enough trials, from more than one run."""
        enough = self.n >= LEAST_TRIALS and self.contributing >= LEAST_RUNS
        return enough and self.stability == "flaky"


@dataclass
class History:
    """Earlier runs, added in any order."""

    runs: list[EarlierRun] = field(default_factory=list[EarlierRun])
    passed_over: list[Path] = field(default_factory=list[Path])
    """Folders that are damaged, or no runs of ours."""

    @property
    def suites(self) -> dict[str, frozenset[str]]:
        """Agent name -> ids of its scenarios, in the newest run that has the agent."""
        suites: dict[str, frozenset[str]] = {}
        for run in self._sort():
            suites |= run.suites
        return suites

    def list_scenarios(self) -> list[ScenarioHistory]:
        """Every pool; those of one scenario stand together, the newest last."""
        counts: dict[_Pool, list[RunCount]] = {}
        newest: dict[tuple[str, str], EarlierRun] = {}
        seen: set[Hashable] = set()
        for run in self._sort():
            for pool, outcomes in run.outcomes.items():
                fresh = {key: passed for key, passed in outcomes.items() if (pool, key) not in seen}
                seen |= {(pool, key) for key in fresh}
                repeated = len(outcomes) - len(fresh)
                count = RunCount(
                    run.run_id, run.started, run.commit, sum(fresh.values()), len(fresh), repeated
                )
                counts[pool] = [*counts.pop(pool, []), count]
                newest[pool.agent, pool.scenario] = run
        histories = [
            ScenarioHistory(
                pool.agent,
                pool.scenario,
                tuple(runs),
                is_current=pool in newest[pool.agent, pool.scenario].outcomes,
            )
            for pool, runs in counts.items()
        ]
        return sorted(histories, key=lambda history: (history.agent, history.scenario))

    def _sort(self) -> list[EarlierRun]:
        """By age, without those that another has taken over."""
        continued = frozenset[str]().union(*(run.continues for run in self.runs))
        counted = [run for run in self.runs if run.key not in continued]
        return sorted(counted, key=lambda run: (run.started, run.run_id))


def read_history(root: Path, earlier: Path | None = None) -> History:
    """The runs of the folder `root` (`.arc`), and those anywhere below `earlier`; a copy counts once.

    Raises UsageError when `earlier` is no folder.
    """
    history = History()
    known: set[str] = set()
    for folder in [*list_runs(root), *(list_below(earlier) if earlier else ())]:
        try:
            key = folder.compute_key()
            if key in known:
                continue
            known.add(key)
            run = read_run(folder.run_id, _read_header(folder), folder.read_trials(), key)
        except (UsageError, OSError):
            run = None
        if run is None:
            history.passed_over.append(folder.path)
        else:
            history.runs.append(run)
    return history


def read_run(
    run_id: str, header: Mapping[str, Any], trials: Iterable[TrialResult], key: str
) -> EarlierRun | None:
    """One run; None when header or trials are damaged, or none of ours; `key` as `RunFolder` computes it."""
    try:
        return _read_run(run_id, header, trials, key)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def suggest_quarantine(history: History, quarantine: Quarantine) -> list[ScenarioHistory]:
    """Scenarios that are flaky beyond doubt and in no entry, not even in one that has expired."""
    entered = {(entry.agent, entry.scenario) for entry in quarantine.entries}
    flaky: dict[tuple[str, str], ScenarioHistory] = {}
    for scenario in history.list_scenarios():
        known = {(scenario.agent, scenario.scenario), (None, scenario.scenario)}
        if scenario.is_current and scenario.is_flaky and not known & entered:
            flaky[scenario.agent, scenario.scenario] = scenario
    return list(flaky.values())


def _read_run(run_id: str, header: Mapping[str, Any], trials: Iterable[TrialResult], key: str) -> EarlierRun:
    outcomes: dict[_Pool, dict[Hashable, bool]] = {}
    agents = {str(agent["id"]): agent for agent in header["agents"]}
    suites: dict[str, frozenset[str]] = {}
    for id, agent in agents.items():
        name = _name(id)
        suites[name] = suites.get(name, frozenset()) | frozenset(agent["scenarios"])
    for trial in trials:
        # An agent id has no slash, a scenario id may.
        id, _, scenario = trial.case.partition("/")
        agent = agents[id]
        if trial.is_scored:
            hashes = tuple(str(part) for part in agent["scenarios"][scenario])
            pool = _Pool(_name(id), str(agent["identity"]), scenario, hashes)
            observation = identify_observation(agent, key, trial)
            outcomes.setdefault(pool, {}).setdefault(observation, trial.outcome == "passed")
    git: Mapping[str, Any] = header.get("git") or {}
    commit = None if git.get("dirty") else git.get("sha")
    continues = frozenset[str](header.get("continues", ()))
    return EarlierRun(run_id, str(header["started"]), commit, outcomes, suites, key, continues)


def _name(agent: str) -> str:
    return agent.partition("@")[0]


def _read_header(folder: RunFolder) -> Mapping[str, Any]:
    return folder.read_header() or (folder.read_document()["header"] if folder.is_finished else {})
