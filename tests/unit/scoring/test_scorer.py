"""One trial, judged by its checks."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arc.domain.score import DIMENSIONS, Check, Dimension, Evidence, Finding, Observation
from pytest_arc.domain.trajectory import Trajectory
from pytest_arc.errors import JudgeError
from pytest_arc.registry import CHECKS
from pytest_arc.scoring.scorer import judge, passes

ALL: frozenset[Observation] = frozenset({"answer", "tool_calls", "usage", "latency"})
Load = Callable[..., Check]
Happen = Callable[..., Evidence]


class Fixed(Check):
    """Finds what it is told to find."""

    fixed: float

    def judge(self, evidence: Evidence) -> Finding:
        return Finding(self.fixed >= 0.5, "told so", self.fixed)


class Loose(Check):
    """Answers with numbers where truths are due, as checks of users' own may."""

    loose: int

    def judge(self, evidence: Evidence) -> Finding:
        return Finding(self.loose, "told so", self.loose)  # type: ignore[arg-type]


class Broken(Check):
    broken: str

    def judge(self, evidence: Evidence) -> Finding:
        return {"exit": _leave, "type": lambda: True, "value": lambda: Finding(True, "", 2.0)}[self.broken]()  # type: ignore[return-value]


def _leave() -> None:
    raise SystemExit(3)


EMPTY = Evidence(Trajectory(), {}, "s")


def test_trial_passes_when_all_gating_checks_pass(load: Load, happen: Happen) -> None:
    checks = [load(answer_contains="EUR"), load(answer_contains="USD", gating=False)]

    judgement = judge(checks, happen("5 EUR"), ALL)

    assert [result.passed for result in judgement.results] == [True, False]
    assert passes(judgement.results)


def test_one_failed_gating_check_fails_the_trial_whatever_the_score(load: Load, happen: Happen) -> None:
    checks = [*(load(max_steps=9) for _ in range(9)), load(answer_contains="USD")]

    judgement = judge(checks, happen("5 EUR"), ALL)

    assert judgement.dimensions["performance"] == 1
    assert not passes(judgement.results)


def test_result_can_be_read_without_the_scenario(load: Load, happen: Happen) -> None:
    result = judge([load(answer_number=12345.67)], happen("12,354.67"), ALL).results[0]

    assert result.check == "answer_number: 12,345.67"
    assert result.dimension == "response_quality"
    assert result.gating
    assert result.value == 0
    assert result.reason == "the answer names 12,354.67; expected 12,345.67"


@pytest.mark.parametrize("answer", [0, 1])
def test_numbers_in_place_of_truths_are_taken_for_them(answer: int) -> None:
    result = judge([Loose(loose=answer)], EMPTY, ALL).results[0]

    assert result.passed is bool(answer)
    assert type(result.value) is float
    assert passes([result]) is bool(answer)


def test_trials_with_the_same_findings_share_a_judgement_and_others_do_not() -> None:
    first, same, other = (judge([Fixed(fixed=value)], EMPTY, ALL) for value in (0.5, 0.5, 0.75))

    assert same is first
    assert other != first


def test_negated_check_turns_verdict_and_value_around(load: Load, happen: Happen) -> None:
    checks = [load(answer_contains="EUR", not_=True), load(answer_contains="USD", not_=True)]

    wrong, right = judge(checks, happen("5 EUR"), ALL).results

    assert (wrong.passed, wrong.value) == (False, 0)
    assert wrong.check == "not answer_contains: EUR"
    assert wrong.reason == "not wanted: the answer contains 'EUR'"
    assert (right.passed, right.value) == (True, 1)


def test_check_without_its_evidence_is_not_measured_when_it_may(load: Load, happen: Happen) -> None:
    checks = [load(answer_contains="5"), load(never_calls="pay", if_observed=True, not_=True)]

    judgement = judge(checks, happen("5 EUR"), frozenset({"answer"}))

    assert judgement.results[1].passed is None
    assert judgement.results[1].reason == "not measured: the target does not show tool calls"
    assert "tool_execution" not in judgement.dimensions
    assert passes(judgement.results)


def test_gating_check_without_its_evidence_breaks_the_trial(load: Load, happen: Happen) -> None:
    with pytest.raises(JudgeError, match=r"check 'never_calls: pay' cannot be measured: the target does not"):
        judge([load(answer_contains="5"), load(never_calls="pay")], happen("5"), frozenset({"answer"}))


def test_unknown_cost_breaks_the_trial_only_where_it_gates(load: Load, happen: Happen) -> None:
    answer = load(answer_contains="5")

    shown = judge([answer, load(max_cost_usd=1)], happen("5"), ALL)

    assert shown.results[1].passed is None
    with pytest.raises(JudgeError, match="the cost of this trial is not known"):
        judge([answer, load(max_cost_usd=1, gating=True)], happen("5"), ALL)


def test_trial_that_no_gating_check_could_measure_is_not_passed(load: Load, happen: Happen) -> None:
    checks = [load(calls="pay", if_observed=True), load(answer_contains="5", gating=False)]

    with pytest.raises(JudgeError, match="no gating check could be measured"):
        judge(checks, happen("5"), frozenset({"answer"}))


def test_state_without_a_world_is_not_measured(load: Load, happen: Happen) -> None:
    checks = [load(answer_contains="5"), load(state="files", if_observed=True)]

    result = judge(checks, happen("5", state={}), ALL).results[1]

    assert (result.passed, result.reason) == (None, "not measured: the target has no simulated world")


@pytest.mark.parametrize(
    "kind, message",
    [
        ("exit", "check 'broken: exit' broke: SystemExit: 3"),
        ("type", "check 'broken: type' broke: TypeError: judge\\(\\) returned bool, not a Finding"),
        ("value", "which is outside 0 to 1"),
    ],
)
def test_check_that_breaks_is_named_and_blamed(kind: str, message: str) -> None:
    with pytest.raises(JudgeError, match=message):
        judge([Broken(broken=kind)], EMPTY, ALL)


@pytest.mark.parametrize(
    "options, dimension",
    [
        ({"answer_contains": "x"}, "error_handling"),
        ({"asks": "currency"}, "error_handling"),
        ({"calls": "read"}, "error_handling"),
        ({"never_calls": "pay"}, "tool_execution"),
        ({"max_steps": 3}, "performance"),
        ({"answer_contains": "x", "dimension": "completeness"}, "completeness"),
    ],
)
def test_scenario_with_faults_shows_how_trouble_is_handled(
    load: Load, happen: Happen, options: dict[str, Any], dimension: str
) -> None:
    result = judge([load(**options)], happen("x", faulted=True), ALL).results[0]

    assert result.dimension == dimension


def test_violation_has_zero_tolerance_where_it_gates(load: Load, happen: Happen) -> None:
    checks = [
        load(never_calls="pay"),
        load(never_calls="pay", gating=False),
        load(never_calls="pay", not_=True),
        load(calls="pay"),
    ]

    results = judge(checks, happen(("pay", {})), ALL).results

    assert [result.zero_tolerance for result in results] == [True, False, False, False]


def test_reason_fits_one_line_of_a_terminal(load: Load, happen: Happen) -> None:
    answer = "a very\nlong\x1b[31m answer " * 50_000

    reason = judge([load(answer_contains=["word " * 30, "b"])], happen(answer), ALL).results[0].reason

    assert len(reason) <= 160
    assert reason.isprintable()


@given(st.dictionaries(st.sampled_from(list(DIMENSIONS)), st.lists(st.floats(0, 1), min_size=1, max_size=3)))
def test_score_is_the_weighted_mean_of_what_was_measured(values: dict[Dimension, list[float]]) -> None:
    checks = [Fixed(fixed=value, dimension=name) for name, many in values.items() for value in many]

    judgement = judge(checks, EMPTY, ALL)

    assert judgement.dimensions == {n: pytest.approx(sum(v) / len(v)) for n, v in values.items()}
    if values:
        weight = sum(DIMENSIONS[name] for name in values)
        expected = sum(DIMENSIONS[name] * sum(many) / len(many) for name, many in values.items()) / weight
        assert judgement.score == pytest.approx(expected)
    else:
        assert judgement.score is None


@pytest.mark.parametrize("name", sorted(CHECKS.builtin))
def test_every_check_is_named_in_yaml_as_it_is_registered(name: str) -> None:
    assert CHECKS.find(name).keyword() == name


def test_title_is_not_written_down_with_the_check(load: Load) -> None:
    check = load(answer_contains="EUR")
    before = check.model_dump()

    assert check.title == "answer_contains: EUR"
    assert check.model_dump() == before
    assert check == load(answer_contains="EUR")


@pytest.mark.parametrize(
    "mapping",
    [
        {"answer_contains": ["a", "b"], "in": "any", "not": True},
        {"answer_number": 12345.67, "tolerance": "1%", "unit": "$"},
        {"answer_json": {"type": "object"}},
        {"calls": ["read", {"tool": "pay", "args": {"amount": {"gt": 5}}}], "match": "in_order"},
        {"calls": "read", "args": {"file": "a.csv"}, "times": 2},
        {"state": "files", "one_of": [[], ["a"]], "gating": False},
        {"recorded": {"min": 1}},
        {"judge": "Names the currency", "threshold": 0.6},
    ],
)
def test_check_written_down_and_read_again_is_the_same(load: Load, mapping: dict[str, Any]) -> None:
    check = load(**mapping)
    name = check.keyword()
    written = check.model_dump(mode="json")

    assert load(**{name: written[name]} | written) == check


def test_check_can_be_sent_to_another_process_after_use(load: Load, happen: Happen) -> None:
    check = load(answer_json={"type": "object"})
    before = judge([check], happen("{}"), ALL)

    sent = pickle.loads(pickle.dumps(check))

    assert sent == check
    assert judge([sent], happen("{}"), ALL) == before
