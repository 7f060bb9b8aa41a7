"""Everything pytest-arc raises on purpose.

    ArcError
    +- UsageError              a command line that makes no sense, or a path that is not there (exit 4)
    |  +- NothingSelected      no case is left to run (exit 5)
    |  +- MissingExtra         an optional library is not installed; names the extra that brings it
    +- LoadError               files a person wrote that cannot be used (exit 2); carries every Problem
    +- TrialError              a trial could not be judged, or the agent broke; carries the blame
       +- AgentError           the agent raised, hung, or broke its contract: the trial is *failed*
       +- ToolSimulatorError   a simulated tool broke: the trial is *errored*
       +- UserSimulatorError   the simulated user broke: *errored*
       +- JudgeError           a check broke: *errored*
       +- InfrastructureError  a provider, a network or a worker broke: *errored*
          +- ProviderError     a model provider did not answer a call; says whether another try may help
          +- UnrecordedCall    nothing answers a call where only recordings may

A trial that ended in an AgentError counts against the agent. All other trial errors are ours, and never
enter a reliability rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

__all__ = [
    "AgentError",
    "ArcError",
    "InfrastructureError",
    "JudgeError",
    "LoadError",
    "MissingExtra",
    "NothingSelected",
    "Problem",
    "ProviderError",
    "ToolSimulatorError",
    "TrialError",
    "UnrecordedCall",
    "UsageError",
    "UserSimulatorError",
]

Blame = Literal["agent", "tool", "user_simulator", "judge", "infrastructure"]


class ArcError(Exception):
    """Base of all errors of this package. Its text is one plain message for the user."""


class UsageError(ArcError):
    """The command line asks for something that makes no sense."""


class NothingSelected(UsageError):
    """The paths and patterns leave no case to run."""


class MissingExtra(UsageError):
    """An optional library is needed and not installed."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a file, where it stands, and what would be right."""

    path: str
    """Posix path as the user would type it from where they stand; "" when there is no file."""
    line: int
    """Counted from 1; 0 when the problem concerns the whole file."""
    column: int
    """Counted from 1; 0 when the problem concerns the whole file."""
    message: str
    """One sentence without a full stop."""
    source: str = ""
    """The offending line of the file, unchanged."""
    hint: str = ""
    """What is allowed, or the near miss."""
    unsupported: bool = False
    """The file is right, but this version cannot do it yet."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        lines = [f"{place}: {self.message}" if place else self.message]
        source = self.source.strip()
        if source:
            lines.append(f"    {_shorten(source)}")
        if self.hint:
            offset = max(0, self.column - 1 - (len(self.source) - len(self.source.lstrip())))
            pointer = " " * offset + "^ " if source and offset < 60 else ""
            lines.append(f"    {pointer}{self.hint}")
        return "\n".join(lines)


class LoadError(ArcError):
    """Files that cannot be used. All their problems are reported at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TrialError(ArcError):
    """A trial that cannot be judged by its checks. `blame` says whose doing it was."""

    blame: ClassVar[Blame]
    cause: str = ""
    """The same for all errors of a kind, to be counted by: `HTTP 529 from api.anthropic.com`. Empty where the
    message is all there is."""


class AgentError(TrialError):
    blame = "agent"


class ToolSimulatorError(TrialError):
    blame = "tool"


class UserSimulatorError(TrialError):
    blame = "user_simulator"


class JudgeError(TrialError):
    blame = "judge"


class InfrastructureError(TrialError):
    blame = "infrastructure"


class UnrecordedCall(InfrastructureError):
    """A call that nothing answers, where only recordings may."""

    cause = "calls without a recording (--arc-record new makes them)"


class ProviderError(InfrastructureError):
    """A model provider did not answer a call, or not as it should."""

    def __init__(
        self,
        message: str,
        *,
        cause: str,
        host: str = "",
        status: int | None = None,
        is_transient: bool = False,
        retry_after_s: float | None = None,
        is_answered: bool = False,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.host = host
        self.status = status
        """Of HTTP; None when there was no answer."""
        self.is_transient = is_transient
        """Whether the same request may succeed later: limits, overload, trouble of network and server."""
        self.retry_after_s = retry_after_s
        """How long the provider asks to wait."""
        self.is_answered = is_answered
        """Whether a model answered all the same, and nobody knows at what cost."""


def _shorten(line: str, width: int = 100) -> str:
    return line if len(line) <= width else line[: width - 4] + " ..."
