"""A comparison in words: numbers rounded the safe way, lines that fit, nothing claimed that is not proved."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_arc.domain.comparison import (
    AgentRecord,
    Comparison,
    MeanChange,
    RateChange,
    ScenarioChange,
    Share,
)
from pytest_arc.domain.result import Change
from pytest_arc.reports.comparison import format_comparison, list_notes, summarize_comparison

RECORD = AgentRecord("run", "bot@v1", "python bots:agent", False, 0, "", {}, {}, {})
RATES = RateChange(
    "reliability", 2, Share(8, 10), Share(7, 10), Change(-0.1, -0.3149, 0.1201), 0.3, 0.7, 0.8, "nothing"
)
PLAIN = Comparison(
    a=RECORD,
    b=replace(RECORD, agent="bot@v2"),
    compared=("a", "b"),
    unscored=(),
    changed={},
    only_a=(),
    only_b=(),
    reliability=RATES,
    errors=None,
    groups=(),
    dimensions=(),
    metrics=(),
    unmeasured={},
    scenarios=(),
    detectable_drop=0.21,
)


def test_bounds_are_rounded_away_from_the_value() -> None:
    summary = summarize_comparison(PLAIN)

    assert summary == (
        "No regression proved (p = .80, two-sided). 7 of 10 trials passed in B (70 %), 8 of 10 in A (80 %):"
        " -10 points, at least -31.5 and at most +12.1 (each with 95 % confidence)."
    )


def test_trials_on_which_judges_disagreed_are_named() -> None:
    rates = replace(RATES, a=Share(8, 10, doubtful_passes=2), b=Share(7, 10, doubtful_failures=1))

    assert summarize_comparison(replace(PLAIN, reliability=rates)).endswith(
        "; judges disagreed on 2 trials of A and 1 of B, which count either way."
    )


@pytest.mark.parametrize(
    "p_worse, proof, head",
    [
        (0.0004, "worse", "WORSE (p < .001, one-sided)."),
        (0.034, "worse", "WORSE (p = .034, one-sided)."),
        (0.9958, "better", "BETTER (p = .0042, one-sided)."),
    ],
)
def test_what_is_proved_has_the_p_of_the_test_that_decided(p_worse: float, proof: str, head: str) -> None:
    rates = replace(RATES, p_worse=p_worse, p_better=1 - p_worse, proof=proof)

    assert summarize_comparison(replace(PLAIN, reliability=rates)).startswith(head)


def test_every_line_fits_the_width_whatever_the_names_and_numbers() -> None:
    wide = MeanChange("latency", 1000, 12345.0, 123456.0, Change(2.0, 1.9, 2.2), "worse")
    long = "group-" * 20
    comparison = replace(
        PLAIN,
        a=replace(RECORD, agent="agent" * 10, target="python " + "package." * 5 + "module:function"),
        groups=(replace(RATES, name=long, scenarios=999, a=Share(9999, 10000), b=Share(8888, 10000)),),
        metrics=(wide, replace(wide, name="tokens"), replace(wide, name="cost")),
        scenarios=(ScenarioChange(long, Share(5, 5), Share(0, 5), "because " * 30),),
    )

    lines = format_comparison(comparison)

    assert max(map(len, lines)) <= 80
    assert any(" 9999/10000 8888/10000 " in line for line in lines)


def test_change_that_the_means_contradict_is_explained() -> None:
    mean = MeanChange("completeness", 9, 0.5, 0.6, Change(0.0, 0.0, 0.0), "nothing")

    assert "most of them did not change" in " ".join(list_notes(replace(PLAIN, dimensions=(mean,))))
    assert "most of them" not in " ".join(list_notes(PLAIN))


def test_rates_that_do_not_give_the_change_are_explained() -> None:
    uneven = replace(RATES, b=Share(70, 90))

    assert "weighs them as its test does" in " ".join(list_notes(replace(PLAIN, reliability=uneven)))
    assert "weighs them as its test does" not in " ".join(list_notes(PLAIN))


def test_limits_of_the_data_are_said_unless_a_regression_is_proved() -> None:
    worse = replace(RATES, change=Change(-0.5, -0.7, -0.1), p_worse=0.001, proof="worse")
    blind = replace(PLAIN, detectable_drop=None)

    assert any("A drop of 31.5 points is not excluded" in note for note in list_notes(PLAIN))
    assert any("An even drop of 21 points" in note for note in list_notes(PLAIN))
    assert any("would have missed any drop" in note for note in list_notes(blind))
    assert not any("drop" in note for note in list_notes(replace(PLAIN, reliability=worse)))


def test_bound_that_is_not_set_is_no_number() -> None:
    few = MeanChange("steps", 4, 2.0, 3.0, Change(0.4, -math.inf, math.inf), "nothing")

    (line,) = (line for line in format_comparison(replace(PLAIN, metrics=(few,))) if "steps" in line)

    assert line.split() == ["steps", "4", "2.0", "3.0", "+49.2", "%", "too", "few", "-"]
