"""How instrumentations name what agents do: attributes of spans, and log records, by convention and version.

Names stand newest first; the first one that a span carries is read. A new version of a convention is a
name put in front of its row.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CONVENTIONS",
    "GEN_AI",
    "KNOWN_WITH_TOOL_SPANS",
    "OPENINFERENCE",
    "PROVIDERS",
    "RECORDS",
    "Convention",
    "RecordConvention",
]

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """Where the spans of one convention say what."""

    name: str
    kind: Names
    """Says what a span is about."""
    model_kinds: frozenset[str]
    tool_kinds: frozenset[str]
    model: Names
    provider: Names
    input_tokens: Names
    output_tokens: Names
    cached_tokens: Names
    """Part of the input tokens."""
    cost_usd: Names
    tool: Names
    tool_id: Names
    arguments: Names
    result: Names
    input_messages: Names
    output_messages: Names
    is_flat: bool
    """Messages are one attribute for each of their fields; otherwise JSON."""


GEN_AI = Convention(
    name="OpenTelemetry GenAI, 1.27 to 1.41",
    kind=("gen_ai.operation.name",),
    model_kinds=frozenset({"chat", "generate_content", "text_completion"}),
    tool_kinds=frozenset({"execute_tool"}),
    model=("gen_ai.response.model", "gen_ai.request.model"),
    provider=(
        "gen_ai.provider.name",  # since 1.37
        "gen_ai.system",
    ),
    input_tokens=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),  # the latter until 1.27
    output_tokens=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    cached_tokens=("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.details.cache_read_tokens"),
    cost_usd=("operation.cost",),  # pydantic-ai's own
    tool=("gen_ai.tool.name",),
    tool_id=("gen_ai.tool.call.id",),
    arguments=(
        "gen_ai.tool.call.arguments",  # since 1.38
        "tool_arguments",  # pydantic-ai, formats 1 and 2
    ),
    result=("gen_ai.tool.call.result", "tool_response"),
    input_messages=("gen_ai.input.messages",),  # since 1.37; before, see RECORDS
    output_messages=("gen_ai.output.messages",),
    is_flat=False,
)

OPENINFERENCE = Convention(
    name="OpenInference",
    kind=("openinference.span.kind",),
    model_kinds=frozenset({"LLM"}),
    tool_kinds=frozenset({"TOOL"}),
    model=("llm.model_name",),
    provider=("llm.provider", "llm.system"),
    input_tokens=("llm.token_count.prompt",),
    output_tokens=("llm.token_count.completion",),
    cached_tokens=("llm.token_count.prompt_details.cache_read",),
    cost_usd=("llm.cost.total",),
    tool=("tool.name",),
    tool_id=("tool.id", "tool_call.id"),
    arguments=("input.value",),
    result=("output.value",),
    input_messages=("llm.input_messages",),
    output_messages=("llm.output_messages",),
    is_flat=True,
)

# Spans that carry both are read by the first.
CONVENTIONS = (GEN_AI, OPENINFERENCE)


@dataclass(frozen=True, slots=True)
class RecordConvention:
    """Which log records tell of model calls, and by which attributes of spans they are read."""

    calls: Names
    """Tell of a whole call, in attributes as spans have them."""
    choices: Names
    """Tell what a model said or asked for, in their bodies."""
    results: Names
    """Tell what a model was told, tool results among it, in their bodies."""
    kind: str
    default_kind: str
    provider: Names
    input_messages: str
    output_messages: str


RECORDS = RecordConvention(
    calls=("gen_ai.client.inference.operation.details",),  # since 1.37
    choices=("gen_ai.choice",),  # 1.28 to 1.36, as the next ones
    results=("gen_ai.tool.message", "gen_ai.user.message"),  # Google's put results into the latter
    kind=GEN_AI.kind[0],
    default_kind="chat",
    provider=GEN_AI.provider,
    input_messages=GEN_AI.input_messages[0],
    output_messages=GEN_AI.output_messages[0],
)

KNOWN_WITH_TOOL_SPANS = frozenset(
    {
        "pydantic-ai",
        "openinference.instrumentation.langchain",
        "openinference.instrumentation.openai_agents",
        "openinference.instrumentation.llama_index",
        "openinference.instrumentation.crewai",
        "openinference.instrumentation.smolagents",
    }
)
"""Instrumentations whose tools have spans of their own. What a model asks for in their spans is not taken for
a call: it may be an answer's form, or a hand-over to another agent."""

PROVIDERS = {
    "aws.bedrock": "bedrock",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "x_ai": "xai",
}
"""Providers whose name in spans is not the one in `provider:model`."""
