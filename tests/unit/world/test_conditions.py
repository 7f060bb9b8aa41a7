from __future__ import annotations

import statistics
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.profile import Tool
from pytest_arc.fingerprint import stream
from pytest_arc.world.conditions import Conditions, Latency, find_conditions, list_conditions


@pytest.mark.parametrize("name", list_conditions())
def test_every_shipped_profile_can_be_named_by_a_tool(name: str):
    tool = Tool.model_validate({"name": "db", "behavior": {"kind": "sql", "conditions": name}})

    assert tool.behavior is not None
    assert isinstance(find_conditions(name), Conditions)


def test_profiles_for_common_trouble_are_shipped():
    assert {"steady", "slow_replica", "flaky_api", "rate_limited"} <= set(list_conditions())


def reject(conditions: Any) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as raised:
        Tool.model_validate({"name": "db", "behavior": {"kind": "sql", "conditions": conditions}})
    return [dict(error) for error in raised.value.errors()]


def test_an_unknown_name_gives_the_near_miss():
    (error,) = reject("slow_replika")

    assert error["msg"] == "unknown conditions 'slow_replika'"
    assert error["ctx"]["near_miss"] == "slow_replica"
    assert "steady" in error["ctx"]["allowed"]


@pytest.mark.parametrize(
    "conditions, place, message",
    [
        ({"latenzy": {"fixed_s": 1}}, "latenzy", "Extra inputs are not permitted"),
        ({"latency": {"fixed_s": 1, "median_s": 1}}, "latency", "either fixed_s, or median_s with sigma"),
        ({"latency": {}}, "latency", "either fixed_s, or median_s with sigma"),
        ({"latency": {"fixed_s": 1, "sigma": 1}}, "latency", "sigma goes with median_s"),
        ({"latency": {"fixed_s": -1}}, "fixed_s", "greater than or equal to 0"),
        ({"errors": {"timeout": 1.5}}, "timeout", "less than or equal to 1"),
        ({"errors": {"explosion": 0.5}}, "explosion", "'timeout', 'error'"),
        ({"errors": {"timeout": 0.6, "error": 0.6}}, "conditions", "add up to more than 1"),
    ],
)
def test_what_is_wrong_in_a_profile_is_located(conditions: dict[str, Any], place: str, message: str):
    (error,) = reject(conditions)

    assert place in error["loc"]
    assert message in error["msg"]


def test_latencies_have_the_median_and_spread_they_are_given():
    latency = Latency(median_s=0.8, sigma=0.5)
    draws = sorted(latency.draw_s(stream(seed, "latency")) for seed in range(4000))

    assert statistics.median(draws) == pytest.approx(0.8, rel=0.05)
    assert sum(draw > 0.8 * 1.6487 for draw in draws) / 4000 == pytest.approx(0.1587, abs=0.02)


def test_a_fixed_latency_is_always_the_same():
    assert Latency(fixed_s=0.25).draw_s(stream(1)) == 0.25


def test_trouble_comes_at_its_rates():
    conditions = find_conditions({"errors": {"timeout": 0.1, "rate_limit": 0.3}, "delay_s": 5})
    faults = [conditions.draw_fault("db", stream(seed, "trouble")) for seed in range(4000)]
    kinds = [fault.kind for fault in faults if fault is not None]

    assert kinds.count("timeout") / 4000 == pytest.approx(0.1, abs=0.02)
    assert kinds.count("rate_limit") / 4000 == pytest.approx(0.3, abs=0.03)
    assert {fault.delay_s for fault in faults if fault is not None} == {5}


def test_without_errors_there_is_no_trouble():
    assert find_conditions("steady").draw_fault("db", stream(1)) is None
