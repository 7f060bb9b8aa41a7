"""Targets that are described already and cannot be run yet."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pytest_arc.targets.later import CommandTarget, HttpTarget, LanggraphTarget


def test_http_target_shows_only_what_its_response_map_names() -> None:
    plain = HttpTarget.model_validate({"http": {"url": "http://localhost:8000/chat"}})
    mapped = HttpTarget.model_validate(
        {"http": {"url": "http://localhost:8000/chat", "response": {"tool_calls": "steps[].tool"}}}
    )

    assert "tool_calls" not in plain.observes
    assert "tool_calls" in mapped.observes
    assert not plain.uses_world


@pytest.mark.parametrize(
    "target, options",
    [
        (HttpTarget, {"http": {"url": ""}}),
        (HttpTarget, {"http": {"url": "http://localhost", "verb": "POST"}}),
        (CommandTarget, {"command": []}),
        (CommandTarget, {"command": "python agent.py"}),
        (LanggraphTarget, {"langgraph": "build_graph"}),
    ],
)
def test_options_are_validated_already(target: type, options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        target.model_validate(options)


@pytest.mark.parametrize("target", [HttpTarget, CommandTarget, LanggraphTarget])
def test_each_says_that_it_is_not_supported_yet(target: type) -> None:
    assert target.not_supported_yet.endswith(" target")
