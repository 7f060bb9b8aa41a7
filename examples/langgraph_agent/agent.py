"""A support agent as a LangGraph graph: a model's node, a tools' node, and the edge that loops."""

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


def build_graph(tools: list[BaseTool], system_prompt: str) -> StateGraph:
    """pytest-arc calls this for every trial, with the simulated tools and the prompt of the profile."""
    # In production: init_chat_model("openai:gpt-5-mini").bind_tools(tools)
    model = ScriptedModel()

    async def ask_model(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke([SystemMessage(system_prompt), *state["messages"]])]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", ask_model)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph


class ScriptedModel(BaseChatModel):
    """Stands in for a real model, so that the example needs no key: looks the order up, then reports."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        last = messages[-1]
        if isinstance(last, ToolMessage):
            failed = last.status == "error"
            message = AIMessage("I could not look it up." if failed else f"Your order is {last.text}.")
        else:
            order = last.text.split()[-1].strip("?.")
            call = {"name": "find_order", "args": {"order": order}, "id": "call-1"}
            message = AIMessage("", tool_calls=[call])
        message.usage_metadata = {"input_tokens": 120, "output_tokens": 15, "total_tokens": 135}
        message.response_metadata = {"model_provider": "openai", "model_name": "gpt-5-mini"}
        return ChatResult(generations=[ChatGeneration(message=message)])
