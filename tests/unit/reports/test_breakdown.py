from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from pytest_arc.domain.view import BaselineView, CountsThen
from pytest_arc.reports.breakdown import (
    has_failures,
    is_failing,
    list_assumptions,
    list_capabilities,
    list_dimensions,
    list_distributions,
    list_groups,
    list_tags,
)


def test_groups_are_first_segments_and_those_without_come_last(make_case: Any, make_agent: Any) -> None:
    cases = [
        make_case("single"),
        make_case("tax/vat", "pff"),
        make_case("fx/eur"),
        make_case("fx/chf", "ffp"),
    ]
    groups = list_groups(make_agent(cases))

    assert [(share.name, share.failing, len(share.cases)) for share in groups] == [
        ("fx", 1, 2),
        ("tax", 1, 1),
        ("", 0, 1),
    ]
    assert groups[0].estimate is not None
    assert (groups[0].estimate.passed, groups[0].estimate.n) == (4, 6)


def test_tags_that_say_nothing_new_are_left_out(make_case: Any, make_agent: Any) -> None:
    agent = make_agent(
        [
            make_case("fx/eur", tags=("all", "money", "slow")),
            make_case("fx/chf", tags=("all", "money")),
            make_case("tax/vat", tags=("all",)),
        ]
    )

    assert [share.name for share in list_tags(agent)] == ["slow"]


def test_a_share_knows_how_its_scenarios_did_in_the_baseline(make_case: Any, make_agent: Any) -> None:
    scenarios = {"fx/eur": CountsThen(9, 10), "tax/vat": CountsThen(1, 10)}
    baseline = BaselineView("main", 1, None, scenarios)
    fx, tax, home = list_groups(
        make_agent(
            [make_case("fx/eur"), make_case("fx/new"), make_case("tax/vat"), make_case("x/y")],
            baseline=baseline,
        )
    )

    assert fx.then is not None
    assert tax.then is not None
    assert (fx.then.passed, fx.then.n, tax.then.passed) == (9, 10, 1)
    assert home.then is None


def test_assumptions_without_a_challenger_are_a_gap_and_unknown_ones_come_last(
    make_case: Any, make_agent: Any
) -> None:
    agent = make_agent(
        [make_case("a", challenges="usd"), make_case("b", challenges="other"), make_case("c")],
        assumptions={"calm": "Nobody hurries", "usd": "Amounts are in dollars"},
    )

    assert [(share.name, share.text, len(share.cases)) for share in list_assumptions(agent)] == [
        ("calm", "Nobody hurries", 0),
        ("usd", "Amounts are in dollars", 1),
        ("other", "", 1),
    ]


@pytest.mark.parametrize(
    "capability, tags, covered",
    [
        ("Currency conversion", ("currency-conversion",), 1),
        ("currency_conversion", ("currency-conversion",), 1),
        ("FX", (), 1),
        ("f", (), 0),
    ],
)
def test_capabilities_are_covered_by_tag_or_group(
    make_case: Any, make_agent: Any, capability: str, tags: Any, covered: int
) -> None:
    agent = make_agent([make_case("fx/eur", tags=tags)], capabilities=(capability,))
    (share,) = list_capabilities(agent)

    assert (share.name, len(share.cases)) == (capability, covered)


def test_every_dimension_is_listed_measured_or_not(make_case: Any, make_agent: Any) -> None:
    scores = {score.name: score for score in list_dimensions(make_agent([make_case("a", "ppf")]))}

    assert (scores["response_quality"].mean, scores["response_quality"].n) == (pytest.approx(2 / 3), 3)
    assert (scores["performance"].mean, scores["performance"].n) == (None, 0)


def test_metrics_are_those_of_scored_trials_and_are_held_against_the_baseline(
    make_case: Any, make_agent: Any
) -> None:
    cases = [make_case(f"s{n}", "ppe") for n in range(8)]
    counts = {case.scenario: CountsThen(10, 10, {"cost": 0.005}) for case in cases[1:]}
    agent = make_agent(cases, baseline=BaselineView("main", 1, None, counts))
    latency, cost, tokens, _ = list_distributions(agent)

    assert latency.values == (1.0,) * 8 + (2.0,) * 8
    assert [latency.find_quantile(share) for share in (0, 0.5, 0.51, 1)] == [1.0, 1.0, 2.0, 2.0]
    assert cost.change is not None
    assert math.exp(cost.change.value) == pytest.approx(2, rel=1e-3)
    assert (cost.scenarios, tokens.change, tokens.scenarios) == (7, None, 0)


def test_a_metric_that_one_trial_does_not_show_is_not_summed(make_case: Any, make_agent: Any) -> None:
    case = make_case("a")
    trials = [replace(case.trials[0], usage=None), *case.trials[1:]]
    _, cost, _, steps = list_distributions(make_agent([replace(case, trials=trials)]))

    assert (cost.values, cost.change) == ((), None)
    assert steps.values == (2, 2, 2)


@pytest.mark.parametrize(
    "word, letters, tells, is_below",
    [
        ("below bar", "ppf", True, True),
        ("errored", "eee", True, True),
        ("passed", "ppf", True, False),
        ("passed", "ppp", False, False),
        ("xfailed", "fff", False, False),
        ("not run", "pp", False, False),
    ],
)
def test_failures_are_looked_at_also_where_the_bar_lets_them_pass(
    make_case: Any, word: Any, letters: str, tells: bool, is_below: bool
) -> None:
    case = make_case("a", letters)
    case = replace(case, outcome=replace(case.outcome, word=word))

    assert (has_failures(case), is_failing(case)) == (tells, is_below)
