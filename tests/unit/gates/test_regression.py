"""The regression gate: its alarms, the fresh trials that answer them, what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.baseline import Baseline, BaselineCase, CaseHashes, Ruler
from pytest_arc.domain.gates import RegressionGate
from pytest_arc.domain.plan import AgentPlan, Case, Origin
from pytest_arc.domain.profile import AgentProfile
from pytest_arc.domain.result import TrialResult, Verdict
from pytest_arc.domain.scenario import Scenario
from pytest_arc.gates import Ledger
from pytest_arc.gates.comparison import Comparison, compare
from pytest_arc.gates.regression import judge_regression, request_confirmation
from pytest_arc.stats import regression_p

Agents = Callable[..., AgentPlan]
Ledgers = Callable[..., Ledger]
Rulers = Callable[..., Ruler]
Shows = Callable[[Verdict], str]

GATE = RegressionGate()
FX = [f"fx/s{number}" for number in range(6)]
TAX = [f"tax/s{number}" for number in range(14)]
ALL = [*FX, *TAX]


@pytest.fixture
def suite(agent: Agents, ledger: Ledgers, ruler: Rulers) -> Callable[..., tuple[Comparison, Ledger]]:
    """Six `fx` and fourteen `tax` scenarios: 10 of 10 then, and `ppppp` now where nothing else is said."""

    def make(held: Ruler | None = None, **outcomes: str) -> tuple[Comparison, Ledger]:
        counts = ledger(**{name: outcomes.get(name, "ppppp") for name in ALL})
        plan = agent(*[{"id": name} for name in ALL], gate=None)
        return compare(plan, counts, held or ruler(**dict.fromkeys(ALL, (10, 10)))), counts

    return make


Suites = Callable[..., tuple[Comparison, Ledger]]


def test_nothing_is_repeated_without_an_alarm(suite: Suites) -> None:
    assert request_confirmation(GATE, *suite()) == {}
    assert request_confirmation(GATE, *suite(**{FX[0]: "pppfp"})) == {}


def test_a_scenario_that_fell_gets_ten_fresh_trials(suite: Suites) -> None:
    assert request_confirmation(GATE, *suite(**{FX[0]: "ppfff"})) == {f"bot/{FX[0]}": 10}


def test_only_missing_fresh_trials_are_asked_for(suite: Suites) -> None:
    assert request_confirmation(GATE, *suite(**{FX[0]: "ppfff" + "fff"})) == {f"bot/{FX[0]}": 7}


def test_what_broken_scenarios_explain_needs_no_trials_of_the_whole(suite: Suites) -> None:
    broken = dict.fromkeys(FX[:3], "fffff" + "f" * 10)
    assert request_confirmation(GATE, *suite(**broken)) == {}


def test_an_alarm_of_a_group_gets_fresh_trials_of_all_its_scenarios(suite: Suites) -> None:
    spread = dict.fromkeys(FX[:4], "ppppf") | dict.fromkeys(FX[4:], "pppff")
    asked = request_confirmation(GATE, *suite(**spread))
    assert set(asked) == {f"bot/{name}" for name in ALL}  # The whole suite fell too.
    assert set(asked.values()) == {5}


def test_a_group_alone_can_raise_an_alarm(suite: Suites, ruler: Rulers) -> None:
    held = ruler(**dict.fromkeys(FX, (10, 10)), **dict.fromkeys(TAX, (5, 10)))
    spread = dict.fromkeys(FX, "ppppf") | dict.fromkeys(TAX, "ppppf")
    asked = request_confirmation(GATE, *suite(held, **spread))
    assert asked == {f"bot/{name}": 5 for name in FX}


def test_recorded_trials_are_never_asked_for(suite: Suites) -> None:
    comparison, counts = suite(**{FX[0]: "fffff"})
    assert request_confirmation(GATE, replace(comparison, repeatable=False), counts) == {}


def test_an_unchanged_agent_passes(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion, ruler: Rulers
) -> None:
    held = ruler(**dict.fromkeys(ALL, (50, 50)))
    verdict = judge_regression(GATE, *suite(held))
    assert (verdict.word, verdict.fails) == ("passed", False)
    assert show(verdict) == snapshot


def test_three_broken_scenarios_of_a_group(suite: Suites, show: Shows, snapshot: SnapshotAssertion) -> None:
    broken = {FX[0]: "fffff" + "f" * 10, FX[1]: "fffff" + "f" * 10, FX[2]: "pffff" + "ppffffffff"}
    verdict = judge_regression(GATE, *suite(**broken))
    assert (verdict.word, verdict.fails) == ("failed", True)
    assert show(verdict) == snapshot


def test_one_broken_scenario(suite: Suites, show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_regression(GATE, *suite(**{TAX[3]: "fffff" + "f" * 10}))
    assert verdict.word == "failed"
    assert show(verdict) == snapshot


def test_a_drop_is_not_ruled_out_where_judges_disagreed(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion, ruler: Rulers
) -> None:
    """`P` and `F` would have ended otherwise, had a judge that was outvoted had its way."""
    held = ruler(**dict.fromkeys(ALL, (50, 50)))
    assert judge_regression(GATE, *suite(held)).word == "passed"
    verdict = judge_regression(GATE, *suite(held, **dict.fromkeys(TAX, "ppppP")))
    assert verdict.word == "inconclusive"
    assert show(verdict) == snapshot


def test_a_scenario_that_may_have_broken_leaves_the_gate_open_and_asks_for_no_trials(
    suite: Suites, ruler: Rulers
) -> None:
    held = ruler(**dict.fromkeys(ALL, (50, 50)))
    comparison, counts = suite(held, **{TAX[3]: "PPPPP"})
    assert request_confirmation(GATE, comparison, counts) == {}
    verdict = judge_regression(RegressionGate(max_drop=0.5), comparison, counts)
    assert (verdict.word, verdict.fails) == ("inconclusive", False)
    assert "judges disagreed on 5, which count either way" in verdict.reason


def test_a_drop_is_not_proved_by_trials_on_which_judges_disagreed(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion
) -> None:
    verdict = judge_regression(GATE, *suite(**{TAX[3]: "fffff" + "F" * 10}))
    assert (verdict.word, verdict.fails) == ("inconclusive", False)
    assert show(verdict) == snapshot


def test_fresh_trials_that_judges_agree_on_prove_it(suite: Suites) -> None:
    assert judge_regression(GATE, *suite(**{TAX[3]: "FFFFF" + "f" * 10})).word == "failed"


def test_doubts_of_the_baseline_count_too(suite: Suites) -> None:
    broken = {TAX[3]: "fffff" + "f" * 10}
    comparison, counts = suite(**broken)
    assert judge_regression(GATE, comparison, counts).word == "failed"
    doubtful = tuple(
        replace(compared, then=replace(compared.then, doubtful_passes=compared.then.passed))
        for compared in comparison.cases
    )
    comparison = replace(comparison, cases=doubtful, groups={})
    assert judge_regression(GATE, comparison, counts).word == "inconclusive"


@pytest.mark.parametrize("letter, word", [("f", "failed"), ("F", "inconclusive")])
def test_where_nothing_can_be_repeated_an_alarm_stands_whoever_was_right(
    suite: Suites, letter: str, word: str
) -> None:
    comparison, counts = suite(**dict.fromkeys(FX, letter * 5))
    assert judge_regression(GATE, replace(comparison, repeatable=False), counts).word == word


def test_an_alarm_that_fresh_trials_do_not_confirm(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion
) -> None:
    outcomes = dict.fromkeys(ALL, "ppppp" + "ppppp") | {FX[0]: "ppfff" + "p" * 10}
    verdict = judge_regression(GATE, *suite(**outcomes))
    assert not verdict.fails
    assert show(verdict) == snapshot


def test_an_even_drop_of_the_whole(suite: Suites, show: Shows, snapshot: SnapshotAssertion) -> None:
    verdict = judge_regression(GATE, *suite(**dict.fromkeys(ALL, "ppppf" + "pppfp")))
    assert verdict.word == "failed"
    assert show(verdict) == snapshot


def test_an_even_drop_of_one_group(suite: Suites, show: Shows, snapshot: SnapshotAssertion) -> None:
    fallen = dict.fromkeys(ALL, "ppppp" + "ppppp") | dict.fromkeys(FX, "pppfp" + "ppfpf")
    verdict = judge_regression(GATE, *suite(**fallen))
    assert verdict.word == "failed"
    assert show(verdict) == snapshot


def test_an_even_drop_that_was_chance(suite: Suites, show: Shows, snapshot: SnapshotAssertion) -> None:
    chance = dict.fromkeys(ALL, "ppppp" + "ppppp") | dict.fromkeys(FX, "ppppf" + "ppppp")
    verdict = judge_regression(GATE, *suite(**chance))
    assert verdict.word == "inconclusive"
    assert show(verdict) == snapshot


@pytest.mark.parametrize("fresh", ["", "eeeeeeeeee", "ffeeeeeeee"])
def test_an_alarm_without_enough_fresh_trials_is_neither_confirmed_nor_done_away_with(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion, fresh: str
) -> None:
    comparison, counts = suite(**{FX[0]: "pffff" + fresh})
    verdict = judge_regression(RegressionGate(max_drop=0.5), comparison, counts)
    assert (verdict.word == "failed") == (fresh.startswith("ff"))
    assert verdict.word != "passed"
    assert show(verdict) == snapshot


def test_without_repeating_the_first_alarm_stands(
    suite: Suites, show: Shows, snapshot: SnapshotAssertion
) -> None:
    comparison, counts = suite(**{FX[0]: "fffff"})
    verdict = judge_regression(GATE, replace(comparison, repeatable=False), counts)
    assert verdict.word == "failed"
    assert show(verdict) == snapshot


def test_without_repeating_one_scenario_must_stand_out_among_all(suite: Suites, ruler: Rulers) -> None:
    held = ruler(**dict.fromkeys(ALL, (8, 10)) | {FX[0]: (10, 10)})
    comparison, counts = suite(held, **{FX[0]: "ppfff"})
    assert request_confirmation(GATE, comparison, counts) == {f"bot/{FX[0]}": 10}  # p = .01 for it alone
    assert judge_regression(GATE, replace(comparison, repeatable=False), counts).word != "failed"


def test_an_inconclusive_gate_fails_where_the_profile_says_so(suite: Suites) -> None:
    few = suite()
    assert not judge_regression(RegressionGate(max_drop=0.001), *few).fails
    assert judge_regression(RegressionGate(max_drop=0.001, on_inconclusive="fail"), *few).fails


def test_without_a_baseline_the_gate_says_what_to_do(suite: Suites) -> None:
    verdict = judge_regression(GATE, *suite(Ruler(trouble="no baseline yet: arc baseline update")))
    assert (verdict.word, verdict.fails) == ("inconclusive", False)
    assert verdict.reason == "no baseline yet: arc baseline update"
    assert verdict.parts == ()


def test_scenarios_whose_checks_changed(
    suite: Suites, ruler: Rulers, show: Shows, snapshot: SnapshotAssertion
) -> None:
    held = ruler(**dict.fromkeys(ALL, (50, 50)))
    changed = dict.fromkeys(FX, CaseHashes("scenario", "other"))
    verdict = judge_regression(GATE, *suite(replace(held, hashes={**held.hashes, **changed})))
    assert verdict.word == "passed"
    assert show(verdict) == snapshot


@pytest.mark.parametrize("label", ["main 3f2c1a9", "the baseline", "run 20261121-0051", "v1.2"])
def test_the_other_side_is_named_as_the_baseline_says(
    suite: Suites, ruler: Rulers, snapshot: SnapshotAssertion, label: str
) -> None:
    held = ruler(label, **dict.fromkeys(ALL, (10, 10)))
    assert judge_regression(GATE, *suite(held, **{FX[0]: "fffff" + "f" * 10})).reason == snapshot


Counts = list[tuple[int, int, int]]
COUNTS = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 5), st.integers(0, 10)), min_size=1, max_size=20
)


@pytest.fixture(scope="module")
def counted() -> Callable[[Counts], tuple[Comparison, Ledger]]:
    """Per scenario the passes of 10 in the baseline, of 5 now, and of 10 fresh trials."""

    def make(counts: Counts) -> tuple[Comparison, Ledger]:
        same = CaseHashes("scenario", "checks")
        profile = AgentProfile.model_validate({"name": "bot", "target": {"python": "agents:agent"}})
        expect = [{"answer_contains": "yes"}]
        cases = tuple(
            Case(
                profile,
                Scenario.model_validate({"id": f"g{n % 3}/s{n}", "user": "go", "expect": expect}),
                5,
                5,
                profile.limits,
                Origin("scenarios.yaml"),
            )
            for n in range(len(counts))
        )
        ledger = Ledger()
        then: dict[str, BaselineCase] = {}
        for case, (before, now, fresh) in zip(cases, counts, strict=True):
            then[case.scenario.id] = BaselineCase(before, 10, same)
            passes = [number < now for number in range(5)] + [number < fresh for number in range(10)]
            for trial, passed in enumerate(passes, 1):
                outcome = "passed" if passed else "failed"
                ledger.add(TrialResult(case.id, trial, 0, outcome, None, "", (), {}, None))
        ruler = Ruler(
            Baseline("bot", "", "", False, (), then, "main 3f2c1a9"), hashes=dict.fromkeys(then, same)
        )
        return compare(AgentPlan(profile, "bot.yaml", cases, 5, 5), ledger, ruler), ledger

    return make


Counted = Callable[[Counts], tuple[Comparison, Ledger]]


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS, max_drop=st.floats(0.01, 0.5))
def test_verdict_and_interval_never_contradict_each_other(
    counted: Counted, counts: Counts, max_drop: float
) -> None:
    verdict = judge_regression(RegressionGate(max_drop=max_drop), *counted(counts))
    change = verdict.change
    assert change is not None
    assert change.low <= change.value <= change.high
    if verdict.word == "passed":
        assert change.low > -max_drop
    then, now, _ = (list(column) for column in zip(*counts, strict=True))
    p = regression_p(then, [10] * len(then), now, [5] * len(now))
    assert (change.high < 0.0) == (p < 0.05)


@settings(max_examples=60, deadline=None)
@given(passed=st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_an_agent_that_does_as_in_the_baseline_raises_no_alarm(counted: Counted, passed: list[int]) -> None:
    comparison, ledger = counted([(2 * now, now, 0) for now in passed])
    assert request_confirmation(GATE, comparison, ledger) == {}
    assert judge_regression(GATE, comparison, ledger).word != "failed"


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS)
def test_an_agent_whose_fresh_trials_all_pass_never_fails(counted: Counted, counts: Counts) -> None:
    comparison, ledger = counted([(then, now, 10) for then, now, _ in counts])
    assert judge_regression(GATE, comparison, ledger).word != "failed"


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS)
def test_a_gate_that_asks_for_nothing_more_has_settled_every_alarm(counted: Counted, counts: Counts) -> None:
    comparison, ledger = counted(counts)
    assert request_confirmation(GATE, comparison, ledger) == {}
    assert "could not be answered" not in judge_regression(GATE, comparison, ledger).reason
