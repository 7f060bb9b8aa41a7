"""Scenarios that are set aside for a while, because they are unstable on unchanged code."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from pytest_arc.domain.frozen import Frozen
from pytest_arc.domain.profile import NAME_PATTERN

__all__ = ["Quarantine", "QuarantineEntry", "count_allowed"]

ONE_IN = 10


def count_allowed(scenarios: int) -> int:
    """How many scenarios of a suite of that size may be set aside: 10 %, so that a gate over the rest still
    means something."""
    return scenarios // ONE_IN


def _read_day(value: Any) -> Any:
    # Seconds since 1970, times of day and other spellings are dates to pydantic.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):  # 2026-02-30: refused below, like all that is no day
            return date.fromisoformat(value)
    if isinstance(value, date):
        return value
    raise PydanticCustomError("date_parsing", "no date")


Day = Annotated[date, BeforeValidator(_read_day)]
Words = Annotated[str, Field(pattern=r"\S")]


class QuarantineEntry(Frozen):
    """One scenario that is set aside."""

    scenario: Words
    """Its id, with its row: `currency/eur[Q1]`."""
    agent: str | None = Field(default=None, pattern=NAME_PATTERN)
    """Name of the agent, without version; none: every agent that has the scenario."""
    owner: Words
    """Who sees to it that the scenario comes back."""
    reason: Words
    """Why it is unstable, as far as is known."""
    since: Day
    expires: Day
    """The last day on which it is set aside."""

    @field_validator("expires")
    @classmethod
    def _follows_since(cls, expires: date, info: ValidationInfo) -> date:
        since = info.data.get("since")
        if since is not None and expires < since:
            raise PydanticCustomError(
                "expires_before_since",
                "'expires: {expires}' is before 'since: {since}'",
                {"expires": expires.isoformat(), "since": since.isoformat()},
            )
        return expires

    def is_active(self, today: date) -> bool:
        return today <= self.expires

    def concerns(self, agent: str) -> bool:
        """Whether it is about the agent of that name."""
        return self.agent in (None, agent)


class Quarantine(Frozen):
    """`quarantine.yaml`: what is out of the regression gate for a while. It is still run and reported, and
    counted by every other gate."""

    arc_quarantine: Literal[1]
    """Format version."""
    entries: tuple[QuarantineEntry, ...] = ()

    def active(self, agent: str, today: date) -> frozenset[str]:
        """The scenario ids that are set aside for the agent of that name."""
        return frozenset(e.scenario for e in self.entries if e.concerns(agent) and e.is_active(today))

    def expired(self, agent: str, today: date) -> tuple[QuarantineEntry, ...]:
        """What is in the file for the agent of that name, and sets nothing aside any more."""
        return tuple(e for e in self.entries if e.concerns(agent) and not e.is_active(today))
