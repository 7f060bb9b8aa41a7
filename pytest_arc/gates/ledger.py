"""The count of what happened. Everything that is said about a run is read from here."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pytest_arc.domain.plan import Case
from pytest_arc.domain.result import TrialResult

__all__ = ["Ledger"]


class Ledger:
    """Finished trials by case. `add` is the only place that counts."""

    def __init__(self, results: Iterable[TrialResult] = ()) -> None:
        self._by_case: defaultdict[str, list[TrialResult]] = defaultdict(list)
        self.arrived: list[TrialResult] = []
        """All of them, in the order in which they were counted."""
        for result in results:
            self.add(result)

    def add(self, result: TrialResult) -> None:
        """Count one trial. A second result of the same trial raises ValueError: nothing counts twice."""
        trials = self._by_case[result.case]
        if not trials or trials[-1].trial < result.trial:
            trials.append(result)
        else:
            place = bisect_left(trials, result.trial, key=_get_trial)
            if place < len(trials) and trials[place].trial == result.trial:
                raise ValueError(f"trial {result.trial} of {result.case} is counted already")
            trials.insert(place, result)
        self.arrived.append(result)

    def list_trials(self, case_id: str) -> Sequence[TrialResult]:
        """The finished trials of one case, by number."""
        return self._by_case.get(case_id, ())

    def list_planned(self, case: Case) -> Sequence[TrialResult]:
        """The finished trials that were planned before the run, by number."""
        trials = self.list_trials(case.id)
        if not trials or trials[-1].trial <= case.max_trials:
            return trials
        return trials[: bisect_left(trials, case.max_trials + 1, key=_get_trial)]

    def list_fresh(self, case: Case) -> Sequence[TrialResult]:
        """The trials that were made to confirm an alarm, by number."""
        return self.list_trials(case.id)[len(self.list_planned(case)) :]

    def list_scored(self, case: Case, most: int) -> list[TrialResult]:
        """The scored ones among the first `most` trials of a case, by number."""
        trials = self.list_trials(case.id)
        return [result for result in trials[:most] if result.trial <= most and result.is_scored]

    def find(self, case_id: str, trial: int) -> TrialResult | None:
        """One finished trial; None when it has not finished, or was cancelled."""
        trials = self._by_case.get(case_id, ())
        # Where all went well, trial n stands at place n - 1.
        place = trial - 1
        if place >= len(trials) or trials[place].trial != trial:
            place = bisect_left(trials, trial, key=_get_trial)
        if place >= len(trials) or trials[place].trial != trial:
            return None
        return None if trials[place].outcome == "cancelled" else trials[place]


def _get_trial(result: TrialResult) -> int:
    return result.trial
