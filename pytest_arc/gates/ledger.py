"""The count of what happened. Everything that is said about a run is read from here."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import TrialResult

__all__ = ["Ledger"]


class Ledger:
    """Finished trials by case. `add` is the only place that counts."""

    def __init__(self, results: Iterable[TrialResult] = ()) -> None:
        self._by_case: defaultdict[str, list[TrialResult]] = defaultdict(list)
        for result in results:
            self.add(result)

    def add(self, result: TrialResult) -> None:
        """Count one trial. A second result of the same trial raises ValueError: nothing counts twice."""
        trials = self._by_case[result.case]
        if not trials or trials[-1].trial < result.trial:
            trials.append(result)
            return
        place = bisect_left(trials, result.trial, key=_get_trial)
        if place < len(trials) and trials[place].trial == result.trial:
            raise ValueError(f"trial {result.trial} of {result.case} is counted already")
        trials.insert(place, result)

    def list_trials(self, case_id: str) -> Sequence[TrialResult]:
        """The finished trials of one case, by number."""
        return self._by_case.get(case_id, ())

    def list_gate_trials(self, agent: AgentPlan) -> list[TrialResult]:
        """The trials a gate counts: the same number of each scenario, whatever more was run."""
        return [
            result
            for case in agent.cases
            for result in self.list_trials(case.id)
            if result.trial <= agent.trials
        ]


def _get_trial(result: TrialResult) -> int:
    return result.trial
