from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.profile import Tool


def make_tool(**behavior: Any) -> Tool:
    return Tool.model_validate({"name": "stock", "behavior": {"kind": "static"} | behavior})


STOCK = make_tool(
    answers=[
        {"when": {"sku": "A17"}, "returns": {"left": 3}},
        {"when": {"sku": "B2"}, "returns": "B2 was discontinued", "error": True},
        {"when": {"place": {"city": "Bonn"}}, "returns": [1, None]},
        {"when": {"n": 1}, "returns": "just one"},
    ]
)


@pytest.mark.parametrize(
    "arguments, content",
    [
        ({"sku": "A17"}, '{"left": 3}'),
        ({"sku": "A17", "more": True}, '{"left": 3}'),
        ({"place": {"city": "Bonn", "zip": "53111"}}, "[1, null]"),
        ({"n": 1.0}, "just one"),
    ],
)
def test_an_answer_is_chosen_by_some_of_the_arguments(
    call: Callable[..., Any], arguments: dict[str, Any], content: str
):
    reply = call(STOCK, arguments)

    assert (reply.content, reply.is_error) == (content, False)


def test_an_answer_can_be_an_error(complain: Callable[..., str]):
    assert complain(STOCK, {"sku": "B2"}) == "B2 was discontinued"


@pytest.mark.parametrize("arguments", [{}, {"sku": "a17"}, {"n": True}, {"place": "Bonn"}])
def test_without_a_fitting_answer_nothing_is_known(complain: Callable[..., str], arguments: dict[str, Any]):
    assert complain(STOCK, arguments).startswith("nothing is known for the arguments {")


@pytest.mark.parametrize(
    "otherwise, content",
    [("Out of stock", "Out of stock"), ([], "[]"), ({"returns": {"left": 0}}, '{"left": 0}')],
)
def test_otherwise_answers_every_other_call(call: Callable[..., Any], otherwise: Any, content: str):
    assert call(make_tool(otherwise=otherwise), {"sku": "X"}).content == content


@pytest.mark.parametrize(
    "behavior, message",
    [
        ({}, "a static tool needs 'answers' or 'otherwise'"),
        ({"otherwise": {"when": {"a": 1}, "returns": 1}}, "'otherwise' fits every call"),
        ({"answers": [{"when": {"a": 1}}]}, "returns\n  Field required"),
    ],
)
def test_a_tool_that_could_answer_nothing_is_rejected(behavior: dict[str, Any], message: str):
    with pytest.raises(ValidationError) as raised:
        make_tool(**behavior)

    assert message in str(raised.value)
