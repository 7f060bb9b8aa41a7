"""Checks on the tools the agent called.

What counts is what the agent asked for, also where the tool then answered with an error. Order and exact
arguments are looked at only where the check says so: a different path to the right result passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.score import Check, Dimension, Evidence, Finding, Observation
from pytest_arc.domain.trajectory import ToolCall
from pytest_arc.scoring.matchers import (
    MISSING,
    describe_operators,
    fits,
    is_matcher,
    require_matchers,
)
from pytest_arc.scoring.sentences import count, format_value, list_some

__all__ = ["CallPattern", "Calls", "NeverCalls", "Times"]


def _can_match(args: dict[str, Any]) -> dict[str, Any]:
    for wanted in args.values():
        require_matchers(wanted)
    return args


Arguments = Annotated[dict[str, Any], AfterValidator(_can_match)]
MatchMode = Literal["at_least", "exactly", "at_most", "in_order"]


class CallPattern(Frozen):
    """A tool call as a check describes it: the tool, and those arguments that matter."""

    tool: str = Field(min_length=1)
    """Its name."""
    args: Arguments = Field(default_factory=dict)
    """Argument -> its value, or a matcher such as {ge: 100}. Arguments not named here may be anything."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"tool": value} if isinstance(value, str) else value

    def fits(self, call: ToolCall) -> bool:
        return call.tool == self.tool and not any(self.find_misfits(call))

    def find_misfits(self, call: ToolCall) -> Iterator[str]:
        """Name the arguments of `call` that are not as they should be."""
        for name, wanted in self.args.items():
            if not fits(call.arguments.get(name, MISSING), wanted):
                yield name

    def describe(self) -> str:
        if not self.args:
            return self.tool
        return f"{self.tool}({', '.join(_describe_argument(*item) for item in self.args.items())})"


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, (str, Mapping)) else value


CallPatterns = Annotated[tuple[CallPattern, ...], BeforeValidator(_as_list), Field(min_length=1)]


class Times(Frozen):
    """How often: `2`, or at least `min` and at most `max`."""

    min: int = Field(default=0, ge=0)
    """The fewest calls that fit."""
    max: int | None = Field(default=None, ge=0)
    """The most; none: no limit."""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return {"min": value, "max": value}
        return value

    @model_validator(mode="after")
    def _allows_something(self) -> Times:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"'max: {self.max}' is below 'min: {self.min}'")
        return self

    def allows(self, count: int) -> bool:
        return self.min <= count and (self.max is None or count <= self.max)

    def describe(self) -> str:
        if self.min == self.max:
            return str(self.min)
        low = f"at least {self.min}" if self.min else ""
        return " and ".join(filter(None, (low, "" if self.max is None else f"at most {self.max}")))


class Calls(Check):
    """The agent called these tools.

    at_least   each of them (a tool listed twice: two calls), among others or alone; the default
    exactly    each of them and no others, in any order
    at_most    no others; it need not have called any of them
    in_order   each of them, in this order; others may come before, between and after
    """

    dimension_by_default: ClassVar[Dimension] = "tool_execution"
    shows_error_handling: ClassVar[bool] = True
    needs: ClassVar[frozenset[Observation]] = frozenset({"tool_calls"})

    calls: CallPatterns
    """A tool, or a list of tools; in a list, {tool: ..., args: ...} describes the call more closely."""
    args: Arguments = Field(default_factory=dict)
    """For a single tool: arguments that matter, as in `CallPattern.args`."""
    match: MatchMode = "at_least"
    times: Times | None = None
    """For a single tool: how many calls must fit."""

    @field_validator("match", mode="before")
    @classmethod
    def _is_our_word(cls, value: Any) -> Any:
        if isinstance(value, str) and value in _OTHER_WORDS:
            raise PydanticCustomError(
                "unknown_name",
                "{message}",
                {
                    "message": f"unknown match '{value}'",
                    "allowed": ["at_least", "at_most", "exactly", "in_order"],
                    "near_miss": _OTHER_WORDS[value],
                },
            )
        return value

    @model_validator(mode="after")
    def _options_fit_together(self) -> Calls:
        single, *others = self.calls
        if others and (self.args or self.times):
            raise ValueError(
                "'args' and 'times' belong to a single tool; in a list write {tool: ..., args: ...}"
            )
        if self.args and single.args:
            raise ValueError("'args' is given twice for the same tool")
        if self.times is not None and self.match != "at_least":
            raise ValueError(
                f"'times' counts calls by itself; it cannot be combined with 'match: {self.match}'"
            )
        return self

    @cached_property
    def patterns(self) -> tuple[CallPattern, ...]:
        """What was listed, with `args` put where it belongs."""
        return (CallPattern(tool=self.calls[0].tool, args=self.args),) if self.args else self.calls

    def describe(self) -> str:
        return ", ".join(pattern.describe() for pattern in self.patterns)

    def judge(self, evidence: Evidence) -> Finding:
        calls = evidence.trajectory.tool_calls
        if self.times is not None:
            return _judge_times(self.patterns[0], self.times, calls)
        return _JUDGES[self.match](self.patterns, calls)


class NeverCalls(Check):
    """The agent called none of these tools: one violation in any trial fails the case."""

    dimension_by_default: ClassVar[Dimension] = "tool_execution"
    needs: ClassVar[frozenset[Observation]] = frozenset({"tool_calls"})
    zero_tolerance: ClassVar[bool] = True

    never_calls: CallPatterns
    """A tool, or a list of tools; {tool: ..., args: ...} forbids only calls with such arguments."""

    def describe(self) -> str:
        return ", ".join(pattern.describe() for pattern in self.never_calls)

    def judge(self, evidence: Evidence) -> Finding:
        calls = evidence.trajectory.tool_calls
        for call in calls:
            if any(pattern.fits(call) for pattern in self.never_calls):
                return Finding(False, f"it called {_describe_call(call)}, which it must never do")
        return Finding(True, f"it never called {self.describe()}")


def _judge_at_least(patterns: Sequence[CallPattern], calls: Sequence[ToolCall]) -> Finding:
    owners = _pair(patterns, calls)
    for index, pattern in enumerate(patterns):
        if index not in owners.values():
            return Finding(False, _explain_missing(pattern, calls, twice=patterns.count(pattern) > 1))
    return Finding(True, f"it called {_describe_all(patterns)}")


def _judge_exactly(patterns: Sequence[CallPattern], calls: Sequence[ToolCall]) -> Finding:
    found = _judge_at_least(patterns, calls)
    if not found.passed:
        return found
    others = _judge_at_most(patterns, calls)
    return others if not others.passed else Finding(True, f"it called exactly {_describe_all(patterns)}")


def _judge_at_most(patterns: Sequence[CallPattern], calls: Sequence[ToolCall]) -> Finding:
    owners = _pair(patterns, calls)
    others = [_describe_call(call) for index, call in enumerate(calls) if index not in owners]
    if others:
        allowed = _describe_all(patterns)
        return Finding(False, f"it also called {list_some(others, 2)}; expected no more than {allowed}")
    return Finding(True, f"it called no other tool than {_describe_all(patterns)}")


def _judge_in_order(patterns: Sequence[CallPattern], calls: Sequence[ToolCall]) -> Finding:
    position = 0
    for index, pattern in enumerate(patterns):
        places = [n for n, call in enumerate(calls) if pattern.fits(call)]
        later = [n for n in places if n >= position]
        if not later:
            if not places or index == 0:
                return Finding(False, _explain_missing(pattern, calls))
            before = patterns[index - 1].describe()
            return Finding(False, f"it did not call {pattern.describe()} after {before}; {_list_seen(calls)}")
        position = later[0] + 1
    return Finding(True, f"it called {_describe_all(patterns)} in this order")


def _judge_times(pattern: CallPattern, times: Times, calls: Sequence[ToolCall]) -> Finding:
    number = sum(pattern.fits(call) for call in calls)
    seen = f"it called {pattern.describe()} {count(number, 'time')}"
    if times.allows(number):
        return Finding(True, seen)
    return Finding(False, f"{seen}; expected {times.describe()}")


def _pair(patterns: Sequence[CallPattern], calls: Sequence[ToolCall]) -> dict[int, int]:
    """Give as many patterns as possible a call of their own: index of the call -> index of the pattern.

    Kuhn's augmenting paths: a general pattern listed first must not take the only call that a more
    particular one fits.
    """
    owners: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for n, call in enumerate(calls):
            if n not in tried and patterns[index].fits(call):
                tried.add(n)
                if n not in owners or place(owners[n], tried):
                    owners[n] = index
                    return True
        return False

    for index in range(len(patterns)):
        place(index, set())
    return owners


def _explain_missing(pattern: CallPattern, calls: Sequence[ToolCall], *, twice: bool = False) -> str:
    same_tool = [call for call in calls if call.tool == pattern.tool]
    if not same_tool:
        return f"it did not call {pattern.describe()}; {_list_seen(calls)}"
    nearest = min(same_tool, key=lambda call: sum(1 for _ in pattern.find_misfits(call)))
    misfits = list(pattern.find_misfits(nearest))
    if not misfits or twice:
        return f"it called {pattern.describe()} too seldom; {_list_seen(calls)}"
    name = misfits[0]
    wanted = _describe_argument(name, pattern.args[name])
    if name not in nearest.arguments:
        return f"it called {pattern.tool} without {name}; expected {wanted}"
    return (
        f"it called {pattern.tool} with {name}={format_value(nearest.arguments[name], 40)}; expected {wanted}"
    )


def _list_seen(calls: Sequence[ToolCall]) -> str:
    if not calls:
        return "it called no tool"
    counts: dict[str, int] = {}
    for call in calls:
        counts[call.tool] = counts.get(call.tool, 0) + 1
    return f"it called {list_some([name if n == 1 else f'{name} ({n} times)' for name, n in counts.items()])}"


def _describe_all(patterns: Sequence[CallPattern]) -> str:
    return list_some([pattern.describe() for pattern in patterns])


def _describe_argument(name: str, wanted: Any) -> str:
    if isinstance(wanted, Mapping) and is_matcher(cast("Mapping[str, Any]", wanted)):
        return f"{name} {describe_operators(cast('Mapping[str, Any]', wanted))}"
    return f"{name}={format_value(wanted, 40)}"


def _describe_call(call: ToolCall) -> str:
    if not call.arguments:
        return call.tool
    return f"{call.tool}({', '.join(f'{name}={format_value(v, 30)}' for name, v in call.arguments.items())})"


_OTHER_WORDS = {
    "superset": "at_least",
    "strict": "exactly",
    "unordered": "exactly",
    "subset": "at_most",
    "any_order": "at_least",
    "ordered": "in_order",
    "sequence": "in_order",
}
_JUDGES = {
    "at_least": _judge_at_least,
    "exactly": _judge_exactly,
    "at_most": _judge_at_most,
    "in_order": _judge_in_order,
}
