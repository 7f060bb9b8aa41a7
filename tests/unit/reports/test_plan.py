from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from pytest_arc.domain.forecast import Chance, Forecast, GateForecast
from pytest_arc.reports.plan import describe_plan
from pytest_arc.reports.style import WIDTH

GATES = (
    GateForecast("reliability", True, True, minimum=0.85, chances=(Chance(0.9, 0.4199), Chance(0.8, 1.0))),
    GateForecast(
        "group/currency",
        False,
        True,
        "cannot pass with 15 trials: 19 all-passing are the least",
        minimum=0.85,
        chances=(Chance(0.9, 0.0), Chance(0.8, 0.13)),
    ),
    GateForecast("group/tiny", True, False, minimum=0.205, chances=(Chance(0.255, 0.0), Chance(0.155, 0.0))),
    GateForecast("dimension/error_handling", False, False, "9 scenarios measure it; 10 are the least"),
    GateForecast("regression", True, True, "against main 3f2c1a9, 3,000 trials", detectable_drop=0.0422),
    GateForecast("performance", True, True, "60 scenarios measure it; 5 are the least"),
)
FORECAST = Forecast("backoffice", 60, 300, 300, cost_usd=0.0103, time_s=0.97, gates=GATES)


def test_a_plan_says_what_it_takes_and_what_each_gate_can_decide(snapshot: SnapshotAssertion) -> None:
    assert "\n".join(describe_plan(FORECAST)) == snapshot


def test_of_rounds_it_says_the_least_and_the_most(snapshot: SnapshotAssertion) -> None:
    assert describe_plan(replace(FORECAST, trials=180, max_trials=1200))[:3] == snapshot


def test_what_is_not_known_is_called_unknown_and_what_is_free_costs_nothing() -> None:
    unknown = describe_plan(replace(FORECAST, cost_usd=None, time_s=None))
    free = describe_plan(replace(FORECAST, cost_usd=0.0))

    assert unknown[1:3] == ["  cost  unknown", "  time  unknown"]
    assert free[1] == "  cost  $0.00"


def test_a_plan_without_gates_says_so() -> None:
    lines = describe_plan(Forecast("bot", 1, 1, 1, None, None, ()))

    assert lines[0] == "bot: 1 case, 1 trial"
    assert lines[-1] == "  no gate: each case stands for itself"


@pytest.mark.parametrize("maximum", [300, 600_000])
def test_no_line_is_wider_than_a_terminal(maximum: int) -> None:
    long = replace(GATES[0], gate="group/" + "x" * 100, chances=(Chance(0.955, 1.0), Chance(0.855, 1.0)))
    forecast = replace(FORECAST, agent="a" * 100, max_trials=maximum, gates=(*GATES, long))

    lines = describe_plan(replace(forecast, cost_usd=12.34, time_s=86_400.0))

    assert max(map(len, lines)) <= WIDTH
