"""What a run on Modal takes and costs: before it by an earlier run, after it by its containers' times."""

from __future__ import annotations

import pytest

from pytest_arc.domain.calls import CallOptions
from pytest_arc.domain.forecast import TrialPace
from pytest_arc.executors.modal.costs import (
    BOOT_S,
    Bill,
    Load,
    Rates,
    advise,
    describe_bill,
    describe_forecast,
    forecast_run,
)


def test_the_price_is_that_of_what_is_reserved() -> None:
    rates = Rates(core_s=0.01, gib_s=0.001)
    assert rates.price(100, cpu=2, memory_mb=4096) == pytest.approx(2.4)
    assert rates.price(100, cpu=None, memory_mb=None) == pytest.approx(100 * (0.00125 + 0.000125))


def test_as_many_containers_as_trials_ask_for() -> None:
    load = Load(1000, TrialPace(time_s=30))
    forecast = forecast_run([load], containers=50, inputs=5, local_concurrency=50)
    assert forecast.containers == 50
    assert forecast.wall_s == BOOT_S + 4 * 30
    assert forecast.local_s == 20 * 30
    assert describe_forecast(forecast) == [
        "modal: 1,000 trials in 50 containers: about 2 min, about $0.01 (estimate); here about 10 min"
    ]


def test_few_short_trials_gain_nothing() -> None:
    forecast = forecast_run([Load(10, TrialPace(time_s=0.1))], containers=50, inputs=1, local_concurrency=5)
    assert forecast.containers == 10
    assert "modal gains nothing" in describe_forecast(forecast)[1]


@pytest.mark.parametrize(
    "options",
    [
        CallOptions(requests_per_minute=60),
        CallOptions(tokens_per_minute=60_000),
        CallOptions(concurrency=8),
    ],
    ids=["requests", "tokens", "calls at once"],
)
def test_a_suite_bound_by_the_limits_of_a_provider_gains_nothing(options: CallOptions) -> None:
    pace = TrialPace(time_s=8, model_calls=1, tokens=1000)
    load = Load(600, pace, ("openai:*", options))
    forecast = forecast_run([load], containers=50, inputs=5, local_concurrency=50)
    assert load.limited_s == 600
    assert forecast.limit == "openai:*"
    assert describe_forecast(forecast)[1] == (
        "modal gains nothing: the limits of openai:* take 10 min here too (--arc-executor local)"
    )


def test_a_limit_that_binds_nobody_is_not_spoken_of() -> None:
    load = Load(600, TrialPace(time_s=8, model_calls=1), ("openai:*", CallOptions(requests_per_minute=6000)))
    forecast = forecast_run([load], containers=50, inputs=5, local_concurrency=8)
    assert (forecast.limit, len(describe_forecast(forecast))) == ("", 1)


def _bill(containers: int, trials: int, seconds: float, idle: float = 0.0) -> Bill:
    """Containers that began together, each with so many trials one after the other."""
    bill = Bill()
    for container in range(containers):
        for trial in range(trials):
            begin = 1000 + trial * (seconds + idle)
            bill.add(f"ta-{container}", begin, begin + seconds)
    return bill


def test_containers_are_paid_from_their_start_to_the_end_of_the_app_or_of_their_idle_time() -> None:
    bill = _bill(containers=2, trials=3, seconds=10)
    assert bill.wall_s == 30
    assert bill.count_container_s(1030) == 2 * (BOOT_S + 30)
    assert bill.count_container_s(1040) == 2 * (BOOT_S + 40)
    assert bill.count_container_s(9999) == 2 * (BOOT_S + 30 + 60)


def test_what_a_run_has_taken_is_held_against_one_trial_after_the_other() -> None:
    assert describe_bill(_bill(10, 6, 10), 0.034) == (
        "60 trials in 10 containers took 60 s, one after the other 10 min: 10 times as fast; about $0.03,"
        " an estimate by Modal's list prices of November 2026 for what containers reserve"
    )


@pytest.mark.parametrize(
    "bill,containers,inputs,advice",
    [
        (_bill(10, 1, 2), 10, 1, "cheaper: so short a run"),
        (_bill(10, 6, 10, idle=30), 10, 1, "cheaper: containers had work 29 % of the time"),
        (_bill(10, 6, 10), 10, 1, "faster: all 10 containers were busy; executor.containers can go up to 60"),
        (_bill(10, 6, 10), 50, 1, ""),
        (Bill(), 50, 1, ""),
    ],
    ids=["short", "idle", "busy", "well", "nothing"],
)
def test_one_hint_says_what_would_be_cheaper_or_faster(
    bill: Bill, containers: int, inputs: int, advice: str
) -> None:
    told = advise(bill, containers, inputs)
    assert told.startswith(advice)
    assert bool(told) == bool(advice)
