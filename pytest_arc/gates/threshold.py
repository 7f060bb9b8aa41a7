"""The gates that ask for a share of passing trials: reliability, and that of a group.

Decided by the exact binomial test of `pytest_arc.stats`: after all trials where their number is fixed, at
each look of the schedule where they come in rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeGuard

from pytest_arc.domain.baseline import EarlierCounts
from pytest_arc.domain.forecast import Pace
from pytest_arc.domain.gates import ReliabilityGate, ThresholdGate
from pytest_arc.domain.plan import AgentPlan
from pytest_arc.domain.result import Estimate, GateWord, TrialResult, Verdict, count_disputed
from pytest_arc.gates.forecast import hint_decision
from pytest_arc.gates.ledger import Ledger
from pytest_arc.gates.missing import explain_missing, list_first
from pytest_arc.gates.rounds import Schedule
from pytest_arc.gates.selection import list_counted
from pytest_arc.gates.threshold_text import say_bounds, say_doubt, say_ends, say_high, say_low, say_seen
from pytest_arc.stats import (
    Bounds,
    gate_interval,
    gs_bounds,
    least_passing_scenarios,
    least_passing_trials,
    reliability_ci,
)
from pytest_arc.stats import Verdict as Answer

__all__ = ["Look", "find_threshold", "judge_threshold", "list_undecidable", "take_look"]

NO_PACE = Pace()
_WORDS: dict[Answer, GateWord] = {"pass": "passed", "fail": "failed", "inconclusive": "inconclusive"}


@dataclass(frozen=True, slots=True)
class Look:
    """What a gate sees after so many trials of its schedule."""

    upto: int
    """Of the schedule's trials."""
    passed: int
    scored: int
    answer: Answer
    bounds: Bounds
    """Over scored trials: as many as there were at this and earlier looks, as many as may come later."""
    index: int
    """Which of the bounds is this look's."""
    first_look: int
    """How many trials were scored at the first look that was made."""
    doubtful_passes: int = 0
    """Of those that passed, how many would not have if the outvoted judges were right."""
    doubtful_failures: int = 0
    """The same of those that failed."""

    @property
    def doubtful(self) -> int:
        return self.doubtful_passes + self.doubtful_failures

    @property
    def pass_at(self) -> int:
        return self.bounds.pass_at[self.index]

    @property
    def fail_at(self) -> int:
        return self.bounds.fail_at[self.index]


def find_threshold(agent: AgentPlan, name: str) -> ThresholdGate:
    """The rule behind `reliability` or `group/currency`. Raises KeyError when the agent has none."""
    gates = agent.profile.gates
    if name == "reliability" and gates.reliability is not None:
        return gates.reliability
    return gates.groups[name.removeprefix("group/")]


def judge_threshold(
    agent: AgentPlan,
    name: str,
    ledger: Ledger,
    schedule: Schedule,
    stopped: str = "",
    pace: Pace = NO_PACE,
    earlier: EarlierCounts | None = None,
) -> Verdict:
    """The verdict of one gate. `stopped`: why the run ended early, if it did.

    `earlier` runs of the same commit count too, where the number of trials is fixed: each run has a chance
    of its own to pass by luck. Where they cannot count, the reason says so.
    """
    gate = find_threshold(agent, name)
    if _is_population(gate):
        return _name_earlier(agent, _judge_population(agent, name, gate, ledger, stopped), earlier)
    look = take_look(agent, name, ledger, schedule, earlier)
    upto = look.upto if look is not None and look.answer != "inconclusive" else len(schedule.order)
    members = {case.id for case in list_counted(agent, name)}
    planned = [(case, trial) for case, trial in schedule.order[:upto] if case.id in members]
    reason = explain_missing(agent, planned, ledger, stopped)
    if reason or look is None:
        return _give_none(agent, name, gate, reason)
    return _name_earlier(agent, _put_in_words(agent, name, gate, look, pace, earlier), earlier)


def take_look(
    agent: AgentPlan,
    name: str,
    ledger: Ledger,
    schedule: Schedule,
    earlier: EarlierCounts | None = None,
) -> Look | None:
    """The look that decides the gate, else the newest whose trials have all ended; None before the first."""
    newest: Look | None = None
    for look in _take_looks(agent, name, ledger, schedule, None if agent.is_sequential else earlier):
        newest = look
        if look.answer != "inconclusive":
            break
    return newest


def list_undecidable(agent: AgentPlan) -> list[str]:
    """Of each gate that cannot pass with the planned trials, whatever happens, the sentence that says so."""
    gates = agent.profile.gates
    reliability = ["reliability"] if gates.reliability else []
    names = [*reliability, *(f"group/{name}" for name in gates.groups)]
    return [sentence for name in names if (sentence := explain_undecidable(agent, name))]


def explain_undecidable(agent: AgentPlan, name: str) -> str:
    """Why a gate cannot pass with the planned trials, whatever happens; empty when it can."""
    gate = find_threshold(agent, name)
    scenarios = len(list_counted(agent, name))
    if _is_population(gate):
        return _explain_few_scenarios(gate, scenarios)
    planned = scenarios * agent.max_trials
    least = least_passing_trials(gate.min, gate.confidence)
    if planned >= least:
        return ""
    return (
        f"gate/{name} cannot pass with {planned} {'trial' if planned == 1 else 'trials'};"
        f" {least} all-passing are the least at min {gate.min:g}"
    )


def _take_looks(
    agent: AgentPlan, name: str, ledger: Ledger, schedule: Schedule, earlier: EarlierCounts | None
) -> Iterator[Look]:
    """Every look whose trials have all ended, in order; those below the first look are passed over.

    An errored trial is missing: a look is made at the trials that were scored, and as many fewer are left.
    Where judges disagree, a gate is decided only if it is decided in the same way whoever is right.
    """
    gate = find_threshold(agent, name)
    members = {case.id for case in list_counted(agent, name)}
    planned = _count_members(schedule, members)
    errored = begin = 0
    passed, scored = earlier.add_up(_list_names(agent, name)) if earlier else (0, 0)
    doubts = earlier.add_up_doubts(_list_names(agent, name)) if earlier else (0, 0)
    doubtful_passes, doubtful_failures = doubts
    first_look = 0
    scored_before: list[int] = []
    for number, upto in enumerate(schedule.looks):
        for case, trial in schedule.order[begin:upto]:
            if case.id not in members:
                continue
            result = ledger.find(case.id, trial)
            if result is None:
                return
            if not result.is_scored:
                errored += 1
                continue
            has_passed = result.outcome == "passed"
            scored += 1
            passed += has_passed
            if result.is_disputed:
                doubtful_passes += has_passed
                doubtful_failures += not has_passed
        begin = upto
        later = [count - errored for count in planned[number + 1 :]]
        scored_before.append(scored)
        looks = tuple(sorted({*scored_before, *later} - {0}))
        if upto < schedule.first_look or not scored:
            continue
        first_look = first_look or scored
        bounds = _find_bounds(gate.min, gate.confidence, looks)
        is_countable = errored <= agent.profile.gates.errors * (scored + errored)
        least = bounds.verdict(passed - doubtful_passes, scored)
        most = bounds.verdict(passed + doubtful_failures, scored)
        answer = least if is_countable and least == most else "inconclusive"
        index = looks.index(scored)
        yield Look(
            upto, passed, scored, answer, bounds, index, first_look, doubtful_passes, doubtful_failures
        )


def _name_earlier(agent: AgentPlan, verdict: Verdict, earlier: EarlierCounts | None) -> Verdict:
    """Say that this is not the first run, and whether the others are counted."""
    passed, n = earlier.add_up(_list_names(agent, verdict.gate)) if earlier else (0, 0)
    if earlier is None or not n or verdict.estimate is None:
        return verdict
    if agent.is_sequential:
        what = "earlier ones are not counted, as trials come in rounds"
    elif _is_population(find_threshold(agent, verdict.gate)):
        what = "earlier ones are not counted over the population"
    else:
        now = f"{verdict.estimate.passed - passed}/{verdict.estimate.n - n}"
        what = f"{passed}/{n} before, {now} now, pooled"
    return replace(verdict, reason=f"{verdict.reason}; not the first run of {earlier.commit}: {what}")


def _list_names(agent: AgentPlan, gate: str) -> list[str]:
    return [case.scenario.id for case in list_counted(agent, gate)]


def _count_members(schedule: Schedule, members: set[str]) -> list[int]:
    """How many trials of these cases are planned up to each look."""
    counts: list[int] = []
    count = begin = 0
    for upto in schedule.looks:
        count += sum(case.id in members for case, _ in schedule.order[begin:upto])
        counts.append(count)
        begin = upto
    return counts


@lru_cache(maxsize=64)
def _find_bounds(minimum: float, confidence: float, looks: tuple[int, ...]) -> Bounds:
    return gs_bounds(minimum, 1.0 - confidence, looks)


def _is_population(gate: ThresholdGate) -> TypeGuard[ReliabilityGate]:
    return isinstance(gate, ReliabilityGate) and gate.over == "population"


def _judge_population(
    agent: AgentPlan, name: str, gate: ReliabilityGate, ledger: Ledger, stopped: str
) -> Verdict:
    """A claim about all that such scenarios stand for: each counts once, however many trials it has."""
    cases = list_counted(agent, name)
    planned = list_first(agent, cases)
    if reason := explain_missing(agent, planned, ledger, stopped):
        return _give_none(agent, name, gate, reason)
    found: dict[str, list[TrialResult]] = {case.id: [] for case in cases}
    for case, trial in planned:
        result = ledger.find(case.id, trial)
        if result is not None and result.is_scored:
            found[case.id].append(result)
    counts = [trials for trials in found.values() if trials]
    scored = [len(trials) for trials in counts]
    passed = [sum(trial.outcome == "passed" for trial in trials) for trials in counts]
    doubts = [count_disputed(trials) for trials in counts]
    least = [count - passes for count, (passes, _) in zip(passed, doubts, strict=True)]
    most = [count + failures for count, (_, failures) in zip(passed, doubts, strict=True)]
    # Where scenarios differ more it is wider: so the one of the verdicts as they stand may be the widest.
    intervals = [
        reliability_ci(count, scored, gate.confidence, "population") for count in (least, passed, most)
    ]
    low, high = min(low for low, _ in intervals), max(high for _, high in intervals)
    estimate = Estimate(sum(passed), sum(scored), low, high, gate.confidence)
    seen = f"{say_seen(estimate)} in {len(counts)} scenarios{say_doubt(sum(map(sum, doubts)))}"
    if low >= gate.min:
        return _answer(agent, name, gate, "passed", f"{seen}, {say_low(estimate, gate)}", estimate)
    if high < gate.min:
        return _answer(agent, name, gate, "failed", f"{seen}, {say_high(estimate, gate)}", estimate)
    reason = f"{seen}; for scenarios like these the rate lies between {say_ends(estimate)}"
    hint = _explain_few_scenarios(gate, len(counts)) or "Decide: more scenarios, not more trials"
    return _answer(
        agent, name, gate, "inconclusive", f"{reason}; asked: {gate.min * 100:g} %", estimate, hint
    )


def _explain_few_scenarios(gate: ReliabilityGate, scenarios: int) -> str:
    least = least_passing_scenarios(gate.min, gate.confidence)
    if scenarios >= least:
        return ""
    return (
        f"gate/reliability over the population cannot pass with {scenarios} scenarios;"
        f" {least} all-passing are the least at min {gate.min:g}: more scenarios, not more trials"
    )


def _put_in_words(
    agent: AgentPlan, name: str, gate: ThresholdGate, look: Look, pace: Pace, earlier: EarlierCounts | None
) -> Verdict:
    low, high = _find_interval(look, gate)
    estimate = Estimate(look.passed, look.scored, low, high, gate.confidence)
    word, seen = _WORDS[look.answer], say_seen(estimate) + say_doubt(look.doubtful)
    if word == "inconclusive":
        reason = f"{seen}; {say_bounds(look.scored, look.pass_at, look.fail_at, gate)}"
        hints = _hint(agent, name, gate, estimate, pace, earlier)
        return _answer(agent, name, gate, word, reason, estimate, *hints)
    proved = say_low(estimate, gate) if word == "passed" else say_high(estimate, gate)
    most = look.bounds.looks[-1]
    early = f"; decided after {look.scored:,} of at most {most:,} trials" if look.scored < most else ""
    return _answer(agent, name, gate, word, f"{seen}: {proved}{early}", estimate)


def _find_interval(look: Look, gate: ThresholdGate) -> tuple[float, float]:
    """From the least that the judges leave to the most."""

    def read(passed: int) -> tuple[float, float]:
        return gate_interval(look.bounds, passed, look.scored, gate.min, gate.confidence, look.first_look)

    low, high = read(look.passed - look.doubtful_passes)
    return low, read(look.passed + look.doubtful_failures)[1] if look.doubtful else high


def _hint(
    agent: AgentPlan,
    name: str,
    gate: ThresholdGate,
    estimate: Estimate,
    pace: Pace,
    earlier: EarlierCounts | None,
) -> tuple[str, ...]:
    if earlier and not agent.is_sequential and earlier.add_up(_list_names(agent, name))[1]:
        return ()  # the chances of more trials are those of a run that stands alone
    if undecidable := explain_undecidable(agent, name):
        return (undecidable,)
    if not agent.profile.target.repeatable:
        return ()  # there are as many trials as were recorded
    scenarios = len(list_counted(agent, name))
    return hint_decision(
        gate, estimate, scenarios, agent.trials, agent.max_trials, pace.cost_usd, pace.time_s
    )


def _answer(
    agent: AgentPlan,
    name: str,
    gate: ThresholdGate,
    word: GateWord,
    reason: str,
    estimate: Estimate,
    *hints: str,
) -> Verdict:
    fails = word == "failed" or (word == "inconclusive" and gate.on_inconclusive == "fail")
    return Verdict(name, agent.profile.id, word, reason, fails, estimate, gate.min, hints)


def _give_none(agent: AgentPlan, name: str, gate: ThresholdGate, reason: str) -> Verdict:
    return Verdict(name, agent.profile.id, "not evaluated", reason, True, minimum=gate.min)
