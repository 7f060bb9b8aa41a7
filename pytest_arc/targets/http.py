"""Agents behind an HTTP endpoint of their own.

    target:
      http:
        url: "${AGENT_URL}/chat"
        headers: {Authorization: "Bearer ${AGENT_KEY}"}
        request: {message: "{{ user }}", session: "{{ session_id }}"}
        response: {answer: reply.text, tool_calls: "steps[].{name: tool, arguments: input, result: output}"}

One request is made for each user turn. The agent keeps the conversation, by a cookie or by the session id
that it is given, or is sent all of it each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, cast

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from pytest_arc.domain.expressions import explain_failure, verify_expression
from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.score import Observation
from pytest_arc.domain.trajectory import NOTHING_USED, Usage
from pytest_arc.errors import AgentError, InfrastructureError, MissingExtra
from pytest_arc.extras import explain_missing
from pytest_arc.targets import AgentContext, Target, UserTurns, converse
from pytest_arc.targets.endpoint import Answer, Call, Connection, is_unheard, name_address
from pytest_arc.targets.replies import TURN_FACTS, describe_turn, find_trace_id, list_keys, read_reply
from pytest_arc.targets.templates import fill_in, verify_templates
from pytest_arc.targets.traces import ReadTraces, watch_endpoint
from pytest_arc.targets.turns import take_turn
from pytest_arc.telemetry.receiver import receive_spans, require_protocol

__all__ = ["Endpoint", "HttpOptions", "HttpTarget", "ResponseMap"]

Expression = Annotated[str, AfterValidator(verify_expression)]
"""JMESPath."""


class ResponseMap(Frozen):
    """Where in the JSON answer of an endpoint things stand, as JMESPath expressions.

    Of server-sent events, each is searched: the answers found are joined, tool calls are put one after the
    other, and the last usage counts.
    """

    answer: Expression = "answer"
    """Text."""
    tool_calls: Expression | None = None
    """A list of objects with `name`, `arguments`, `result` and `is_error`; only `name` must be there."""
    usage: Expression | None = None
    """An object with some of `input_tokens`, `output_tokens`, `cost_usd` and `model_calls`."""


def _unfold_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class Endpoint(Frozen):
    """A request. Templates in its parts may use what `replies.describe_turn` tells."""

    url: str = Field(min_length=1)
    """With http:// or https://."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    """Of the request."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Name -> value; secrets by `${NAME}` from the environment."""
    request: Any = None
    """The JSON body; of GET and DELETE, the query parameters."""

    @field_validator("url")
    @classmethod
    def _is_absolute(cls, url: str) -> str:
        # What is to stand for a variable that is not set has been complained of already.
        if not url.startswith(("http://", "https://", "${")):
            raise ValueError(f"a URL begins with http:// or https://, unlike '{url}'")
        return url

    @field_validator("url", "headers", "request")
    @classmethod
    def _can_be_filled_in(cls, value: Any) -> Any:
        verify_templates(value, TURN_FACTS)
        return value

    @model_validator(mode="after")
    def _fits_its_method(self) -> Endpoint:
        if self.method in ("GET", "DELETE") and not isinstance(self.request, Mapping | None):
            raise ValueError(f"the 'request' of {self.method} becomes query parameters: write a mapping")
        return self

    def make_call(self, facts: Mapping[str, Any], default: Any = None) -> Call:
        """The request with its templates filled in; `default` is the body of one that has none.

        Raises InfrastructureError when that cannot be done.
        """
        try:
            url, headers = fill_in(self.url, facts), fill_in(self.headers, facts)
            body = default if self.request is None else fill_in(self.request, facts)
        except ValueError as error:
            raise InfrastructureError(f"the request to the agent cannot be made: {error}") from None
        return Call(self.method, url, {name: str(value) for name, value in headers.items()}, body)


class HttpOptions(Endpoint):
    """One request per user turn. Without `request`, everything is sent that templates may name; in query
    parameters, what there is room for."""

    response: ResponseMap = ResponseMap()
    """What is read from the answer."""
    reset: Annotated[Endpoint, BeforeValidator(_unfold_url)] | None = None
    """Called before the first turn of each trial, with the same headers: for an agent that must forget."""
    retries: int = Field(default=2, ge=0, le=10)
    """After 429, 502, 503 and 504, by which a server asks to come back."""
    traces: ReadTraces = None
    """The agent's server sends OpenTelemetry spans to a port of this machine, 4318 or the one that is named:
    those of models and tools become usage, tool calls and results. A trial whose spans do not come is
    errored."""

    @model_validator(mode="after")
    def _tells_once(self) -> HttpOptions:
        mapped = [name for name in ("tool_calls", "usage") if getattr(self.response, name)]
        if self.traces and mapped:
            raise ValueError(f"with 'traces', spans tell the {mapped[0]}: leave it out of 'response'")
        return self

    def make_turn(self, facts: Mapping[str, Any]) -> Call:
        """The request of one turn. Raises InfrastructureError when it cannot be made."""
        in_query = self.method in ("GET", "DELETE")
        told = {name: facts[name] for name in ("user", "session_id")} if in_query else facts
        return self.make_call(facts, default=told)


class HttpTarget(Target):
    """An agent behind an endpoint of its own, with tools of its own."""

    kind: ClassVar[str] = "http"
    uses_world: ClassVar[bool] = False
    comes_with_revision: ClassVar[bool] = False
    default_concurrency: ClassVar[int] = 8

    http: Annotated[HttpOptions, BeforeValidator(_unfold_url)]

    @property
    def observes(self) -> frozenset[Observation]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What neither spans tell nor the response map names is not shown."""
        shown: set[Observation] = {"answer", "latency"}
        response, is_traced = self.http.response, self.http.traces is not None
        shown |= {"tool_calls"} if is_traced or response.tool_calls else set[Observation]()
        shown |= {"usage"} if is_traced or response.usage else set[Observation]()
        return frozenset(shown)

    def describe(self) -> str:
        return f"http {name_address(self.http.url)}"

    def identify(self) -> dict[str, Any]:
        """Without the values of headers and without traces: a new key or port makes no other agent."""
        identity = self.model_dump(mode="json", exclude={"http": {"traces"}})
        for endpoint in filter(None, (identity["http"], identity["http"]["reset"])):
            endpoint["headers"] = sorted(endpoint["headers"])
        return identity

    def advise(self, observation: Observation) -> str:
        if observation not in ("tool_calls", "usage"):
            return super().advise(observation)
        mapped = f"'response: {{{observation}: ...}}'"
        return f"say with {mapped} where in the answer it stands, or take it from spans with 'traces: true'"

    def verify(self) -> str | None:
        if missing := explain_missing("httpx2", "http"):
            return f"target http needs httpx2: {missing}"
        try:
            if self.http.traces is not None:
                require_protocol()
        except MissingExtra as missing:
            return f"'traces': {missing}"
        return None

    @property
    def listens(self) -> bool:
        return self.http.traces is not None

    def open_run(self) -> AbstractContextManager[Any]:
        traces = self.http.traces
        return nullcontext() if traces is None else receive_spans(traces.host, traces.port)

    async def run(self, context: AgentContext, user: UserTurns) -> None:
        conversation = _Conversation(self.http, context)
        if self.http.traces is None:
            if self.http.response.usage:
                context.count_usage(NOTHING_USED)  # so far
            await conversation.reset()
            await converse(context, user, conversation.answer)
            return
        with watch_endpoint(self.http.traces, conversation.connection, context) as watch:
            await conversation.reset()
            await converse(context, user, lambda: watch.record(conversation.answer))
        watch.conclude()


class _Conversation:
    """One trial."""

    def __init__(self, options: HttpOptions, context: AgentContext) -> None:
        self._options = options
        self._context = context
        self._session_id = find_trace_id()
        self.connection = Connection(context, self._session_id, options.retries)
        self._turns = 0

    async def reset(self) -> None:
        """Let the agent forget earlier trials. That it cannot is not its failure: nobody has asked it yet."""
        reset = self._options.reset
        if reset is None:
            return
        reset = reset.model_copy(update={"headers": self._options.headers | reset.headers})
        try:
            await self.connection.poke(reset.make_call(describe_turn(self._context, self._session_id)))
        except (AgentError, InfrastructureError) as error:
            raise InfrastructureError(f"the agent was not reset: {error}") from error

    async def answer(self) -> str:
        """Send the latest user turn, and take over what the agent did and said."""
        self._turns += 1
        facts = describe_turn(self._context, self._session_id)
        try:
            answer = await self.connection.fetch(self._options.make_turn(facts))
            response = _Response(self._options.response, answer)
            reply = read_reply(response.answer, response.tool_calls, response.usage, self._turns)
        except BaseException as error:
            # Also a turn whose time is up: what the agent used for it, it has not told.
            if not is_unheard(error):
                self._context.count_usage(Usage())
            raise
        return take_turn(reply, self._context)


class _Response:
    """An answer, seen through the response map. Its properties raise AgentError for what is not there.

    In a stream most events have only a part, so that tool calls may be absent altogether.
    """

    def __init__(self, where: ResponseMap, answer: Answer) -> None:
        self._where = where
        self._documents = answer.documents
        self._is_stream = answer.is_stream

    @property
    def answer(self) -> Any:
        found = self._find(self._where.answer)
        if not self._is_stream:
            return found[0]
        parts = [part for part in found if isinstance(part, str)]
        return "".join(parts) if len(parts) == len(found) else found[0]

    @property
    def tool_calls(self) -> Any:
        where = self._where.tool_calls
        if where is None:
            return None
        found = self._find(where, may_be_absent=self._is_stream)
        lists = [cast("list[Any]", calls) for calls in found if isinstance(calls, list)]
        return [call for calls in lists for call in calls] if len(lists) == len(found) else found[0]

    @property
    def usage(self) -> Any:
        return self._find(self._where.usage)[-1] if self._where.usage else None

    def _find(self, where: str, may_be_absent: bool = False) -> list[Any]:
        """What stands there, document by document."""
        search = _compile(where)
        found = [value for document in self._documents if (value := search(document)) is not None]
        if found or may_be_absent:
            return found
        if self._is_stream:
            last = list_keys(self._documents[-1]) if self._documents else "there was none"
            raise AgentError(f"no event of the agent's answer has anything at '{where}'; of the last, {last}")
        raise AgentError(f"the agent's answer has nothing at '{where}'; {list_keys(self._documents[0])}")


@lru_cache(maxsize=64)
def _compile(expression: str) -> Callable[[Any], Any]:
    """A function that searches a JSON value. It raises AgentError when the expression does not suit it."""
    compiled = jmespath.compile(expression)

    def search(document: Any) -> Any:
        try:
            return compiled.search(document)
        except JMESPathError as error:
            raise AgentError(f"'{expression}' does not suit the answer: {explain_failure(error)}") from None

    return search
