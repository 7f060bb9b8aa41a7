"""The agent under test, as its YAML describes it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BeforeValidator, Discriminator, Field, SerializeAsAny, Tag, model_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen, Named, choose_by_kind, choose_by_own_key, find_named
from pytest_arc.domain.gates import Gates
from pytest_arc.domain.scenario import Limits, Strings
from pytest_arc.domain.score import Observation
from pytest_arc.registry import BEHAVIORS, TARGETS, TOOLS

__all__ = [
    "NAME_PATTERN",
    "AgentProfile",
    "AnyBehavior",
    "AnyTarget",
    "Assumption",
    "BehaviorSpec",
    "Budget",
    "GenerationSpec",
    "ScenarioSources",
    "SequentialTrials",
    "TargetSpec",
    "Tool",
    "Trials",
]


class TargetSpec(Named):
    """How the agent is reached. The classes that do the reaching are in `pytest_arc.targets`."""

    kind: ClassVar[str]
    observes: ClassVar[frozenset[Observation]]
    """What a trial of this target shows."""
    uses_world: ClassVar[bool]
    """Whether the simulated tools, their faults and their state mean anything to it."""
    deterministic: ClassVar[bool] = False
    """Whether equal seeds give equal trajectories."""
    repeatable: ClassVar[bool] = True
    """Whether it can do more trials than it was planned with: fresh ones, to confirm an alarm."""
    comes_with_revision: ClassVar[bool] = True
    """Whether the agent is another one where another revision of the project is checked out."""
    default_concurrency: ClassVar[int] = 50

    @property
    def runs_in_thread(self) -> bool:
        """Whether the agent is a plain function, for which a thread is found."""
        return False

    @property
    def is_isolated(self) -> bool:
        """Whether each trial has a fresh process of its own."""
        return False

    @property
    def listens(self) -> bool:
        """Whether trials need an address of this machine, which only one process can have at a time."""
        return False

    @abstractmethod
    def describe(self) -> str:
        """As reports name it: `reference policy, not an LLM`, `python pkg.module:agent`."""

    def verify(self) -> str | None:
        """What makes this target unusable here, found before any trial; None when it can be reached."""
        return None

    def find_missing_key(self, environ: Mapping[str, str]) -> str | None:
        """The environment variable that trials need and that is not set; None when there is none.

        The files are right without it: it is asked for when trials are about to run.
        """
        return None

    def open_run(self) -> AbstractContextManager[Any]:
        """What is open from before the first trial of a run until after its last one.

        Raises UsageError when it cannot be opened.
        """
        return nullcontext()

    def identify(self) -> Any:
        """What makes this agent another one, as plain data: its options, and the files behind them."""
        return self.model_dump(mode="json")

    def advise(self, observation: Observation) -> str:
        """What to write so that trials show what they do not show so far."""
        return "'if_observed: true' leaves it unmeasured"

    def verify_case(self, scenario: str, trials: int) -> str | None:
        """What keeps this target from doing `trials` trials of `scenario`; None when nothing does."""
        return None


class BehaviorSpec(Named):
    """What a simulated tool does when it is called. The classes are in `pytest_arc.world`."""

    conditions: str | dict[str, Any] | None = None
    """A named behaviour profile (latency, error kinds and rates), or the profile itself."""


AnyTarget = Annotated[SerializeAsAny[TargetSpec], choose_by_own_key(TARGETS)]
AnyBehavior = Annotated[SerializeAsAny[BehaviorSpec], choose_by_kind(BEHAVIORS)]


class Tool(Frozen):
    """A tool the agent may call, and what the simulation does then."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")
    """What the agent calls it by."""
    description: str = ""
    """What the agent is told about it."""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON schema of the arguments; they are validated before the tool runs."""
    behavior: AnyBehavior | None = None
    """None: a tool the target brings itself; calling it in the simulation is an error the agent sees."""


def _find_builtin_tool(value: Any) -> Any:
    """`spreadsheet_analyzer`, or a mapping that refines a built-in tool."""
    if isinstance(value, str):
        return find_named(TOOLS, value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        if mapping.get("name") in TOOLS.list_names():
            return dict(TOOLS.find(mapping["name"])) | dict(mapping)
        return mapping
    return value


class Assumption(Frozen):
    """Something the author presumes. Never sent to the agent."""

    id: str
    """What `challenges` of a scenario names."""
    text: str
    """In a sentence."""


def _number_assumptions(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [{"id": key, "text": text} for key, text in cast("Mapping[str, Any]", value).items()]
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [
            {"id": f"a{n}", "text": text} if isinstance(text, str) else text
            for n, text in enumerate(items, 1)
        ]
    return value


class GenerationSpec(Frozen):
    """Scenarios made from the agent's assumptions and a library of failure patterns."""

    not_supported_yet: ClassVar[str] = "generated scenarios"
    count: int = Field(ge=1)
    """How many are made."""
    from_assumptions: int = Field(default=0, ge=0)
    """How many of them put an assumption to the test."""
    seed: int = 0
    """The same seed makes the same scenarios."""


class ScenarioSources(Frozen):
    """Where the scenarios come from."""

    include: Strings = ()
    """Glob patterns, relative to the profile."""
    generate: GenerationSpec | None = None
    """Not supported yet."""


class SequentialTrials(Frozen):
    """Trials in rounds over all scenarios, until every threshold gate is decided."""

    first: int = Field(default=1, ge=1, le=10_000)
    """Trials of every scenario before the first look; those that gates without rounds are decided on."""
    max: int = Field(ge=1, le=10_000)
    """The most trials of a scenario that may be used."""

    @model_validator(mode="after")
    def _has_room(self) -> SequentialTrials:
        if self.max < self.first:
            raise PydanticCustomError(
                "max_below_first",
                "'max: {max}' is below 'first: {first}'",
                {"max": self.max, "first": self.first},
            )
        return self


def _tell_rounds(value: Any) -> str:
    return "rounds" if isinstance(value, (Mapping, SequentialTrials)) else "number"


Trials = Annotated[
    Annotated[int, Field(ge=1, le=10_000), Tag("number")] | Annotated[SequentialTrials, Tag("rounds")],
    Discriminator(_tell_rounds),
]
"""A number, or rounds."""


class Budget(Frozen):
    """What all trials of an agent may use in one run. At a limit nothing new starts; what runs may end."""

    cost_usd: float | None = Field(default=None, gt=0)
    """Of agent, simulated user and judges together."""
    tokens: int | None = Field(default=None, gt=0)
    """In and out."""
    time_s: float | None = Field(default=None, gt=0)
    """Real time since the run began."""
    mode: Literal["stop", "warn"] = "stop"
    """`warn`: go on, and say so."""


def _name_target(value: Any) -> Any:
    return {value: value} if isinstance(value, str) else value


NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class AgentProfile(Frozen):
    """One agent: what it is for, how it is reached, what it is measured with."""

    arc: Literal[1] = 1
    """Format version."""
    name: str = Field(pattern=NAME_PATTERN, max_length=100)
    """Of the agent, the same for all its versions: baselines go by it."""
    version: str = Field(default="", pattern=r"^[^\s:/@\[\]]*$")
    """Free text without spaces; names this state of the agent in reports."""
    job: str = ""
    """What the agent is for, in a sentence; for reports."""
    target: Annotated[AnyTarget, BeforeValidator(_name_target)]
    """How the agent is reached. It may be given on the command line instead."""
    system_prompt: str = ""
    """Given to the agent. The only thing it is told about its job."""
    prompt_file: str | None = Field(default=None, exclude=True)
    """Where the prompt was read from, as an absolute posix path; filled in by loading."""
    tools: tuple[Annotated[Tool, BeforeValidator(_find_builtin_tool)], ...] = ()
    """What the agent may call: built-in tools by name, and tools of your own."""
    assumptions: Annotated[tuple[Assumption, ...], BeforeValidator(_number_assumptions)] = ()
    """What its author presumes; reports show which scenarios challenge it."""
    capabilities: Strings = ()
    """What the agent claims to do; reports show which scenarios have such a tag or group."""
    scenarios: ScenarioSources = ScenarioSources()
    """The situations it is tested in."""
    trials: Trials = 5
    """Of every scenario: a number, or rounds that end when the gates are decided."""
    min_pass_rate: float = Field(default=1.0, ge=0, le=1)
    """The bar of every case whose scenario does not set one."""
    gates: Gates = Gates()
    """What the agent must reach. Without gates each case stands for itself."""
    budget: Budget | None = None
    """What all trials of the agent may use in one run."""
    limits: Limits = Limits()
    """Where a trial is stopped."""
    extends: str | None = Field(default=None, exclude=True)
    """Another profile that this one builds on; what is not said here is as there."""
    watch: Strings = ()
    """Glob patterns of files that are part of the agent's identity, relative to the profile."""
    tags: Strings = ()
    """Tags of every scenario of this agent; in pytest they are marks."""

    @cached_property
    def id(self) -> str:
        """`name@version`, unique in a run; the bare name when there is no version."""
        return f"{self.name}@{self.version}" if self.version else self.name
