"""One situation: user turns, world, faults, expectations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.score import AnyCheck

__all__ = [
    "DataSource",
    "Fault",
    "FaultKind",
    "Goal",
    "Limits",
    "LimitsOverride",
    "Scenario",
    "User",
    "WorldSpec",
]

FaultKind = Literal[
    "timeout", "error", "empty", "malformed", "slow", "rate_limit", "wrong_value", "prompt_injection"
]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


OTHERWISE = "I do not know"
MAX_TURNS = 10


class User(Frozen):
    """Who talks to the agent: written as one line or as a script, or played by a model."""

    says: Strings = ()
    """One user turn after each answer of the agent."""
    answers: dict[str, str] = Field(default_factory=dict)
    """Topic -> what the user says when the agent asks about it, at any time, once."""
    otherwise: str = OTHERWISE
    """What the user says to any other question."""
    persona: str | None = None
    """Who a model is to play, in prose. Needs this or `goal`."""
    goal: str | None = None
    """What this person wants, in prose."""
    known: dict[str, Any] | None = None
    """Topic -> what this person knows about it, and may say."""
    unknown: Strings | None = None
    """Topics that this person admits to know nothing about."""
    model: str | None = None
    """Who plays it; default: the setting `user_model`, or a model that can be reached."""
    max_turns: int = Field(default=MAX_TURNS, ge=1, exclude_if=lambda turns: turns == MAX_TURNS)
    """After so many turns a person played by a model gives up."""

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, value: Any) -> Any:
        return {"says": [value]} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_written_or_played(self) -> User:
        options = (self.known, self.unknown, self.model, None if self.max_turns == MAX_TURNS else ())
        if not self.is_played and any(option is not None for option in options):
            raise ValueError("a user that a model plays needs 'persona' or 'goal'")
        if not self.is_played and not self.says:
            raise ValueError("a user needs 'says' with at least one line, or 'persona' or 'goal'")
        if self.is_played and (self.says or self.answers or self.otherwise != OTHERWISE):
            raise ValueError(
                "a user is either written ('says', 'answers') or played by a model ('persona', 'goal')"
            )
        return self

    @property
    def is_played(self) -> bool:
        """Whether a model plays this user."""
        return self.persona is not None or self.goal is not None


class DataSource(Frozen):
    """A file or table of the world: a file on disk, a text, or rows."""

    file_fields: ClassVar[tuple[str, ...]] = ("path",)

    path: str | None = None
    """Written relative to the scenario file; absolute posix path once loaded."""
    text: str | None = None
    """The content itself."""
    rows: tuple[dict[str, Any], ...] | None = None
    """Mappings of column to value."""
    sha256: str = Field(default="", exclude_if=lambda digest: not digest)
    """Of the file's bytes, filled in by loading: content is identity, the place on this machine is not."""

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"path": value}
        return {"rows": cast("list[Any]", value)} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _has_one_source(self) -> DataSource:
        if sum(part is not None for part in (self.path, self.text, self.rows)) != 1:
            raise ValueError("give exactly one of path, text, rows")
        return self


class WorldSpec(Frozen):
    """What the simulated tools work on, fresh for every trial."""

    files: dict[str, DataSource] = Field(default_factory=dict)
    """Name the agent uses -> content."""
    tables: dict[str, DataSource] = Field(default_factory=dict)
    """Table of the simulated database -> content."""
    rates: dict[str, Decimal] = Field(default_factory=dict)
    """`EUR/USD: 1.08` means that one euro buys 1.08 dollars."""

    @field_validator("rates")
    @classmethod
    def _are_pairs(cls, rates: dict[str, Decimal]) -> dict[str, Decimal]:
        for pair, rate in rates.items():
            base, slash, quote = pair.partition("/")
            if not (slash and len(base) == len(quote) == 3 and pair.isupper()):
                raise ValueError(f"rate '{pair}': write a pair of currency codes such as EUR/USD")
            if rate <= 0:
                raise ValueError(f"rate '{pair}' must be above 0")
        return rates


class Fault(Frozen):
    """Trouble put in on purpose. Without `on_call`, `on_calls` or `probability`: the first call."""

    tool: str
    """Whose call is disturbed."""
    kind: FaultKind
    """What the agent meets instead of the result."""
    on_call: int | None = Field(default=None, ge=1)
    """The call of this tool, counted from 1."""
    on_calls: tuple[int, ...] = ()
    """Several of its calls."""
    probability: float | None = Field(default=None, gt=0, le=1)
    """Drawn for each call from the trial's seed."""
    text: str | None = None
    """What `error`, `malformed` or `prompt_injection` answers instead of the usual text."""
    value: Any = None
    """What `wrong_value` puts in place of the first number; default: the number x 10."""
    delay_s: float | None = Field(default=None, gt=0)
    """How long `slow` and `timeout` take on the trial's clock; default 30."""

    @model_validator(mode="after")
    def _has_one_trigger(self) -> Fault:
        given = (self.on_call is not None, bool(self.on_calls), self.probability is not None)
        if sum(given) > 1:
            raise ValueError("give only one of on_call, on_calls, probability")
        return self

    @property
    def calls(self) -> tuple[int, ...]:
        """The calls of the tool, counted from 1, that are faulted; empty when drawn by probability."""
        if self.probability is not None:
            return ()
        return self.on_calls or (self.on_call or 1,)


def _is_unset(seconds: float | None) -> bool:
    return seconds is None


# Left out where it says nothing: agents keep the identity they had before there was such a limit.
StageSeconds = Annotated[float | None, Field(gt=0, exclude_if=_is_unset)]


class Limits(Frozen):
    """Where a trial is stopped, as a whole or at one of its stages; the blame is that of the stage."""

    timeout_s: float = Field(default=60.0, gt=0)
    """Of the trial, on its clock: what the agent, its model and the tools take."""
    max_steps: int = Field(default=30, ge=1)
    """Tool calls of the agent plus its messages to the user."""
    agent_timeout_s: StageSeconds = None
    """Of one answer of the agent, with all it does for it; default: as long as the trial may take."""
    tool_timeout_s: StageSeconds = None
    """Of one call of a simulated tool, in real time; default: as long as the trial may take."""
    user_timeout_s: StageSeconds = None
    """Of one turn of a user played by a model, in real time; default: 60."""
    judge_timeout_s: StageSeconds = None
    """Of the votes of all judges of a trial together, in real time; default: 60."""

    @property
    def user_s(self) -> float:
        return self.user_timeout_s or 60.0

    @property
    def judge_s(self) -> float:
        return self.judge_timeout_s or 60.0


class LimitsOverride(Frozen):
    """Limits of one scenario; what is not set here is as in the profile."""

    timeout_s: float | None = Field(default=None, gt=0)
    """Of the trial, on its clock."""
    max_steps: int | None = Field(default=None, ge=1)
    """Tool calls of the agent plus its messages to the user."""
    agent_timeout_s: StageSeconds = None
    """Of one answer of the agent."""
    tool_timeout_s: StageSeconds = None
    """Of one call of a simulated tool, in real time."""
    user_timeout_s: StageSeconds = None
    """Of one turn of a user played by a model, in real time."""
    judge_timeout_s: StageSeconds = None
    """Of the votes of all judges of a trial together, in real time."""


class Goal(Frozen):
    """One node of a goal graph: a check, and the goals that must be reached before it."""

    id: str
    """What `requires` of other goals names."""
    requires: Strings = ()
    """Ids of goals that must be reached before."""
    check: AnyCheck
    """What must hold."""

    @model_validator(mode="before")
    @classmethod
    def _from_flat_form(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "check" in value:
            return cast("Any", value)
        items = cast("Mapping[str, Any]", value).items()
        own = {key: item for key, item in items if key in ("id", "requires")}
        return own | {"check": {key: item for key, item in items if key not in own}}


# Shared, since pydantic copies a default for each instance, and there may be many.
_EMPTY_WORLD = WorldSpec()
_NO_LIMITS = LimitsOverride()


class Scenario(Frozen):
    """One situation, expanded: defaults merged, one per row of `for_each`, templates filled in."""

    id: str = Field(pattern=r"^[^\s:\[\]][^\s:\[\]]*(\[[^\[\]]*\])?$")
    """Unique in a profile. The first path segment is its group; `[row]` names the row of `for_each`."""
    title: str = ""
    """What it is about, in a few words; for reports."""
    challenges: str | None = None
    """The assumption it puts to the test."""
    user: User
    """Who talks to the agent: a text stands for a single line."""
    world: WorldSpec = Field(default_factory=lambda: _EMPTY_WORLD)
    """What the simulated tools work on."""
    faults: tuple[Fault, ...] = ()
    """Trouble put in on purpose."""
    expect: tuple[AnyCheck, ...] = Field(min_length=1)
    """What must hold at the end: checks."""
    goals: tuple[Goal, ...] = Field(default=(), json_schema_extra={"not_supported_yet": True})
    """Not supported yet."""
    tags: Strings = ()
    """To select by, and to gate by; in pytest they are marks."""
    limits: LimitsOverride = Field(default_factory=lambda: _NO_LIMITS)
    """Where this scenario is stopped, if not where the profile says."""
    trials: int | None = Field(default=None, ge=1)
    """More trials than the profile asks for; a gate counts the same number from every scenario."""
    min_pass_rate: float | None = Field(default=None, ge=0, le=1)
    """The observed share of scored trials that must pass; default: the profile's `min_pass_rate`, or 1."""
    critical: bool = False
    """Judged alone although a gate counts it too."""
    skip: str | None = None
    """Why it is not run."""
    xfail: str | None = None
    """Why it is known to fail: it is run, and no gate counts it."""

    @property
    def group(self) -> str:
        """First segment of the id; empty when the id has no slash."""
        first, slash, _ = self.id.partition("/")
        return first if slash else ""
