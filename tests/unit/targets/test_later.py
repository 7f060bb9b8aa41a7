"""Targets that are described already and cannot be run yet."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pytest_arc.targets.later import LanggraphTarget


@pytest.mark.parametrize(
    "target, options",
    [
        (LanggraphTarget, {"langgraph": "build_graph"}),
    ],
)
def test_options_are_validated_already(target: type, options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        target.model_validate(options)


@pytest.mark.parametrize("target", [LanggraphTarget])
def test_each_says_that_it_is_not_supported_yet(target: type) -> None:
    assert target.not_supported_yet.endswith(" target")
