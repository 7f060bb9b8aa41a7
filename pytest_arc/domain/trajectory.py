"""What was said and done in one trial."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pytest_arc.domain.frozen import Frozen

__all__ = [
    "NOTHING_USED",
    "UNKNOWN_USAGE",
    "Message",
    "ModelCall",
    "Step",
    "ToolCall",
    "ToolResult",
    "Trajectory",
    "Usage",
]


class Message(Frozen):
    """Something the user or the agent said."""

    kind: Literal["message"] = "message"
    role: Literal["user", "assistant"]
    text: str
    at_s: float = 0.0
    """Seconds on the trial's clock since the trial began."""


class ToolCall(Frozen):
    """The agent asks for a tool."""

    kind: Literal["tool_call"] = "tool_call"
    id: str
    """Unique in the trajectory; the result carries the same id."""
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    at_s: float = 0.0


class ToolResult(Frozen):
    """What the tool answered."""

    kind: Literal["tool_result"] = "tool_result"
    id: str
    tool: str
    content: str
    is_error: bool = False
    fault: str | None = None
    """The kind of the fault that was put in on purpose, if one was."""
    at_s: float = 0.0


Step = Annotated[Message | ToolCall | ToolResult, Field(discriminator="kind")]


class Usage(Frozen):
    """What the agent's model calls consumed."""

    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """None when the cost cannot be known; never 0 for unknown."""

    def __add__(self, other: Usage) -> Usage:
        """Both together; of an unknown cost and a known one the sum is unknown."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            model_calls=self.model_calls + other.model_calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


NOTHING_USED = Usage(cost_usd=0.0)
"""By calls that were not made, that came to nobody, or that had been paid for before."""

UNKNOWN_USAGE = Usage()
"""Of a target that shows none: what it cost is not known."""


class ModelCall(Frozen):
    """One answer of a model, as its provider knows it."""

    request_id: str
    """What the provider's support and logs call it."""
    model: str
    """The model that answered, as the provider names it."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    at_s: float = 0.0
    """When the answer was there."""


class Trajectory(Frozen):
    """The steps of one trial in the order they happened."""

    steps: tuple[Step, ...] = ()
    usage: Usage | None = None
    """None when the target shows no usage."""
    latency_s: float = 0.0
    """Time on the trial's clock from the first user turn to the last answer."""
    clock: Literal["virtual", "wall"] = "wall"
    """`virtual`: simulated latencies only. `wall`: real time plus simulated latencies."""
    recorded_reward: float | None = None
    """The reward stored with a replayed trajectory."""
    model_calls: tuple[ModelCall, ...] = ()
    """The calls that a provider gave an id; it is no part of the results, which stay the same in a replay."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Everything the agent said, in order."""
        return tuple([s.text for s in self.steps if s.kind == "message" and s.role == "assistant"])

    @property
    def answer(self) -> str:
        """The last thing the agent said; empty when it said nothing."""
        answers = self.answers
        return answers[-1] if answers else ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple([step for step in self.steps if step.kind == "tool_call"])

    @property
    def agent_steps(self) -> int:
        """How much the agent did: its tool calls plus its messages to the user."""
        steps = self.steps
        return len([s for s in steps if s.kind == "tool_call" or (s.kind == "message" and s.role != "user")])
