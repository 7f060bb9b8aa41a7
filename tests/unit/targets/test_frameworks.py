"""Agents of frameworks, as far as no framework is needed: what is found before any trial."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from pytest_arc.targets.frameworks import LanggraphTarget, OpenaiAgentsTarget, PydanticAITarget

WriteAgents = Callable[[str], None]


class Elsewhere(LanggraphTarget):
    """A framework that is there wherever these tests run."""

    needs = (("json", "json"),)


class Nowhere(LanggraphTarget):
    needs = (("no_such_framework", "nothing"),)


@pytest.mark.parametrize(
    "code, complaint",
    [
        ("def build(tools, system_prompt, context): ...", None),
        ("async def build(tools, *, depth=2, **more): ...", None),
        ("build = lambda: None", None),
        (
            "def build(model, tools): ...",
            "'agents:build' cannot be called: its parameter 'model' would get no value; "
            "there are tools, system_prompt, context",
        ),
        ("def built(): ...", "cannot import 'agents:build': agents has no 'build'; did you mean 'built'?"),
    ],
)
def test_builder_is_looked_at_before_any_trial(
    write_agents: WriteAgents, code: str, complaint: str | None
) -> None:
    write_agents(code)

    assert Elsewhere(langgraph="agents:build").verify() == complaint


def test_setup_is_looked_at_too(write_agents: WriteAgents) -> None:
    write_agents("def build(): ...")

    trouble = Elsewhere(langgraph="agents:build", setup="agents:fakes").verify()

    assert trouble == "cannot import 'agents:fakes': agents has no 'fakes'"


def test_framework_that_is_not_installed_is_named_with_its_extra() -> None:
    assert Nowhere(langgraph="agents:build").verify() == (
        "target langgraph: no_such_framework is not installed: pip install 'pytest-arc[nothing]'"
    )


@pytest.mark.parametrize("target", [LanggraphTarget, OpenaiAgentsTarget, PydanticAITarget])
def test_everything_can_be_checked_and_reports_name_the_builder(target: type[LanggraphTarget]) -> None:
    made = target.model_validate({target.kind: "agents:build"})

    assert made.observes == {"answer", "tool_calls", "usage", "latency"}
    assert made.uses_world
    assert next(iter(made.model_dump())) == target.kind
    assert made.describe() == f"{target.kind} agents:build"
    assert importlib.util.find_spec(f"pytest_arc.targets.frameworks.{target.bridge}")


def test_builder_needs_a_module_and_a_name() -> None:
    with pytest.raises(ValidationError):
        LanggraphTarget(langgraph="build_graph")
