from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arc.domain.scenario import Limits
from pytest_arc.domain.trajectory import Trajectory, Usage
from pytest_arc.errors import AgentError
from pytest_arc.providers import Reply, Request
from pytest_arc.providers.scripted import ScriptedProvider
from pytest_arc.registry import PROVIDERS
from pytest_arc.targets import AgentContext
from pytest_arc.targets.context import Clock
from pytest_arc.targets.model import ModelTarget


@dataclass
class Answer:
    content: str = "{}"
    is_error: bool = False
    fault: str | None = None
    latency_s: float = 0.5


class Turns:
    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    async def reply(self, answer: str | None) -> str | None:
        return self.lines.pop(0) if self.lines else None


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    monkeypatch.setattr(PROVIDERS, "_loaded", dict(PROVIDERS._loaded))
    return lambda provider: PROVIDERS.register("mine", lambda: provider)


def hold(*lines: str, limits: Limits | None = None, settings: dict[str, Any] | None = None) -> Trajectory:
    async def call_tool(tool: str, arguments: dict[str, Any]) -> Answer:
        return Answer(f'{{"tool": "{tool}"}}')

    context = AgentContext(
        system_prompt="Be brief.",
        tools=(),
        seed=7,
        trial=1,
        scenario="s",
        limits=limits or Limits(),
        clock=Clock("virtual"),
        call_tool=call_tool,
    )
    target = ModelTarget.model_validate({"model": "mine", "settings": settings or {}})
    asyncio.run(target.run(context, Turns(*lines)))
    return context.finish()


def test_text_without_tool_calls_is_the_answer(register: Any) -> None:
    register(ScriptedProvider(["Four."]))
    assert [step.kind for step in hold("Two and two?").steps] == ["message", "message"]


def test_the_model_sees_prompt_conversation_and_tool_results_in_order(register: Any) -> None:
    seen: list[Request] = []

    def last(request: Request) -> str:
        seen.append(request)
        return "done"

    register(ScriptedProvider([{"tool": "ledger"}, last]))
    hold("Go.")
    assert [(m.role, m.text) for m in seen[0].messages] == [
        ("system", "Be brief."),
        ("user", "Go."),
        ("assistant", ""),
        ("tool", '{"tool": "ledger"}'),
    ]
    assert seen[0].messages[3].tool_request_id == seen[0].messages[2].tool_requests[0].id


def test_every_call_of_a_trial_has_the_same_seed_and_its_own_number(register: Any) -> None:
    seen: list[tuple[int, int]] = []

    def note(request: Request) -> str:
        seen.append((request.seed, request.call))
        return "ok"

    register(ScriptedProvider([note, note, note]))
    hold("one", "two", "three")
    assert [call for _, call in seen] == [1, 2, 3]
    assert len({seed for seed, _ in seen}) == 1


def test_usage_and_simulated_latency_add_up(register: Any) -> None:
    usage = Usage(model_calls=1, input_tokens=10, output_tokens=2, cost_usd=0.01)
    register(
        ScriptedProvider([{"tool": "ledger"}, Reply(text="done", usage=usage, latency_s=1.25, model="m")])
    )
    trajectory = hold("Go.")
    assert trajectory.usage == Usage(model_calls=2, input_tokens=10, output_tokens=2, cost_usd=0.01)
    assert trajectory.latency_s == 1.75  # half a second of it is the tool's


def test_too_many_steps_are_the_agents_fault(register: Any) -> None:
    register(ScriptedProvider([{"tool": "ledger"}] * 5))
    with pytest.raises(AgentError, match="limit of 3 steps"):
        hold("Go.", limits=Limits(max_steps=3))


def test_settings_reach_the_provider(register: Any) -> None:
    register(ScriptedProvider([lambda request: str(request.settings["slip_rate"])]))
    assert hold("Go.", settings={"slip_rate": 0.5}).answer == "0.5"


def test_a_provider_says_itself_whether_it_is_deterministic(register: Any) -> None:
    class Random:
        deterministic = False

    assert ModelTarget.model_validate({"model": "scripted"}).deterministic
    PROVIDERS._loaded["random"] = Random
    assert not ModelTarget.model_validate({"model": "random"}).deterministic


def test_the_reference_policy_is_named_for_what_it_is() -> None:
    target = ModelTarget.model_validate({"reference": "reference"})
    assert target.describe() == "reference policy, not an LLM"
    assert target == ModelTarget.model_validate({"model": "reference"})
    assert target.deterministic


def test_a_model_of_a_provider_is_named_by_both_and_draws_as_it_likes() -> None:
    target = ModelTarget.model_validate({"model": "openai:gpt-5-mini"})
    assert target.describe() == "model openai:gpt-5-mini"
    assert not target.deterministic


def test_a_key_is_needed_unless_the_server_is_ones_own() -> None:
    listed = ModelTarget.model_validate({"model": "openai:gpt-5-mini"})
    own = ModelTarget.model_validate({"model": "openai:m", "base_url": "http://localhost:8000/v1"})
    either = ModelTarget.model_validate({"model": "google:gemini-4-argon"})
    assert listed.find_missing_key({}) == "OPENAI_API_KEY"
    assert listed.find_missing_key({"OPENAI_API_KEY": ""}) == "OPENAI_API_KEY"
    assert listed.find_missing_key({"OPENAI_API_KEY": "sk"}) is None
    assert own.find_missing_key({}) is None
    assert either.find_missing_key({}) == "GOOGLE_API_KEY or GEMINI_API_KEY"
    assert either.find_missing_key({"GEMINI_API_KEY": "k"}) is None
    assert ModelTarget.model_validate({"reference": "reference"}).find_missing_key({}) is None


def test_an_address_makes_another_agent_and_none_leaves_it_the_same() -> None:
    plain = ModelTarget.model_validate({"model": "openai:m"})
    moved = ModelTarget.model_validate({"model": "openai:m", "base_url": "http://localhost/v1"})
    assert plain.identify() == {"model": "openai:m", "settings": {}}
    assert moved.identify() != plain.identify()


def test_only_models_of_providers_have_an_address() -> None:
    target = ModelTarget.model_validate({"reference": "reference", "base_url": "http://localhost/v1"})
    assert target.verify() == "'base_url' is for models of providers"


def test_a_misspelt_model_gets_a_near_miss() -> None:
    with pytest.raises(ValidationError) as caught:
        ModelTarget.model_validate({"model": "refrence"})
    assert caught.value.errors()[0]["ctx"]["near_miss"] == "reference"  # type: ignore[typeddict-item]
