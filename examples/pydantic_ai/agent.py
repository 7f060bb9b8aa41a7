"""A support agent of pydantic-ai."""

from typing import Any

from pydantic_ai import Agent, Tool
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage


def build_agent(tools: list[Tool[Any]], system_prompt: str) -> Agent:
    """pytest-arc calls this for every trial, with the simulated tools and the prompt of the profile."""
    # In production: Agent("openai:gpt-5-mini", ...)
    return Agent(ScriptedModel(answer, model_name="gpt-5-mini"), instructions=system_prompt, tools=tools)


class ScriptedModel(FunctionModel):
    """Stands in for a real model, so that the example needs no key, and is priced like it."""

    @property
    def system(self) -> str:
        return "openai"


def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Look the order up, then report."""
    last = messages[-1].parts[-1]
    if isinstance(last, UserPromptPart):
        order = str(last.content).split()[-1].strip("?.")
        part = ToolCallPart("find_order", {"order": order}, tool_call_id="call-1")
    else:
        assert isinstance(last, ToolReturnPart)
        found = str(last.content)
        part = TextPart("I could not look it up." if "error" in found else f"Your order is {found}.")
    return ModelResponse(parts=[part], usage=RequestUsage(input_tokens=120, output_tokens=15))
