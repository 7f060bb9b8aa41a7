"""A support agent of the OpenAI Agents SDK."""

from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, FunctionTool, Model, ModelResponse, Usage
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)


def build_agent(tools: list[FunctionTool], system_prompt: str) -> Agent:
    """pytest-arc calls this for every trial, with the simulated tools and the prompt of the profile."""
    # In production: model="gpt-5-mini"
    return Agent("order desk", instructions=system_prompt, tools=list(tools), model=ScriptedModel())


class ScriptedModel(Model):
    """Stands in for a real model, so that the example needs no key: looks the order up, then reports."""

    model = "gpt-5-mini"

    async def get_response(
        self, system_instructions: Any, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        last = input[-1]
        if last.get("type") == "function_call_output":
            output = last["output"]
            item = say("I could not look it up." if "error" in output else f"Your order is {output}.")
        else:
            order = last["content"].split()[-1].strip("?.")
            item = ResponseFunctionToolCall(
                type="function_call", call_id="call-1", name="find_order", arguments=f'{{"order": "{order}"}}'
            )
        usage = Usage(requests=1, input_tokens=120, output_tokens=15, total_tokens=135)
        return ModelResponse(output=[item], usage=usage, response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


def say(text: str) -> ResponseOutputMessage:
    content = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id="message-1", type="message", role="assistant", status="completed", content=[content]
    )
