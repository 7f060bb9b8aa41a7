"""The text of `run.json`, written piece by piece: a large run is never a large object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pytest_arc.domain.plan import AgentPlan, Case, Plan
from pytest_arc.domain.result import CaseOutcome, Estimate, TrialResult, Verdict
from pytest_arc.history.document import (
    FORMAT,
    describe_case,
    describe_estimate,
    describe_verdict,
    dump_json,
    feed_digest,
    join_chunks,
    split_line,
)
from pytest_arc.redaction import Redactor
from pytest_arc.stats import Estimate as Mean
from pytest_arc.stats import mean_pass_at_k, mean_pass_hat_k, wilson

__all__ = ["RunDocument"]

MOST_K = 50
"""pass_hat_k and pass_at_k are written up to this k."""


@dataclass(frozen=True, slots=True)
class RunDocument:
    """`{format, results, timings, header}` of one run, without secrets."""

    header: dict[str, Any]
    plan: Plan
    verdicts: Sequence[Verdict]
    list_trials: Callable[[str], Sequence[TrialResult]]
    """Case id -> its finished trials, by number."""
    outcome_of: Callable[[Case], CaseOutcome]
    read_lines: Callable[[Iterable[TrialResult]], Iterator[str]]
    """Trials -> their lines of `trials.jsonl`, without secrets."""
    redactor: Redactor

    def write(self) -> Iterator[str]:
        """The whole text. The header comes last: it carries the SHA-256 of the bytes of `results`."""
        digest = hashlib.sha256()
        timings: dict[str, str] = {}
        """Case id -> the text of its timings: read with that of its results, and written after all of it."""
        yield f'{{"format":{FORMAT},\n"results":'
        yield from feed_digest(digest, self._write_results(timings))
        yield ',\n"timings":'
        yield from join_chunks("{", (timings[case] for case in sorted(timings)), "}")
        header = self.header | {"results_sha256": digest.hexdigest()}
        yield f',\n"header":{dump_json(self.redactor.value(header))}}}\n'

    def _write_results(self, timings: dict[str, str]) -> Iterator[str]:
        agents = sorted(self.plan.agents, key=lambda agent: agent.profile.id)
        yield '{"agents":['
        for number, agent in enumerate(agents):
            head = dump_json(self._describe_agent(agent)).removesuffix("}")
            yield ("," if number else "") + self.redactor.text(f'{head},"cases":')
            yield from join_chunks("[", self._write_cases(agent, timings), "]}")
        yield "]}"

    def _describe_agent(self, agent: AgentPlan) -> dict[str, Any]:
        """All but the cases: the rate with Wilson's 95 % interval, pass_hat_k and pass_at_k for each k."""
        counts = [(o.passed, o.scored) for o in map(self.outcome_of, self._sort(agent.cases)) if o.scored]
        passed, scored = [c for c, _ in counts], [n for _, n in counts]
        ks = range(1, min(agent.trials, MOST_K, max(scored, default=0)) + 1)
        return {
            "id": agent.profile.id,
            "reliability": describe_estimate(_estimate(sum(passed), sum(scored))),
            "pass_hat_k": [_read_mean(mean_pass_hat_k(passed, scored, k)) for k in ks],
            "pass_at_k": [_read_mean(mean_pass_at_k(passed, scored, k)) for k in ks],
            "gates": [describe_verdict(v) for v in self.verdicts if v.agent == agent.profile.id],
        }

    def _write_cases(self, agent: AgentPlan, timings: dict[str, str]) -> Iterator[str]:
        cases = self._sort(agent.cases)
        lines = self.read_lines(trial for case in cases for trial in self.list_trials(case.id))
        for case in cases:
            parts = [split_line(line) for line in islice(lines, len(self.list_trials(case.id)))]
            name = self.redactor.text(dump_json(case.id))
            timings[case.id] = f"{name}:[{','.join([timing for _, timing in parts])}]"
            head = dump_json(describe_case(case, self.outcome_of(case)))
            trials = ",".join([trial for trial, _ in parts])
            yield f'{self.redactor.text(head.removesuffix("}"))},"trials":[{trials}]}}'

    def _sort(self, cases: Sequence[Case]) -> list[Case]:
        return sorted((case for case in cases if case.id in self.plan.selected), key=lambda case: case.id)


def _estimate(passed: int, scored: int) -> Estimate | None:
    return Estimate(passed, scored, *wilson(passed, scored)) if scored else None


def _read_mean(mean: Mean | None) -> float | None:
    return None if mean is None else round(mean.value, 6)
