from __future__ import annotations

import logging

import pytest

from pytest_arc.errors import UsageError
from pytest_arc.providers.catalog import Catalog, ModelEntry
from pytest_arc.providers.selection import Needs, select_model

KEYS = {"OPENAI_API_KEY": "sk", "ANTHROPIC_API_KEY": "sk"}


def make_catalog(*entries: ModelEntry) -> Catalog:
    return Catalog(arc_models=1, models=entries)


SMALL = ModelEntry(model="openai:small", context_window=8_000, json_mode=False, cost_tier="low")
MUTE = ModelEntry(model="openai:mute", context_window=100_000, function_calling=False, cost_tier="low")
MIDDLE = ModelEntry(model="anthropic:middle", context_window=200_000, cost_tier="medium")
LARGE = ModelEntry(model="openai:large", context_window=1_000_000, cost_tier="high")
EVERY = make_catalog(LARGE, SMALL, MUTE, MIDDLE)


@pytest.mark.parametrize(
    "needs, model",
    [
        (Needs(), "openai:small"),
        (Needs(json_mode=True), "openai:mute"),
        (Needs(function_calling=True), "openai:small"),
        (Needs(json_mode=True, function_calling=True), "anthropic:middle"),
        (Needs(context_tokens=200_001), "openai:large"),
    ],
)
def test_the_cheapest_that_can_do_what_is_asked_is_taken(needs: Needs, model: str) -> None:
    assert select_model(needs, EVERY, KEYS).model == model


@pytest.mark.parametrize("json_mode", [False, True])
@pytest.mark.parametrize("function_calling", [False, True])
@pytest.mark.parametrize("context_tokens", [0, 8_000, 8_001, 200_000, 1_000_000])
def test_no_model_is_asked_for_what_it_cannot_do(
    json_mode: bool, function_calling: bool, context_tokens: int
) -> None:
    entry = EVERY.find(select_model(Needs(json_mode, function_calling, context_tokens), EVERY, KEYS).model)
    assert entry is not None
    assert entry.json_mode >= json_mode
    assert entry.function_calling >= function_calling
    assert entry.context_window >= context_tokens


def test_only_models_whose_key_is_set_are_taken() -> None:
    assert select_model(Needs(), EVERY, {"ANTHROPIC_API_KEY": "sk"}).model == "anthropic:middle"


def test_an_endpoint_of_ones_own_needs_no_key() -> None:
    own = ModelEntry(model="openai:own", context_window=8_000, base_url="http://localhost:8000/v1")
    assert select_model(Needs(), make_catalog(LARGE, own), {}).model == "openai:own"


def test_the_choice_and_its_reason_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="pytest_arc"):
        selection = select_model(Needs(json_mode=True), EVERY, {"ANTHROPIC_API_KEY": "sk"})
    assert selection.reason == (
        "the first of cost tier medium for JSON mode; passed over: openai:small (no JSON mode), openai:mute"
        " (OPENAI_API_KEY is not set)"
    )
    assert caplog.messages == [f"chose anthropic:middle: {selection.reason}"]


def test_where_none_will_do_each_says_what_it_lacks() -> None:
    with pytest.raises(UsageError) as raised:
        select_model(Needs(json_mode=True, context_tokens=300_000), make_catalog(SMALL, MIDDLE), KEYS)
    assert str(raised.value) == (
        "no model can be chosen for JSON mode and a context of 300,000 tokens: openai:small (no JSON mode),"
        " anthropic:middle (a context of 200,000 tokens); name one with 'model:', set a key, or add a model"
        " of your own to models.yaml (arc models lists them)"
    )
