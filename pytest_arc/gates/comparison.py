"""Which scenarios of a run can be held against the baseline, and how they did then and now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.plan import AgentPlan, Case
from pytest_arc.domain.result import count_disputed
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.selection import list_counted

__all__ = ["ComparedCase", "Comparison", "LeftOut", "compare", "explain_incomparable", "list_counts"]

LeftOut = Literal["new", "removed", "scenario changed", "checks changed", "quarantined", "not scored"]
"""Why a scenario is not compared. Those set aside with `skip` or `xfail` are not looked for at all."""


@dataclass(frozen=True, slots=True)
class ComparedCase:
    """A case whose scenario and checks are the same on both sides, with what passed."""

    case: Case
    then: BaselineCase
    passed: int
    n: int
    """Scored trials now, among the first ones: those that were planned for every case alike; those of
    earlier runs of the same commit, where they are known."""
    doubtful_passes: int = 0
    """Of those that passed, how many would not have if the outvoted judges were right."""
    doubtful_failures: int = 0
    """The same of those that failed."""

    @property
    def doubtful(self) -> int:
        """Trials on which judges disagreed, now and then."""
        then = self.then.doubtful_passes + self.then.doubtful_failures
        return then + self.doubtful_passes + self.doubtful_failures

    def read(self, favour: bool) -> ComparedCase:
        """The same, with all that judges disagreed on taken for the agent as it is now, or against it."""
        if not self.doubtful:
            return self
        then, gained = self.then, self.doubtful_failures if favour else -self.doubtful_passes
        gained_then = -then.doubtful_passes if favour else then.doubtful_failures
        return replace(
            self, passed=self.passed + gained, then=replace(then, passed=then.passed + gained_then)
        )

    @property
    def name(self) -> str:
        """Scenario id with its row, as baselines name it."""
        return self.case.scenario.id

    @property
    def rate(self) -> float:
        return self.passed / self.n

    @property
    def rate_then(self) -> float:
        return self.then.passed / self.then.n


@dataclass(frozen=True, slots=True)
class Comparison:
    """One agent beside its baseline."""

    agent: AgentPlan
    ruler: Ruler
    cases: tuple[ComparedCase, ...]
    groups: Mapping[str, tuple[ComparedCase, ...]] = field(
        default_factory=dict[str, tuple[ComparedCase, ...]]
    )
    """The compared cases by first segment of their ids, and by the groups that the profile declares."""
    left_out: Mapping[str, LeftOut] = field(default_factory=dict[str, LeftOut])
    """Scenario id -> why it is not compared, in the order of the suite, removed ones last."""
    repeatable: bool = True
    """Whether an alarm can be confirmed by fresh trials; otherwise the first one stands."""

    @property
    def baseline(self) -> Baseline | None:
        return self.ruler.baseline

    @property
    def doubtful(self) -> int:
        """Trials on which judges disagreed, on both sides."""
        return sum(compared.doubtful for compared in self.cases)

    def read(self, favour: bool) -> Comparison:
        """The same, with all that judges disagreed on taken for the agent as it is now, or against it."""
        if not self.doubtful:
            return self
        groups = {name: _read(members, favour) for name, members in self.groups.items()}
        return replace(self, cases=_read(self.cases, favour), groups=groups)


def compare(agent: AgentPlan, ledger: Ledger, ruler: Ruler) -> Comparison:
    """Pair the cases of one agent with its baseline; without a baseline nothing is compared."""
    repeatable = agent.profile.target.repeatable
    if ruler.baseline is None:
        return Comparison(agent, ruler, (), repeatable=repeatable)
    cases: list[ComparedCase] = []
    left_out: dict[str, LeftOut] = {}
    for case in list_counted(agent):
        name = case.scenario.id
        then = ruler.baseline.cases.get(name)
        scored = ledger.list_scored(case, agent.trials)
        if then is None:
            left_out[name] = "new"
        elif why := _find_obstacle(name, then, len(scored), ruler):
            left_out[name] = why
        else:
            before, more = ruler.earlier.add_up([name]) if ruler.earlier else (0, 0)
            doubts = ruler.earlier.add_up_doubts([name]) if ruler.earlier else (0, 0)
            passed = sum(trial.outcome == "passed" for trial in scored)
            doubtful = map(sum, zip(doubts, count_disputed(scored), strict=True))
            cases.append(ComparedCase(case, then, passed + before, len(scored) + more, *doubtful))
    present = {case.scenario.id for case in agent.cases}
    left_out |= {name: "removed" for name in ruler.baseline.cases if name not in present}
    return Comparison(agent, ruler, tuple(cases), _group(agent, cases), left_out, repeatable)


def _read(cases: Sequence[ComparedCase], favour: bool) -> tuple[ComparedCase, ...]:
    return tuple(compared.read(favour) for compared in cases)


def explain_incomparable(comparison: Comparison) -> str:
    """Why nothing can be compared: no baseline, or no scenario that is the same on both sides."""
    baseline = comparison.baseline
    if baseline is None:
        return comparison.ruler.trouble or "there is no baseline to compare with"
    counted = Counter(comparison.left_out.values())
    if not counted:
        return f"nothing to compare with {baseline.label}: it holds no scenario"
    found = "; ".join(f"{n} {why}" for why, n in counted.items())
    return f"no scenario can be compared with {baseline.label}: {found}"


def list_counts(cases: Sequence[ComparedCase]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Passed and scored then, passed and scored now: as the functions of `stats` take them."""
    return (
        [compared.then.passed for compared in cases],
        [compared.then.n for compared in cases],
        [compared.passed for compared in cases],
        [compared.n for compared in cases],
    )


def _find_obstacle(name: str, then: BaselineCase, scored: int, ruler: Ruler) -> LeftOut | None:
    now: CaseHashes | None = ruler.hashes.get(name)
    if now is None or now.scenario != then.hashes.scenario:
        return "scenario changed"
    if now.checks != then.hashes.checks:
        return "checks changed"
    if name in ruler.quarantined:
        return "quarantined"
    return None if scored and then.n else "not scored"


def _group(agent: AgentPlan, cases: list[ComparedCase]) -> dict[str, tuple[ComparedCase, ...]]:
    groups: defaultdict[str, list[ComparedCase]] = defaultdict(list)
    declared = agent.profile.gates.groups
    for compared in cases:
        group = compared.case.scenario.group
        if group and group not in declared:
            groups[group].append(compared)
    for name in declared:
        members = {case.id for case in agent.list_group(name)}
        groups[name] = [compared for compared in cases if compared.case.id in members]
    return {name: tuple(members) for name, members in sorted(groups.items()) if members}
