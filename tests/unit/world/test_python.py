from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.profile import Tool
from pytest_arc.domain.scenario import WorldSpec
from pytest_arc.errors import ToolSimulatorError
from pytest_arc.world.python import check_importable
from pytest_arc.world.world import World, verify_tool

SOURCE = """
import threading
from decimal import Decimal
from pytest_arc.world.behavior import ToolFailure

def price(sku):
    if sku == "B2":
        raise ToolFailure("B2 was discontinued")
    if sku == "C3":
        raise KeyError("C3")
    if sku == "exit":
        raise SystemExit(3)
    if sku == "stop":
        raise StopIteration
    return {"sku": sku, "price": Decimal("12.50")}

async def price_later(sku):
    return f"{sku} costs 12.50"

def remember(note, state):
    state.setdefault("notes", []).append(note)
    return len(state["notes"])

def thread():
    return threading.current_thread().name

def no_json():
    return {1, 2}

class Counter:
    async def __call__(self, step):
        return step + 1

count = Counter()
number = 5
"""


@pytest.fixture(autouse=True)
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "fakes_of_a_user.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "broken_fakes.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("fakes_of_a_user", None)


def make_tool(name: str) -> Tool:
    behavior = {"kind": "python", "function": f"fakes_of_a_user:{name}"}
    return Tool.model_validate({"name": name.replace(".", "_"), "behavior": behavior})


def test_a_function_is_called_with_the_arguments_as_keywords(answer: Callable[..., Any]):
    assert answer(make_tool("price"), {"sku": "A17"}) == {"sku": "A17", "price": 12.5}


def test_an_async_function_is_awaited(call: Callable[..., Any]):
    assert call(make_tool("price_later"), {"sku": "A17"}).content == "A17 costs 12.50"


def test_an_object_with_an_async_call_is_awaited(answer: Callable[..., Any]):
    assert answer(make_tool("count"), {"step": 1}) == 2


def test_a_sync_function_runs_beside_the_event_loop(call: Callable[..., Any]):
    assert call(make_tool("thread"), {}).content != threading.current_thread().name


def test_more_sync_tools_may_wait_than_a_pool_has_threads():
    async def call_often() -> list[Any]:
        world = World((make_tool("price"),), WorldSpec(), (), seed=0)
        return await asyncio.gather(*(world.call("price", {"sku": str(n)}) for n in range(100)))

    assert len(asyncio.run(call_often())) == 100


def test_the_parameter_state_lives_as_long_as_the_trial():
    async def remember_two(world: World) -> list[str]:
        return [(await world.call("remember", {"note": note})).content for note in ("a", "b")]

    first, second = (World((make_tool("remember"),), WorldSpec(), (), seed=0) for _ in range(2))

    assert asyncio.run(remember_two(first)) == ["1", "2"]
    assert first.state()["state"] == {"notes": ["a", "b"]}
    assert second.state()["state"] == {}


def test_a_tool_failure_is_an_error_the_agent_sees(complain: Callable[..., str]):
    assert complain(make_tool("price"), {"sku": "B2"}) == "B2 was discontinued"


@pytest.mark.parametrize(
    "name, arguments, message",
    [
        ("price", {"sku": "C3"}, "fakes_of_a_user:price raised KeyError: 'C3'"),
        ("price", {"sku": "exit"}, "fakes_of_a_user:price raised SystemExit: 3"),
        (
            "price",
            {"sku": "stop"},
            "fakes_of_a_user:price raised RuntimeError: coroutine raised StopIteration",
        ),
        (
            "price",
            {"name": "A17"},
            "cannot be called with the arguments the tool's schema allows (given: name)",
        ),
        ("remember", {"note": "a", "state": {}}, "'state' belongs to the trial"),
        ("no_json", {}, "tool 'no_json' answered with something that is not JSON: {1, 2} is not JSON"),
    ],
)
def test_anything_else_is_trouble_of_the_tool(
    call: Callable[..., Any], name: str, arguments: dict[str, Any], message: str
):
    with pytest.raises(ToolSimulatorError) as raised:
        call(make_tool(name), arguments)

    assert message in str(raised.value)


@pytest.mark.parametrize(
    "path, trouble",
    [
        ("fakes_of_a_user:price", None),
        ("fakes_of_a_user:Counter.__call__", None),
        (
            "fakes_of_a_user:pric",
            "cannot import 'fakes_of_a_user:pric': module 'fakes_of_a_user' has no attribute 'pric'",
        ),
        ("fakes_of_a_user:number", "'number' in 'fakes_of_a_user' is int, not a function"),
        (
            "missing_fakes:f",
            "cannot import 'missing_fakes': ModuleNotFoundError: No module named 'missing_fakes'",
        ),
        ("broken_fakes:f", "cannot import 'broken_fakes': ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_imported_is_found_before_any_trial(path: str, trouble: str | None):
    assert check_importable(path) == trouble


def test_a_tool_whose_function_is_missing_is_found_before_any_trial():
    assert verify_tool(make_tool("price")) is None
    assert "tool 'pric': cannot import" in (verify_tool(make_tool("pric")) or "")


@pytest.mark.parametrize("function", ["fakes", "fakes.price", "fakes:", ":price", "a b:c", "a:1"])
def test_an_entry_point_has_a_module_and_a_name(function: str):
    with pytest.raises(ValidationError, match=f"'{function}' is not of the form package.module:function"):
        Tool.model_validate({"name": "x", "behavior": {"kind": "python", "function": function}})
