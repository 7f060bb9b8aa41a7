from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_arc.domain.profile import BehaviorSpec, Tool
from pytest_arc.domain.scenario import Fault, WorldSpec
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.registry import TOOLS
from pytest_arc.world.builtin import DATABASE_QUERY, FINANCIAL_CALCULATOR, SPREADSHEET_ANALYZER
from pytest_arc.world.sql import SqlBehavior
from pytest_arc.world.world import ToolReply, World, verify_tool

BUILTIN = (SPREADSHEET_ANALYZER, FINANCIAL_CALCULATOR, DATABASE_QUERY)
ONE_PLUS_TWO = {"operation": "evaluate", "expression": "1 + 2"}


def make_world(*tools: Tool, spec: dict[str, Any] | None = None, **options: Any) -> World:
    return World(
        tools or BUILTIN, WorldSpec.model_validate(spec or {}), **{"faults": (), "seed": 0} | options
    )


def call(world: World, tool: str, arguments: dict[str, Any]) -> ToolReply:
    return asyncio.run(world.call(tool, arguments))


def test_a_tool_answers_with_json():
    reply = call(make_world(), "financial_calculator", ONE_PLUS_TWO)

    assert reply == ToolReply('{"operation": "evaluate", "value": 3}')


def test_the_built_in_tools_are_found_by_name():
    assert tuple(TOOLS.find(tool.name) for tool in BUILTIN) == BUILTIN


@pytest.mark.parametrize(
    "tools, name, error",
    [
        ((), "wire_transfer", "there is no tool 'wire_transfer'; there are: spreadsheet_analyzer, "
         "financial_calculator, database_query"),
        ((), "database_querry", "there is no tool 'database_querry'; there are: spreadsheet_analyzer, "
         "financial_calculator, database_query; did you mean 'database_query'?"),
        ((Tool(name="crm"),), "crm", "the tool 'crm' is not simulated: it has no behavior here"),
    ],
)  # fmt: skip
def test_a_tool_that_is_not_there_is_an_error_the_agent_sees(tools: tuple[Tool, ...], name: str, error: str):
    reply = call(make_world(*tools), name, {})

    assert reply.is_error
    assert json.loads(reply.content) == {"error": error}


def test_an_agent_without_tools_has_none():
    world = World((), WorldSpec(), (), seed=0)

    assert "there are none" in call(world, "database_query", {"sql": "SELECT 1"}).content


def test_arguments_are_validated_before_the_tool_runs():
    reply = call(make_world(), "database_query", {"query": "SELECT 1"})

    assert reply.is_error
    assert json.loads(reply.content) == {"error": "there is no argument 'query'; there are: sql"}


@pytest.mark.parametrize("arguments", [{"sql": object()}, {1: "a", "b": 2}])
def test_arguments_that_are_no_json_are_an_error_the_agent_sees(arguments: dict[Any, Any]):
    reply = call(make_world(), "database_query", arguments)

    assert reply.is_error
    assert "the arguments are not JSON" in reply.content


def test_what_the_agent_sees_can_always_be_written_down():
    reply = call(make_world(), "spreadsheet_analyzer", {"file": "\ud83d.csv"})

    assert reply.content.encode("utf-8")


def test_the_state_shows_what_there_is_and_how_often_each_tool_was_called():
    spec = {
        "files": {"a.csv": {"text": "x\n1\n"}},
        "tables": {"payments": [{"id": 1, "amount": 12.5}]},
        "rates": {"EUR/USD": 1.08},
    }
    world = make_world(spec=spec)
    call(world, "financial_calculator", ONE_PLUS_TWO)
    call(world, "financial_calculator", {"operation": "nothing"})
    call(world, "wire_transfer", {})

    assert world.state() == {
        "tables": {"payments": [{"id": 1, "amount": 12.5}]},
        "files": ["a.csv"],
        "rates": {"EUR/USD": 1.08},
        "calls": {"spreadsheet_analyzer": 0, "financial_calculator": 2, "database_query": 0},
        "state": {},
    }


def test_what_someone_does_to_a_state_stays_there():
    spec = WorldSpec.model_validate({"tables": {"payments": {"text": "id\n1\n"}}})
    first, second = (World(BUILTIN, spec, (), seed=0) for _ in range(2))
    first.state()["tables"]["payments"][0]["id"] = 99

    assert second.state()["tables"] == {"payments": [{"id": 1}]}


def test_a_world_whose_files_are_missing_works_until_one_is_needed(tmp_path: Path):
    world = make_world(spec={"files": {"a.csv": (tmp_path / "a.csv").as_posix()}})

    assert not call(world, "financial_calculator", ONE_PLUS_TWO).is_error
    with pytest.raises(ToolSimulatorError, match=r"cannot read 'a\.csv'"):
        call(world, "spreadsheet_analyzer", {"file": "a.csv"})


def test_a_world_can_be_closed_before_and_after_its_database_was_used():
    world = make_world(spec={"tables": {"t": [{"a": 1}]}})
    world.close()
    call(world, "database_query", {"sql": "SELECT 1"})

    world.close()
    world.close()


def with_conditions(conditions: Any) -> Tool:
    return DATABASE_QUERY.model_copy(update={"behavior": SqlBehavior(conditions=conditions)})


def test_conditions_give_each_call_its_latency():
    tool = with_conditions({"latency": {"median_s": 0.8, "sigma": 0.5}})

    async def read(world: World) -> list[float]:
        return [(await world.call("database_query", {"sql": f"SELECT {n}"})).latency_s for n in (1, 2, 1)]

    latencies = asyncio.run(read(make_world(tool, seed=5)))

    assert len(set(latencies)) == 3
    assert asyncio.run(read(make_world(tool, seed=5))) == latencies
    assert asyncio.run(read(make_world(tool, seed=6))) != latencies


def test_conditions_bring_their_own_trouble():
    tool = with_conditions({"latency": {"fixed_s": 0.5}, "errors": {"rate_limit": 1}})
    reply = call(make_world(tool), "database_query", {"sql": "SELECT 1"})

    assert (reply.is_error, reply.fault, reply.latency_s) == (True, "rate_limit", 0.5)


def test_a_fault_of_the_scenario_comes_before_the_trouble_of_conditions():
    tool = with_conditions({"latency": {"fixed_s": 0.5}, "errors": {"rate_limit": 1}})
    world = make_world(tool, faults=(Fault(tool="database_query", kind="slow", delay_s=4),))
    reply = call(world, "database_query", {"sql": "SELECT 1 AS n"})

    assert (reply.is_error, reply.fault, reply.latency_s) == (False, "slow", 4.5)


class Exploding(SqlBehavior):
    """What a plugin's behaviour may do."""

    async def run(self, arguments: Any, state: Any) -> Any:
        raise ZeroDivisionError("oh")


class Inert(BehaviorSpec):
    """A behaviour that forgot how to be run."""


def test_a_behavior_that_breaks_is_trouble_of_the_tool():
    tool = Tool(name="bomb", behavior=Exploding())

    with pytest.raises(ToolSimulatorError, match="tool 'bomb' broke: ZeroDivisionError: oh"):
        call(make_world(tool), "bomb", {})


def test_a_behavior_that_cannot_be_run_is_found_before_any_trial():
    tool = Tool(name="inert", behavior=Inert())

    assert verify_tool(tool) == "tool 'inert': Inert cannot be run"
    with pytest.raises(ToolSimulatorError, match="Inert is not a"):
        call(make_world(tool), "inert", {})


def test_a_tool_whose_schema_is_broken_is_found_before_any_trial():
    tool = Tool(name="odd", parameters={"properties": []})

    assert verify_tool(tool) == (
        "the parameters of tool 'odd' are no JSON schema: properties: [] is not of type 'object'"
    )


@pytest.mark.parametrize("tool", [*BUILTIN, Tool(name="crm")], ids=lambda tool: tool.name)
def test_tools_without_trouble_are_verified(tool: Tool):
    assert verify_tool(tool) is None


def test_a_behavior_is_written_down_as_it_is_read():
    tool = Tool.model_validate({"name": "db", "behavior": {"kind": "sql", "read_only": False}})
    written = tool.model_dump(mode="json")

    assert written["behavior"] == {"kind": "sql", "conditions": None, "read_only": False}
    assert Tool.model_validate(written) == tool
