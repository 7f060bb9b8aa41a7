"""B against A: what is paired, which interval belongs to what, and what is proved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arc.analysis.comparison import compare
from pytest_arc.domain.baseline import CaseHashes
from pytest_arc.domain.comparison import AgentRecord, Comparison
from pytest_arc.domain.result import TrialResult
from pytest_arc.domain.score import CheckResult
from pytest_arc.domain.trajectory import Usage
from pytest_arc.stats import regression_ci, regression_p

OUTCOMES = {
    "p": "passed",
    "f": "failed",
    "e": "errored",
    "c": "cancelled",
    "P": "passed",
    "F": "failed",
}
SPLIT = {
    letter: CheckResult("judge: polite", "response_quality", True, letter == "P", 0.5, "", agreement=2 / 3)
    for letter in "PF"
}
"""Judges disagreed."""
PLAIN = CaseHashes("scenario", "checks")


def make_trials(letters: str, **facts: Any) -> list[TrialResult]:
    """`ppf`: two trials that passed and one that failed."""
    return [
        TrialResult(
            **{
                "case": "",
                "trial": number,
                "seed": 0,
                "outcome": OUTCOMES[letter],
                "blame": None,
                "reason": f"wrong in {number}" if letter == "f" else "",
                "checks": (SPLIT[letter],) if letter in SPLIT else (),
                "dimensions": {},
                "score": None,
                "steps": 3,
            }
            | facts
        )
        for number, letter in enumerate(letters, 1)
    ]


def make_record(
    trials: Mapping[str, str | Sequence[TrialResult]],
    hashes: Mapping[str, CaseHashes] | None = None,
    tags: Mapping[str, Sequence[str]] | None = None,
) -> AgentRecord:
    made = {id: make_trials(own) if isinstance(own, str) else own for id, own in trials.items()}
    return AgentRecord(
        run="run",
        agent="bot@v1",
        target="python bots:agent",
        simulated=False,
        seed=0,
        interrupted="",
        hashes=dict.fromkeys(trials, PLAIN) | dict(hashes or {}),
        tags=tags or {},
        trials=made,
    )


def compare_letters(a: Mapping[str, str], b: Mapping[str, str]) -> Comparison:
    return compare(make_record(a), make_record(b))


def test_only_scenarios_with_equal_hashes_and_scored_trials_are_compared() -> None:
    changed = {"x": CaseHashes("other", "checks"), "y": CaseHashes("other", "others")}
    a = make_record({"same": "pf", "x": "p", "y": "p", "gone": "p", "errored": "e"})
    b = make_record({"same": "pp", "x": "p", "y": "p", "new": "p", "errored": "p"}, changed)

    comparison = compare(a, b)

    assert comparison.compared == ("same",)
    assert comparison.unscored == ("errored",)
    assert comparison.changed == {"x": "scenario", "y": "scenario, checks"}
    assert (comparison.only_a, comparison.only_b) == (("gone",), ("new",))


def test_nothing_in_common_leaves_no_reliability_to_tell() -> None:
    comparison = compare_letters({"a": "p"}, {"b": "p"})

    assert comparison.reliability is None
    assert comparison.detectable_drop is None
    assert comparison.errors is None


def test_reliability_has_the_interval_of_its_own_test() -> None:
    a = {f"s{i}": "pppp" if i else "ppff" for i in range(8)}
    b = {f"s{i}": "pppf" for i in range(8)}
    counts = [2, *[4] * 7], [4] * 8, [3] * 8, [4] * 8

    rates = compare_letters(a, b).reliability

    assert rates is not None
    assert rates.p_worse == regression_p(*counts)
    assert (rates.change.low, rates.change.high) == regression_ci(*counts)
    assert rates.change.value == pytest.approx(24 / 32 - 30 / 32)
    assert (rates.a.count, rates.a.n, rates.b.count, rates.b.n) == (30, 32, 24, 32)


@pytest.mark.parametrize(
    "a, b, proof", [("pppppp", "ffffff", "worse"), ("ffffff", "pppppp", "better"), ("ppp", "fff", "worse")]
)
def test_what_is_proved_agrees_with_the_bounds(a: str, b: str, proof: str) -> None:
    rates = compare_letters({"s": a}, {"s": b}).reliability

    assert rates is not None
    assert rates.proof == proof
    assert (rates.change.high < 0) == (proof == "worse")
    assert (rates.change.low > 0) == (proof == "better")
    assert rates.change.low <= rates.change.value <= rates.change.high


def test_single_trials_have_the_exact_p_of_mcnemar() -> None:
    a = {f"s{i}": "p" if i < 14 else "f" for i in range(25)}
    b = {f"s{i}": "f" if i < 14 else "p" for i in range(25)}

    rates = compare_letters(a, b).reliability

    assert rates is not None
    assert rates.p == pytest.approx(2 * sum(math.comb(25, k) for k in range(12)) / 2**25)
    assert rates.p_mid < rates.p
    assert rates.proof == "nothing"


def test_same_results_prove_nothing() -> None:
    rates = compare_letters({"s": "pppp", "t": "pf"}, {"s": "pppp", "t": "fp"}).reliability

    assert rates is not None
    assert (rates.change.value, rates.p, rates.p_worse, rates.proof) == (0, 1, 0.5, "nothing")


@settings(max_examples=40, deadline=None)
@given(st.text("pfPF", min_size=3, max_size=8), st.text("pfPF", min_size=3, max_size=8))
def test_what_is_proved_is_so_whichever_judges_were_right(a: str, b: str) -> None:
    """`P` and `F` are trials that would have ended otherwise, had the outvoted judge had its way."""
    rates = compare_letters({"s": a}, {"s": b}).reliability
    assert rates is not None
    for first in _list_readings(a):
        for second in _list_readings(b):
            reading = compare_letters({"s": first}, {"s": second}).reliability
            assert reading is not None
            assert rates.proof in ("nothing", reading.proof)
            assert rates.change.low <= reading.change.low
            assert rates.change.high >= reading.change.high
            assert rates.p >= reading.p - 1e-12


def _list_readings(letters: str) -> set[str]:
    either = {"P": "pf", "F": "pf"}
    return {"".join(reading) for reading in itertools.product(*(either.get(one, one) for one in letters))}


def test_errors_are_a_rate_of_their_own_and_in_no_other() -> None:
    a = {f"s{i}": "pppp" for i in range(5)}
    b = {f"s{i}": "peec" for i in range(5)}

    comparison = compare_letters(a, b)

    assert comparison.reliability is not None
    assert comparison.reliability.b.n == 5
    assert comparison.errors is not None
    assert (comparison.errors.a.count, comparison.errors.b.count, comparison.errors.b.n) == (0, 10, 15)
    assert comparison.errors.change.value == pytest.approx(2 / 3)
    assert comparison.errors.change.low > 0
    assert comparison.errors.proof == "worse"


def test_groups_are_first_segments_and_tags_that_are_a_part_of_all() -> None:
    ids = ("fx/a", "fx/b", "tax/a", "plain")
    tags = {"fx/a": ("all", "fx", "hard"), "fx/b": ("all", "fx"), "tax/a": ("all",), "plain": ("all", "hard")}
    a = make_record(dict.fromkeys(ids, "pp"), tags=tags)

    names = {
        group.name: group.scenarios for group in compare(a, make_record(dict.fromkeys(ids, "pp"))).groups
    }

    assert names == {"fx": 2, "tax": 1, "hard": 2}


def test_group_by_the_name_of_a_tag_holds_both() -> None:
    ids = ("fx/a", "fx/b", "tax/a", "tax/b")
    a = make_record(dict.fromkeys(ids, "pp"), tags={"tax/a": ("fx",)})

    names = {group.name: group.scenarios for group in compare(a, a).groups}

    assert names == {"fx": 3, "tax": 2}


def test_one_of_many_groups_must_prove_more_than_one_alone() -> None:
    then = {f"g{i}/s": "ppp" for i in range(10)}
    now = then | {"g0/s": "fff"}

    alone = compare_letters({"s": "ppp"}, {"s": "fff"}).reliability
    group = compare_letters(then, now).groups[0]

    assert alone is not None
    assert (alone.p_worse, alone.proof) == (group.p_worse, "worse")
    assert group.proof == "nothing"


def test_metrics_are_ratios_of_geometric_means_and_more_is_worse() -> None:
    def measure(tokens: float, cost: float | None) -> AgentRecord:
        usage = Usage(model_calls=1, input_tokens=int(tokens), output_tokens=0, cost_usd=cost)
        return make_record({f"s{i}": make_trials("pp", usage=usage) for i in range(6)})

    comparison = compare(measure(1000, 0.02), measure(1200, 0.01))
    metrics = {metric.name: metric for metric in comparison.metrics}

    assert metrics["tokens"].b == pytest.approx(1200)
    assert math.exp(metrics["tokens"].change.value) == pytest.approx(1201 / 1001)
    assert metrics["tokens"].proof == "worse"
    assert metrics["cost"].proof == "better"
    assert metrics["steps"].change.value == 0
    assert comparison.unmeasured["latency"] == "0 in every trial"


def test_unknown_cost_of_one_trial_leaves_its_scenario_out() -> None:
    known, unknown = (Usage(input_tokens=10, cost_usd=cost) for cost in (0.5, None))
    mixed = [*make_trials("p", usage=known), *make_trials("p", usage=unknown)]
    record = make_record({"mixed": mixed, **{f"s{i}": make_trials("p", usage=known) for i in range(3)}})

    metrics = {metric.name: metric.scenarios for metric in compare(record, record).metrics}

    assert (metrics["cost"], metrics["tokens"]) == (3, 4)


def test_simulated_and_real_time_are_not_compared() -> None:
    a = make_record({"s": make_trials("p", latency_s=2.0, clock="virtual")})
    b = make_record({"s": make_trials("p", latency_s=2.0, clock="wall")})

    assert compare(a, b).unmeasured["latency"] == "simulated in one, real in the other"


def test_dimensions_are_compared_where_both_measure_them() -> None:
    def measure(value: float, count: int) -> AgentRecord:
        facts = {"dimensions": {"completeness": value}}
        return make_record({f"s{i}": make_trials("pp", **(facts if i < count else {})) for i in range(9)})

    comparison = compare(measure(0.5, 9), measure(0.75, 6))
    (completeness,) = comparison.dimensions

    assert (completeness.scenarios, completeness.a, completeness.b) == (6, 0.5, 0.75)
    assert completeness.change.value == 0.25
    assert completeness.proof == "better"
    assert comparison.unmeasured["tool_execution"] == "no check speaks for it"


def test_few_scenarios_give_no_bounds_and_no_proof() -> None:
    a, b = (make_record({f"s{i}": make_trials("p", steps=n) for i in range(4)}) for n in (1, 9))

    (steps,) = compare(a, b).metrics

    assert (steps.change.low, steps.change.high, steps.proof) == (-math.inf, math.inf, "nothing")


def test_most_changed_scenario_comes_first_with_the_reason_of_the_worse_side() -> None:
    comparison = compare_letters(
        {"a": "pppp", "b": "pppp", "c": "fffp"}, {"a": "ppfp", "b": "ffff", "c": "pppp"}
    )

    assert [change.scenario for change in comparison.scenarios] == ["b", "c", "a"]
    assert [change.reason for change in comparison.scenarios] == ["wrong in 1", "wrong in 1", "wrong in 3"]
