"""An earlier run as `show`, `debug` and `status` look at it: finished, interrupted or damaged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pytest_arc.domain.result import Estimate, TrialResult
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import UsageError
from pytest_arc.history.folder import RunFolder, find_run
from pytest_arc.history.resume import check_format
from pytest_arc.history.view import Trajectories
from pytest_arc.registry import find_near_miss
from pytest_arc.stats import wilson

__all__ = ["Address", "CaseRecord", "Record", "open_record", "parse_address", "read_record"]


@dataclass(frozen=True, slots=True)
class Address:
    """`RUN`, `RUN::case` or `RUN::case#trial`, as reports print it."""

    run: str
    case: str = ""
    trial: int | None = None


def parse_address(text: str) -> Address:
    """Take an address apart. A `#` belongs to the trial only if a number follows it to the end."""
    # The quotes that reports put around an address; the Windows prompt hands them over with it.
    run, _, rest = text.strip("'").partition("::")
    case, mark, trial = rest.rpartition("#")
    if mark and trial.isdecimal():
        return Address(run, case, int(trial))
    return Address(run, rest)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What is known of one case."""

    id: str
    agent: str
    scenario: str
    trials: Sequence[TrialResult]
    """Those that finished, by number."""
    planned: float
    """Trials above this number were made to confirm an alarm, and are in no rate."""
    word: str
    """What became of it; `unfinished` when the run did not get so far as to say."""
    reason: str
    origin: str
    """`file:line`; empty when the run did not get so far as to say."""

    @property
    def counted(self) -> Sequence[TrialResult]:
        return [trial for trial in self.trials if trial.trial <= self.planned]

    def count(self, outcome: str) -> int:
        return sum(trial.outcome == outcome for trial in self.counted)

    @property
    def scored(self) -> int:
        return sum(trial.is_scored for trial in self.counted)

    @property
    def rate(self) -> str:
        """`3/5`"""
        return f"{self.count('passed')}/{self.scored}"

    @property
    def is_below_bar(self) -> bool:
        return self.word in ("below bar", "failed", "errored")

    def find_trial(self, number: int) -> TrialResult:
        """Raises UsageError when there is no such trial."""
        for trial in self.trials:
            if trial.trial == number:
                return trial
        numbers = ", ".join(str(trial.trial) for trial in self.trials) or "none"
        raise UsageError(f"{self.id} has no trial {number} in this run; it has: {numbers}")


@dataclass(frozen=True)
class Record:
    """One run."""

    folder: RunFolder
    header: Mapping[str, Any]
    results: Mapping[str, Any]
    """Of `run.json`; empty when there is none."""

    @property
    def run_id(self) -> str:
        return self.folder.run_id

    @property
    def interrupted(self) -> str:
        """Why the run has no proper end; empty when it has one."""
        if not self.results:
            return "no end was recorded"
        return self.header.get("interrupted") or ""

    @property
    def agents(self) -> Sequence[Mapping[str, Any]]:
        """Of the header: id, path, target, identity, hashes."""
        return self.header.get("agents", [])

    def list_gates(self, agent: str) -> list[Mapping[str, Any]]:
        return list(self._find_results(agent).get("gates", []))

    @cached_property
    def cases(self) -> Sequence[CaseRecord]:
        """In the order of the file they were planned from, as far as is known."""
        trials: dict[str, list[TrialResult]] = {}
        for trial in self.folder.read_trials():
            trials.setdefault(trial.case, []).append(trial)
        agents = {agent["id"]: agent for agent in self.agents}
        told = {case["id"]: case for agent in agents for case in self._find_results(agent).get("cases", [])}
        return [_make_case(case, trials.get(case, []), told.get(case), agents) for case in {**told, **trials}]

    def find_case(self, name: str) -> CaseRecord:
        """By case id or scenario id. Raises UsageError with the near miss, or when several are meant."""
        found = [case for case in self.cases if name in (case.id, case.scenario)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(case.id for case in found)
            raise UsageError(f"several agents have a scenario '{name}'; name one of: {ids}")
        names = {case.scenario for case in self.cases} | {case.id for case in self.cases}
        near = find_near_miss(name, names)
        hint = f"; did you mean '{near}'?" if near else f"; arc show {self.run_id} lists what is there"
        raise UsageError(f"run {self.run_id} has no case '{name}'{hint}")

    def read_trajectory(self, trial: TrialResult) -> Trajectory | None:
        """What was said and done in a trial; None when it was not written."""
        if self.folder.parts:
            return self.folder.read_trajectory(trial.case, trial.trial)
        return self._trajectories(trial)

    @cached_property
    def _trajectories(self) -> Trajectories:
        return Trajectories(self.folder)

    def estimate(self, agent: str) -> Estimate | None:
        """The share of the agent's scored trials that passed; None when none was scored."""
        counts = self.count_trials(agent)
        passed, scored = counts["passed"], counts["passed"] + counts["failed"]
        return Estimate(passed, scored, *wilson(passed, scored)) if scored else None

    def count_trials(self, agent: str) -> Counter[str]:
        """Outcome -> how many trials of the agent ended so, without those that confirmed an alarm."""
        return Counter(trial.outcome for case in self.cases if case.agent == agent for trial in case.counted)

    @property
    def cost_usd(self) -> float | None:
        """What the run has paid for, to agents, played users and judges; None when it is not known of all."""
        trials = [trial for case in self.cases for trial in case.trials]
        costs = [paid.cost_usd for trial in trials for paid in trial.paid.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    @property
    def duration_s(self) -> float | None:
        """From its beginning to its end; None for a run without an end."""
        try:
            began, ended = (datetime.fromisoformat(self.header[key]) for key in ("started", "finished"))
        except (KeyError, TypeError, ValueError):
            return None
        return (ended - began).total_seconds()

    def _find_results(self, agent: str) -> Mapping[str, Any]:
        nothing: Mapping[str, Any] = {}
        return next((entry for entry in self.results.get("agents", []) if entry["id"] == agent), nothing)


def open_record(root: Path, run: str) -> Record:
    """The run called `run` (a run id, `last`, or a path) in the folder `root`. Raises UsageError when
    there is none, or when it is of another format."""
    folder = find_run(root, run or "last")
    check_format(folder.run_id, folder.read_header())
    return read_record(folder)


def read_record(folder: RunFolder) -> Record:
    """Read as much as there is of one run; a `run.json` that is damaged counts as none."""
    if folder.is_finished:
        with suppress(UsageError):  # damaged: what trials.jsonl holds is read instead
            document = folder.read_document()
            return Record(folder, document["header"], document["results"])
    return Record(folder, folder.read_header(), {})


def _make_case(
    case: str,
    trials: list[TrialResult],
    told: Mapping[str, Any] | None,
    agents: Mapping[str, Mapping[str, Any]],
) -> CaseRecord:
    # An agent id has no slash, a scenario id may.
    agent = next((agent for agent in agents if case.startswith(f"{agent}/")), case.partition("/")[0])
    trials.sort(key=lambda trial: trial.trial)
    facts = cast("Mapping[str, Any]", told or {})
    return CaseRecord(
        id=case,
        agent=agent,
        scenario=case.removeprefix(f"{agent}/"),
        trials=trials,
        planned=facts.get("planned", agents.get(agent, facts).get("max_trials", math.inf)),
        word=facts.get("outcome", "unfinished"),
        reason=facts.get("reason", ""),
        origin=facts.get("origin", ""),
    )
