"""What the regression gate says: of the whole, of its parts, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from pytest_arc.domain.baseline import Baseline
from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.result import Change, GateWord, VerdictPart
from pytest_arc.gates.alarms import Answer
from pytest_arc.gates.comparison import ComparedCase, Comparison, LeftOut, list_counts
from pytest_arc.gates.threshold_text import say_doubt
from pytest_arc.stats import detectable_drop, mean_rates

__all__ = ["explain_verdict", "list_hints", "list_parts"]

_LEFT_OUT: Mapping[LeftOut, str] = {
    "scenario changed": "the scenario changed since {then}",
    "checks changed": "its checks changed since {then}",
    "new": "new: {then} does not have it",
    "removed": "removed: only {then} has it",
    "quarantined": "in quarantine: run and reported, but not compared",
    "not scored": "no trial could be scored",
}
_ACCEPTED: frozenset[LeftOut] = frozenset(("scenario changed", "checks changed", "new", "removed"))
"""What accepting this run as baseline puts right."""


def explain_verdict(
    gate: RegressionGate, comparison: Comparison, word: GateWord, answers: Sequence[Answer], change: Change
) -> str:
    """The verdict in one or two sentences with its numbers."""
    assert comparison.baseline is not None
    seen = f"{_say_rates(comparison.cases, comparison.baseline)}: {_say_change(change)}"
    seen += say_doubt(comparison.doubtful)
    if word == "failed":
        standing = [answer for answer in answers if answer.stands]
        shown = [answer for answer in standing if answer.alarm.kind == "scenario"] + _choose_wide(standing)
        return f"{_say_where(standing, comparison)}. {seen}; {_say_repeated(shown)}"
    if any(answer.doubtful for answer in answers):
        return f"{seen}; whether an alarm stands hangs on trials on which judges disagreed"
    if not all(answer.settled for answer in answers):
        return f"{seen}; an alarm could not be answered: too few fresh trials were scored"
    doubt = ", which fresh trials did not confirm" if change.high < 0.0 else ""
    ruled_out = "is ruled out" if word == "passed" else "is neither proved nor ruled out"
    return f"{seen}{doubt}; a drop of {_say_points(gate.max_drop)} {ruled_out}"


def list_parts(comparison: Comparison, answers: Sequence[Answer]) -> Iterable[VerdictPart]:
    baseline = comparison.baseline
    if baseline is None:
        return
    standing = [answer for answer in answers if answer.stands]
    broken = {answer.alarm.name: answer for answer in standing if answer.alarm.kind == "scenario"}
    named: set[str] = set()
    for answer in _choose_wide(standing):
        yield _describe(answer, baseline)
        named.update(compared.name for compared in answer.alarm.cases)
    for name, members in comparison.groups.items():
        found = [broken[compared.name] for compared in members if compared.name in broken]
        if len(found) > 1 and len(members) < len(comparison.cases):
            yield _describe_group(name, members, found, baseline)
            named.update(compared.name for compared in members)
    for answer in sorted(broken.values(), key=_sort_by_rate):
        yield _describe(answer, baseline)
        named.add(answer.alarm.name)
    for answer in answers:
        if not answer.stands:
            yield _describe(answer, baseline)
    others = [compared for compared in comparison.cases if compared.name not in named]
    if standing and others:
        yield VerdictPart("others", "group", "no change", _say_counts(others, baseline))
    for name, why in comparison.left_out.items():
        yield VerdictPart(name, "scenario", "not compared", _LEFT_OUT[why].format(then=baseline.label))


def list_hints(gate: RegressionGate, comparison: Comparison, word: GateWord) -> Iterable[str]:
    if comparison.baseline is None:
        return
    if comparison.cases and (drop := _find_hidden_drop(gate, comparison)):
        yield f"Could be missed: a drop under {_say_points(drop)} spread evenly over all scenarios."
    if word == "failed":
        yield "Intended? arc baseline accept last (uses this run, costs nothing)"
        return
    if word == "inconclusive" and comparison.cases and comparison.repeatable:
        yield f"Decide: --arc-trials {2 * comparison.agent.trials} doubles the evidence of this side."
    changed = [name for name, why in comparison.left_out.items() if why in _ACCEPTED]
    if changed:
        yield (
            f"Not compared: {len(changed)} of {len(comparison.cases) + len(comparison.left_out)} scenarios."
            f" To compare them from now on: arc baseline accept last{_choose_glob(changed)}"
        )


def _sort_by_rate(answer: Answer) -> tuple[float, str]:
    return answer.alarm.cases[0].rate, answer.alarm.name


def _describe(answer: Answer, baseline: Baseline) -> VerdictPart:
    alarm = answer.alarm
    kind = "scenario" if alarm.kind == "scenario" else "group"
    seen = _say_counts(alarm.cases, baseline)
    if answer.stands and not answer.n:
        return VerdictPart(alarm.name, kind, "failed", f"{seen}: unconfirmed")
    if not answer.n and answer.doubtful:
        return VerdictPart(alarm.name, kind, "not confirmed", f"{seen}; judges disagreed")
    if not answer.n and not answer.stands:
        return VerdictPart(alarm.name, kind, "not confirmed", f"{seen}; no fresh trial was scored")
    seen = f"{seen}; {_say_fresh(answer.passed, answer.n)}"
    if answer.stands:
        return VerdictPart(alarm.name, kind, "failed", seen)
    asked = alarm.fresh_trials * len(alarm.cases)
    missing = "" if answer.settled else f", {asked - answer.n} missing"
    missing = "; judges disagreed" if answer.doubtful else missing
    return VerdictPart(alarm.name, kind, "not confirmed", f"{seen}{missing}")


def _describe_group(
    name: str, members: Sequence[ComparedCase], found: Sequence[Answer], baseline: Baseline
) -> VerdictPart:
    """A group in which several scenarios broke."""
    reason = f"{_say_counts(members, baseline)}; {len(found)} of {len(members)} scenarios broke"
    return VerdictPart(name, "group", "failed", f"{reason}; {_say_repeated(found)}")


def _choose_wide(standing: Sequence[Answer]) -> list[Answer]:
    """The groups that fell, or the suite when they are no part of it."""
    suite = [answer for answer in standing if answer.alarm.kind == "suite"]
    groups = [answer for answer in standing if answer.alarm.kind == "group"]
    fallen = {compared.name for answer in groups for compared in answer.alarm.cases}
    if not suite or (groups and any(compared.name not in fallen for compared in suite[0].alarm.cases)):
        return groups
    return suite


def _say_where(standing: Sequence[Answer], comparison: Comparison) -> str:
    """`worse than main 3f2c1a9 in fx (3 of 12 scenarios)`."""
    places = [f"{answer.alarm.name} as a whole" for answer in _choose_wide(standing)]
    broken = {answer.alarm.name for answer in standing if answer.alarm.kind == "scenario"}
    for name, members in comparison.groups.items():
        found = {compared.name for compared in members} & broken
        if len(found) > 1 and len(members) < len(comparison.cases):
            places.append(f"{name} ({len(found)} of {len(members)} scenarios)")
            broken -= found
    places += sorted(broken) if len(broken) <= 3 else [f"{len(broken)} scenarios"]
    assert comparison.baseline is not None
    return f"worse than {comparison.baseline.label} in {_join(places)}"


def _say_repeated(answers: Sequence[Answer]) -> str:
    passed, n = sum(answer.passed for answer in answers), sum(answer.n for answer in answers)
    if not n:
        return "unconfirmed: recorded trials cannot be repeated"
    return _say_fresh(passed, n)


def _say_fresh(passed: int, n: int) -> str:
    return f"{n} fresh {'trial' if n == 1 else 'trials'}: {passed} {'passes' if passed == 1 else 'pass'}"


def _say_counts(cases: Sequence[ComparedCase], baseline: Baseline) -> str:
    c0, n0, c1, n1 = map(sum, list_counts(cases))
    return f"{c1}/{n1} now, {c0}/{n0} {_say_then(baseline)}"


def _say_rates(cases: Sequence[ComparedCase], baseline: Baseline) -> str:
    then, now = mean_rates(*list_counts(cases))
    return f"{now * 100:.1f} % now, {then * 100:.1f} % {_say_then(baseline)}"


def _say_then(baseline: Baseline) -> str:
    """`on main` for a branch with its commit, else `in the baseline`, `in run 20261121-0051`."""
    place, _, rest = baseline.label.partition(" ")
    if place in ("the", "run") or not rest:
        return f"in {baseline.label}"
    return f"on {place}"


def _say_change(change: Change) -> str:
    # Bounds are rounded outwards: what is said must not be more than what is known.
    low = math.floor(change.low * 1000 + 1e-9) / 10
    high = math.ceil(change.high * 1000 - 1e-9) / 10
    return f"{_sign(change.value * 100)} points [{_sign(low)}, {_sign(high)}]"


def _sign(points: float) -> str:
    text = f"{points:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def _say_points(drop: float) -> str:
    points = f"{math.ceil(drop * 1000) / 10:g}"
    return f"{points} {'point' if points == '1' else 'points'}"


def _join(words: Sequence[str]) -> str:
    return ", ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"


def _find_hidden_drop(gate: RegressionGate, comparison: Comparison) -> float | None:
    """The even drop that this run would have found with 80 % chance."""
    c0, n0, _, n1 = list_counts(comparison.cases)
    return detectable_drop(c0, n0, n1, alpha=1.0 - gate.confidence)


def _choose_glob(names: Sequence[str]) -> str:
    """What names these scenarios in `--only`; empty when nothing short does."""
    if len(names) == 1:
        return f" --only '{names[0]}'"
    groups = {name.partition("/")[0] for name in names if "/" in name}
    return f" --only {groups.pop()}/" if len(groups) == 1 and all("/" in name for name in names) else ""
