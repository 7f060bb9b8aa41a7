"""Signs that an agent became worse, and whether fresh trials confirm them.

A test of the whole suite is blind to one broken scenario, and a test of every scenario cries wolf. So both
only raise alarms, at levels that miss little, and fresh trials, which had no part in raising them, decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.result import count_disputed
from pytest_arc.gates.comparison import ComparedCase, Comparison
from pytest_arc.gates.ledger import Ledger
from pytest_arc.stats import holm, regression_p

__all__ = ["Alarm", "Answer", "answer_alarms", "count_missing", "has_hidden_alarms"]

SUSPECT_P = 0.02
"""A scenario with this p-value or less is tried again: two in a hundred unchanged ones at most."""
SUSPECT_TRIALS = 10
"""Fresh trials of a suspect."""
CONFIRM_P = 0.01
"""What a suspect must reach on its fresh trials alone, by Holm over all suspects."""
LEAST_GROUP = 2
"""Scenarios of a group; one alone is tested as a scenario."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Scenarios that did worse than chance explains."""

    kind: Literal["suite", "group", "scenario"]
    name: str
    cases: tuple[ComparedCase, ...]
    fresh_trials: int
    """How many fresh trials of each scenario answer it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an alarm."""

    alarm: Alarm
    stands: bool
    """Confirmed by fresh trials; or raised where none can be made."""
    passed: int = 0
    n: int = 0
    """Scored fresh trials."""
    settled: bool = True
    """Whether enough fresh trials were scored to tell, and tell the same whichever judges were right."""
    doubtful: bool = False
    """It would stand if the judges that were outvoted are right."""


def answer_alarms(gate: RegressionGate, comparison: Comparison, ledger: Ledger) -> list[Answer]:
    """Every alarm and what became of it; scenarios first, then the suite and its groups without those that
    turned out to be broken.
    """
    if not comparison.repeatable:
        sure = comparison.read(favour=True)
        first = _answer_at_once(_find_broken(gate, comparison), _find_broken(gate, sure))
        wide = _find_wide(gate, comparison, first)
        return first + _answer_at_once(wide, _find_wide(gate, sure, first))
    suspects = _find_suspects(comparison)
    answers = _repeat(suspects, comparison, ledger, CONFIRM_P)
    wide = _find_wide(gate, comparison, answers)
    level = 1.0 - gate.confidence
    for kind in ("suite", "group"):
        answers += _repeat([alarm for alarm in wide if alarm.kind == kind], comparison, ledger, level)
    return answers


def has_hidden_alarms(gate: RegressionGate, comparison: Comparison, answers: Sequence[Answer]) -> bool:
    """Whether trials on which judges disagreed would raise more alarms than were answered, all of them taken
    against the agent.
    """
    if not comparison.doubtful:
        return False
    known = {(answer.alarm.kind, answer.alarm.name) for answer in answers}
    worst = comparison.read(favour=False)
    scenarios = _find_suspects(worst) if comparison.repeatable else _find_broken(gate, worst)
    found = [*scenarios, *_find_wide(gate, worst, answers)]
    return any((alarm.kind, alarm.name) not in known for alarm in found)


def count_missing(gate: RegressionGate, comparison: Comparison, ledger: Ledger) -> Mapping[str, int]:
    """How many more fresh trials are needed now, by case id: those of the suspects, and when these are there
    those of the suite and its groups. Often the suspects explain everything, and that saves the larger part.
    """
    if not comparison.repeatable:
        return {}
    suspects = _find_suspects(comparison)
    if missing := _list_missing(suspects, ledger):
        return missing
    answers = _repeat(suspects, comparison, ledger, CONFIRM_P)
    return _list_missing(_find_wide(gate, comparison, answers), ledger)


def _answer_at_once(raised: Iterable[Alarm], sure: Iterable[Alarm]) -> list[Answer]:
    """Where nothing can be repeated, an alarm stands that is raised whichever judges were right."""
    names = {alarm.name for alarm in sure}
    stands = [(alarm, alarm.name in names) for alarm in raised]
    return [Answer(alarm, is_sure, settled=is_sure, doubtful=not is_sure) for alarm, is_sure in stands]


def _find_suspects(comparison: Comparison) -> list[Alarm]:
    return [
        Alarm("scenario", compared.name, (compared,), SUSPECT_TRIALS)
        for compared in comparison.cases
        if _test_one(compared) <= SUSPECT_P
    ]


def _find_broken(gate: RegressionGate, comparison: Comparison) -> list[Alarm]:
    """The scenarios that stand out without fresh trials, however many were looked at."""
    adjusted = holm([_test_one(compared) for compared in comparison.cases])
    return [
        Alarm("scenario", compared.name, (compared,), 0)
        for compared, p in zip(comparison.cases, adjusted, strict=True)
        if p <= 1.0 - gate.confidence
    ]


def _find_wide(gate: RegressionGate, comparison: Comparison, answers: Iterable[Answer]) -> list[Alarm]:
    """Alarms of the suite and of its groups, without the scenarios that are known to be broken."""
    broken = {answer.alarm.name for answer in answers if answer.stands}
    rest = _leave_out(comparison.cases, broken)
    level = 1.0 - gate.confidence
    trials = comparison.agent.trials
    alarms: list[Alarm] = []
    if rest and _test(rest) <= level:
        alarms.append(Alarm("suite", "the suite", rest, trials))
    groups = dict(_list_groups(comparison, rest, broken))
    adjusted = holm([_test(members) for members in groups.values()])
    for (name, members), p in zip(groups.items(), adjusted, strict=True):
        if p <= level:
            alarms.append(Alarm("group", name, members, trials))
    return alarms


def _list_groups(
    comparison: Comparison, rest: Sequence[ComparedCase], broken: set[str]
) -> Iterator[tuple[str, tuple[ComparedCase, ...]]]:
    """The groups that are neither one scenario, nor the whole, nor another group by another name."""
    seen = {_list_names(rest)}
    for name, members in comparison.groups.items():
        left = _leave_out(members, broken)
        names = _list_names(left)
        if len(left) >= LEAST_GROUP and names not in seen:
            seen.add(names)
            yield name, left


def _list_names(cases: Iterable[ComparedCase]) -> tuple[str, ...]:
    return tuple(compared.name for compared in cases)


def _leave_out(cases: tuple[ComparedCase, ...], broken: set[str]) -> tuple[ComparedCase, ...]:
    return tuple(compared for compared in cases if compared.name not in broken) if broken else cases


def _repeat(alarms: Sequence[Alarm], comparison: Comparison, ledger: Ledger, level: float) -> list[Answer]:
    """Test every alarm on its fresh trials alone, by Holm over these alarms.

    It stands if it does with all that judges disagreed on taken for the agent.
    """
    fresh = [[_count_fresh(compared, alarm, ledger) for compared in alarm.cases] for alarm in alarms]
    favour, against = (
        holm([_test_fresh(alarm, own, favour) for alarm, own in zip(alarms, fresh, strict=True)])
        for favour in (True, False)
    )
    limit = comparison.agent.profile.gates.errors
    answers: list[Answer] = []
    for alarm, own, p, p_against in zip(alarms, fresh, favour, against, strict=True):
        passed, n = sum(compared.passed for compared in own), sum(compared.n for compared in own)
        asked = alarm.fresh_trials * len(alarm.cases)
        stands, doubtful = p <= level, p_against <= level < p
        is_enough = n > 0 and asked - n <= limit * asked
        answers.append(Answer(alarm, stands, passed, n, is_enough and not doubtful, doubtful))
    return answers


def _count_fresh(compared: ComparedCase, alarm: Alarm, ledger: Ledger) -> ComparedCase:
    """The case with the first fresh trials alone, as many as the alarm asks for."""
    fresh = ledger.list_fresh(compared.case)[: alarm.fresh_trials]
    passed = sum(trial.outcome == "passed" for trial in fresh)
    scored = sum(trial.is_scored for trial in fresh)
    return ComparedCase(compared.case, compared.then, passed, scored, *count_disputed(fresh))


def _test_fresh(alarm: Alarm, fresh: Sequence[ComparedCase], favour: bool) -> float:
    read = [compared.read(favour) for compared in fresh]
    return _test_counts(read, [(compared.passed, compared.n) for compared in read])


def _list_missing(alarms: Iterable[Alarm], ledger: Ledger) -> dict[str, int]:
    missing: dict[str, int] = {}
    for alarm in alarms:
        for compared in alarm.cases:
            case = compared.case
            more = alarm.fresh_trials - len(ledger.list_fresh(case))
            if more > 0:
                missing[case.id] = max(more, missing.get(case.id, 0))
    return missing


def _test_one(compared: ComparedCase) -> float:
    return _test_scenario(compared.then.passed, compared.then.n, compared.passed, compared.n)


@lru_cache(maxsize=4096)
def _test_scenario(then_passed: int, then_n: int, passed: int, n: int) -> float:
    return regression_p([then_passed], [then_n], [passed], [n])


def _test(cases: Sequence[ComparedCase]) -> float:
    return _test_counts(cases, [(compared.passed, compared.n) for compared in cases])


def _test_counts(cases: Sequence[ComparedCase], counts: Sequence[tuple[int, int]]) -> float:
    """The p-value of "not worse than the baseline"; 1 without any scored trial."""
    scored = [
        (compared.then.passed, compared.then.n, passed, n)
        for compared, (passed, n) in zip(cases, counts, strict=True)
        if n
    ]
    if not scored:
        return 1.0
    c0, n0, c1, n1 = (list(column) for column in zip(*scored, strict=True))
    return regression_p(c0, n0, c1, n1)
