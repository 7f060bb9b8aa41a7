"""How a run is to be done: `[tool.pytest-arc]` < `ARC_*` < flags."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pytest_arc.domain.calls import CallOptions, Injection, ReadInjection
from pytest_arc.domain.cassette import CassetteOptions, RecordMode
from pytest_arc.domain.frozen import Frozen, Named, choose_by_kind
from pytest_arc.domain.profile import Trials
from pytest_arc.domain.shard import ShardField
from pytest_arc.redaction import compile_pattern
from pytest_arc.registry import EXECUTORS

__all__ = ["AnyExecutor", "ExecutorSpec", "RedactionPattern", "Settings"]


def _read_rounds(value: Any) -> Any:
    """`3:20` is short for `{first: 3, max: 20}`."""
    if isinstance(value, str) and ":" in value:
        first, _, most = value.partition(":")
        return {"first": first, "max": most}
    return value


def _read_json(value: Any) -> Any:
    """Tables come out of the environment as JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


class ExecutorSpec(Named):
    """Where trials are made. The classes that have them made are in `pytest_arc.executors`."""

    kind: ClassVar[str]

    @model_serializer(mode="wrap")
    def _write_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": self.kind, **write(self)}


def _read_kind(value: Any) -> Any:
    """`subprocess` is short for `{kind: subprocess}`."""
    read = _read_json(value) if isinstance(value, str) and value.lstrip().startswith("{") else value
    return {"kind": read} if isinstance(read, str) else read


AnyExecutor = Annotated[SerializeAsAny[ExecutorSpec], choose_by_kind(EXECUTORS), BeforeValidator(_read_kind)]


class RedactionPattern(Frozen):
    """What else is taken out of everything that is written or sent."""

    name: str = Field(min_length=1)
    """Stands in its place: `[redacted name]`."""
    pattern: str
    """A regular expression."""

    @model_validator(mode="after")
    def _is_usable(self) -> RedactionPattern:
        try:
            compile_pattern(self.pattern)
        except ValueError as error:
            told = {"name": self.name, "why": str(error)}
            raise PydanticCustomError("redaction_pattern", "pattern '{name}': {why}", told) from None
        return self


class Settings(Frozen):
    """Every setting, with its default. The key here is the key in TOML, `ARC_<KEY>` in the environment and
    `--arc-<key>` on the command line."""

    target: str | None = None
    """The target of every profile that has none (a profile's own wins only when it is not given here)."""
    trials: Annotated[Trials | None, BeforeValidator(_read_rounds)] = None
    """Trials of every case, whatever profile and scenario say; `3:20` for rounds from 3 up to 20."""
    trial: int | None = Field(default=None, ge=1)
    """Only this trial of each case, counted from 1."""
    seed: int | Literal["random"] = 0
    """Of the run."""
    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    """Trials at the same time; default: as suits the target."""
    executor: AnyExecutor | None = None
    """Where trials are made; default: in this process (`local`)."""
    advisory: bool = False
    """Gates say what they would do, and fail nothing."""
    against: str | None = None
    """A git revision whose agent is run beside this one and takes the place of the baseline."""
    base: str | None = None
    """The git revision whose merge base holds the ruler; default: the main branch of the remote."""
    budget: float | None = Field(default=None, gt=0)
    """US dollars that the whole run may cost; then nothing new starts."""
    history: str | None = None
    """A folder of earlier runs: those of the same commit are pooled with this one."""
    shard: ShardField | None = None
    """Only this part of the cases, as `2/5`; `arc merge` joins the parts and decides the gates."""
    resume: str | None = None
    """The run that this one goes on from: `last`, a run id, or its folder."""
    only_errored: bool = False
    """Of the run that is gone on from, make again what errored."""
    strict: bool = False
    """Every case stands for itself, whatever a gate counts."""
    real_time: bool = False
    """Sleep simulated latencies instead of adding them to the trial's clock."""
    attempts: int = Field(default=2, ge=1, le=10)
    """How often a trial is tried when the trouble is not the agent's."""
    slip_rate: float | None = Field(default=None, ge=0, le=1)
    """How often the reference policy slips at a decision; default 0.02."""
    judge_model: str | None = None
    """The model of `judge` checks that name none, as `provider:model`; default: one that can be reached."""
    user_model: str | None = None
    """The model of users with a persona or a goal that name none; the default is the same."""
    inject: Annotated[Injection | None, ReadInjection] = None
    """Calls of models that fail on purpose: `p=0.05`, or `p=0.05,kind=timeout`."""
    models: dict[str, CallOptions] = Field(default_factory=dict[str, CallOptions])
    """`openai:gpt-5-mini`, or `openai:*` -> limits, tries and stand-ins."""
    record: RecordMode | None = None
    """Replay and record what providers answer; without it calls are live, and kept for `arc debug` alone."""
    cassette: Annotated[CassetteOptions, BeforeValidator(_read_json)] = CassetteOptions()
    """What counts for equal calls, and how much is kept of them."""
    redis_url: str | None = Field(default=None, exclude=True)
    """Where processes share limits and circuit breakers; kept out of what is written, for its password."""
    json_path: str | None = Field(default=None, alias="json")
    """Where to write the results, besides the run folder."""
    html: str | None = None
    """Where to write a page for people."""
    markdown: str | None = None
    """Where to write the comment for a pull request."""
    sbom: str | None = None
    """Where to write the SBOM (CycloneDX 1.6) of the environment that agents are tested in."""
    licenses: str | None = None
    """A file with the licences that packages of that environment may have: one more gate."""
    log_json: str | None = None
    """Where to write what happens, one JSON object a line; `-` is standard error."""
    dir: str = ".arc"
    """Where run folders are kept."""
    transcripts: bool = True
    """Keep what was said and done, without secrets, in run folders."""
    redaction: Annotated[tuple[RedactionPattern, ...], BeforeValidator(_read_json)] = ()
    """Patterns of your own that are secrets too."""
    telemetry: Literal["off", "otlp", "langfuse"] = "off"
    """Where traces and metrics of the run are sent."""
    trace_ids: bool = False
    """Print what providers call the model calls of trials that did not pass."""
    debug: bool = False
    """Show stack traces of this tool."""
    sources: dict[str, Any] = Field(default_factory=dict, exclude=True)
    """Key -> where its value came from."""
